/* Little-endian numbers in bytes, on any machine and at any alignment. */
#ifndef CRYPTO_BYTES_H
#define CRYPTO_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t load32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline uint64_t load64(const uint8_t *from)
{
    return load32(from) | (uint64_t)load32(from + 4) << 32;
}

static inline void store32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    to[2] = (uint8_t)(value >> 16);
    to[3] = (uint8_t)(value >> 24);
}

static inline void store64(uint8_t *to, uint64_t value)
{
    store32(to, (uint32_t)value);
    store32(to + 4, (uint32_t)(value >> 32));
}

/* Whether an address is a multiple of 4. */
static inline int is_aligned(const void *at)
{
    return ((uintptr_t)at & 3) == 0;
}

/* The same of such an address: one instruction where the machine is little-endian. */
static inline uint32_t load32_aligned(const uint8_t *from)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t value;
    memcpy(&value, __builtin_assume_aligned(from, 4), sizeof value);
    return value;
#else
    return load32(from);
#endif
}

/* Of any address: faster if it is such a one. */
static inline uint32_t load32_either(const uint8_t *from)
{
    return is_aligned(from) ? load32_aligned(from) : load32(from);
}

static inline void store32_aligned(uint8_t *to, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(__builtin_assume_aligned(to, 4), &value, sizeof value);
#else
    store32(to, value);
#endif
}

#endif
