#include "chacha20poly1305.h"

#include <string.h>

#include "bytes.h"
#include "chacha20.h"
#include "poly1305.h"
#include "secret.h"

/* Block 0 of the key stream makes the key of Poly1305; the message begins with block 1. */
static void start(struct chacha20 *cipher, struct poly1305 *mac, const uint8_t key[32],
                  const uint8_t nonce[12])
{
    uint8_t block[CHACHA20_BLOCK] __attribute__((aligned(4))) = {0};
    chacha20_start(cipher, key, nonce, 0);
    chacha20_add(cipher, block, block, sizeof block);
    poly1305_start(mac, block);
    secret_wipe(block, sizeof block);
}

static void finish(struct poly1305 *mac, uint8_t tag[AEAD_TAG_BYTES], const uint8_t *ciphertext,
                   size_t size, const uint8_t *aad, size_t aad_size)
{
    /* What is left of the ciphertext, filled up to a block, and the sizes. */
    uint8_t last[32] __attribute__((aligned(4))) = {0};
    const size_t rest = size % 16, filled = rest ? 16 : 0;
    poly1305_add_padded(mac, aad, aad_size);
    poly1305_add_padded(mac, ciphertext, size - rest);
    if (rest)
        memcpy(last, ciphertext + size - rest, rest);
    store32_aligned(last + filled, (uint32_t)aad_size);
    store32_aligned(last + filled + 4, (uint32_t)((uint64_t)aad_size >> 32));
    store32_aligned(last + filled + 8, (uint32_t)size);
    store32_aligned(last + filled + 12, (uint32_t)((uint64_t)size >> 32));
    poly1305_finish(mac, last, filled + 16, tag);
}

void chacha20poly1305_seal_parts(uint8_t *to, uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                                 size_t first, size_t size, const uint8_t *aad, size_t aad_size,
                                 const uint8_t key[32], const uint8_t nonce[12])
{
    struct chacha20 cipher;
    struct poly1305 mac;
    start(&cipher, &mac, key, nonce);
    chacha20_add(&cipher, to, from, first);
    chacha20_add(&cipher, to + first, to + first, size - first);
    finish(&mac, tag, to, size, aad, aad_size);
    chacha20_wipe(&cipher);
}

void chacha20poly1305_seal(uint8_t *to, uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                           size_t size, const uint8_t *aad, size_t aad_size,
                           const uint8_t key[32], const uint8_t nonce[12])
{
    chacha20poly1305_seal_parts(to, tag, from, size, size, aad, aad_size, key, nonce);
}

int chacha20poly1305_open(uint8_t *to, const uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                          size_t size, const uint8_t *aad, size_t aad_size,
                          const uint8_t key[32], const uint8_t nonce[12])
{
    struct chacha20 cipher;
    struct poly1305 mac;
    uint8_t expected[AEAD_TAG_BYTES];
    start(&cipher, &mac, key, nonce);
    finish(&mac, expected, from, size, aad, aad_size);
    uint32_t equal = secret_equal(expected, tag, sizeof expected);
    secret_wipe(expected, sizeof expected);
    /* Public: a receiver shows whether it accepts a message. */
    MAKE_PUBLIC(&equal, sizeof equal);
    if (equal)
        chacha20_add(&cipher, to, from, size);
    chacha20_wipe(&cipher);
    return equal ? 0 : -1;
}
