#include "keccak.h"

#include "bytes.h"
#include "secret.h"

/* Constants of iota (FIPS 202, section 3.2.5). */
static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
    0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
    0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
    0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static inline uint64_t rotated(uint64_t lane, unsigned by)
{
    return lane << by | lane >> ((64 - by) & 63);
}

/* theta, rho, pi, chi and iota (FIPS 202, section 3.2); lane (x, y) is a[x + 5 y]. */
static void one_round(uint64_t a[25], uint64_t constant)
{
    uint64_t b[25], c[5], d[5];

    for (int x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    d[0] = c[4] ^ rotated(c[1], 1);
    d[1] = c[0] ^ rotated(c[2], 1);
    d[2] = c[1] ^ rotated(c[3], 1);
    d[3] = c[2] ^ rotated(c[4], 1);
    d[4] = c[3] ^ rotated(c[0], 1);

    /* Written out, as 32-bit machines rotate by a constant in far fewer instructions. */
#define MOVE(to, from, by) b[to] = rotated(a[from] ^ d[from % 5], by)
    MOVE(0, 0, 0);
    MOVE(1, 6, 44);
    MOVE(2, 12, 43);
    MOVE(3, 18, 21);
    MOVE(4, 24, 14);
    MOVE(5, 3, 28);
    MOVE(6, 9, 20);
    MOVE(7, 10, 3);
    MOVE(8, 16, 45);
    MOVE(9, 22, 61);
    MOVE(10, 1, 1);
    MOVE(11, 7, 6);
    MOVE(12, 13, 25);
    MOVE(13, 19, 8);
    MOVE(14, 20, 18);
    MOVE(15, 4, 27);
    MOVE(16, 5, 36);
    MOVE(17, 11, 10);
    MOVE(18, 17, 15);
    MOVE(19, 23, 56);
    MOVE(20, 2, 62);
    MOVE(21, 8, 55);
    MOVE(22, 14, 39);
    MOVE(23, 15, 41);
    MOVE(24, 21, 2);
#undef MOVE

    for (int y = 0; y < 25; y += 5) {
        a[y] = b[y] ^ (~b[y + 1] & b[y + 2]);
        a[y + 1] = b[y + 1] ^ (~b[y + 2] & b[y + 3]);
        a[y + 2] = b[y + 2] ^ (~b[y + 3] & b[y + 4]);
        a[y + 3] = b[y + 3] ^ (~b[y + 4] & b[y]);
        a[y + 4] = b[y + 4] ^ (~b[y] & b[y + 1]);
    }
    a[0] ^= constant;
}

void keccak_clear(struct keccak *state)
{
    secret_wipe(state, sizeof *state);
}

void keccak_permute(struct keccak *state)
{
    for (int i = 0; i < 24; i++)
        one_round(state->lanes, round_constants[i]);
}

void keccak_xor(struct keccak *state, size_t offset, const uint8_t *bytes, size_t size)
{
    while (size) {
        if (offset % 8 == 0 && size >= 8) {
            state->lanes[offset / 8] ^= load64(bytes);
            offset += 8, bytes += 8, size -= 8;
        } else {
            state->lanes[offset / 8] ^= (uint64_t)*bytes << 8 * (offset % 8);
            offset++, bytes++, size--;
        }
    }
}

void keccak_extract(const struct keccak *state, size_t offset, uint8_t *bytes, size_t size)
{
    while (size) {
        if (offset % 8 == 0 && size >= 8) {
            store64(bytes, state->lanes[offset / 8]);
            offset += 8, bytes += 8, size -= 8;
        } else {
            *bytes = (uint8_t)(state->lanes[offset / 8] >> 8 * (offset % 8));
            offset++, bytes++, size--;
        }
    }
}
