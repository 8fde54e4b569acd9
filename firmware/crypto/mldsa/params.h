/* ML-DSA-87 (FIPS 204, table 1): the numbers under the standard's names. */
#ifndef MLDSA_PARAMS_H
#define MLDSA_PARAMS_H

#define MLDSA_N 256
#define MLDSA_Q 8380417
#define MLDSA_D 13 /* dropped bits of t */
#define MLDSA_TAU 60 /* coefficients of the challenge that are not zero */
#define MLDSA_GAMMA1 (1 << 19)
#define MLDSA_GAMMA2 ((MLDSA_Q - 1) / 32)
#define MLDSA_K 8
#define MLDSA_L 7
#define MLDSA_ETA 2
#define MLDSA_BETA (MLDSA_TAU * MLDSA_ETA)
#define MLDSA_OMEGA 75 /* hints that are set, at most */

#define MLDSA_SEED_BYTES 32
#define MLDSA_RND_BYTES 32
#define MLDSA_MU_BYTES 64
#define MLDSA_TR_BYTES 64
#define MLDSA_CHALLENGE_BYTES 64 /* lambda / 4 */
#define MLDSA_CONTEXT_LIMIT 255

/* Polynomials as bytes: 10 bits a coefficient of t1, 3 of s1 and s2, 13 of t0, 20 of z, 4 of w1. */
#define MLDSA_T1_BYTES 320
#define MLDSA_S_BYTES 96
#define MLDSA_T0_BYTES 416
#define MLDSA_Z_BYTES 640
#define MLDSA_W1_BYTES 128

#define MLDSA_PUBLIC_BYTES (32 + MLDSA_K * MLDSA_T1_BYTES)
#define MLDSA_SECRET_BYTES \
    (128 + (MLDSA_L + MLDSA_K) * MLDSA_S_BYTES + MLDSA_K * MLDSA_T0_BYTES)
#define MLDSA_SIGNATURE_BYTES \
    (MLDSA_CHALLENGE_BYTES + MLDSA_L * MLDSA_Z_BYTES + MLDSA_OMEGA + MLDSA_K)

#endif
