#include "poly1305.h"

#include <string.h>

#include "bytes.h"
#include "secret.h"

#define LIMB 0x3ffffffU /* 26 bits */

void poly1305_start(struct poly1305 *mac, const uint8_t key[32])
{
    /* Clamping, spread over the limbs. */
    mac->r[0] = load32(key) & 0x3ffffff;
    mac->r[1] = load32(key + 3) >> 2 & 0x3ffff03;
    mac->r[2] = load32(key + 6) >> 4 & 0x3ffc0ff;
    mac->r[3] = load32(key + 9) >> 6 & 0x3f03fff;
    mac->r[4] = load32(key + 12) >> 8 & 0x00fffff;
    for (int i = 0; i < 5; i++)
        mac->sum[i] = 0;
    for (int i = 0; i < 4; i++)
        mac->s[i] = load32(key + 16 + 4 * i);
}

/* sum = (sum + block) r modulo 2^130 - 5, not fully reduced; `top` is bit 128 of the block. */
static void add_block(struct poly1305 *mac, const uint8_t block[16], uint32_t top)
{
    uint32_t *sum = mac->sum;
    sum[0] += load32(block) & LIMB;
    sum[1] += load32(block + 3) >> 2 & LIMB;
    sum[2] += load32(block + 6) >> 4 & LIMB;
    sum[3] += load32(block + 9) >> 6 & LIMB;
    sum[4] += load32(block + 12) >> 8 | top << 24;

    uint64_t product[5] = {0};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            /* 2^130 is 5: what passes the highest limb returns at the lowest, five times. */
            uint32_t factor = i + j < 5 ? mac->r[j] : 5 * mac->r[j];
            product[i + j < 5 ? i + j : i + j - 5] += (uint64_t)sum[i] * factor;
        }

    uint64_t carry = 0;
    for (int i = 0; i < 5; i++) {
        product[i] += carry;
        sum[i] = (uint32_t)product[i] & LIMB;
        carry = product[i] >> 26;
    }
    carry = sum[0] + 5 * carry;
    sum[0] = (uint32_t)carry & LIMB;
    sum[1] += (uint32_t)(carry >> 26);
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
    uint32_t carry = 0, less[5];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5; i++) {
            sum[i] += carry;
            carry = sum[i] >> 26;
            sum[i] &= LIMB;
        }
        carry *= 5;
    }
    sum[0] += carry;
    /* sum + 5 - 2^130 is the sum less the modulus; it is taken if it is not negative. */
    carry = 5;
    for (int i = 0; i < 5; i++) {
        less[i] = sum[i] + carry;
        carry = less[i] >> 26;
        less[i] &= LIMB;
    }
    uint32_t take = secret_mask(carry & 1);
    for (int i = 0; i < 5; i++)
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
    uint32_t words[4] = {
        sum[0] | sum[1] << 26,
        sum[1] >> 6 | sum[2] << 20,
        sum[2] >> 12 | sum[3] << 14,
        sum[3] >> 18 | sum[4] << 8,
    };
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (uint64_t)words[i] + mac->s[i];
        store32(tag + 4 * i, (uint32_t)carry);
        carry >>= 32;
    }
    secret_wipe(mac, sizeof *mac);
}
