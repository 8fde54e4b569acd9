/* High and low bits of coefficients, and hints (FIPS 204, section 7.4); r is in 0..q-1. */
#ifndef MLDSA_ROUND_H
#define MLDSA_ROUND_H

#include <stdint.h>

#include "poly.h"

/* Power2Round (algorithm 35): returns r1, and r0 modulo q. */
static inline int32_t mldsa_power2_round(int32_t r, int32_t *r0)
{
    int32_t r1 = (r + (1 << (MLDSA_D - 1)) - 1) >> MLDSA_D;
    *r0 = mldsa_not_negative(r - (r1 << MLDSA_D));
    return r1;
}

/* Decompose (algorithm 36): returns r1 in 0..15, and r0 modulo q. */
static inline int32_t mldsa_decompose(int32_t r, int32_t *r0)
{
    /* (r + gamma2 - 1) / (2 gamma2) without a division: 2 gamma2 is 512 * 1023, and
     * 1025 / 2^20 is 1 / 1023, near enough below 2^15. */
    int32_t r1 = (((r + MLDSA_GAMMA2 - 1) >> 9) + 1) * 1025 >> 20;
    /* The last interval counts as the first: r1 is 16 for it, and r0 is r - q. */
    r1 &= 15;
    *r0 = mldsa_not_negative(r - r1 * 2 * MLDSA_GAMMA2);
    return r1;
}

/* Whether r0, which may have left its range by less than gamma2, has taken r1 with it: 1 or 0.
 * That is MakeHint (algorithm 39) without the number itself, of its high and low bits. */
static inline uint32_t mldsa_make_hint(int32_t r0, int32_t r1)
{
    uint32_t up = (uint32_t)mldsa_not_negative(r0 + MLDSA_GAMMA2 - MLDSA_Q);
    /* -gamma2 is a low part of 0 alone, where the last interval joins the first. */
    uint32_t joins = secret_zero(up) & ~secret_zero((uint32_t)r1);
    return (secret_less(2 * MLDSA_GAMMA2, up) | joins) & 1;
}

/* UseHint (algorithm 40), of public numbers. */
static inline int32_t mldsa_use_hint(int hint, int32_t r)
{
    int32_t r0, r1 = mldsa_decompose(r, &r0);
    if (!hint)
        return r1;
    return (r0 > 0 && r0 <= MLDSA_GAMMA2 ? r1 + 1 : r1 - 1) & 15;
}

#endif
