/* From reset to the node: memory, MicroPython, the frozen program. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "cpu.h"
#include "panic.h"
#include "prepared.h"
#include "py/gc.h"
#include "py/builtin.h"
#include "py/lexer.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "selftest.h"
#include "uart.h"
#include "watchdog.h"

#define FRAMES 16384 /* bytes for frames of Python functions */
#define STACK_RESERVE 4096 /* for interrupts and what C needs beyond MicroPython's check */

extern char stack_limit, stack_top, free_start, free_end;

static char frames[FRAMES] __attribute__((aligned(8)));

/* What is neither code nor stack is shared: the first half is MicroPython's collected heap, the
 * other malloc's, which holds the states of the node. */
static char *malloc_end, *malloc_next;

void *sbrk(ptrdiff_t size)
{
    if (malloc_end - malloc_next < size)
        return (void *)-1;
    malloc_next += size;
    return malloc_next - size;
}

/* Where it failed, not what it held: the text of an exception may quote a value. */
static void say_where(mp_obj_t exception)
{
    size_t count, *places; /* three each, the innermost first: file, line, function */
    mp_obj_exception_get_traceback(exception, &count, &places);
    mp_print_str(&mp_plat_print, "Traceback (most recent call last):\n");
    for (; count >= 3; count -= 3)
        mp_printf(&mp_plat_print, "  File \"%q\", line %u, in %q\n", (qstr)places[count - 3],
                  (unsigned)places[count - 2], (qstr)places[count - 1]);
    mp_printf(&mp_plat_print, "%q\n", (qstr)mp_obj_get_type(exception)->name);
}

/* Runs the frozen module `boot`. */
static void run(void)
{
    nlr_buf_t guard;
    if (nlr_push(&guard) == 0) {
        mp_import_name(MP_QSTR_boot, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
        nlr_pop();
    } else {
        uart_send_now((const uint8_t *)"", 1); /* ends a frame that was under way */
        say_where(MP_OBJ_FROM_PTR(guard.ret_val));
        panic("uncaught exception", 0, 0);
    }
}

void start_devices(void)
{
    spent.waiting = spent.collecting = 0;
    uart_start();
    watchdog_start();
    cpu_enable_interrupts();
    const char *wrong = engines_selftest();
    if (wrong)
        panic(wrong, 0, 0);
}

int main(void)
{
    char *middle = &free_start + (&free_end - &free_start) / 2;
    malloc_next = middle;
    malloc_end = &free_end;

    start_devices();
    mp_stack_set_top(&stack_top);
    mp_stack_set_limit((mp_uint_t)(&stack_top - &stack_limit - STACK_RESERVE));
    gc_init(&free_start, middle);
    mp_pystack_init(frames, frames + FRAMES);
    mp_init();
    run();
    panic("the program ended", 0, 0);
}

void trap(uint32_t cause, uint32_t where, uint32_t which)
{
    if (cause >> 31) {
        uart_interrupt();
        watchdog_interrupt(where);
        return;
    }
    panic("exception of the CPU", where, which);
}

void nlr_jump_fail(void *value)
{
    (void)value;
    panic("exception without a handler", 0, 0);
}

mp_import_stat_t mp_import_stat(const char *path)
{
    (void)path;
    return MP_IMPORT_STAT_NO_EXIST;
}

/* What print writes goes out as it is, for a panic. */
mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t size)
{
    uart_send_now((const uint8_t *)text, size);
    return size;
}
