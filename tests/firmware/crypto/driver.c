/* Operations of the library for tests, in the form that exchange.h says. Working memory is checked
 * to be wiped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "chacha20poly1305.h"
#include "exchange.h"
#include "hkdf.h"
#include "mldsa/mldsa.h"
#include "mldsa/ntt.h"
#include "mldsa/pack.h"
#include "mldsa/round.h"
#include "mldsa/sample.h"
#include "mlkem/mlkem.h"
#include "mlkem/ntt.h"
#include "mlkem/pack.h"
#include "mlkem/sample.h"
#include "poly1305.h"
#include "redact.h"
#include "secret.h"
#include "sha3.h"
#include "split.h"

static void *work(size_t size)
{
    return memset(memory_of(size), 0xee, size);
}

/* Wiped is what is zero; it need not be if the operation was refused before it began. */
static void wiped(void *memory, size_t size, int result)
{
    uint8_t any = 0, *bytes = memory;
    MAKE_PUBLIC(memory, size);
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    if (any && result == 0)
        fail("working memory was not wiped");
    free(memory);
}

/* Sizes that the library does not check because a C type fixes them. */
static void sized(struct call *call, int argument, size_t size)
{
    if (argument >= call->ins || call->in[argument].size != size)
        fail("an argument has the wrong size");
}

static uint32_t number(struct call *call, int argument)
{
    sized(call, argument, 4);
    return load32(call->in[argument].at);
}

/* Hashes. */

static int absorb_and_squeeze(struct call *call, struct sponge *sponge)
{
    const struct bytes *message = &call->in[0];
    size_t piece = number(call, 1), size = number(call, 2);
    uint8_t *digest = out(call, size);
    for (size_t at = 0; at < message->size; at += piece)
        sponge_absorb(sponge, message->at + at,
                      message->size - at < piece ? message->size - at : piece);
    sponge_finish(sponge);
    for (size_t at = 0; at < size; at += piece)
        sponge_squeeze(sponge, digest + at, size - at < piece ? size - at : piece);
    sponge_wipe(sponge);
    return 0;
}

static int do_shake128(struct call *call)
{
    struct sponge sponge;
    shake128_start(&sponge);
    return absorb_and_squeeze(call, &sponge);
}

static int do_shake256(struct call *call)
{
    struct sponge sponge;
    shake256_start(&sponge);
    return absorb_and_squeeze(call, &sponge);
}

static int do_shake256_at_once(struct call *call)
{
    size_t size = number(call, 1);
    shake256(out(call, size), size, call->in[0].at, call->in[0].size);
    return 0;
}

static int do_sha3_256(struct call *call)
{
    sha3_256(out(call, 32), call->in[0].at, call->in[0].size);
    return 0;
}

static int do_sha3_512(struct call *call)
{
    sha3_512(out(call, 64), call->in[0].at, call->in[0].size);
    return 0;
}

static int do_hmac(struct call *call)
{
    hmac_sha3_256(out(call, 32), call->in[0].at, call->in[0].size, call->in[1].at,
                  call->in[1].size);
    return 0;
}

static int do_hkdf(struct call *call)
{
    size_t size = number(call, 3);
    return hkdf_sha3_256(out(call, size), size, call->in[0].at, call->in[0].size, call->in[1].at,
                         call->in[1].size, call->in[2].at, call->in[2].size);
}

/* ChaCha20-Poly1305. */

static int do_seal(struct call *call)
{
    sized(call, 0, 32), sized(call, 1, 12);
    uint8_t *to = out(call, call->in[3].size), *tag = out(call, 16);
    chacha20poly1305_seal(to, tag, call->in[3].at, call->in[3].size, call->in[2].at,
                          call->in[2].size, call->in[0].at, call->in[1].at);
    return 0;
}

