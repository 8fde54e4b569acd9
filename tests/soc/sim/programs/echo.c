/* Gives back each byte until a 0 comes, then ends; as the tests of the simulator need it. */
#include "console.h"
#include "system.h"

#include <generated/csr.h>

#define RECEIVED 2 /* event: there is a byte */

int main(void)
{
    for (;;) {
        while (uart_rxempty_read()) {
        }
        uint8_t byte = (uint8_t)uart_rxtx_read();
        uart_ev_pending_write(RECEIVED);
        if (!byte)
            finish(42);
        while (uart_txfull_read()) {
        }
        uart_rxtx_write(byte);
    }
}
