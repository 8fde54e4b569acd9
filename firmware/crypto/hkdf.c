#include "hkdf.h"

#include <string.h>

#include "secret.h"
#include "sha3.h"

#define BLOCK SHA3_256_RATE

/* Starts the inner or the outer hash: the key, padded to a block, with each byte xor `pad`. */
static void start(struct sponge *sponge, const uint8_t *key, size_t key_size, uint8_t pad)
{
    uint8_t block[BLOCK] = {0};
    if (key_size > BLOCK)
        sha3_256(block, key, key_size);
    else if (key_size)
        memcpy(block, key, key_size);
    for (size_t i = 0; i < BLOCK; i++)
        block[i] ^= pad;
    sha3_256_start(sponge);
    sponge_absorb(sponge, block, BLOCK);
    secret_wipe(block, sizeof block);
}

static void finish(struct sponge *sponge, uint8_t mac[HMAC_BYTES], const uint8_t *key,
                   size_t key_size)
{
    sponge_finish(sponge);
    sponge_squeeze(sponge, mac, HMAC_BYTES);
    start(sponge, key, key_size, 0x5c);
    sponge_absorb(sponge, mac, HMAC_BYTES);
    sponge_finish(sponge);
    sponge_squeeze(sponge, mac, HMAC_BYTES);
    sponge_wipe(sponge);
}

void hmac_sha3_256(uint8_t mac[HMAC_BYTES], const uint8_t *key, size_t key_size,
                   const uint8_t *message, size_t size)
{
    struct sponge sponge;
    start(&sponge, key, key_size, 0x36);
    sponge_absorb(&sponge, message, size);
    finish(&sponge, mac, key, key_size);
}

int hkdf_sha3_256(uint8_t *okm, size_t size, const uint8_t *secret, size_t secret_size,
                  const uint8_t *salt, size_t salt_size, const uint8_t *info, size_t info_size)
{
    uint8_t prk[HMAC_BYTES], block[HMAC_BYTES];
    struct sponge sponge;
    if (size > HKDF_LIMIT)
        return -1;
    /* Extract. An empty salt stands for zeros, which is what an empty HMAC key is padded to. */
    hmac_sha3_256(prk, salt, salt_size, secret, secret_size);
    /* Expand. */
    for (uint8_t i = 1; size; i++) {
        start(&sponge, prk, sizeof prk, 0x36);
        if (i > 1)
            sponge_absorb(&sponge, block, sizeof block);
        sponge_absorb(&sponge, info, info_size);
        sponge_absorb(&sponge, &i, 1);
        finish(&sponge, block, prk, sizeof prk);
        size_t part = size < sizeof block ? size : sizeof block;
        memcpy(okm, block, part);
        okm += part;
        size -= part;
    }
    secret_wipe(prk, sizeof prk);
    secret_wipe(block, sizeof block);
    return 0;
}
