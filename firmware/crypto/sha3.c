#include "sha3.h"

#define SUFFIX_SHAKE 0x1f
#define SUFFIX_SHA3 0x06

static void start(struct sponge *sponge, uint8_t rate, uint8_t suffix)
{
    keccak_clear(&sponge->state);
    sponge->rate = rate;
    sponge->suffix = suffix;
    sponge->at = 0;
}

void shake128_start(struct sponge *sponge)
{
    start(sponge, SHAKE128_RATE, SUFFIX_SHAKE);
}

void shake256_start(struct sponge *sponge)
{
    start(sponge, SHAKE256_RATE, SUFFIX_SHAKE);
}

void sha3_256_start(struct sponge *sponge)
{
    start(sponge, SHA3_256_RATE, SUFFIX_SHA3);
}

void sha3_512_start(struct sponge *sponge)
{
    start(sponge, SHA3_512_RATE, SUFFIX_SHA3);
}

/* Bytes that fit the current block, at most `size`; permutes first if it is full. */
static size_t room(struct sponge *sponge, size_t size)
{
    if (sponge->at == sponge->rate) {
        keccak_permute(&sponge->state);
        sponge->at = 0;
    }
    size_t left = (size_t)(sponge->rate - sponge->at);
    return size < left ? size : left;
}

void sponge_absorb(struct sponge *sponge, const uint8_t *bytes, size_t size)
{
    while (size) {
        size_t part = room(sponge, size);
        keccak_xor(&sponge->state, sponge->at, bytes, part);
        sponge->at = (uint8_t)(sponge->at + part);
        bytes += part;
        size -= part;
    }
}

void sponge_finish(struct sponge *sponge)
{
    static const uint8_t last = 0x80;
    (void)room(sponge, 1);
    keccak_xor(&sponge->state, sponge->at, &sponge->suffix, 1);
    keccak_xor(&sponge->state, (size_t)sponge->rate - 1, &last, 1);
    sponge->at = sponge->rate;
}

void sponge_squeeze(struct sponge *sponge, uint8_t *bytes, size_t size)
{
    while (size) {
        size_t part = room(sponge, size);
        keccak_extract(&sponge->state, sponge->at, bytes, part);
        sponge->at = (uint8_t)(sponge->at + part);
        bytes += part;
        size -= part;
    }
}

void sponge_wipe(struct sponge *sponge)
{
    keccak_clear(&sponge->state);
}

static void digest_of(struct sponge *sponge, uint8_t *digest, size_t digest_size,
                      const uint8_t *bytes, size_t size)
{
    sponge_absorb(sponge, bytes, size);
    sponge_finish(sponge);
    sponge_squeeze(sponge, digest, digest_size);
    sponge_wipe(sponge);
}

void sha3_256(uint8_t digest[32], const uint8_t *bytes, size_t size)
{
    struct sponge sponge;
    sha3_256_start(&sponge);
    digest_of(&sponge, digest, 32, bytes, size);
}

void sha3_512(uint8_t digest[64], const uint8_t *bytes, size_t size)
{
    struct sponge sponge;
    sha3_512_start(&sponge);
    digest_of(&sponge, digest, 64, bytes, size);
}

void shake256(uint8_t *digest, size_t digest_size, const uint8_t *bytes, size_t size)
{
    struct sponge sponge;
    shake256_start(&sponge);
    digest_of(&sponge, digest, digest_size, bytes, size);
}
