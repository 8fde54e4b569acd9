#include "channel.h"

#include <string.h>

#include "chacha20.h"
#include "chacha20poly1305.h"
#include "hkdf.h"
#include "secret.h"

#define RECORDS_OF_A_KEY 1024
#define NONCE_BYTES 12
#define HEAD_BYTES 4

/* A record's type, and zeros so that its box is aligned: authenticated with it. */
static const uint8_t head[HEAD_BYTES] = {5};

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
    memset(nonce, 0, NONCE_BYTES);
    for (int i = NONCE_BYTES - 1; count; i--, count >>= 8)
        nonce[i] = (uint8_t)count;
}

static void start(struct channel_direction *direction, const uint8_t secret[CHANNEL_SECRET_BYTES])
{
    memcpy(direction->secret, secret, CHANNEL_SECRET_BYTES);
    direction->count = 0;
    turn(direction);
}

static void forget(struct channel_direction *direction)
{
    secret_wipe(direction, sizeof *direction);
}

void channel_start(struct channel *channel, const uint8_t outgoing[CHANNEL_SECRET_BYTES],
                   const uint8_t incoming[CHANNEL_SECRET_BYTES])
{
    start(&channel->outgoing, outgoing);
    start(&channel->incoming, incoming);
    channel->closed = channel->closed_by_peer = channel->broken = false;
}

int channel_seal(struct channel *channel, uint8_t *record, enum channel_kind kind,
                 const uint8_t *content, size_t size)
{
    struct channel_direction *direction = &channel->outgoing;
    uint8_t nonce[NONCE_BYTES] __attribute__((aligned(4))), *box = record + HEAD_BYTES;
    if (channel->broken || channel->closed || (kind == CHANNEL_CONTENT && channel->closed_by_peer))
        return -1;
    nonce_of(nonce, direction->count);
    memcpy(record, head, HEAD_BYTES);
    /* Only the last block is put together: content and kind. */
    const size_t whole = size - size % CHACHA20_BLOCK;
    if (size > whole)
        memcpy(box + whole, content + whole, size - whole);
    box[size] = (uint8_t)kind;
    chacha20poly1305_seal_parts(box, box + size + 1, content, whole, size + 1, head, HEAD_BYTES,
                                direction->key, nonce);
    advance(direction);
    if (kind == CHANNEL_CLOSE) {
        channel->closed = true;
        forget(direction);
    }
    return 0;
}

/* The kind of the next record, or -1 if this is not it. */
static int opened(struct channel_direction *direction, uint8_t *content, const uint8_t *record,
                size_t size)
{
    uint8_t nonce[NONCE_BYTES] __attribute__((aligned(4)));
    const uint8_t *box = record + HEAD_BYTES;
    if (size < CHANNEL_OVERHEAD || memcmp(record, head, HEAD_BYTES))
        return -1;
    size -= HEAD_BYTES + AEAD_TAG_BYTES;
    nonce_of(nonce, direction->count);
    if (chacha20poly1305_open(content, box + size, box, size, head, HEAD_BYTES, direction->key,
                              nonce))
        return -1;
    advance(direction);
    uint8_t kind = content[size - 1];
    /* Public: an end shows whether its peer has closed. */
    MAKE_PUBLIC(&kind, sizeof kind);
    return kind;
}

int channel_open(struct channel *channel, uint8_t *content, const uint8_t *record, size_t size)
{
    int kind = -1;
    if (!channel->broken && !channel->closed_by_peer)
        kind = opened(&channel->incoming, content, record, size);
    if (kind == CHANNEL_CONTENT)
        return kind;
    if (kind == CHANNEL_CLOSE && size == CHANNEL_OVERHEAD) {
        channel->closed_by_peer = true;
        forget(&channel->incoming);
        return kind;
    }
    channel_break(channel);
    return -1;
}

void channel_break(struct channel *channel)
{
    channel->broken = true;
    forget(&channel->outgoing);
    forget(&channel->incoming);
}
