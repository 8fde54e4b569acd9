/* Message representatives (FIPS 204, algorithms 2, 3, 7 and 8). */
#include "../sha3.h"
#include "mldsa.h"

static void finish(struct sponge *hash, uint8_t mu[MLDSA_MU_BYTES], const uint8_t *message,
                   size_t size)
{
    sponge_absorb(hash, message, size);
    sponge_finish(hash);
    sponge_squeeze(hash, mu, MLDSA_MU_BYTES);
    sponge_wipe(hash);
}

void mldsa_tr(uint8_t tr[MLDSA_TR_BYTES], const uint8_t public_key[MLDSA_PUBLIC_BYTES])
{
    shake256(tr, MLDSA_TR_BYTES, public_key, MLDSA_PUBLIC_BYTES);
}

int mldsa_mu(uint8_t mu[MLDSA_MU_BYTES], const uint8_t tr[MLDSA_TR_BYTES], const uint8_t *context,
             size_t context_size, const uint8_t *message, size_t size)
{
    struct sponge hash;
    if (context_size > MLDSA_CONTEXT_LIMIT)
        return -1;
    const uint8_t prefix[2] = {0, (uint8_t)context_size};
    shake256_start(&hash);
    sponge_absorb(&hash, tr, MLDSA_TR_BYTES);
    sponge_absorb(&hash, prefix, sizeof prefix);
    sponge_absorb(&hash, context, context_size);
    finish(&hash, mu, message, size);
    return 0;
}

void mldsa_mu_internal(uint8_t mu[MLDSA_MU_BYTES], const uint8_t tr[MLDSA_TR_BYTES],
                       const uint8_t *message, size_t size)
{
    struct sponge hash;
    shake256_start(&hash);
    sponge_absorb(&hash, tr, MLDSA_TR_BYTES);
    finish(&hash, mu, message, size);
}
