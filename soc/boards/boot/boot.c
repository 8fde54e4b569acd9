/* The boot ROM: wakes main RAM, copies the firmware from the flash into it, checks it, starts it.
 *
 * In the flash, at FIRMWARE_AT: the four bytes "optn", length of the firmware in bytes, its CRC-32
 * (as in zlib), then the firmware; numbers of 32 bits, low byte first. The CRC finds what was
 * damaged or half written; it is no proof of who made the firmware.
 */
#include <generated/csr.h>
#include <generated/mem.h>
#include <liblitedram/sdram.h>
#include <stdint.h>

#include "system.h"

#define MAGIC 0x6e74706fu /* "optn" */
#define READ 0x03u        /* of a SPI flash: command, 24 bits of address, then data */

static uint32_t exchange(uint32_t bits, uint32_t value)
{
    flash_mosi_write(value);
    flash_control_write(1u << CSR_FLASH_CONTROL_START_OFFSET | bits << CSR_FLASH_CONTROL_LENGTH_OFFSET);
    while (!(flash_status_read() & 1u << CSR_FLASH_STATUS_DONE_OFFSET)) {
    }
    return flash_miso_read();
}

static void select(uint32_t on)
{
    flash_cs_write(1u << CSR_FLASH_CS_MODE_OFFSET | on);
}

/* The next word of the flash; its first byte is on the line first and low in memory. */
static uint32_t word(void)
{
    return __builtin_bswap32(exchange(32, 0));
}

static uint32_t crc32(const uint8_t *data, uint32_t length)
{
    uint32_t crc = 0xffffffff;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
        }
    }
    return ~crc;
}

/* Nothing can be started: says why, once, and blinks the lamp. */
static _Noreturn void stop(const char *why)
{
    presence_lamp_write(2);
    while (*why) {
        while (uart_txfull_read()) {
        }
        uart_rxtx_write((uint8_t)*why++);
    }
    for (;;) {
    }
}

_Noreturn void boot(void)
{
    if (!sdram_init()) {
        stop("boot: main RAM does not answer\n");
    }
    select(0);
    exchange(32, 0); /* an ECP5 swallows the first clocks of its flash after configuration */
    select(1);
    exchange(32, READ << 24 | FIRMWARE_AT);
    uint32_t magic = word(), length = word(), crc = word();
    if (magic != MAGIC || length == 0 || length > MAIN_RAM_SIZE) {
        stop("boot: no firmware in the flash\n");
    }
    uint32_t *to = (uint32_t *)MAIN_RAM_BASE;
    for (uint32_t done = 0; done < length; done += 4) {
        *to++ = word();
    }
    select(0);
    flush_data_cache();
    if (crc32((const uint8_t *)MAIN_RAM_BASE, length) != crc) {
        stop("boot: the firmware is damaged\n");
    }
    __asm__ volatile("fence.i" ::: "memory");
    ((void (*)(void))MAIN_RAM_BASE)();
    __builtin_unreachable();
}
