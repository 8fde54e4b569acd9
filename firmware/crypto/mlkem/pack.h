/* Polynomials of ML-KEM as bytes, and their compression (FIPS 203, section 4.2.1). */
#ifndef MLKEM_PACK_H
#define MLKEM_PACK_H

#include "poly.h"

/* ByteEncode and ByteDecode (algorithms 5 and 6) of 12 bits a coefficient. */
void mlkem_pack(uint8_t bytes[MLKEM_POLY_BYTES], const struct mlkem_poly *f);
void mlkem_unpack(struct mlkem_poly *f, const uint8_t bytes[MLKEM_POLY_BYTES]);

/* The modulus check (section 7.2): 0, or -1 if a coefficient in public bytes is not below q. */
int mlkem_check_modulus(const uint8_t bytes[MLKEM_POLY_BYTES]);

/* Compress and encode, decode and decompress: 11, 5 and 1 bits a coefficient. */
void mlkem_compress_u(uint8_t bytes[MLKEM_U_BYTES], const struct mlkem_poly *f);
void mlkem_decompress_u(struct mlkem_poly *f, const uint8_t bytes[MLKEM_U_BYTES]);
void mlkem_compress_v(uint8_t bytes[MLKEM_V_BYTES], const struct mlkem_poly *f);
void mlkem_decompress_v(struct mlkem_poly *f, const uint8_t bytes[MLKEM_V_BYTES]);
void mlkem_compress_message(uint8_t bytes[MLKEM_MESSAGE_BYTES], const struct mlkem_poly *f);
void mlkem_decompress_message(struct mlkem_poly *f, const uint8_t bytes[MLKEM_MESSAGE_BYTES]);

#endif
