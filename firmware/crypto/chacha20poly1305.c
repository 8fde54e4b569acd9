#include "chacha20poly1305.h"

#include "bytes.h"
#include "chacha20.h"
#include "poly1305.h"
#include "secret.h"

void chacha20poly1305_tag(uint8_t tag[AEAD_TAG_BYTES], const uint8_t *ciphertext, size_t size,
                          const uint8_t *aad, size_t aad_size, const uint8_t key[32],
                          const uint8_t nonce[12])
{
    struct poly1305 mac;
    uint8_t once[32] = {0}, sizes[16];
    chacha20(once, once, sizeof once, key, nonce, 0);
    poly1305_start(&mac, once);
    secret_wipe(once, sizeof once);
    poly1305_add_padded(&mac, aad, aad_size);
    poly1305_add_padded(&mac, ciphertext, size);
    store64(sizes, aad_size);
    store64(sizes + 8, size);
    poly1305_finish(&mac, sizes, sizeof sizes, tag);
}

void chacha20poly1305_seal(uint8_t *to, uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                           size_t size, const uint8_t *aad, size_t aad_size,
                           const uint8_t key[32], const uint8_t nonce[12])
{
    chacha20(to, from, size, key, nonce, 1);
    chacha20poly1305_tag(tag, to, size, aad, aad_size, key, nonce);
}

int chacha20poly1305_open(uint8_t *to, const uint8_t tag[AEAD_TAG_BYTES], const uint8_t *from,
                          size_t size, const uint8_t *aad, size_t aad_size,
                          const uint8_t key[32], const uint8_t nonce[12])
{
    uint8_t expected[AEAD_TAG_BYTES];
    chacha20poly1305_tag(expected, from, size, aad, aad_size, key, nonce);
    uint32_t equal = secret_equal(expected, tag, sizeof expected);
    secret_wipe(expected, sizeof expected);
    /* Public: a receiver shows whether it accepts a message. */
    MAKE_PUBLIC(&equal, sizeof equal);
    if (!equal)
        return -1;
    chacha20(to, from, size, key, nonce, 1);
    return 0;
}
