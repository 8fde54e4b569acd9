#include "chacha20.h"

#include "bytes.h"
#include "secret.h"

static inline uint32_t rotated(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

static inline void step(uint32_t *sum, uint32_t add, uint32_t *turned, unsigned by)
{
    *sum += add;
    *turned = rotated(*turned ^ *sum, by);
}

/* The same step of four quarter rounds, which work on three rows of the state, each from some column
 * on. Taken in turns, none waits for what the one before it has made. */
static inline void steps(uint32_t *sum, int i, const uint32_t *add, int j, uint32_t *turned, int k,
                         unsigned by)
{
    step(&sum[i & 3], add[j & 3], &turned[k & 3], by);
    step(&sum[(i + 1) & 3], add[(j + 1) & 3], &turned[(k + 1) & 3], by);
    step(&sum[(i + 2) & 3], add[(j + 2) & 3], &turned[(k + 2) & 3], by);
    step(&sum[(i + 3) & 3], add[(j + 3) & 3], &turned[(k + 3) & 3], by);
}

/* Four quarter rounds: of the columns, or with `turn` 1 of the diagonals. */
static inline void quarter_rounds(uint32_t x[16], int turn)
{
    uint32_t *a = x, *b = x + 4, *c = x + 8, *d = x + 12;
    steps(a, 0, b, turn, d, 3 * turn, 16);
    steps(c, 2 * turn, d, 3 * turn, b, turn, 12);
    steps(a, 0, b, turn, d, 3 * turn, 8);
    steps(c, 2 * turn, d, 3 * turn, b, turn, 7);
}

static void block_of(uint32_t block[16], const uint32_t state[16])
{
    uint32_t x[16];
    for (int i = 0; i < 16; i++)
        x[i] = state[i];
    for (int i = 0; i < 10; i++) {
        quarter_rounds(x, 0);
        quarter_rounds(x, 1);
    }
    for (int i = 0; i < 16; i++)
        block[i] = x[i] + state[i];
    secret_wipe(x, sizeof x);
}

void chacha20(uint8_t *to, const uint8_t *from, size_t size, const uint8_t key[32],
              const uint8_t nonce[12], uint32_t counter)
{
    /* "expand 32-byte k" */
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t block[16];
    for (int i = 0; i < 8; i++)
        state[4 + i] = load32(key + 4 * i);
    state[12] = counter;
    for (int i = 0; i < 3; i++)
        state[13 + i] = load32(nonce + 4 * i);

    while (size) {
        size_t part = size < sizeof block ? size : sizeof block;
        block_of(block, state);
        if (part == sizeof block && is_word(to) && is_word(from)) {
            for (size_t i = 0; i < 16; i++)
                ((bytes_word *)to)[i] = ((const bytes_word *)from)[i] ^ block[i];
        } else {
            for (size_t i = 0; i < part; i++)
                to[i] = from[i] ^ (uint8_t)(block[i / 4] >> i % 4 * 8);
        }
        state[12]++;
        to += part;
        from += part;
        size -= part;
    }
    secret_wipe(state, sizeof state);
    secret_wipe(block, sizeof block);
}
