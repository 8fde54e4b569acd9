#include "chacha20.h"

#include "bytes.h"
#include "secret.h"

#define BLOCK 64

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

/* Writes a block of the key stream. The words stay in registers, as their address is not taken. */
static void block_of(uint8_t block[BLOCK], const uint32_t state[16])
{
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
    const uint32_t x[16] = {x0, x1, x2,  x3,  x4,  x5,  x6,  x7,
                            x8, x9, x10, x11, x12, x13, x14, x15};
    for (int i = 0; i < 16; i++)
        store32_aligned(block + 4 * i, x[i] + state[i]);
}

/* to = from ^ stream, by words. */
static void add_stream(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *stream)
{
    const int read_whole = is_aligned(from), write_whole = is_aligned(to);
    size_t i = 0;
    for (; size - i >= 4; i += 4) {
        uint32_t word = read_whole ? load32_aligned(from + i) : load32(from + i);
        word ^= load32_aligned(stream + i);
        if (write_whole)
            store32_aligned(to + i, word);
        else
            store32(to + i, word);
    }
    for (; i < size; i++)
        to[i] = from[i] ^ stream[i];
}

void chacha20(uint8_t *to, const uint8_t *from, size_t size, const uint8_t key[32],
              const uint8_t nonce[12], uint32_t counter)
{
    /* "expand 32-byte k" */
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint8_t block[BLOCK] __attribute__((aligned(4)));
    for (int i = 0; i < 8; i++)
        state[4 + i] = load32(key + 4 * i);
    state[12] = counter;
    for (int i = 0; i < 3; i++)
        state[13 + i] = load32(nonce + 4 * i);

    while (size) {
        size_t part = size < BLOCK ? size : BLOCK;
        block_of(block, state);
        add_stream(to, from, part, block);
        state[12]++;
        to += part;
        from += part;
        size -= part;
    }
    secret_wipe(state, sizeof state);
    secret_wipe(block, sizeof block);
}
