/* The line gives back what it is given: the host sends every byte, ended by a line feed. */
#include "check.h"

#include <generated/csr.h>

#define RECEIVED 2 /* event: there is a byte */

void test_uart(void);
void test_uart(void)
{
    uint32_t sum = 0, count = 0;
    for (;;) {
        while (uart_rxempty_read()) {
        }
        uint8_t byte = (uint8_t)uart_rxtx_read();
        uart_ev_pending_write(RECEIVED); /* takes it */
        if (byte == '\n')
            break;
        sum = sum * 31 + byte;
        count++;
    }
    uint32_t expected = 0;
    for (uint32_t i = 0; i < 1000; i++)
        expected = expected * 31 + (i * 13 % 256 == '\n' ? 0 : i * 13 % 256);
    check("bytes received", count, 1000);
    check("their sum", sum, expected);
}
