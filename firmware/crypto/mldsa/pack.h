/* Polynomials, hints and keys as bytes (FIPS 204, sections 7.1 and 7.2). */
#ifndef MLDSA_PACK_H
#define MLDSA_PACK_H

#include "poly.h"

/* Coefficients 0..2^10-1 of t1. */
void mldsa_pack_t1(uint8_t bytes[MLDSA_T1_BYTES], const struct mldsa_poly *t1);
void mldsa_unpack_t1(struct mldsa_poly *t1, const uint8_t bytes[MLDSA_T1_BYTES]);

/* Coefficients -eta..eta of s1 and s2, modulo q. */
void mldsa_pack_s(uint8_t bytes[MLDSA_S_BYTES], const struct mldsa_poly *s);
void mldsa_unpack_s(struct mldsa_poly *s, const uint8_t bytes[MLDSA_S_BYTES]);

/* Coefficients -2^12+1..2^12 of t0, modulo q. */
void mldsa_pack_t0(uint8_t bytes[MLDSA_T0_BYTES], const struct mldsa_poly *t0);
void mldsa_unpack_t0(struct mldsa_poly *t0, const uint8_t bytes[MLDSA_T0_BYTES]);

/* Coefficients -gamma1+1..gamma1 of y and z, modulo q. */
void mldsa_pack_z(uint8_t bytes[MLDSA_Z_BYTES], const struct mldsa_poly *z);
void mldsa_unpack_z(struct mldsa_poly *z, const uint8_t bytes[MLDSA_Z_BYTES]);

/* HintBitPack (algorithm 20): coefficients are 0 or 1 and public, at most omega of them 1. */
void mldsa_pack_hint(uint8_t bytes[MLDSA_OMEGA + MLDSA_K], const struct mldsa_poly h[MLDSA_K]);

/* The checks of HintBitUnpack (algorithm 21). Returns 0, or -1 if the encoding is malformed. */
int mldsa_check_hint(const uint8_t bytes[MLDSA_OMEGA + MLDSA_K]);

/* One row of a checked hint: `h[n]` is 1 where the hint is set, else 0. */
void mldsa_unpack_hint(uint8_t h[MLDSA_N], const uint8_t bytes[MLDSA_OMEGA + MLDSA_K], int row);

#endif