static int do_open(struct call *call)
{
    sized(call, 0, 32), sized(call, 1, 12), sized(call, 4, 16);
    return chacha20poly1305_open(out(call, call->in[3].size), call->in[4].at, call->in[3].at,
                                 call->in[3].size, call->in[2].at, call->in[2].size,
                                 call->in[0].at, call->in[1].at);
}

static int do_poly1305(struct call *call)
{
    struct poly1305 mac;
    sized(call, 0, 32);
    poly1305_start(&mac, call->in[0].at);
    poly1305_finish(&mac, call->in[1].at, call->in[1].size, out(call, 16));
    return 0;
}

static int do_equal(struct call *call)
{
    sized(call, 1, call->in[0].size);
    store32(out(call, 4), secret_equal(call->in[0].at, call->in[1].at, call->in[0].size));
    return 0;
}

/* Accelerator operations. */

static int do_redact(struct call *call)
{
    sized(call, 1, REDACT_MASK_BYTES);
    size_t size = call->in[0].size, kept = 0;
    uint16_t *memory = work(size * sizeof *memory);
    uint8_t *to = out(call, size);
    int result = redact(to, &kept, call->in[0].at, size, call->in[1].at, memory);
    store32(out(call, 4), (uint32_t)kept);
    wiped(memory, size * sizeof *memory, result);
    return result;
}

static int do_split(struct call *call)
{
    uint64_t parts[SPLIT_PARTS] = {0};
    uint16_t shares[SPLIT_PARTS];
    sized(call, 0, 8), sized(call, 1, 8), sized(call, 2, 2);
    for (int i = 0; i < SPLIT_PARTS; i++)
        shares[i] = (uint16_t)(call->in[1].at[2 * i] | call->in[1].at[2 * i + 1] << 8);
    const uint8_t *has = call->in[2].at;
    int result = split(parts, load64(call->in[0].at), shares, has[0], has[1]);
    uint8_t *to = out(call, sizeof parts);
    for (int i = 0; i < SPLIT_PARTS; i++)
        store64(to + 8 * i, parts[i]);
    return result;
}

/* ML-DSA-87. */

static int do_mldsa_keygen(struct call *call)
{
    sized(call, 0, MLDSA_SEED_BYTES);
    struct mldsa_keygen_memory *memory = work(sizeof *memory);
    mldsa_keygen(out(call, MLDSA_PUBLIC_BYTES), call->in[0].at, memory);
    wiped(memory, sizeof *memory, 0);
    return 0;
}

static int do_mldsa_keygen_twice(struct call *call)
{
    sized(call, 0, MLDSA_SEED_BYTES);
    struct mldsa_keygen_memory *memory = work(sizeof *memory);
    int result = mldsa_keygen_twice(out(call, MLDSA_PUBLIC_BYTES), call->in[0].at, memory);
    wiped(memory, sizeof *memory, 0);
    return result;
}

static int do_mldsa_expand(struct call *call)
{
    sized(call, 0, MLDSA_SEED_BYTES);
    struct mldsa_keygen_memory *memory = work(sizeof *memory);
    uint8_t *public_key = out(call, MLDSA_PUBLIC_BYTES), *secret = out(call, MLDSA_SECRET_BYTES);
    mldsa_expand(public_key, secret, call->in[0].at, memory);
    wiped(memory, sizeof *memory, 0);
    return 0;
}

static int do_mldsa_sign(struct call *call)
{
    sized(call, 0, MLDSA_SEED_BYTES), sized(call, 1, MLDSA_RND_BYTES);
    struct mldsa_sign_memory *memory = work(sizeof *memory);
    int result = mldsa_sign(out(call, MLDSA_SIGNATURE_BYTES), call->in[0].at, call->in[1].at,
                            call->in[2].at, call->in[2].size, call->in[3].at, call->in[3].size,
                            memory);
    wiped(memory, sizeof *memory, result);
    return result;
}

