#include "mlkem.h"

#include <string.h>

#include "../secret.h"
#include "../sha3.h"
#include "pack.h"
#include "pke.h"

/* The long decapsulation key: s, the encapsulation key, its hash, z. */
#define SECRET_PUBLIC (MLKEM_K * MLKEM_POLY_BYTES)
#define SECRET_HASH (SECRET_PUBLIC + MLKEM_PUBLIC_BYTES)
#define SECRET_Z (SECRET_HASH + 32)

void mlkem_expand(uint8_t public_key[MLKEM_PUBLIC_BYTES], uint8_t secret[MLKEM_SECRET_BYTES],
                  const uint8_t seed[MLKEM_SEED_BYTES], struct mlkem_memory *memory)
{
    uint8_t input[33], seeds[64];
    memcpy(input, seed, 32);
    input[32] = MLKEM_K;
    sha3_512(seeds, input, sizeof input);
    /* Public: rho is the end of the encapsulation key. */
    MAKE_PUBLIC(seeds, 32);
    mlkem_pke_keygen(public_key, secret, seeds, memory);
    memcpy(secret + SECRET_PUBLIC, public_key, MLKEM_PUBLIC_BYTES);
    sha3_256(secret + SECRET_HASH, public_key, MLKEM_PUBLIC_BYTES);
    memcpy(secret + SECRET_Z, seed + 32, 32);
    secret_wipe(input, sizeof input);
    secret_wipe(seeds, sizeof seeds);
}

int mlkem_check_public(const uint8_t *public_key, size_t size)
{
    if (size != MLKEM_PUBLIC_BYTES)
        return -1;
    for (int i = 0; i < MLKEM_K; i++)
        if (mlkem_check_modulus(public_key + i * MLKEM_POLY_BYTES))
            return -1;
    return 0;
}

int mlkem_check_secret(const uint8_t *secret, size_t size)
{
    uint8_t hash[32];
    if (size != MLKEM_SECRET_BYTES)
        return -1;
    sha3_256(hash, secret + SECRET_PUBLIC, MLKEM_PUBLIC_BYTES);
    uint32_t equal = secret_equal(hash, secret + SECRET_HASH, sizeof hash);
    /* Public: a damaged key is refused. */
    MAKE_PUBLIC(&equal, sizeof equal);
    return equal ? 0 : -1;
}

/* (K, r) = G(m || H(ek)) */
static void derive(uint8_t both[64], const uint8_t m[32], const uint8_t hash[32])
{
    uint8_t input[64];
    memcpy(input, m, 32);
    memcpy(input + 32, hash, 32);
    sha3_512(both, input, sizeof input);
    secret_wipe(input, sizeof input);
}

int mlkem_encaps(uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES], uint8_t shared[MLKEM_SHARED_BYTES],
                 const uint8_t *public_key, size_t public_size,
                 const uint8_t m[MLKEM_MESSAGE_BYTES], struct mlkem_memory *memory)
{
    uint8_t hash[32], both[64];
    if (mlkem_check_public(public_key, public_size))
        return -1;
    sha3_256(hash, public_key, MLKEM_PUBLIC_BYTES);
    derive(both, m, hash);
    memcpy(shared, both, 32);
    mlkem_pke_encrypt(ciphertext, public_key, m, both + 32, memory);
    secret_wipe(both, sizeof both);
    return 0;
}

/* J(z || c) */
static void reject(uint8_t shared[32], const uint8_t z[32], const uint8_t *ciphertext)
{
    struct sponge hash;
    shake256_start(&hash);
    sponge_absorb(&hash, z, 32);
    sponge_absorb(&hash, ciphertext, MLKEM_CIPHERTEXT_BYTES);
    sponge_finish(&hash);
    sponge_squeeze(&hash, shared, 32);
    sponge_wipe(&hash);
}

void mlkem_decaps_expanded(uint8_t shared[MLKEM_SHARED_BYTES],
                           const uint8_t secret[MLKEM_SECRET_BYTES],
                           const uint8_t ciphertext[MLKEM_CIPHERTEXT_BYTES],
                           uint8_t again[MLKEM_CIPHERTEXT_BYTES], struct mlkem_memory *memory)
{
    uint8_t m[32], both[64], rejected[32];
    mlkem_pke_decrypt(m, secret, ciphertext, memory);
    derive(both, m, secret + SECRET_HASH);
    reject(rejected, secret + SECRET_Z, ciphertext);
    mlkem_pke_encrypt(again, secret + SECRET_PUBLIC, m, both + 32, memory);
    uint32_t equal = secret_equal(ciphertext, again, MLKEM_CIPHERTEXT_BYTES);
    for (int i = 0; i < MLKEM_SHARED_BYTES; i++)
        shared[i] = (uint8_t)secret_choose(equal, both[i], rejected[i]);
    secret_wipe(m, sizeof m);
    secret_wipe(both, sizeof both);
    secret_wipe(rejected, sizeof rejected);
    secret_wipe(again, MLKEM_CIPHERTEXT_BYTES);
}

void mlkem_keygen(uint8_t public_key[MLKEM_PUBLIC_BYTES], const uint8_t seed[MLKEM_SEED_BYTES],
                  struct mlkem_keygen_memory *memory)
{
    mlkem_expand(public_key, memory->secret, seed, &memory->step);
    secret_wipe(memory->secret, sizeof memory->secret);
}

int mlkem_decaps(uint8_t shared[MLKEM_SHARED_BYTES], const uint8_t seed[MLKEM_SEED_BYTES],
                 const uint8_t *ciphertext, size_t size, struct mlkem_decaps_memory *memory)
{
    if (size != MLKEM_CIPHERTEXT_BYTES)
        return -1;
    /* The encapsulation key passes through `again` to its place in the long key. */
    mlkem_expand(memory->again, memory->secret, seed, &memory->step);
    mlkem_decaps_expanded(shared, memory->secret, ciphertext, memory->again, &memory->step);
    secret_wipe(memory->secret, sizeof memory->secret);
    return 0;
}
