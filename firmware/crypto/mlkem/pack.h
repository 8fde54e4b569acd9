/* Polynomials of ML-KEM as bytes, and their compression (FIPS 203, section 4.2.1). */
#ifndef MLKEM_PACK_H
#define MLKEM_PACK_H

#include "poly.h"

/* ByteEncode and ByteDecode (algorithms 5 and 6) of 12 bits a coefficient. */
void mlkem_pack(uint8_t bytes[MLKEM_POLY_BYTES], const struct mlkem_poly *f);
void mlkem_unpack(struct mlkem_poly *f, const uint8_t bytes[MLKEM_POLY_BYTES]);

/* The modulus check (section 7.2): 0, or -1 if a coefficient in public bytes is not below q. */
int mlkem_check_modulus(const uint8_t bytes[MLKEM_POLY_BYTES]);

/* Compress and encode, decode and decompress: `width` bits a coefficient, 1..11. */
void mlkem_compress(uint8_t *bytes, const struct mlkem_poly *f, unsigned width);
void mlkem_decompress(struct mlkem_poly *f, const uint8_t *bytes, unsigned width);

#endif