static int do_mldsa_verify(struct call *call)
{
    struct mldsa_verify_memory *memory = work(sizeof *memory);
    int result = mldsa_verify(call->in[0].at, call->in[0].size, call->in[1].at, call->in[1].size,
                              call->in[2].at, call->in[2].size, call->in[3].at, call->in[3].size,
                              memory);
    free(memory);
    return result;
}

static int do_mldsa_tr(struct call *call)
{
    sized(call, 0, MLDSA_PUBLIC_BYTES);
    mldsa_tr(out(call, MLDSA_TR_BYTES), call->in[0].at);
    return 0;
}

static int do_mldsa_mu(struct call *call)
{
    sized(call, 0, MLDSA_TR_BYTES);
    return mldsa_mu(out(call, MLDSA_MU_BYTES), call->in[0].at, call->in[1].at, call->in[1].size,
                    call->in[2].at, call->in[2].size);
}

static int do_mldsa_mu_internal(struct call *call)
{
    sized(call, 0, MLDSA_TR_BYTES);
    mldsa_mu_internal(out(call, MLDSA_MU_BYTES), call->in[0].at, call->in[1].at,
                      call->in[1].size);
    return 0;
}

static int do_mldsa_sign_mu(struct call *call)
{
    sized(call, 0, MLDSA_SECRET_BYTES), sized(call, 1, MLDSA_MU_BYTES);
    sized(call, 2, MLDSA_RND_BYTES);
    struct mldsa_sign_memory *memory = work(sizeof *memory);
    /* The long key begins with rho, which is public. */
    MAKE_PUBLIC(call->in[0].at, 32);
    int result = mldsa_sign_mu(out(call, MLDSA_SIGNATURE_BYTES), call->in[0].at, call->in[1].at,
                               call->in[2].at, memory);
    wiped(memory, sizeof *memory, result);
    return result;
}

static int do_mldsa_verify_mu(struct call *call)
{
    sized(call, 0, MLDSA_PUBLIC_BYTES), sized(call, 1, MLDSA_SIGNATURE_BYTES);
    sized(call, 2, MLDSA_MU_BYTES);
    struct mldsa_verify_memory *memory = work(sizeof *memory);
    int result = mldsa_verify_mu(call->in[0].at, call->in[1].at, call->in[2].at, memory);
    free(memory);
    return result;
}

/* Parts of ML-DSA-87, with 256 numbers of 32 bits for a polynomial. */

static void read_poly(struct call *call, int argument, struct mldsa_poly *f)
{
    sized(call, argument, 4 * MLDSA_N);
    for (int n = 0; n < MLDSA_N; n++)
        f->at[n] = (int32_t)load32(call->in[argument].at + 4 * n);
}

static void write_poly(struct call *call, const struct mldsa_poly *f)
{
    uint8_t *to = out(call, 4 * MLDSA_N);
    for (int n = 0; n < MLDSA_N; n++)
        store32(to + 4 * n, (uint32_t)f->at[n]);
}

static int do_mldsa_ntt(struct call *call)
{
    struct mldsa_poly f;
    read_poly(call, 0, &f);
    mldsa_ntt(&f);
    write_poly(call, &f);
    return 0;
}

static int do_mldsa_ntt_inverse(struct call *call)
{
    struct mldsa_poly f;
    read_poly(call, 0, &f);
    mldsa_ntt_inverse(&f);
    write_poly(call, &f);
    return 0;
}

static int do_mldsa_multiply_add(struct call *call)
{
    struct mldsa_poly sum, a, b;
    read_poly(call, 0, &sum), read_poly(call, 1, &a), read_poly(call, 2, &b);
    mldsa_multiply_add(&sum, &a, &b);
    write_poly(call, &sum);
    return 0;
}

static int do_mldsa_sample_uniform(struct call *call)
{
    struct mldsa_poly sum, v;
    sized(call, 0, 32);
    read_poly(call, 3, &v);
    memset(&sum, 0, sizeof sum);
    mldsa_sample_uniform(&sum, call->in[0].at, (uint8_t)number(call, 1),
                         (uint8_t)number(call, 2), &v);
    write_poly(call, &sum);
    return 0;
}

