#include "pack.h"

#include <string.h>

/* SimpleBitPack and BitPack (algorithms 16 and 17): `width` bits a coefficient. The standard flips
 * all polynomials that have negative coefficients: c modulo q becomes `from - c`; without them
 * `from` is 0. Eight coefficients end with a byte, so that no shift depends on where they lie. */
static inline void pack(uint8_t *bytes, const struct mldsa_poly *w, unsigned width, int32_t from)
{
    for (int i = 0; i < MLDSA_N; i += 8) {
        uint32_t held = 0;
        unsigned bits = 0;
#pragma GCC unroll 8
        for (int n = i; n < i + 8; n++) {
            held |= (uint32_t)(from ? mldsa_not_negative(from - w->at[n]) : w->at[n]) << bits;
#pragma GCC unroll 3
            for (bits += width; bits >= 8; bits -= 8) {
                *bytes++ = (uint8_t)held;
                held >>= 8;
            }
        }
    }
}

/* SimpleBitUnpack and BitUnpack (algorithms 18 and 19), the same way. */
static inline void unpack(struct mldsa_poly *w, const uint8_t *bytes, unsigned width, int32_t from)
{
    for (int i = 0; i < MLDSA_N; i += 8) {
        uint32_t held = 0;
        unsigned bits = 0;
#pragma GCC unroll 8
        for (int n = i; n < i + 8; n++) {
#pragma GCC unroll 3
            for (; bits < width; bits += 8)
                held |= (uint32_t)*bytes++ << bits;
            int32_t c = (int32_t)(held & ((1U << width) - 1));
            w->at[n] = from ? mldsa_not_negative(from - c) : c;
            held >>= width;
            bits -= width;
        }
    }
}

void mldsa_pack_t1(uint8_t bytes[MLDSA_T1_BYTES], const struct mldsa_poly *t1)
{
    pack(bytes, t1, 10, 0);
}

void mldsa_unpack_t1(struct mldsa_poly *t1, const uint8_t bytes[MLDSA_T1_BYTES])
{
    unpack(t1, bytes, 10, 0);
}

void mldsa_pack_s(uint8_t bytes[MLDSA_S_BYTES], const struct mldsa_poly *s)
{
    pack(bytes, s, 3, MLDSA_ETA);
}

void mldsa_unpack_s(struct mldsa_poly *s, const uint8_t bytes[MLDSA_S_BYTES])
{
    unpack(s, bytes, 3, MLDSA_ETA);
}

void mldsa_pack_t0(uint8_t bytes[MLDSA_T0_BYTES], const struct mldsa_poly *t0)
{
    pack(bytes, t0, MLDSA_D, 1 << (MLDSA_D - 1));
}

void mldsa_unpack_t0(struct mldsa_poly *t0, const uint8_t bytes[MLDSA_T0_BYTES])
{
    unpack(t0, bytes, MLDSA_D, 1 << (MLDSA_D - 1));
}

void mldsa_pack_z(uint8_t bytes[MLDSA_Z_BYTES], const struct mldsa_poly *z)
{
    pack(bytes, z, 20, MLDSA_GAMMA1);
}

void mldsa_unpack_z(struct mldsa_poly *z, const uint8_t bytes[MLDSA_Z_BYTES])
{
    unpack(z, bytes, 20, MLDSA_GAMMA1);
}

void mldsa_pack_hint(uint8_t bytes[MLDSA_OMEGA + MLDSA_K], const struct mldsa_poly h[MLDSA_K])
{
    uint8_t index = 0;
    memset(bytes, 0, MLDSA_OMEGA + MLDSA_K);
    for (int row = 0; row < MLDSA_K; row++) {
        for (int n = 0; n < MLDSA_N; n++)
            if (h[row].at[n])
                bytes[index++] = (uint8_t)n;
        bytes[MLDSA_OMEGA + row] = index;
    }
}

int mldsa_check_hint(const uint8_t bytes[MLDSA_OMEGA + MLDSA_K])
{
    int index = 0;
    for (int row = 0; row < MLDSA_K; row++) {
        int first = index, end = bytes[MLDSA_OMEGA + row];
        if (end < index || end > MLDSA_OMEGA)
            return -1;
        for (; index < end; index++)
            if (index > first && bytes[index - 1] >= bytes[index])
                return -1;
    }
    for (; index < MLDSA_OMEGA; index++)
        if (bytes[index])
            return -1;
    return 0;
}

void mldsa_unpack_hint(uint8_t h[MLDSA_N], const uint8_t bytes[MLDSA_OMEGA + MLDSA_K], int row)
{
    int index = row ? bytes[MLDSA_OMEGA + row - 1] : 0;
    memset(h, 0, MLDSA_N);
    for (; index < bytes[MLDSA_OMEGA + row]; index++)
        h[bytes[index]] = 1;
}
