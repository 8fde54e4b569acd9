#include "flash.h"

#include <generated/csr.h>
#include <string.h>

#ifndef FIRMWARE_AT
#define FIRMWARE_AT 0x400000 /* in the simulated flash, whose end that is */
#endif
#define NODE_AT (FIRMWARE_AT - FLASH_LOADER * FLASH_SECTOR)

#define STATUS_BUSY 1

enum { PROGRAM = 0x02, READ = 0x03, STATUS = 0x05, WRITE_ENABLE = 0x06, ERASE = 0x20 };

static uint32_t exchange(uint32_t bits, uint32_t value)
{
    flash_mosi_write(value);
    flash_control_write(1u << CSR_FLASH_CONTROL_START_OFFSET |
                        bits << CSR_FLASH_CONTROL_LENGTH_OFFSET);
    while (!flash_status_done_read())
        ;
    return flash_miso_read();
}

static void select(uint32_t on)
{
    flash_cs_write(1u << CSR_FLASH_CS_MODE_OFFSET | on);
}

static uint32_t command(uint8_t code, uint32_t bits)
{
    select(1);
    uint32_t answer = exchange(bits, (uint32_t)code << (bits - 8));
    select(0);
    return answer;
}

static void begin(uint8_t code, uint32_t at)
{
    select(1);
    exchange(32, (uint32_t)code << 24 | (NODE_AT + at));
}

static void finish(void)
{
    select(0);
    while (command(STATUS, 16) & STATUS_BUSY)
        ;
}

void flash_read(uint32_t at, uint8_t *bytes, size_t size)
{
    begin(READ, at);
    for (size_t done = 0; done < size; done += 4) {
        uint32_t word = __builtin_bswap32(exchange(32, 0));
        memcpy(bytes + done, &word, 4);
    }
    select(0);
}

void flash_program(uint32_t at, const uint8_t *bytes, size_t size)
{
    command(WRITE_ENABLE, 8);
    begin(PROGRAM, at);
    for (size_t done = 0; done < size; done += 4) {
        uint32_t word;
        memcpy(&word, bytes + done, 4);
        exchange(32, __builtin_bswap32(word));
    }
    finish();
}

void flash_erase(uint32_t sector)
{
    command(WRITE_ENABLE, 8);
    begin(ERASE, sector * FLASH_SECTOR);
    finish();
}