static int do_mldsa_sample_eta(struct call *call)
{
    struct mldsa_poly f;
    sized(call, 0, 64);
    mldsa_sample_eta(&f, call->in[0].at, (uint16_t)number(call, 1));
    write_poly(call, &f);
    return 0;
}

static int do_mldsa_sample_mask(struct call *call)
{
    struct mldsa_poly f;
    sized(call, 0, 64);
    mldsa_sample_mask(&f, call->in[0].at, (uint16_t)number(call, 1));
    write_poly(call, &f);
    return 0;
}

static int do_mldsa_sample_challenge(struct call *call)
{
    struct mldsa_poly f;
    sized(call, 0, MLDSA_CHALLENGE_BYTES);
    mldsa_sample_challenge(&f, call->in[0].at);
    write_poly(call, &f);
    return 0;
}

/* Both roundings of any number of coefficients: r1, r0, r1, r0. */
static int do_mldsa_round(struct call *call)
{
    size_t count = call->in[0].size / 4;
    uint8_t *to = out(call, 16 * count);
    for (size_t i = 0; i < count; i++, to += 16) {
        int32_t r0, r = (int32_t)load32(call->in[0].at + 4 * i);
        store32(to, (uint32_t)mldsa_power2_round(r, &r0));
        store32(to + 4, (uint32_t)mldsa_centred(r0));
        store32(to + 8, (uint32_t)mldsa_decompose(r, &r0));
        store32(to + 12, (uint32_t)mldsa_centred(r0));
    }
    return 0;
}

/* Checks an encoded hint; its rows, a byte for each coefficient. */
static int do_mldsa_unpack_hint(struct call *call)
{
    sized(call, 0, MLDSA_OMEGA + MLDSA_K);
    if (mldsa_check_hint(call->in[0].at))
        return -1;
    uint8_t *to = out(call, MLDSA_K * MLDSA_N);
    for (int row = 0; row < MLDSA_K; row++)
        mldsa_unpack_hint(to + row * MLDSA_N, call->in[0].at, row);
    return 0;
}

static uint32_t larger(uint32_t most, int32_t a)
{
    uint32_t size = (uint32_t)(a < 0 ? -a : a);
    return size > most ? size : most;
}

/* What the signer has to bound, for both keys and a signature: the norm of z, the norm of
 * LowBits(w - c s2), which is LowBits(A z - c t), and how many hints are set. */
static int do_mldsa_norms(struct call *call)
{
    struct mldsa_poly z[MLDSA_L], c, t, low, w;
    uint32_t most_z = 0, most_r0 = 0;
    sized(call, 0, MLDSA_PUBLIC_BYTES), sized(call, 1, MLDSA_SECRET_BYTES);
    sized(call, 2, MLDSA_SIGNATURE_BYTES);
    const uint8_t *public_key = call->in[0].at, *signature = call->in[2].at;
    const uint8_t *t0 = call->in[1].at + MLDSA_SECRET_BYTES - MLDSA_K * MLDSA_T0_BYTES;

    for (int i = 0; i < MLDSA_L; i++) {
        mldsa_unpack_z(&z[i], signature + MLDSA_CHALLENGE_BYTES + i * MLDSA_Z_BYTES);
        for (int n = 0; n < MLDSA_N; n++)
            most_z = larger(most_z, mldsa_centred(z[i].at[n]));
        mldsa_ntt(&z[i]);
    }
    mldsa_sample_challenge(&c, signature);
    mldsa_ntt(&c);
    for (uint8_t row = 0; row < MLDSA_K; row++) {
        mldsa_unpack_t1(&t, public_key + 32 + row * MLDSA_T1_BYTES);
        mldsa_unpack_t0(&low, t0 + row * MLDSA_T0_BYTES);
        for (int n = 0; n < MLDSA_N; n++)
            t.at[n] = mldsa_reduced(-(t.at[n] << MLDSA_D) - low.at[n]);
        mldsa_ntt(&t);
        memset(&w, 0, sizeof w);
        mldsa_multiply_add(&w, &c, &t);
        for (uint8_t column = 0; column < MLDSA_L; column++)
            mldsa_sample_uniform(&w, public_key, row, column, &z[column]);
        mldsa_ntt_inverse(&w);
        for (int n = 0; n < MLDSA_N; n++) {
            int32_t r0;
            (void)mldsa_decompose(w.at[n], &r0);
            most_r0 = larger(most_r0, mldsa_centred(r0));
        }
    }
    uint8_t *to = out(call, 12);
    store32(to, most_z);
    store32(to + 4, most_r0);
    store32(to + 8, signature[MLDSA_SIGNATURE_BYTES - 1]);
    return 0;
}

