/* One end of a line: runtime/wire/README.md has the rules, runtime/wire/link.py the same.
 *
 * It neither reads, writes, allocates nor has a clock. Its owner has the messages: it is asked for
 * the one to go on with, and is given those of the other end in pieces.
 */
#ifndef MODULES_LINK_H
#define MODULES_LINK_H

#include "frames.h"

#define LINK_NONCE 8
#define LINK_WINDOW 16
#define LINK_MESSAGE_LIMIT 65536
#define LINK_RESERVE 256 /* of a ring, for frames outside the credit */
#define LINK_OVERHEAD (FRAME_LIMIT - FRAME_PAYLOAD_LIMIT)
#define LINK_RING_LEAST (LINK_RESERVE + FRAME_LIMIT)
#define LINK_FAULTS (FRAME_VERSIONED - FRAME_LONG + 1)

struct link_piece {
    bool there;   /* of one received: its turn comes */
    bool lost;    /* of one sent: it is to be sent again */
    uint16_t end; /* of one sent: count of written bytes after it */
    uint8_t flags, size;
    /* Whole words are copied sooner. */
    uint8_t payload[FRAME_PAYLOAD_LIMIT] __attribute__((aligned(4)));
};

struct link {
    /* What the owner gives at the start; all else is 0 before link_start. */
    uint8_t next[LINK_NONCE]; /* our nonce in the next session */
    uint16_t grant;           /* bytes that the peer may have sent */
    uint8_t window;
    int64_t pace8, deviation4; /* of the time between two signs of progress, times 8 and 4 */
    /* What the owner says as it changes: whether a message waits. */
    bool waiting;
    /* To read. */
    bool has_peer, confirmed;
    uint8_t peer[LINK_NONCE];
    uint32_t generation, retransmitted, asked, strange, oversize, unanswered;
    uint32_t bad[LINK_FAULTS]; /* from FRAME_LONG on */

    uint8_t own[LINK_NONCE];
    uint8_t greeting_own[LINK_NONCE], greeting_peer[LINK_NONCE];
    bool greets, owes, answers; /* a RESET; an acknowledgement; the state, whatever the credit */
    bool waits;                 /* for the peer to make progress, since then */
    int64_t since, due;
    uint32_t key, peer_key;
    /* Sending: pieces in places of their sequence number modulo the window's limit. */
    struct link_piece flight[LINK_WINDOW];
    uint8_t base, flying;
    size_t offset; /* into the message to go on with */
    uint16_t written, seen, credit;
    /* Receiving. */
    struct frame_receiver receiver;
    struct link_piece held[LINK_WINDOW];
    uint8_t expected;
    uint16_t heard;
    size_t partial; /* bytes of the message so far */
};

void link_start(struct link *link);

/* Give up the session and open another. The owner forgets all messages. */
void link_reset(struct link *link);

/* Whether there is a session and all that was sent has been acknowledged. */
bool link_idle(const struct link *link);

enum link_event {
    LINK_NOTHING,  /* all bytes were taken */
    LINK_PIECE,    /* the next piece of a message */
    LINK_LAST,     /* the last piece of a message */
    LINK_GIVEN_UP, /* the session: the owner forgets all messages, and goes on */
};

/* Take bytes from `*at`, which it moves on, up to the next event. */
enum link_event link_receive(struct link *link, const uint8_t **at, const uint8_t *end,
                             int64_t now_ms, const uint8_t **piece, size_t *size);

/* See to the timer, before what is to be written now is asked for. */
void link_tick(struct link *link, int64_t now_ms);

/* Write the next frame, if there is one; returns its size. `message` is the one to go on with, NULL
 * for none; `*taken` says whether this was its last piece. */
size_t link_transmit(struct link *link, const uint8_t *message, size_t size, bool *taken,
                     uint8_t to[FRAME_LIMIT]);

#endif
