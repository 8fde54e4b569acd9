/* memcpy, memmove, memset and memchr, word by word: those of picolibc go byte by byte. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The compiler must not see in these loops what they are. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#define WORD sizeof(uint32_t)

typedef uint32_t __attribute__((may_alias)) word;

static int aligned(const void *at)
{
    return ((uintptr_t)at & (WORD - 1)) == 0;
}

void *memset(void *memory, int value, size_t size)
{
    uint8_t *to = memory;
    word all = (uint8_t)value * 0x01010101U;
    for (; size && !aligned(to); size--)
        *to++ = (uint8_t)value;
    for (; size >= 8 * WORD; size -= 8 * WORD, to += 8 * WORD)
        for (int i = 0; i < 8; i++)
            ((word *)to)[i] = all;
    for (; size >= WORD; size -= WORD, to += WORD)
        *(word *)to = all;
    while (size--)
        *to++ = (uint8_t)value;
    return memory;
}

/* Never writes ahead of what it reads: for what overlaps, too, if it is to be moved down. */
static void *forward(void *memory, const void *source, size_t size)
{
    uint8_t *to = memory;
    const uint8_t *from = source;
    if (size >= 4 * WORD) {
        for (; !aligned(to); size--)
            *to++ = *from++;
        if (aligned(from)) {
            for (; size >= 4 * WORD; size -= 4 * WORD, to += 4 * WORD, from += 4 * WORD) {
                word a = ((const word *)from)[0], b = ((const word *)from)[1];
                word c = ((const word *)from)[2], d = ((const word *)from)[3];
                ((word *)to)[0] = a, ((word *)to)[1] = b, ((word *)to)[2] = c, ((word *)to)[3] = d;
            }
        } else {
            /* Each word is of two, the first of which was read already. No word is read but those
             * that have bytes of the source. */
            unsigned low = ((uintptr_t)from & (WORD - 1)) * 8, high = 32 - low;
            const word *at = (const word *)(from - low / 8);
            word had = *at++;
            for (; size >= 2 * WORD; size -= WORD, to += WORD, from += WORD) {
                word next = *at++;
                *(word *)to = had >> low | next << high;
                had = next;
            }
        }
        for (; aligned(from) && size >= WORD; size -= WORD, to += WORD, from += WORD)
            *(word *)to = *(const word *)from;
    }
    while (size--)
        *to++ = *from++;
    return memory;
}

void *memcpy(void *restrict memory, const void *restrict source, size_t size)
{
    return forward(memory, source, size);
}

void *memmove(void *memory, const void *source, size_t size)
{
    uint8_t *to = memory;
    const uint8_t *from = source;
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return forward(memory, source, size);
    while (size--)
        to[size] = from[size];
    return memory;
}

void *memchr(const void *memory, int value, size_t size)
{
    const uint8_t *at = memory;
    const word all = (uint8_t)value * 0x01010101U;
    for (; size && !aligned(at); size--, at++)
        if (*at == (uint8_t)value)
            return (void *)at;
    for (; size >= WORD; size -= WORD, at += WORD) {
        word other = *(const word *)at ^ all; /* has a byte of zero where the value is */
        if ((other - 0x01010101U) & ~other & 0x80808080U)
            break;
    }
    for (; size; size--, at++)
        if (*at == (uint8_t)value)
            return (void *)at;
    return NULL;
}
