#include "slots.h"

#include "../flash.h"

#define MAGIC 0x746f6c73u /* "slot" */
#define MOST ((FLASH_SLOT_SECTORS - 1) * FLASH_SECTOR)

enum { LENGTH = 4, CRC = 8, COUNTER = 12, CHECK = 16 };

static uint32_t number(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint32_t crc32(const uint8_t *data, uint32_t length)
{
    uint32_t crc = 0xffffffff;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

bool slot_holds(const uint8_t *header, uint32_t *length, uint32_t *crc)
{
    *length = number(header + LENGTH);
    *crc = number(header + CRC);
    return number(header) == MAGIC && number(header + CHECK) == crc32(header, CHECK) &&
           *length > 0 && *length <= MOST;
}

int slots_first(const uint8_t headers[2][SLOT_HEADER])
{
    uint32_t length, crc;
    bool holds[2];
    for (int which = 0; which < 2; which++)
        holds[which] = slot_holds(headers[which], &length, &crc);
    if (holds[0] && holds[1])
        return number(headers[1] + COUNTER) > number(headers[0] + COUNTER);
    return holds[0] ? 0 : holds[1] ? 1 : -1;
}
