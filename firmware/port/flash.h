/* The node's part of the serial flash: FLASH_SECTORS sectors in front of the firmware. */
#ifndef PORT_FLASH_H
#define PORT_FLASH_H

#include <stddef.h>
#include <stdint.h>

#define FLASH_SECTOR 4096
#define FLASH_SECTORS 17

/* Addresses are relative to the node's part; they, and sizes, are multiples of 4. */
void flash_read(uint32_t at, uint8_t *bytes, size_t size);

/* Clears bits; within a page of 256 bytes. Returns when it is done. */
void flash_program(uint32_t at, const uint8_t *bytes, size_t size);

/* Sets all bits of a sector. Returns when it is done. */
void flash_erase(uint32_t sector);

#endif
