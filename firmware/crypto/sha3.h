/* SHA3-256, SHA3-512, SHAKE128 and SHAKE256 (FIPS 202), in pieces of any size or in one call. */
#ifndef CRYPTO_SHA3_H
#define CRYPTO_SHA3_H

#include <stddef.h>
#include <stdint.h>

#include "keccak.h"

/* Rates in bytes. */
#define SHAKE128_RATE 168
#define SHAKE256_RATE 136
#define SHA3_256_RATE 136
#define SHA3_512_RATE 72

struct sponge {
    struct keccak state;
    uint8_t rate; /* bytes */
    uint8_t suffix; /* domain separation and first bit of the padding */
    uint8_t at; /* bytes of the current block that are taken */
};

/* Start, absorb any number of times, finish once, squeeze any number of times, wipe. */
void shake128_start(struct sponge *sponge);
void shake256_start(struct sponge *sponge);
void sha3_256_start(struct sponge *sponge);
void sha3_512_start(struct sponge *sponge);
void sponge_absorb(struct sponge *sponge, const uint8_t *bytes, size_t size);
void sponge_finish(struct sponge *sponge);
void sponge_squeeze(struct sponge *sponge, uint8_t *bytes, size_t size);
void sponge_wipe(struct sponge *sponge);

/* The digest of `size` bytes, at once. */
void sha3_256(uint8_t digest[32], const uint8_t *bytes, size_t size);
void sha3_512(uint8_t digest[64], const uint8_t *bytes, size_t size);
void shake256(uint8_t *digest, size_t digest_size, const uint8_t *bytes, size_t size);

#endif
