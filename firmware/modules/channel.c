#include "channel.h"

#include <string.h>

#include "chacha20.h"
#include "chacha20poly1305.h"
#include "hkdf.h"
#include "secret.h"

#define RECORD 5 /* first byte of a record, which is authenticated with it */
#define RECORDS_OF_A_KEY 1024
#define NONCE_BYTES 12
#define BLOCK 64 /* of ChaCha20 */

/* HKDF-Expand (RFC 5869, section 2.3) to 32 bytes: `label` ends with the 1 of the first block. */
static void derive(uint8_t key[32], const uint8_t secret[32], const char *label)
{
    hmac_sha3_256(key, secret, 32, (const uint8_t *)label, strlen(label));
}

/* Takes the next key; neither it nor those before can be had from what is kept. */
static void turn(struct channel_direction *direction)
{
    uint8_t next[CHANNEL_SECRET_BYTES];
    derive(direction->key, direction->secret, "optin/v1/channel/key\x01");
    derive(next, direction->secret, "optin/v1/channel/next\x01");
    memcpy(direction->secret, next, sizeof next);
    secret_wipe(next, sizeof next);
}

static void advance(struct channel_direction *direction)
{
    if (++direction->count % RECORDS_OF_A_KEY == 0)
        turn(direction);
}

static void nonce_of(uint8_t nonce[NONCE_BYTES], uint64_t count)
{
    memset(nonce, 0, 4);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] = (uint8_t)(count >> (56 - 8 * i));
}

void channel_start(struct channel_direction *direction, const uint8_t secret[CHANNEL_SECRET_BYTES])
{
    memcpy(direction->secret, secret, CHANNEL_SECRET_BYTES);
    direction->count = 0;
    turn(direction);
}

void channel_seal(struct channel_direction *direction, uint8_t *record, uint8_t kind,
                  const uint8_t *content, size_t size)
{
    uint8_t nonce[NONCE_BYTES], last[BLOCK], *box = record + 1;
    const size_t whole = size & ~(size_t)(BLOCK - 1), rest = size - whole;
    nonce_of(nonce, direction->count);
    record[0] = RECORD;
    chacha20(box, content, whole, direction->key, nonce, 1);
    if (rest)
        memcpy(last, content + whole, rest);
    last[rest] = kind;
    chacha20(box + whole, last, rest + 1, direction->key, nonce, 1 + (uint32_t)(whole / BLOCK));
    chacha20poly1305_tag(box + size + 1, box, size + 1, record, 1, direction->key, nonce);
    advance(direction);
    secret_wipe(last, sizeof last);
}

int channel_open(struct channel_direction *direction, uint8_t *inner, const uint8_t *record,
                 size_t size)
{
    uint8_t nonce[NONCE_BYTES];
    if (size < CHANNEL_OVERHEAD || record[0] != RECORD)
        return -1;
    size -= 1 + AEAD_TAG_BYTES;
    nonce_of(nonce, direction->count);
    if (chacha20poly1305_open(inner, record + 1 + size, record + 1, size, record, 1,
                              direction->key, nonce))
        return -1;
    advance(direction);
    return 0;
}

void channel_forget(struct channel_direction *direction)
{
    secret_wipe(direction, sizeof *direction);
}
