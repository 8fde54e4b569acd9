#include "chacha20.h"

#include <string.h>

#include "bytes.h"
#include "secret.h"

static inline uint32_t rotated(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

/* A line of four quarter rounds: x[a] += x[b]; x[d] = (x[d] ^ x[a]) rotated. Each of the four waits
 * for itself alone, so that the processor need not. */
#define ADD(a, b) (x##a += x##b)
#define XOR(d, a) (x##d ^= x##a)
#define TURN(d, by) (x##d = rotated(x##d, by))
#define LINE(a0, a1, a2, a3, b0, b1, b2, b3, d0, d1, d2, d3, by)                                   \
    ADD(a0, b0), ADD(a1, b1), ADD(a2, b2), ADD(a3, b3);                                            \
    XOR(d0, a0), XOR(d1, a1), XOR(d2, a2), XOR(d3, a3);                                            \
    TURN(d0, by), TURN(d1, by), TURN(d2, by), TURN(d3, by)

/* to = from ^ key stream, of whole blocks; both are aligned. The words of a block stay in registers,
 * as their address is not taken. */
static void add_blocks(uint32_t state[16], uint8_t *to, const uint8_t *from, size_t count)
{
    for (; count; count--, to += CHACHA20_BLOCK, from += CHACHA20_BLOCK) {
        uint32_t x0 = state[0], x1 = state[1], x2 = state[2], x3 = state[3];
        uint32_t x4 = state[4], x5 = state[5], x6 = state[6], x7 = state[7];
        uint32_t x8 = state[8], x9 = state[9], x10 = state[10], x11 = state[11];
        uint32_t x12 = state[12], x13 = state[13], x14 = state[14], x15 = state[15];
        for (int i = 0; i < 10; i++) {
            /* Columns. */
            LINE(0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16);
            LINE(8, 9, 10, 11, 12, 13, 14, 15, 4, 5, 6, 7, 12);
            LINE(0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 8);
            LINE(8, 9, 10, 11, 12, 13, 14, 15, 4, 5, 6, 7, 7);
            /* Diagonals. */
            LINE(0, 1, 2, 3, 5, 6, 7, 4, 15, 12, 13, 14, 16);
            LINE(10, 11, 8, 9, 15, 12, 13, 14, 5, 6, 7, 4, 12);
            LINE(0, 1, 2, 3, 5, 6, 7, 4, 15, 12, 13, 14, 8);
            LINE(10, 11, 8, 9, 15, 12, 13, 14, 5, 6, 7, 4, 7);
        }
#define WORD(i) store32_aligned(to + 4 * i, load32_aligned(from + 4 * i) ^ (x##i + state[i]))
        WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5), WORD(6), WORD(7);
        WORD(8), WORD(9), WORD(10), WORD(11), WORD(12), WORD(13), WORD(14), WORD(15);
        state[12]++;
    }
}

void chacha20_start(struct chacha20 *cipher, const uint8_t key[32], const uint8_t nonce[12],
                    uint32_t counter)
{
    uint32_t *state = cipher->state;
    /* "expand 32-byte k" */
    state[0] = 0x61707865, state[1] = 0x3320646e, state[2] = 0x79622d32, state[3] = 0x6b206574;
    for (int i = 0; i < 8; i++)
        state[4 + i] = load32_either(key + 4 * i);
    state[12] = counter;
    for (int i = 0; i < 3; i++)
        state[13 + i] = load32_either(nonce + 4 * i);
}

void chacha20_add(struct chacha20 *cipher, uint8_t *to, const uint8_t *from, size_t size)
{
    if (is_aligned(to) && is_aligned(from)) {
        const size_t whole = size & ~(size_t)(CHACHA20_BLOCK - 1);
        add_blocks(cipher->state, to, from, whole / CHACHA20_BLOCK);
        to += whole;
        from += whole;
        size -= whole;
    }
    if (!size)
        return;
    uint8_t block[CHACHA20_BLOCK] __attribute__((aligned(4)));
    while (size) {
        size_t part = size < CHACHA20_BLOCK ? size : CHACHA20_BLOCK;
        memcpy(block, from, part);
        add_blocks(cipher->state, block, block, 1);
        memcpy(to, block, part);
        to += part;
        from += part;
        size -= part;
    }
    secret_wipe(block, sizeof block);
}

void chacha20_wipe(struct chacha20 *cipher)
{
    secret_wipe(cipher, sizeof *cipher);
}