/* ML-KEM-1024. */

static int do_mlkem_keygen(struct call *call)
{
    sized(call, 0, MLKEM_SEED_BYTES);
    struct mlkem_keygen_memory *memory = work(sizeof *memory);
    mlkem_keygen(out(call, MLKEM_PUBLIC_BYTES), call->in[0].at, memory);
    wiped(memory, sizeof *memory, 0);
    return 0;
}

static int do_mlkem_expand(struct call *call)
{
    sized(call, 0, MLKEM_SEED_BYTES);
    struct mlkem_memory *memory = work(sizeof *memory);
    uint8_t *public_key = out(call, MLKEM_PUBLIC_BYTES), *secret = out(call, MLKEM_SECRET_BYTES);
    mlkem_expand(public_key, secret, call->in[0].at, memory);
    wiped(memory, sizeof *memory, 0);
    return 0;
}

static int do_mlkem_encaps(struct call *call)
{
    sized(call, 1, MLKEM_MESSAGE_BYTES);
    struct mlkem_memory *memory = work(sizeof *memory);
    uint8_t *ciphertext = out(call, MLKEM_CIPHERTEXT_BYTES);
    uint8_t *shared = out(call, MLKEM_SHARED_BYTES);
    int result = mlkem_encaps(ciphertext, shared, call->in[0].at, call->in[0].size,
                              call->in[1].at, memory);
    wiped(memory, sizeof *memory, result);
    return result;
}

static int do_mlkem_decaps(struct call *call)
{
    sized(call, 0, MLKEM_SEED_BYTES);
    struct mlkem_decaps_memory *memory = work(sizeof *memory);
    int result = mlkem_decaps(out(call, MLKEM_SHARED_BYTES), call->in[0].at, call->in[1].at,
                              call->in[1].size, memory);
    wiped(memory, sizeof *memory, result);
    return result;
}

static int do_mlkem_decaps_expanded(struct call *call)
{
    sized(call, 1, MLKEM_CIPHERTEXT_BYTES);
    const struct bytes *secret = &call->in[0];
    if (secret->size == MLKEM_SECRET_BYTES) /* the encapsulation key and its hash are public */
        MAKE_PUBLIC(secret->at + MLKEM_K * MLKEM_POLY_BYTES, MLKEM_PUBLIC_BYTES + 32);
    if (mlkem_check_secret(secret->at, secret->size))
        return -1;
    struct mlkem_memory *memory = work(sizeof *memory);
    uint8_t *again = work(MLKEM_CIPHERTEXT_BYTES);
    mlkem_decaps_expanded(out(call, MLKEM_SHARED_BYTES), secret->at, call->in[1].at, again,
                          memory);
    wiped(memory, sizeof *memory, 0);
    wiped(again, MLKEM_CIPHERTEXT_BYTES, 0);
    return 0;
}

static int do_mlkem_check_public(struct call *call)
{
    return mlkem_check_public(call->in[0].at, call->in[0].size);
}

