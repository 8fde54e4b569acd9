/* The loader: what the boot ROM finds in the flash and starts. It copies the newer of two images to
 * the start of main RAM, checks it and starts it, or else the other one. It lies at the end of the
 * first 8 MiB meanwhile. Nobody writes it but who flashes the board.
 */
#include <generated/csr.h>
#include <generated/mem.h>
#include <stdint.h>

#include "../flash.h"
#include "slots.h"

#define SLOT_AT(which) ((FLASH_SLOTS + (which) * FLASH_SLOT_SECTORS) * FLASH_SECTOR)

/* Nothing can be started: says why, once, and blinks the lamp, as the boot ROM does. */
static _Noreturn void stop(const char *why)
{
    presence_lamp_write(2);
    while (*why) {
        while (uart_txfull_read())
            ;
        uart_rxtx_write((uint8_t)*why++);
    }
    for (;;)
        ;
}

_Noreturn void load(void)
{
    uint8_t headers[2][SLOT_HEADER];
    for (unsigned which = 0; which < 2; which++)
        flash_read(SLOT_AT(which), headers[which], SLOT_HEADER);
    int first = slots_first(headers);
    for (int tried = 0; first >= 0 && tried < 2; tried++) {
        unsigned which = (unsigned)first ^ (unsigned)tried;
        uint32_t length, crc;
        if (!slot_holds(headers[which], &length, &crc))
            continue;
        uint8_t *image = (uint8_t *)MAIN_RAM_BASE;
        flash_read(SLOT_AT(which) + FLASH_SECTOR, image, (length + 3) & ~3u);
        if (crc32(image, length) != crc)
            continue;
        __asm__ volatile(".word 0x500f\n fence.i" ::: "memory"); /* forget both caches */
        ((void (*)(void))MAIN_RAM_BASE)();
    }
    stop("loader: no firmware that is whole\n");
}
