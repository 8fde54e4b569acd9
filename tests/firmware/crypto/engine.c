/* Takes the place of keccak.c as a hardware engine would: one state for all, which belongs to
 * whoever cleared it last. Using it while it is another's ends the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keccak.h"

static uint8_t bytes_of_state[KECCAK_BYTES];
static const struct keccak *owner;

static void check(const struct keccak *state)
{
    if (state != owner) {
        fprintf(stderr, "engine: two states in use at a time\n");
        abort();
    }
}

static uint64_t rotated(uint64_t lane, unsigned by)
{
    return by ? lane << by | lane >> (64 - by) : lane;
}

void keccak_clear(struct keccak *state)
{
    owner = state;
    memset(bytes_of_state, 0, sizeof bytes_of_state);
}

/* One round after the other as FIPS 202 describes them; constants of iota from their register. */
void keccak_permute(struct keccak *state)
{
    uint64_t a[5][5], b[5][5], c[5];
    unsigned lfsr = 1;
    check(state);
    memcpy(a, bytes_of_state, sizeof a);
    for (int i = 0; i < 24; i++) {
        for (int x = 0; x < 5; x++)
            c[x] = a[0][x] ^ a[1][x] ^ a[2][x] ^ a[3][x] ^ a[4][x];
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++)
                a[y][x] ^= c[(x + 4) % 5] ^ rotated(c[(x + 1) % 5], 1);
        b[0][0] = a[0][0];
        for (unsigned t = 0, x = 1, y = 0, next; t < 24; t++, x = y, y = next) {
            next = (2 * x + 3 * y) % 5;
            b[next][y] = rotated(a[y][x], (t + 1) * (t + 2) / 2 % 64);
        }
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 5; x++)
                a[y][x] = b[y][x] ^ (~b[y][(x + 1) % 5] & b[y][(x + 2) % 5]);
        for (int j = 0; j < 7; j++) {
            a[0][0] ^= (uint64_t)(lfsr & 1) << ((1 << j) - 1);
            lfsr = lfsr << 1 ^ (lfsr >> 7) * 0x171;
        }
    }
    memcpy(bytes_of_state, a, sizeof a);
}

void keccak_xor(struct keccak *state, size_t offset, const uint8_t *bytes, size_t size)
{
    check(state);
    for (size_t i = 0; i < size; i++)
        bytes_of_state[offset + i] ^= bytes[i];
}

void keccak_extract(const struct keccak *state, size_t offset, uint8_t *bytes, size_t size)
{
    check(state);
    memcpy(bytes, bytes_of_state + offset, size);
}
