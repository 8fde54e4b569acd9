#include "round.h"

#include "poly.h"

int32_t mldsa_power2_round(int32_t r, int32_t *r0)
{
    int32_t r1 = (r + (1 << (MLDSA_D - 1)) - 1) >> MLDSA_D;
    *r0 = r - (r1 << MLDSA_D);
    return r1;
}

int32_t mldsa_decompose(int32_t r, int32_t *r0)
{
    /* (r + gamma2 - 1) / (2 gamma2) without a division: 2 gamma2 is 512 * 1023, and
     * 1025 / 2^20 is 1 / 1023, near enough below 2^15. */
    int32_t r1 = (((r + MLDSA_GAMMA2 - 1) >> 9) + 1) * 1025 >> 20;
    /* The last interval counts as the first: r1 is 16 for it, and r0 becomes r - q. */
    r1 &= 15;
    *r0 = mldsa_centred(r - r1 * 2 * MLDSA_GAMMA2);
    return r1;
}

int32_t mldsa_high_bits(int32_t r)
{
    int32_t r0;
    return mldsa_decompose(r, &r0);
}

int32_t mldsa_use_hint(int hint, int32_t r)
{
    int32_t r0, r1 = mldsa_decompose(r, &r0);
    if (!hint)
        return r1;
    return (r0 > 0 ? r1 + 1 : r1 - 1) & 15;
}
