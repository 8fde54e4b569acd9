/* One direction of the secure channel: runtime/wire/CHANNEL.md has its records and keys. */
#ifndef MODULES_CHANNEL_H
#define MODULES_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define CHANNEL_SECRET_BYTES 32
#define CHANNEL_OVERHEAD 18 /* bytes of a record beside its content */

struct channel_direction {
    uint8_t key[32]; /* in use */
    uint8_t secret[CHANNEL_SECRET_BYTES]; /* that the next key comes of */
    uint64_t count; /* of records so far */
};

void channel_start(struct channel_direction *direction, const uint8_t secret[CHANNEL_SECRET_BYTES]);

/* Make the next record: `size` + CHANNEL_OVERHEAD bytes. It must not overlap the content. */
void channel_seal(struct channel_direction *direction, uint8_t *record, uint8_t kind,
                  const uint8_t *content, size_t size);

/* Open the next record into `inner`, of `size` - CHANNEL_OVERHEAD + 1 bytes: the content, and its
 * kind behind it. Returns 0, or -1 if this is not the next record; then `inner` is untouched. */
int channel_open(struct channel_direction *direction, uint8_t *inner, const uint8_t *record,
                 size_t size);

/* Overwrite the secrets: nothing can be sealed or opened any more. */
void channel_forget(struct channel_direction *direction);

#endif
