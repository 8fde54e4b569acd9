#include "panic.h"

#include <generated/csr.h>

#include "cpu.h"
#include "engine.h"
#include "uart.h"

static void say(const char *text)
{
    for (; *text; text++)
        uart_send_now((const uint8_t *)text, 1);
}

static void say_number(uint32_t number)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        uart_send_now((const uint8_t *)&"0123456789abcdef"[number >> shift & 15], 1);
}

void panic(const char *what, uint32_t where, uint32_t which)
{
    (void)cpu_disable_interrupts();
    uart_send_now((const uint8_t *)"", 1); /* ends a frame that was under way */
    say("panic: ");
    say(what);
    say(" at ");
    say_number(where);
    say(", ");
    say_number(which);
    say("\n");
    while (!uart_txempty_read())
        ;
    cpu_reset();
}

_Noreturn void engine_failed(const char *engine, uint32_t error)
{
    panic(engine, (uint32_t)(uintptr_t)__builtin_return_address(0), error);
}
