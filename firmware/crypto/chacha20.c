#include "chacha20.h"

#include "bytes.h"
#include "secret.h"

static inline uint32_t rotated(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

static inline void quarter_round(uint32_t x[16], int a, int b, int c, int d)
{
    x[a] += x[b], x[d] = rotated(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rotated(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rotated(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rotated(x[b] ^ x[c], 7);
}

static void block_of(uint8_t block[64], const uint32_t state[16])
{
    uint32_t x[16];
    for (int i = 0; i < 16; i++)
        x[i] = state[i];
    for (int i = 0; i < 10; i++) {
        quarter_round(x, 0, 4, 8, 12);
        quarter_round(x, 1, 5, 9, 13);
        quarter_round(x, 2, 6, 10, 14);
        quarter_round(x, 3, 7, 11, 15);
        quarter_round(x, 0, 5, 10, 15);
        quarter_round(x, 1, 6, 11, 12);
        quarter_round(x, 2, 7, 8, 13);
        quarter_round(x, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++)
        store32(block + 4 * i, x[i] + state[i]);
    secret_wipe(x, sizeof x);
}

void chacha20(uint8_t *to, const uint8_t *from, size_t size, const uint8_t key[32],
              const uint8_t nonce[12], uint32_t counter)
{
    /* "expand 32-byte k" */
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint8_t block[64];
    for (int i = 0; i < 8; i++)
        state[4 + i] = load32(key + 4 * i);
    state[12] = counter;
    for (int i = 0; i < 3; i++)
        state[13 + i] = load32(nonce + 4 * i);

    while (size) {
        size_t part = size < sizeof block ? size : sizeof block;
        block_of(block, state);
        for (size_t i = 0; i < part; i++)
            to[i] = from[i] ^ block[i];
        state[12]++;
        to += part;
        from += part;
        size -= part;
    }
    secret_wipe(state, sizeof state);
    secret_wipe(block, sizeof block);
}
