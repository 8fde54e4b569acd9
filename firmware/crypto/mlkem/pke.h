/* K-PKE, the encryption inside ML-KEM (FIPS 203, section 5); not secure by itself. */
#ifndef MLKEM_PKE_H
#define MLKEM_PKE_H

#include "mlkem.h"

/* Algorithm 13: rho || sigma is the seed; `secret` is the vector s as bytes. */
void mlkem_pke_keygen(uint8_t public_key[MLKEM_PUBLIC_BYTES],
                      uint8_t secret[MLKEM_K * MLKEM_POLY_BYTES], const uint8_t seed[64],
                      struct mlkem_memory *memory);

/* Algorithm 14. */
void mlkem_pke_encrypt(uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES],
                       const uint8_t public_key[MLKEM_PUBLIC_BYTES],
                       const uint8_t m[MLKEM_MESSAGE_BYTES], const uint8_t randomness[32],
                       struct mlkem_memory *memory);

/* Algorithm 15. */
void mlkem_pke_decrypt(uint8_t m[MLKEM_MESSAGE_BYTES],
                       const uint8_t secret[MLKEM_K * MLKEM_POLY_BYTES],
                       const uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES],
                       struct mlkem_memory *memory);

#endif
