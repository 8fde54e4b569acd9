#include "ntt.h"

/* 17^BitRev7(i) modulo q (FIPS 203, appendix A). */
static const uint16_t zetas[MLKEM_N / 2] = {
    1, 1729, 2580, 3289, 2642, 630, 1897, 848, 1062, 1919, 193, 797, 2786, 3260, 569, 1746,
    296, 2447, 1339, 1476, 3046, 56, 2240, 1333, 1426, 2094, 535, 2882, 2393, 2879, 1974, 821,
    289, 331, 3253, 1756, 1197, 2304, 2277, 2055, 650, 1977, 2513, 632, 2865, 33, 1320, 1915,
    2319, 1435, 807, 452, 1438, 2868, 1534, 2402, 2647, 2617, 1481, 648, 2474, 3110, 1227, 910,
    17, 2761, 583, 2649, 1637, 723, 2288, 1100, 1409, 2662, 3281, 233, 756, 2156, 3015, 3050,
    1703, 1651, 2789, 1789, 1847, 952, 1461, 2687, 939, 2308, 2437, 2388, 733, 2337, 268, 641,
    1584, 2298, 2037, 3220, 375, 2549, 2090, 1645, 1063, 319, 2773, 757, 2099, 561, 2466, 2594,
    2804, 1092, 403, 1026, 1143, 2150, 2775, 886, 1722, 1212, 1874, 1029, 2110, 2935, 885, 2154,
};

#define N_INVERSE 3303 /* of 128 modulo q */

void mlkem_ntt(struct mlkem_poly *f)
{
    int root = 0;
    for (int length = 128; length >= 2; length >>= 1)
        for (int start = 0; start < MLKEM_N; start += 2 * length) {
            uint32_t zeta = zetas[++root];
            for (int i = start; i < start + length; i++) {
                uint32_t t = mlkem_reduced(zeta * f->at[i + length]);
                f->at[i + length] = mlkem_reduced(f->at[i] + MLKEM_Q - t);
                f->at[i] = mlkem_reduced(f->at[i] + t);
            }
        }
}

void mlkem_ntt_inverse(struct mlkem_poly *f)
{
    int root = MLKEM_N / 2;
    for (int length = 2; length <= 128; length <<= 1)
        for (int start = 0; start < MLKEM_N; start += 2 * length) {
            uint32_t zeta = zetas[--root];
            for (int i = start; i < start + length; i++) {
                uint32_t t = f->at[i];
                f->at[i] = mlkem_reduced(t + f->at[i + length]);
                f->at[i + length] = mlkem_reduced(zeta * (f->at[i + length] + MLKEM_Q - t));
            }
        }
    for (int i = 0; i < MLKEM_N; i++)
        f->at[i] = mlkem_reduced((uint32_t)f->at[i] * N_INVERSE);
}

/* Two coefficients modulo X^2 - root. */
static void multiply_add_pair(uint16_t sum[2], const uint16_t a[2], const uint16_t b[2],
                              uint32_t root)
{
    uint32_t high = mlkem_reduced((uint32_t)a[1] * b[1]);
    sum[0] = mlkem_reduced(sum[0] + (uint32_t)a[0] * b[0] + high * root);
    sum[1] = mlkem_reduced(sum[1] + (uint32_t)a[0] * b[1] + (uint32_t)a[1] * b[0]);
}

void mlkem_multiply_add(struct mlkem_poly *sum, const struct mlkem_poly *a,
                        const struct mlkem_poly *b)
{
    /* The roots 17^(2 BitRev7(i) + 1) come in pairs of one number and its negative. */
    for (int i = 0; i < MLKEM_N; i += 4) {
        uint32_t root = zetas[MLKEM_N / 4 + i / 4];
        multiply_add_pair(sum->at + i, a->at + i, b->at + i, root);
        multiply_add_pair(sum->at + i + 2, a->at + i + 2, b->at + i + 2, MLKEM_Q - root);
    }
}
