/* Cycles of ML-DSA-87, ML-KEM-1024, redaction of 4 KiB and a settlement: a line for each operation,
 * for a signature also how many attempts it took; at the end the hash of all results. Link it with
 * -Wl,--wrap=mldsa_sample_challenge, which is where attempts are counted. */
#include "console.h"
#include "mldsa/mldsa.h"
#include "mldsa/sample.h"
#include "mlkem/mlkem.h"
#include "redact.h"
#include "sha3.h"
#include "split.h"
#include "system.h"

#ifndef MESSAGES
#define MESSAGES 1
#endif

_Noreturn void engine_failed(const char *engine, uint32_t error);
void __real_mldsa_sample_challenge(struct mldsa_poly *c, const uint8_t *seed);
void __wrap_mldsa_sample_challenge(struct mldsa_poly *c, const uint8_t *seed);

static union {
    struct mldsa_keygen_memory keygen;
    struct mldsa_sign_memory sign;
    struct mldsa_verify_memory verify;
    struct mlkem_keygen_memory kem_keygen;
    struct mlkem_memory encaps;
    struct mlkem_decaps_memory decaps;
} memory;

static struct {
    uint8_t public_key[MLDSA_PUBLIC_BYTES], signature[MLDSA_SIGNATURE_BYTES];
} dsa;
static struct {
    uint8_t public_key[MLKEM_PUBLIC_BYTES], ciphertext[MLKEM_CIPHERTEXT_BYTES];
    uint8_t shared[MLKEM_SHARED_BYTES], again[MLKEM_SHARED_BYTES];
} kem;

static uint32_t challenges, began;
static uint8_t hash[32]; /* of all results: each is hashed behind the hash of those before */

void __wrap_mldsa_sample_challenge(struct mldsa_poly *c, const uint8_t *seed)
{
    challenges++;
    __real_mldsa_sample_challenge(c, seed);
}

_Noreturn void engine_failed(const char *engine, uint32_t error)
{
    print(engine);
    print(": error ");
    print_unsigned(error);
    print("\n");
    finish(1);
}

static void start(void)
{
    challenges = 0;
    began = cycles();
}

static void report(const char *name, int refused)
{
    uint32_t took = cycles() - began;
    if (refused) {
        print(name);
        print(" refused\n");
        finish(1);
    }
    print(name);
    print(" ");
    print_unsigned(took);
    print(" ");
    print_unsigned(challenges);
    print("\n");
}

static void keep(const uint8_t *bytes, size_t size)
{
    struct sponge sponge;
    sha3_256_start(&sponge);
    sponge_absorb(&sponge, hash, sizeof hash);
    sponge_absorb(&sponge, bytes, size);
    sponge_finish(&sponge);
    sponge_squeeze(&sponge, hash, sizeof hash);
}

static void signatures(void)
{
    static const uint8_t seed[MLDSA_SEED_BYTES] = {1}, rnd[MLDSA_RND_BYTES], context[4] = "sign";
    start();
    mldsa_keygen(dsa.public_key, seed, &memory.keygen);
    report("keygen", 0);
    keep(dsa.public_key, sizeof dsa.public_key);
    for (uint8_t number = 0; number < MESSAGES; number++) {
        start();
        int refused = mldsa_sign(dsa.signature, seed, rnd, context, sizeof context, &number,
                                 sizeof number, &memory.sign);
        challenges--; /* one was of the verification */
        report("sign", refused);
        keep(dsa.signature, sizeof dsa.signature);
        start();
        refused = mldsa_verify(dsa.public_key, sizeof dsa.public_key, dsa.signature,
                               sizeof dsa.signature, context, sizeof context, &number,
                               sizeof number, &memory.verify);
        report("verify", refused);
    }
}

static void secrets(void)
{
    static const uint8_t seed[MLKEM_SEED_BYTES] = {2}, m[MLKEM_MESSAGE_BYTES] = {3};
    start();
    mlkem_keygen(kem.public_key, seed, &memory.kem_keygen);
    report("kem_keygen", 0);
    start();
    int refused = mlkem_encaps(kem.ciphertext, kem.shared, kem.public_key, sizeof kem.public_key,
                               m, &memory.encaps);
    report("encaps", refused);
    start();
    refused = mlkem_decaps(kem.again, seed, kem.ciphertext, sizeof kem.ciphertext,
                           &memory.decaps);
    report("decaps", refused);
    keep((const uint8_t *)&kem, sizeof kem);
}

#define RECORD 4096
#define FIELD 62 /* bytes, behind their length */

static void accelerator(void)
{
    static uint8_t record[RECORD] __attribute__((aligned(32)));
    static uint8_t out[RECORD] __attribute__((aligned(32)));
    static uint16_t work[RECORD] __attribute__((aligned(32)));
    static const uint16_t shares[SPLIT_PARTS] = {1000, 4000, 2000, 3000};
    uint8_t mask[REDACT_MASK_BYTES];
    uint64_t parts[SPLIT_PARTS];
    size_t kept;
    for (size_t i = 0; i < RECORD; i++)
        record[i] = (uint8_t)(i % (FIELD + 2) == 0 ? FIELD : i % (FIELD + 2) == 1 ? 0 : i);
    for (size_t i = 0; i < sizeof mask; i++)
        mask[i] = (uint8_t)(i * 91 + 5);
    start();
    int refused = redact(out, &kept, record, sizeof record, mask, work);
    report("redact", refused);
    keep(out, sizeof out);
    keep((const uint8_t *)&kept, sizeof kept);
    start();
    refused = split(parts, 123456789012345678, shares, 1, 0);
    report("split", refused);
    keep((const uint8_t *)parts, sizeof parts);
}

int main(void)
{
    signatures();
    secrets();
    accelerator();
    print("results ");
    for (int i = 0; i < 32; i++)
        print_hex(hash[i], 2);
    print("\n");
    finish(0);
}