static int do_mlkem_check_secret(struct call *call)
{
    return mlkem_check_secret(call->in[0].at, call->in[0].size);
}

/* Parts of ML-KEM-1024, with 256 numbers of 32 bits for a polynomial. */

static void read_kem_poly(struct call *call, int argument, struct mlkem_poly *f)
{
    sized(call, argument, 4 * MLKEM_N);
    for (int n = 0; n < MLKEM_N; n++)
        f->at[n] = (uint16_t)load32(call->in[argument].at + 4 * n);
}

static void write_kem_poly(struct call *call, const struct mlkem_poly *f)
{
    uint8_t *to = out(call, 4 * MLKEM_N);
    for (int n = 0; n < MLKEM_N; n++)
        store32(to + 4 * n, f->at[n]);
}

static int do_mlkem_ntt(struct call *call)
{
    struct mlkem_poly f;
    read_kem_poly(call, 0, &f);
    mlkem_ntt(&f);
    mlkem_reduce(&f);
    write_kem_poly(call, &f);
    return 0;
}

static int do_mlkem_ntt_inverse(struct call *call)
{
    struct mlkem_poly f;
    read_kem_poly(call, 0, &f);
    mlkem_ntt_inverse(&f);
    write_kem_poly(call, &f);
    return 0;
}

static int do_mlkem_multiply_add(struct call *call)
{
    struct mlkem_poly sum, a, b;
    read_kem_poly(call, 0, &sum), read_kem_poly(call, 1, &a), read_kem_poly(call, 2, &b);
    mlkem_multiply_add(&sum, &a, &b);
    mlkem_reduce(&sum);
    write_kem_poly(call, &sum);
    return 0;
}

static int do_mlkem_sample_noise(struct call *call)
{
    struct mlkem_poly f;
    sized(call, 0, 32);
    mlkem_sample_noise(&f, call->in[0].at, (uint8_t)number(call, 1));
    write_kem_poly(call, &f);
    return 0;
}

static int do_mlkem_compress(struct call *call)
{
    struct mlkem_poly f;
    uint32_t width = number(call, 1);
    read_kem_poly(call, 0, &f);
    uint8_t *to = out(call, 32 * width);
    if (width == MLKEM_DU)
        mlkem_compress_u(to, &f);
    else if (width == MLKEM_DV)
        mlkem_compress_v(to, &f);
    else
        mlkem_compress_message(to, &f);
    return 0;
}

static int do_mlkem_decompress(struct call *call)
{
    struct mlkem_poly f;
    uint32_t width = number(call, 1);
    sized(call, 0, 32 * width);
    if (width == MLKEM_DU)
        mlkem_decompress_u(&f, call->in[0].at);
    else if (width == MLKEM_DV)
        mlkem_decompress_v(&f, call->in[0].at);
    else
        mlkem_decompress_message(&f, call->in[0].at);
    write_kem_poly(call, &f);
    return 0;
}

/* Quotient and remainder by q of any number of numbers. */
static int do_mlkem_divided(struct call *call)
{
    size_t count = call->in[0].size / 4;
    uint8_t *to = out(call, 8 * count);
    for (size_t i = 0; i < count; i++, to += 8) {
        uint32_t rest;
        store32(to, mlkem_divided(load32(call->in[0].at + 4 * i), &rest));
        store32(to + 4, rest);
    }
    return 0;
}

/* Faults, which show that the checks see them. */

static int do_fault_branch(struct call *call)
{
    volatile int result = 0;
    if (call->in[0].at[0] & 1)
        result = -1;
    return result;
}

static int do_fault_index(struct call *call)
{
    static volatile const uint8_t table[256] = {1};
    out(call, 1)[0] = table[call->in[0].at[0]];
    return 0;
}

static int do_fault_read(struct call *call)
{
    return *(volatile uint8_t *)(call->in[0].at + call->in[0].size);
}

