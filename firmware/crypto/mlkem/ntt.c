#include "ntt.h"

/* A factor w with floor(2^32 w / q), so that a product modulo q needs no division (V. Shoup). */
struct root {
    uint32_t factor, quotient;
};

#define ROOT(w) {w, (uint32_t)(((uint64_t)(w) << 32) / MLKEM_Q)}

/* 17^BitRev7(i) modulo q (FIPS 203, appendix A). */
static const struct root zetas[MLKEM_N / 2] = {
    ROOT(1), ROOT(1729), ROOT(2580), ROOT(3289), ROOT(2642), ROOT(630), ROOT(1897), ROOT(848),
    ROOT(1062), ROOT(1919), ROOT(193), ROOT(797), ROOT(2786), ROOT(3260), ROOT(569), ROOT(1746),
    ROOT(296), ROOT(2447), ROOT(1339), ROOT(1476), ROOT(3046), ROOT(56), ROOT(2240), ROOT(1333),
    ROOT(1426), ROOT(2094), ROOT(535), ROOT(2882), ROOT(2393), ROOT(2879), ROOT(1974), ROOT(821),
    ROOT(289), ROOT(331), ROOT(3253), ROOT(1756), ROOT(1197), ROOT(2304), ROOT(2277), ROOT(2055),
    ROOT(650), ROOT(1977), ROOT(2513), ROOT(632), ROOT(2865), ROOT(33), ROOT(1320), ROOT(1915),
    ROOT(2319), ROOT(1435), ROOT(807), ROOT(452), ROOT(1438), ROOT(2868), ROOT(1534), ROOT(2402),
    ROOT(2647), ROOT(2617), ROOT(1481), ROOT(648), ROOT(2474), ROOT(3110), ROOT(1227), ROOT(910),
    ROOT(17), ROOT(2761), ROOT(583), ROOT(2649), ROOT(1637), ROOT(723), ROOT(2288), ROOT(1100),
    ROOT(1409), ROOT(2662), ROOT(3281), ROOT(233), ROOT(756), ROOT(2156), ROOT(3015), ROOT(3050),
    ROOT(1703), ROOT(1651), ROOT(2789), ROOT(1789), ROOT(1847), ROOT(952), ROOT(1461), ROOT(2687),
    ROOT(939), ROOT(2308), ROOT(2437), ROOT(2388), ROOT(733), ROOT(2337), ROOT(268), ROOT(641),
    ROOT(1584), ROOT(2298), ROOT(2037), ROOT(3220), ROOT(375), ROOT(2549), ROOT(2090), ROOT(1645),
    ROOT(1063), ROOT(319), ROOT(2773), ROOT(757), ROOT(2099), ROOT(561), ROOT(2466), ROOT(2594),
    ROOT(2804), ROOT(1092), ROOT(403), ROOT(1026), ROOT(1143), ROOT(2150), ROOT(2775), ROOT(886),
    ROOT(1722), ROOT(1212), ROOT(1874), ROOT(1029), ROOT(2110), ROOT(2935), ROOT(885), ROOT(2154),
};

static const struct root n_inverse = ROOT(3303); /* of 128 modulo q */

/* a w modulo q, below 2 q, for every a. */
static inline uint32_t times(uint32_t a, struct root w)
{
    return a * w.factor - (uint32_t)((uint64_t)a * w.quotient >> 32) * MLKEM_Q;
}

void mlkem_ntt(struct mlkem_poly *f)
{
    int root = 0;
    for (int length = 128; length >= 2; length >>= 1)
        for (int start = 0; start < MLKEM_N; start += 2 * length) {
            struct root zeta = zetas[++root];
            for (uint32_t *a = f->at + start, *b = a + length, *end = b; a < end; a += 2, b += 2) {
                /* Seven layers add 2 q each. Two at a time hide what a product takes. */
                uint32_t a0 = a[0], a1 = a[1], t0 = times(b[0], zeta), t1 = times(b[1], zeta);
                b[0] = a0 + 2 * MLKEM_Q - t0;
                b[1] = a1 + 2 * MLKEM_Q - t1;
                a[0] = a0 + t0;
                a[1] = a1 + t1;
            }
        }
}

void mlkem_ntt_inverse(struct mlkem_poly *f)
{
    int root = MLKEM_N / 2;
    uint32_t bound = MLKEM_Q; /* of all coefficients; a product is below 2 q */
    for (int length = 2; length <= 128; length <<= 1, bound <<= 1)
        for (int start = 0; start < MLKEM_N; start += 2 * length) {
            struct root zeta = zetas[--root];
            for (uint32_t *a = f->at + start, *b = a + length, *end = b; a < end; a += 2, b += 2) {
                uint32_t a0 = a[0], a1 = a[1], b0 = b[0], b1 = b[1];
                a[0] = a0 + b0;
                a[1] = a1 + b1;
                b[0] = times(b0 + bound - a0, zeta);
                b[1] = times(b1 + bound - a1, zeta);
            }
        }
#pragma GCC unroll 4
    for (int i = 0; i < MLKEM_N; i++)
        f->at[i] = mlkem_reduced(times(f->at[i], n_inverse));
}

void mlkem_multiply_add(struct mlkem_poly *sum, const struct mlkem_poly *a,
                        const struct mlkem_poly *b)
{
    /* Two coefficients modulo X^2 - root. The roots 17^(2 BitRev7(i) + 1) come in pairs of one
     * number and its negative. */
    for (int i = 0; i < MLKEM_N; i += 4) {
        const uint32_t *x = a->at + i, *y = b->at + i;
        uint32_t x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        uint32_t y0 = y[0], y1 = y[1], y2 = y[2], y3 = y[3];
        uint32_t *s = sum->at + i;
        struct root root = zetas[MLKEM_N / 4 + i / 4];
        s[0] += x0 * y0 + times(x1 * y1, root);
        s[1] += x0 * y1 + x1 * y0;
        s[2] += x2 * y2 + 2 * MLKEM_Q - times(x3 * y3, root);
        s[3] += x2 * y3 + x3 * y2;
    }
}

void mlkem_reduce(struct mlkem_poly *sum)
{
    /* Several at a time hide what products take. */
#pragma GCC unroll 4
    for (int i = 0; i < MLKEM_N; i++)
        sum->at[i] = mlkem_reduced(sum->at[i]);
}
