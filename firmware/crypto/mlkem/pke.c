#include "pke.h"

#include <string.h>

#include "ntt.h"
#include "pack.h"
#include "sample.h"

static void add(struct mlkem_poly *restrict sum, const struct mlkem_poly *restrict f)
{
#pragma GCC unroll 4
    for (int n = 0; n < MLKEM_N; n++)
        sum->at[n] = mlkem_reduced(sum->at[n] + f->at[n]);
}

static void add_noise(struct mlkem_memory *m, const uint8_t seed[32], int counter)
{
    mlkem_sample_noise(&m->t, seed, (uint8_t)counter);
    add(&m->sum, &m->t);
}

/* The vector from noise with the counters 0..k-1, under the NTT. */
static void sample_vector(struct mlkem_memory *m, const uint8_t seed[32])
{
    for (int i = 0; i < MLKEM_K; i++) {
        mlkem_sample_noise(&m->vector[i], seed, (uint8_t)i);
        mlkem_ntt(&m->vector[i]);
    }
}

/* sum = row i of the matrix, or of its transpose, times the vector, under the NTT. */
static void multiply_row(struct mlkem_memory *m, const uint8_t rho[32], int i, int transpose)
{
    memset(&m->sum, 0, sizeof m->sum);
    for (int j = 0; j < MLKEM_K; j++) {
        int first = transpose ? i : j, second = transpose ? j : i;
        mlkem_sample_uniform(&m->t, rho, (uint8_t)first, (uint8_t)second);
        mlkem_multiply_add(&m->sum, &m->t, &m->vector[j]);
    }
    mlkem_reduce(&m->sum);
}

/* sum = the polynomials in the bytes times the vector. */
static void multiply_packed(struct mlkem_memory *m, const uint8_t *bytes)
{
    memset(&m->sum, 0, sizeof m->sum);
    for (int i = 0; i < MLKEM_K; i++) {
        mlkem_unpack(&m->t, bytes + i * MLKEM_POLY_BYTES);
        mlkem_multiply_add(&m->sum, &m->t, &m->vector[i]);
    }
    mlkem_reduce(&m->sum);
    mlkem_ntt_inverse(&m->sum);
}

void mlkem_pke_keygen(uint8_t public_key[MLKEM_PUBLIC_BYTES],
                      uint8_t secret[MLKEM_K * MLKEM_POLY_BYTES], const uint8_t seed[64],
                      struct mlkem_memory *memory)
{
    const uint8_t *rho = seed, *sigma = seed + 32;
    sample_vector(memory, sigma);
    for (int i = 0; i < MLKEM_K; i++) {
        mlkem_reduce(&memory->vector[i]);
        mlkem_pack(secret + i * MLKEM_POLY_BYTES, &memory->vector[i]);
    }
    for (int i = 0; i < MLKEM_K; i++) {
        multiply_row(memory, rho, i, 0);
        mlkem_sample_noise(&memory->t, sigma, (uint8_t)(MLKEM_K + i));
        mlkem_ntt(&memory->t);
        add(&memory->sum, &memory->t);
        mlkem_pack(public_key + i * MLKEM_POLY_BYTES, &memory->sum);
    }
    memcpy(public_key + MLKEM_K * MLKEM_POLY_BYTES, rho, 32);
    secret_wipe(memory, sizeof *memory);
}

void mlkem_pke_encrypt(uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES],
                       const uint8_t public_key[MLKEM_PUBLIC_BYTES],
                       const uint8_t m[MLKEM_MESSAGE_BYTES], const uint8_t randomness[32],
                       struct mlkem_memory *memory)
{
    const uint8_t *rho = public_key + MLKEM_K * MLKEM_POLY_BYTES;
    sample_vector(memory, randomness);
    for (int i = 0; i < MLKEM_K; i++) {
        multiply_row(memory, rho, i, 1);
        mlkem_ntt_inverse(&memory->sum);
        add_noise(memory, randomness, MLKEM_K + i);
        mlkem_compress_u(ciphertext + i * MLKEM_U_BYTES, &memory->sum);
    }
    multiply_packed(memory, public_key);
    add_noise(memory, randomness, 2 * MLKEM_K);
    mlkem_decompress_message(&memory->t, m);
    add(&memory->sum, &memory->t);
    mlkem_compress_v(ciphertext + MLKEM_K * MLKEM_U_BYTES, &memory->sum);
    secret_wipe(memory, sizeof *memory);
}

void mlkem_pke_decrypt(uint8_t m[MLKEM_MESSAGE_BYTES],
                       const uint8_t secret[MLKEM_K * MLKEM_POLY_BYTES],
                       const uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES],
                       struct mlkem_memory *memory)
{
    for (int i = 0; i < MLKEM_K; i++) {
        mlkem_decompress_u(&memory->vector[i], ciphertext + i * MLKEM_U_BYTES);
        mlkem_ntt(&memory->vector[i]);
    }
    multiply_packed(memory, secret);
    mlkem_decompress_v(&memory->t, ciphertext + MLKEM_K * MLKEM_U_BYTES);
    for (int n = 0; n < MLKEM_N; n++)
        memory->t.at[n] = mlkem_reduced(memory->t.at[n] + MLKEM_Q - memory->sum.at[n]);
    mlkem_compress_message(m, &memory->t);
    secret_wipe(memory, sizeof *memory);
}
