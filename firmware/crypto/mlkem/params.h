/* ML-KEM-1024 (FIPS 203, table 2): the numbers under the standard's names. */
#ifndef MLKEM_PARAMS_H
#define MLKEM_PARAMS_H

#define MLKEM_N 256
#define MLKEM_Q 3329
#define MLKEM_K 4
#define MLKEM_ETA 2 /* eta1 and eta2 */
#define MLKEM_DU 11
#define MLKEM_DV 5

#define MLKEM_SEED_BYTES 64 /* d || z */
#define MLKEM_MESSAGE_BYTES 32
#define MLKEM_SHARED_BYTES 32

/* Polynomials as bytes. */
#define MLKEM_POLY_BYTES 384
#define MLKEM_U_BYTES (32 * MLKEM_DU)
#define MLKEM_V_BYTES (32 * MLKEM_DV)

#define MLKEM_PUBLIC_BYTES (MLKEM_K * MLKEM_POLY_BYTES + 32)
#define MLKEM_SECRET_BYTES (MLKEM_K * MLKEM_POLY_BYTES + MLKEM_PUBLIC_BYTES + 64)
#define MLKEM_CIPHERTEXT_BYTES (MLKEM_K * MLKEM_U_BYTES + MLKEM_V_BYTES)

#endif
