#include "poly1305.h"

#include <string.h>

#include "bytes.h"
#include "secret.h"

void poly1305_start(struct poly1305 *mac, const uint8_t key[32])
{
    /* Clamping. */
    mac->r[0] = load32_either(key) & 0x0fffffff;
    for (int i = 1; i < 4; i++)
        mac->r[i] = load32_either(key + 4 * i) & 0x0ffffffc;
    for (int i = 0; i < 5; i++)
        mac->sum[i] = 0;
    for (int i = 0; i < 4; i++)
        mac->s[i] = load32_either(key + 16 + 4 * i);
}

static inline uint64_t product(uint32_t a, uint32_t b)
{
    return (uint64_t)a * b;
}

/* For each of `count` blocks, sum = (sum + block) r modulo 2^130 - 5, not fully reduced; `top` is
 * bit 128 of a block.
 *
 * The highest word of the sum is at most 4 before and after, 6 within: each factor is below 2^28,
 * so that four products and what is carried stay below 2^63.
 */
static void add_blocks(struct poly1305 *mac, const uint8_t *block, size_t count, uint32_t top)
{
    const uint32_t r0 = mac->r[0], r1 = mac->r[1], r2 = mac->r[2], r3 = mac->r[3];
    /* 2^130 is 5, so a factor of 2^128 is 5/4: what passes the highest word returns at the lowest.
     * Clamping has made these multiples of 4. */
    const uint32_t s1 = r1 + (r1 >> 2), s2 = r2 + (r2 >> 2), s3 = r3 + (r3 >> 2);
    const int aligned = is_aligned(block);
    uint32_t h0 = mac->sum[0], h1 = mac->sum[1], h2 = mac->sum[2], h3 = mac->sum[3];
    uint32_t h4 = mac->sum[4];

    for (; count; block += 16, count--) {
        uint32_t m0, m1, m2, m3;
        if (aligned) {
            m0 = load32_aligned(block), m1 = load32_aligned(block + 4);
            m2 = load32_aligned(block + 8), m3 = load32_aligned(block + 12);
        } else {
            m0 = load32(block), m1 = load32(block + 4);
            m2 = load32(block + 8), m3 = load32(block + 12);
        }
        uint64_t carry = (uint64_t)h0 + m0;
        h0 = (uint32_t)carry;
        carry = (carry >> 32) + h1 + m1;
        h1 = (uint32_t)carry;
        carry = (carry >> 32) + h2 + m2;
        h2 = (uint32_t)carry;
        carry = (carry >> 32) + h3 + m3;
        h3 = (uint32_t)carry;
        h4 += (uint32_t)(carry >> 32) + top;

        carry = product(h0, r0) + product(h1, s3) + product(h2, s2) + product(h3, s1);
        const uint32_t d0 = (uint32_t)carry;
        carry = (carry >> 32) + product(h0, r1) + product(h1, r0) + product(h2, s3) +
                product(h3, s2) + h4 * s1;
        const uint32_t d1 = (uint32_t)carry;
        carry = (carry >> 32) + product(h0, r2) + product(h1, r1) + product(h2, r0) +
                product(h3, s3) + h4 * s2;
        const uint32_t d2 = (uint32_t)carry;
        carry = (carry >> 32) + product(h0, r3) + product(h1, r2) + product(h2, r1) +
                product(h3, r0) + h4 * s3;
        const uint32_t d3 = (uint32_t)carry;
        h4 = (uint32_t)(carry >> 32) + h4 * r0;

        carry = (uint64_t)d0 + (h4 >> 2) * 5;
        h0 = (uint32_t)carry;
        carry = (carry >> 32) + d1;
        h1 = (uint32_t)carry;
        carry = (carry >> 32) + d2;
        h2 = (uint32_t)carry;
        carry = (carry >> 32) + d3;
        h3 = (uint32_t)carry;
        h4 = (h4 & 3) + (uint32_t)(carry >> 32);
    }
    mac->sum[0] = h0, mac->sum[1] = h1, mac->sum[2] = h2, mac->sum[3] = h3;
    mac->sum[4] = h4;
}

void poly1305_add_padded(struct poly1305 *mac, const uint8_t *bytes, size_t size)
{
    const size_t whole = size & ~(size_t)15;
    add_blocks(mac, bytes, whole / 16, 1);
    if (size > whole) {
        uint8_t block[16] = {0};
        memcpy(block, bytes + whole, size - whole);
        add_blocks(mac, block, 1, 1);
    }
}

/* Takes the sum below 2^130 - 5. */
static void reduce(uint32_t sum[5])
{
    /* What is beyond 2^130 is at most 1, and then there is next to nothing below: sum + 5 - 2^130,
     * which is the sum less the modulus, is taken if it is not negative. */
    uint32_t less[5];
    uint64_t carry = 5;
    for (int i = 0; i < 5; i++) {
        carry += sum[i];
        less[i] = (uint32_t)carry;
        carry >>= 32;
    }
    uint32_t take = ~secret_zero(less[4] >> 2);
    for (int i = 0; i < 4; i++)
        sum[i] = secret_choose(take, less[i], sum[i]);
}

void poly1305_finish(struct poly1305 *mac, const uint8_t *bytes, size_t size,
                     uint8_t tag[POLY1305_BYTES])
{
    const size_t whole = size & ~(size_t)15;
    add_blocks(mac, bytes, whole / 16, 1);
    if (size > whole) {
        uint8_t block[16] = {0};
        memcpy(block, bytes + whole, size - whole);
        block[size - whole] = 1;
        add_blocks(mac, block, 1, 0);
    }

    reduce(mac->sum);
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (uint64_t)mac->sum[i] + mac->s[i];
        store32(tag + 4 * i, (uint32_t)carry);
        carry >>= 32;
    }
    secret_wipe(mac, sizeof *mac);
}
