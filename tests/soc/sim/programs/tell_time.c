/* Prints the time that the simulation gives, when a byte comes. */
#include "console.h"

#include <generated/csr.h>

int main(void)
{
    while (uart_rxempty_read()) {
    }
    uint64_t time = sim_time_read();
    print_hex((uint32_t)(time >> 32), 8);
    print_hex((uint32_t)time, 8);
    finish(0);
}
