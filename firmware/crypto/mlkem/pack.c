#include "pack.h"

void mlkem_pack(uint8_t bytes[MLKEM_POLY_BYTES], const struct mlkem_poly *f)
{
    for (int n = 0; n < MLKEM_N; n += 2, bytes += 3) {
        uint32_t both = f->at[n] | f->at[n + 1] << 12;
        bytes[0] = (uint8_t)both;
        bytes[1] = (uint8_t)(both >> 8);
        bytes[2] = (uint8_t)(both >> 16);
    }
}

void mlkem_unpack(struct mlkem_poly *f, const uint8_t bytes[MLKEM_POLY_BYTES])
{
    for (int n = 0; n < MLKEM_N; n += 2, bytes += 3) {
        uint32_t both = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
        f->at[n] = mlkem_reduced(both & 0xfff);
        f->at[n + 1] = mlkem_reduced(both >> 12);
    }
}

int mlkem_check_modulus(const uint8_t bytes[MLKEM_POLY_BYTES])
{
    for (int i = 0; i < MLKEM_POLY_BYTES; i += 3) {
        int d1 = bytes[i] | (bytes[i + 1] & 15) << 8;
        int d2 = bytes[i + 1] >> 4 | bytes[i + 2] << 4;
        if (d1 >= MLKEM_Q || d2 >= MLKEM_Q)
            return -1;
    }
    return 0;
}

/* Compress (section 4.2.1) and ByteEncode; eight coefficients end with a byte. */
static inline void compress(uint8_t *bytes, const struct mlkem_poly *f, unsigned width)
{
    for (int i = 0; i < MLKEM_N; i += 8) {
        uint32_t held = 0;
        unsigned bits = 0;
#pragma GCC unroll 8
        for (int n = i; n < i + 8; n++) {
            /* 2^width f / q, rounded to the nearest; q is odd, so there is no tie. */
            uint32_t rest, scaled = (f->at[n] << width) + MLKEM_Q / 2;
            held |= (mlkem_divided(scaled, &rest) & ((1U << width) - 1)) << bits;
#pragma GCC unroll 2
            for (bits += width; bits >= 8; bits -= 8) {
                *bytes++ = (uint8_t)held;
                held >>= 8;
            }
        }
    }
}

/* ByteDecode and Decompress, the same way. */
static inline void decompress(struct mlkem_poly *f, const uint8_t *bytes, unsigned width)
{
    for (int i = 0; i < MLKEM_N; i += 8) {
        uint32_t held = 0;
        unsigned bits = 0;
#pragma GCC unroll 8
        for (int n = i; n < i + 8; n++) {
#pragma GCC unroll 2
            for (; bits < width; bits += 8)
                held |= (uint32_t)*bytes++ << bits;
            uint32_t compressed = held & ((1U << width) - 1);
            f->at[n] = (compressed * MLKEM_Q + (1U << (width - 1))) >> width;
            held >>= width;
            bits -= width;
        }
    }
}

void mlkem_compress_u(uint8_t bytes[MLKEM_U_BYTES], const struct mlkem_poly *f)
{
    compress(bytes, f, MLKEM_DU);
}

void mlkem_decompress_u(struct mlkem_poly *f, const uint8_t bytes[MLKEM_U_BYTES])
{
    decompress(f, bytes, MLKEM_DU);
}

void mlkem_compress_v(uint8_t bytes[MLKEM_V_BYTES], const struct mlkem_poly *f)
{
    compress(bytes, f, MLKEM_DV);
}

void mlkem_decompress_v(struct mlkem_poly *f, const uint8_t bytes[MLKEM_V_BYTES])
{
    decompress(f, bytes, MLKEM_DV);
}

void mlkem_compress_message(uint8_t bytes[MLKEM_MESSAGE_BYTES], const struct mlkem_poly *f)
{
    compress(bytes, f, 1);
}

void mlkem_decompress_message(struct mlkem_poly *f, const uint8_t bytes[MLKEM_MESSAGE_BYTES])
{
    decompress(f, bytes, 1);
}
