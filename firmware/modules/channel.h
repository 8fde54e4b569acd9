/* One end of the secure channel: runtime/wire/CHANNEL.md has its records, keys and states. */
#ifndef MODULES_CHANNEL_H
#define MODULES_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_SECRET_BYTES 32
#define CHANNEL_OVERHEAD 21 /* bytes of a record beside its content */
#define CHANNEL_CONTENT_LIMIT (65536 - CHANNEL_OVERHEAD)

enum channel_kind { CHANNEL_CONTENT = 1, CHANNEL_CLOSE = 2 };

struct channel_direction {
    uint8_t key[32]; /* in use */
    uint8_t secret[CHANNEL_SECRET_BYTES]; /* that the next key comes of */
    uint64_t count; /* of records so far */
};

struct channel {
    struct channel_direction outgoing, incoming;
    bool closed, closed_by_peer, broken;
};

/* Begin, with the secrets of both directions. */
void channel_start(struct channel *channel, const uint8_t outgoing[CHANNEL_SECRET_BYTES],
                   const uint8_t incoming[CHANNEL_SECRET_BYTES]);

/* Make the next record: `size` + CHANNEL_OVERHEAD bytes, apart from the content. Returns 0, or -1
 * if the channel is closed or broken. */
int channel_seal(struct channel *channel, uint8_t *record, enum channel_kind kind,
                 const uint8_t *content, size_t size);

/* Open the next record into `content`, of one byte more than it has. Returns its kind, or -1 if the
 * channel is broken: by this message, or already. */
int channel_open(struct channel *channel, uint8_t *content, const uint8_t *record, size_t size);

/* Break it: its secrets are overwritten. */
void channel_break(struct channel *channel);

#endif
