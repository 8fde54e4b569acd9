#include "uart.h"

#include <generated/csr.h>
#include <generated/soc.h>
#include <string.h>

#include "cpu.h"

#define SENDING 4096 /* bytes to be sent that may wait */
#define LAST_BYTE (CONFIG_CLOCK_FREQUENCY / 5000) /* cycles for 20 bits at 115,200 baud, and more */
#define EVENT_TX 1
#define EVENT_RX 2

/* One writes and another reads: `in` and `out` only ever grow, and are taken modulo the size. */
static struct {
    uint8_t bytes[UART_RING];
    volatile uint32_t in, out;
} received;

static struct {
    uint8_t bytes[SENDING];
    volatile uint32_t in, out;
} sending;

static void take_in(void)
{
    uint32_t in = received.in, room = UART_RING - (in - received.out);
    while (!uart_rxempty_read()) {
        uint8_t byte = (uint8_t)uart_rxtx_read();
        uart_ev_pending_write(EVENT_RX); /* takes it off the UART's own ring */
        if (room) { /* beyond its credit the link sends again */
            received.bytes[in++ % UART_RING] = byte;
            room--;
        }
    }
    received.in = in;
}

static void send_out(void)
{
    uint32_t out = sending.out, in = sending.in;
    while (out != in && !uart_txfull_read())
        uart_rxtx_write(sending.bytes[out++ % SENDING]);
    sending.out = out;
}

void uart_start(void)
{
    uart_ev_pending_write(EVENT_TX);
    uart_ev_enable_write(EVENT_TX | EVENT_RX);
    take_in(); /* an interrupt comes when there was nothing before: what waits gives none */
    cpu_allow_interrupt(UART_INTERRUPT);
}

void uart_set_speed(uint32_t baud)
{
    while (uart_room() < SENDING || !uart_txempty_read())
        ;
    for (uint64_t end = cpu_cycles() + LAST_BYTE; cpu_cycles() < end;)
        ;
    uart_phy_tuning_word_write((uint32_t)(((uint64_t)baud << 32) / CONFIG_CLOCK_FREQUENCY));
}

void uart_interrupt(void)
{
    if (uart_ev_pending_read() & EVENT_TX)
        uart_ev_pending_write(EVENT_TX);
    take_in();
    send_out();
}

size_t uart_waiting(void)
{
    return received.in - received.out;
}

size_t uart_room(void)
{
    return SENDING - (sending.in - sending.out);
}

/* Copying in two parts, as far as the end of a ring and from its beginning. */

size_t uart_read(uint8_t *bytes, size_t size)
{
    size_t count = uart_waiting(), from = received.out % UART_RING;
    if (count > size)
        count = size;
    size_t first = count < UART_RING - from ? count : UART_RING - from;
    memcpy(bytes, received.bytes + from, first);
    memcpy(bytes + first, received.bytes, count - first);
    received.out += count;
    return count;
}

size_t uart_write(const uint8_t *bytes, size_t size)
{
    size_t count = uart_room(), at = sending.in % SENDING;
    if (count > size)
        count = size;
    size_t first = count < SENDING - at ? count : SENDING - at;
    memcpy(sending.bytes + at, bytes, first);
    memcpy(sending.bytes, bytes + first, count - first);
    sending.in += count;
    uint32_t were = cpu_disable_interrupts();
    send_out(); /* the interrupt comes when the UART's own ring has room again */
    cpu_restore_interrupts(were);
    return count;
}

void uart_send_now(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        while (uart_txfull_read())
            ;
        uart_rxtx_write(bytes[i]);
    }
}
