/* The serial flash around the firmware. In sectors, from the node's part on:
 *
 *     0   anchor, 16 of them; device key
 *    30   rollback counter, 2
 *    32   what the boot ROM starts, at FIRMWARE_AT: the loader, 16
 *    48   a slot: header and image of main RAM, 320
 *   368   the other slot, 320
 */
#ifndef PORT_FLASH_H
#define PORT_FLASH_H

#include <stddef.h>
#include <stdint.h>

#define FLASH_SECTOR 4096
#define FLASH_LOADER 32
#define FLASH_SLOTS 48
#define FLASH_SLOT_SECTORS 320
#define FLASH_SECTORS (FLASH_SLOTS + 2 * FLASH_SLOT_SECTORS)

/* Addresses are relative to the node's part; they, and sizes, are multiples of 4. */
void flash_read(uint32_t at, uint8_t *bytes, size_t size);

/* Clears bits; within a page of 256 bytes. Returns when it is done. */
void flash_program(uint32_t at, const uint8_t *bytes, size_t size);

/* Sets all bits of a sector. Returns when it is done. */
void flash_erase(uint32_t sector);

#endif
