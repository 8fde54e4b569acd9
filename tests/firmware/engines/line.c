/* What a program with stdio and malloc needs on the simulated system: streams over the serial line,
 * memory, and an end. */
#include <generated/csr.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "console.h"
#include "engine.h"

#define RECEIVED 2 /* event of the UART: there is a byte */
#define HEAP 0x100000

static int put(char byte, FILE *file)
{
    (void)file;
    while (uart_txfull_read()) {
    }
    uart_rxtx_write((uint8_t)byte);
    return 0;
}

static int get(FILE *file)
{
    (void)file;
    while (uart_rxempty_read()) {
    }
    int byte = (int)uart_rxtx_read();
    uart_ev_pending_write(RECEIVED);
    return byte;
}

static FILE line = FDEV_SETUP_STREAM(put, get, NULL, _FDEV_SETUP_RW);
FILE *const stdin = &line;
FILE *const stdout = &line;
FILE *const stderr = &line;

void *sbrk(ptrdiff_t size)
{
    static uint8_t heap[HEAP] __attribute__((aligned(16)));
    static ptrdiff_t taken;
    if (size > HEAP - taken)
        return (void *)-1;
    taken += size;
    return heap + taken - size;
}

_Noreturn void abort(void)
{
    finish(1);
}

_Noreturn void engine_failed(const char *engine, uint32_t error)
{
    fprintf(stderr, "%s: error %u\n", engine, (unsigned)error);
    abort();
}
