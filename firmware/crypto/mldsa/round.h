/* High and low bits of coefficients, and hints (FIPS 204, section 7.4); r is in 0..q-1. */
#ifndef MLDSA_ROUND_H
#define MLDSA_ROUND_H

#include <stdint.h>

/* Power2Round (algorithm 35): returns r1, and r0 in -2^12+1..2^12. */
int32_t mldsa_power2_round(int32_t r, int32_t *r0);

/* Decompose (algorithm 36): returns r1 in 0..15, and r0 in -gamma2..gamma2. */
int32_t mldsa_decompose(int32_t r, int32_t *r0);

/* HighBits (algorithm 37). */
int32_t mldsa_high_bits(int32_t r);

/* UseHint (algorithm 40), of public numbers. */
int32_t mldsa_use_hint(int hint, int32_t r);

#endif
