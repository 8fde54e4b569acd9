/* Prints what each operation takes: its name, bytes of working memory given by the caller, bytes
 * of stack used. The stack is painted before the operation and searched for the paint after it. */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "chacha20poly1305.h"
#include "hkdf.h"
#include "mldsa/mldsa.h"
#include "mlkem/mlkem.h"
#include "redact.h"
#include "sha3.h"
#include "split.h"

#define STACK 65536
#define PAINT 0xa5
#define RECORD 4096

static uint8_t stack[STACK];
static ucontext_t here, there;

static union {
    struct mldsa_keygen_memory mldsa_keygen;
    struct mldsa_sign_memory mldsa_sign;
    struct mldsa_verify_memory mldsa_verify;
    struct mlkem_keygen_memory mlkem_keygen;
    struct mlkem_memory mlkem;
    struct mlkem_decaps_memory mlkem_decaps;
    uint16_t redact[RECORD];
} memory;

static uint8_t seed[64], text[RECORD], digest[64], tag[16];
static uint8_t dsa_public[MLDSA_PUBLIC_BYTES], signature[MLDSA_SIGNATURE_BYTES];
static uint8_t kem_public[MLKEM_PUBLIC_BYTES], ciphertext[MLKEM_CIPHERTEXT_BYTES];
static const uint16_t shares[SPLIT_PARTS] = {2500, 2500, 2500, 2500};

static void nothing(void)
{
}

static void run_keygen(void)
{
    mldsa_keygen(dsa_public, seed, &memory.mldsa_keygen);
}

static void run_sign(void)
{
    (void)mldsa_sign(signature, seed, seed, seed, 8, text, sizeof text, &memory.mldsa_sign);
}

static void run_verify(void)
{
    (void)mldsa_verify(dsa_public, sizeof dsa_public, signature, sizeof signature, seed, 8, text,
                       sizeof text, &memory.mldsa_verify);
}

static void run_kem_keygen(void)
{
    mlkem_keygen(kem_public, seed, &memory.mlkem_keygen);
}

static void run_encaps(void)
{
    (void)mlkem_encaps(ciphertext, digest, kem_public, sizeof kem_public, seed, &memory.mlkem);
}

static void run_decaps(void)
{
    (void)mlkem_decaps(digest, seed, ciphertext, sizeof ciphertext, &memory.mlkem_decaps);
}

static void run_sha3(void)
{
    sha3_256(digest, text, sizeof text);
}

static void run_hkdf(void)
{
    (void)hkdf_sha3_256(digest, 64, seed, 32, text, 32, text, sizeof text);
}

static void run_open(void)
{
    static uint8_t sealed[RECORD];
    chacha20poly1305_seal(sealed, tag, text, sizeof text, seed, 12, seed, seed);
    (void)chacha20poly1305_open(sealed, tag, sealed, sizeof sealed, seed, 12, seed, seed);
}

static void run_redact(void)
{
    static uint8_t out[RECORD];
    size_t kept;
    (void)redact(out, &kept, text, 512, seed, memory.redact);
}

static void run_split(void)
{
    uint64_t parts[SPLIT_PARTS];
    (void)split(parts, 12345, shares, 1, 1);
}

static size_t stack_of(void (*run)(void))
{
    size_t untouched = 0;
    run(); /* the first call of a function of libc has the linker look it up, on the same stack */
    memset(stack, PAINT, sizeof stack);
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, run, 0);
    swapcontext(&here, &there);
    while (untouched < STACK && stack[untouched] == PAINT)
        untouched++;
    return STACK - untouched;
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
        size_t memory;
    } operations[] = {
        {"mldsa_keygen", run_keygen, sizeof memory.mldsa_keygen},
        {"mldsa_sign", run_sign, sizeof memory.mldsa_sign},
        {"mldsa_verify", run_verify, sizeof memory.mldsa_verify},
        {"mlkem_keygen", run_kem_keygen, sizeof memory.mlkem_keygen},
        {"mlkem_encaps", run_encaps, sizeof memory.mlkem},
        {"mlkem_decaps", run_decaps, sizeof memory.mlkem_decaps},
        {"sha3_256", run_sha3, 0},
        {"hkdf_sha3_256", run_hkdf, 0},
        {"chacha20poly1305", run_open, 0},
        {"redact of 4,096 bytes", run_redact, sizeof memory.redact},
        {"split", run_split, 0},
    };
    size_t base = stack_of(nothing);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        printf("%s\t%zu\t%zu\n", operations[i].name, operations[i].memory,
               stack_of(operations[i].run) - base);
    return 0;
}
