#include "console.h"

#include <generated/csr.h>

static void put(char byte)
{
    while (uart_txfull_read()) {
    }
    uart_rxtx_write((uint8_t)byte);
}

void print(const char *text)
{
    while (*text)
        put(*text++);
}

void print_unsigned(uint32_t value)
{
    char digits[10];
    int count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count)
        put(digits[--count]);
}

void print_hex(uint32_t value, int digits)
{
    while (digits--)
        put("0123456789abcdef"[value >> 4 * digits & 15]);
}

_Noreturn void finish(int code)
{
    while (!uart_txempty_read()) {
    }
#ifdef CSR_SIM_BASE
    sim_exit_write((uint8_t)code);
#else
    (void)code;
#endif
    for (;;) {
    }
}

__attribute__((weak)) void interrupted(uint32_t pending)
{
    (void)pending;
}

void trapped(uint32_t cause, uint32_t address);
void trapped(uint32_t cause, uint32_t address)
{
    if (cause == 0x8000000b) { /* from outside */
        interrupted(interrupts_pending());
        return;
    }
    print("trap ");
    print_hex(cause, 8);
    print(" at ");
    print_hex(address, 8);
    print("\n");
    finish(1);
}