static int do_fault_shift(struct call *call)
{
    volatile int by = call->in[0].at[0];
    return 1 << by;
}

const struct operation operations[] = {
    {"shake128", do_shake128, 3, 1},
    {"shake256", do_shake256, 3, 1},
    {"shake256_at_once", do_shake256_at_once, 2, 1},
    {"sha3_256", do_sha3_256, 1, 1},
    {"sha3_512", do_sha3_512, 1, 1},
    {"hmac", do_hmac, 2, 3},
    {"hkdf", do_hkdf, 4, 7},
    {"seal", do_seal, 4, 13},
    {"open", do_open, 5, 29},
    {"poly1305", do_poly1305, 2, 3},
    {"equal", do_equal, 2, 3},
    {"redact", do_redact, 2, 3},
    {"split", do_split, 3, 7},
    {"mldsa_keygen", do_mldsa_keygen, 1, 1},
    {"mldsa_keygen_twice", do_mldsa_keygen_twice, 1, 1},
    {"mldsa_expand", do_mldsa_expand, 1, 1},
    {"mldsa_sign", do_mldsa_sign, 4, 11},
    {"mldsa_verify", do_mldsa_verify, 4, 0},
    {"mldsa_tr", do_mldsa_tr, 1, 0},
    {"mldsa_mu", do_mldsa_mu, 3, 4},
    {"mldsa_mu_internal", do_mldsa_mu_internal, 2, 2},
    {"mldsa_sign_mu", do_mldsa_sign_mu, 3, 7},
    {"mldsa_verify_mu", do_mldsa_verify_mu, 3, 0},
    {"mldsa_ntt", do_mldsa_ntt, 1, 1},
    {"mldsa_ntt_inverse", do_mldsa_ntt_inverse, 1, 1},
    {"mldsa_multiply_add", do_mldsa_multiply_add, 3, 7},
    {"mldsa_sample_uniform", do_mldsa_sample_uniform, 4, 8},
    {"mldsa_sample_eta", do_mldsa_sample_eta, 2, 1},
    {"mldsa_sample_mask", do_mldsa_sample_mask, 2, 1},
    {"mldsa_sample_challenge", do_mldsa_sample_challenge, 1, 0},
    {"mldsa_round", do_mldsa_round, 1, 1},
    {"mldsa_unpack_hint", do_mldsa_unpack_hint, 1, 0},
    {"mldsa_norms", do_mldsa_norms, 3, 0},
    {"mlkem_keygen", do_mlkem_keygen, 1, 1},
    {"mlkem_expand", do_mlkem_expand, 1, 1},
    {"mlkem_encaps", do_mlkem_encaps, 2, 2},
    {"mlkem_decaps", do_mlkem_decaps, 2, 1},
    {"mlkem_decaps_expanded", do_mlkem_decaps_expanded, 2, 1},
    {"mlkem_check_public", do_mlkem_check_public, 1, 0},
    {"mlkem_check_secret", do_mlkem_check_secret, 1, 1},
    {"mlkem_ntt", do_mlkem_ntt, 1, 1},
    {"mlkem_ntt_inverse", do_mlkem_ntt_inverse, 1, 1},
    {"mlkem_multiply_add", do_mlkem_multiply_add, 3, 7},
    {"mlkem_sample_noise", do_mlkem_sample_noise, 2, 1},
    {"mlkem_compress", do_mlkem_compress, 2, 1},
    {"mlkem_decompress", do_mlkem_decompress, 2, 1},
    {"mlkem_divided", do_mlkem_divided, 1, 1},
    {"fault_branch", do_fault_branch, 1, 1},
    {"fault_index", do_fault_index, 1, 1},
    {"fault_read", do_fault_read, 1, 0},
    {"fault_shift", do_fault_shift, 1, 0},
};

const size_t operation_count = sizeof operations / sizeof *operations;
