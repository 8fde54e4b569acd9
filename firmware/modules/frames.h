/* Frames of the line: runtime/wire/README.md has their layout, runtime/wire/frames.py the same. */
#ifndef MODULES_FRAMES_H
#define MODULES_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_VERSION 1
#define FRAME_RESET 4 /* the flag of a frame whose key is 0 */
#define FRAME_PAYLOAD_LIMIT 240
#define FRAME_HEADER 12
#define FRAME_CHECK 4
#define FRAME_BODY_LIMIT (FRAME_HEADER + FRAME_PAYLOAD_LIMIT + FRAME_CHECK)
#define FRAME_RUN_LIMIT (FRAME_BODY_LIMIT + 2) /* between two delimiters, with what COBS adds */
#define FRAME_LIMIT (FRAME_RUN_LIMIT + 2)

struct frame {
    const uint8_t *payload;
    uint16_t size; /* of the payload */
    uint16_t held, sent, seen, credit;
    uint8_t flags, seq, ack;
};

/* CRC-32 of IEEE 802.3, going on from `crc`, 0 at first. */
uint32_t frame_crc32(uint32_t crc, const uint8_t *data, size_t size);

/* Write a frame with both delimiters; its payload is at most FRAME_PAYLOAD_LIMIT bytes. Returns
 * how many bytes were written. */
size_t frame_encode(uint8_t to[FRAME_LIMIT], const struct frame *frame, uint32_t key);

/* Collects bytes into frames; all zeros at first. It takes them as they come, so that a ring which
 * an interrupt fills can be emptied into it piece by piece. */
struct frame_receiver {
    uint16_t size; /* of the run so far */
    bool skipping; /* the run is too long: drop it up to its delimiter */
    uint8_t run[FRAME_RUN_LIMIT];
    uint8_t body[FRAME_RUN_LIMIT] __attribute__((aligned(4))); /* whole words are read at once */
};

enum frame_fault {
    FRAME_GOOD,
    FRAME_NONE, /* all bytes were taken, and no run ends with them */
    /* A run that is no frame. */
    FRAME_LONG,
    FRAME_COBS,
    FRAME_SIZE,
    FRAME_CHECKED, /* its check is wrong, or it is of another session */
    FRAME_VERSIONED,
};

/* Take bytes from `*at`, which it moves on, up to and with the end of a run. A good frame's payload
 * is in the receiver until the next call. Without a key (NULL) only RESET frames are good. */
enum frame_fault frame_receive(struct frame_receiver *receiver, const uint8_t **at,
                               const uint8_t *end, const uint32_t *key, struct frame *frame);

#endif
