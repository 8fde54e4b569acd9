#include "pack.h"

/* `width` bits a coefficient, the lowest first. */
static inline void write_bits(uint8_t *bytes, const uint32_t *numbers, unsigned width)
{
    uint32_t held = 0;
    unsigned bits = 0;
    for (int n = 0; n < MLKEM_N; n++) {
        held |= numbers[n] << bits;
        for (bits += width; bits >= 8; bits -= 8) {
            *bytes++ = (uint8_t)held;
            held >>= 8;
        }
    }
}

static inline void read_bits(uint32_t *numbers, const uint8_t *bytes, unsigned width)
{
    uint32_t held = 0;
    unsigned bits = 0;
    for (int n = 0; n < MLKEM_N; n++) {
        for (; bits < width; bits += 8)
            held |= (uint32_t)*bytes++ << bits;
        numbers[n] = held & ((1U << width) - 1);
        held >>= width;
        bits -= width;
    }
}

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

void mlkem_compress(uint8_t *bytes, const struct mlkem_poly *f, unsigned width)
{
    struct mlkem_poly compressed;
    for (int n = 0; n < MLKEM_N; n++) {
        /* 2^width f / q, rounded to the nearest; q is odd, so there is no tie. */
        uint32_t rest, scaled = (f->at[n] << width) + MLKEM_Q / 2;
        compressed.at[n] = mlkem_divided(scaled, &rest) & ((1U << width) - 1);
    }
    write_bits(bytes, compressed.at, width);
    secret_wipe(&compressed, sizeof compressed);
}

void mlkem_decompress(struct mlkem_poly *f, const uint8_t *bytes, unsigned width)
{
    read_bits(f->at, bytes, width);
    for (int n = 0; n < MLKEM_N; n++)
        f->at[n] = (f->at[n] * MLKEM_Q + (1U << (width - 1))) >> width;
}
