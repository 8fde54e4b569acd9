#include "poly1305.h"

#include <string.h>

#include "bytes.h"
#include "secret.h"

void poly1305_start(struct poly1305 *mac, const uint8_t key[32])
{
    for (int i = 0; i < 4; i++) {
        mac->r[i] = load32(key + 4 * i) & (i ? 0x0ffffffc : 0x0fffffff); /* clamping */
        mac->s[i] = load32(key + 16 + 4 * i);
    }
    for (int i = 0; i < 5; i++)
        mac->sum[i] = 0;
}

/* Add to words of the sum; what is carried out of the last comes back. */
static inline uint32_t add_to(uint32_t *word, uint32_t number, uint32_t carry)
{
    uint64_t sum = (uint64_t)*word + number + carry;
    *word = (uint32_t)sum;
    return (uint32_t)(sum >> 32);
}

/* Replace what is above 130 bits: 2^130 is 5. */
static inline void fold(uint32_t sum[5])
{
    uint32_t above = sum[4] >> 2, carry = add_to(&sum[0], 5 * above, 0);
    for (int i = 1; i < 4; i++)
        carry = add_to(&sum[i], 0, carry);
    sum[4] = (sum[4] & 3) + carry;
}

/* sum = (sum + block) r modulo 2^130 - 5, not fully reduced; `top` is bit 128 of the block.
 *
 * With what is added sum[4] is at most 6, and the factor's words have 28 bits: so no product and no sum of
 * them below has more than 63 bits, and the last not more than 32. */
static void add_block(struct poly1305 *mac, const uint8_t block[16], uint32_t top)
{
    uint32_t carry = 0;
    for (int i = 0; i < 4; i++)
        carry = add_to(&mac->sum[i], load_word(block + 4 * i), carry);
    const uint32_t a = mac->sum[0], b = mac->sum[1], c = mac->sum[2], d = mac->sum[3];
    const uint32_t e = mac->sum[4] + top + carry;
    const uint32_t r0 = mac->r[0], r1 = mac->r[1], r2 = mac->r[2], r3 = mac->r[3];
    /* What passes 2^128 returns at the lowest word, 5/4 times: all but r0 are multiples of 4. */
    const uint32_t s1 = r1 + (r1 >> 2), s2 = r2 + (r2 >> 2), s3 = r3 + (r3 >> 2);

    uint64_t word = (uint64_t)a * r0 + (uint64_t)b * s3 + (uint64_t)c * s2 + (uint64_t)d * s1;
    mac->sum[0] = (uint32_t)word;
    word = (word >> 32) + (uint64_t)a * r1 + (uint64_t)b * r0 + (uint64_t)c * s3 +
        (uint64_t)d * s2 + e * s1;
    mac->sum[1] = (uint32_t)word;
    word = (word >> 32) + (uint64_t)a * r2 + (uint64_t)b * r1 + (uint64_t)c * r0 +
        (uint64_t)d * s3 + e * s2;
    mac->sum[2] = (uint32_t)word;
    word = (word >> 32) + (uint64_t)a * r3 + (uint64_t)b * r2 + (uint64_t)c * r1 +
        (uint64_t)d * r0 + e * s3;
    mac->sum[3] = (uint32_t)word;
    mac->sum[4] = (uint32_t)(word >> 32) + e * r0;
    fold(mac->sum);
}

void poly1305_add_padded(struct poly1305 *mac, const uint8_t *bytes, size_t size)
{
    for (; size >= 16; bytes += 16, size -= 16)
        add_block(mac, bytes, 1);
    if (size) {
        uint8_t block[16] = {0};
        memcpy(block, bytes, size);
        add_block(mac, block, 1);
    }
}

/* Takes the sum below 2^130 - 5. */
static void reduce(uint32_t sum[5])
{
    uint32_t less[5], carry = 5;
    fold(sum);
    /* sum + 5 - 2^130 is the sum less the modulus; it is taken if it is not negative. */
    for (int i = 0; i < 5; i++) {
        less[i] = sum[i];
        carry = add_to(&less[i], 0, carry);
    }
    uint32_t take = secret_mask(less[4] >> 2);
    for (int i = 0; i < 4; i++)
        sum[i] = secret_choose(take, less[i], sum[i]);
}

void poly1305_finish(struct poly1305 *mac, const uint8_t *bytes, size_t size,
                     uint8_t tag[POLY1305_BYTES])
{
    size_t whole = size & ~(size_t)15;
    poly1305_add_padded(mac, bytes, whole);
    if (size > whole) {
        uint8_t block[16] = {0};
        memcpy(block, bytes + whole, size - whole);
        block[size - whole] = 1;
        add_block(mac, block, 0);
    }

    uint32_t *sum = mac->sum;
    reduce(sum);
    uint32_t carry = 0;
    for (int i = 0; i < 4; i++) {
        carry = add_to(&sum[i], mac->s[i], carry);
        store32(tag + 4 * i, sum[i]);
    }
    secret_wipe(mac, sizeof *mac);
}
