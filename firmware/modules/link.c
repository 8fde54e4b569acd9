#include "link.h"

#include <string.h>

enum { DATA = 1, MORE = 2, RESET = FRAME_RESET };
enum { INTERVAL_LEAST = 20, INTERVAL_MOST = 2000 };

static const uint8_t nobody[LINK_NONCE];

static bool same(const uint8_t *one, const uint8_t *other)
{
    return memcmp(one, other, LINK_NONCE) == 0;
}

/* Sessions. */

static void greet(struct link *link, const uint8_t *own, const uint8_t *peer)
{
    memmove(link->greeting_own, own, LINK_NONCE);
    memmove(link->greeting_peer, peer, LINK_NONCE);
    link->greets = true;
}

static void enter(struct link *link, const uint8_t *own, const uint8_t *peer)
{
    link->has_peer = peer != NULL;
    memmove(link->own, own, LINK_NONCE);
    memmove(link->peer, peer ? peer : nobody, LINK_NONCE);
    link->key = frame_crc32(frame_crc32(0, link->own, LINK_NONCE), link->peer, LINK_NONCE);
    link->peer_key = frame_crc32(frame_crc32(0, link->peer, LINK_NONCE), link->own, LINK_NONCE);
    link->confirmed = link->greets = link->owes = link->answers = link->waits = false;
    link->due = 0;
    link->unanswered = 0;
    link->base = link->flying = link->expected = 0;
    link->offset = link->partial = 0;
    link->written = link->seen = link->credit = link->heard = 0;
    for (size_t i = 0; i < LINK_WINDOW; i++)
        link->held[i].there = false;
}

void link_start(struct link *link)
{
    enter(link, nobody, NULL);
    link->waiting = false;
    greet(link, link->next, nobody);
}

void link_reset(struct link *link)
{
    link->generation++;
    link_start(link);
}

bool link_idle(const struct link *link)
{
    return link->confirmed && !link->flying && !link->waiting;
}

static int64_t interval(const struct link *link)
{
    int64_t ms = (link->pace8 >> 3) + link->deviation4;
    if (ms < INTERVAL_LEAST)
        ms = INTERVAL_LEAST;
    ms <<= link->unanswered < 7 ? link->unanswered : 7;
    return ms < INTERVAL_MOST ? ms : INTERVAL_MOST;
}

/* Act on a RESET frame. Returns whether its header counts in the session we are in now; the one
 * before was given up if the generation went up. */
static bool is_of_session(struct link *link, const struct frame *frame)
{
    const uint8_t *peer = frame->payload, *own = peer + LINK_NONCE;
    if (frame->size != 2 * LINK_NONCE || same(peer, nobody) || same(peer, link->own) ||
        same(peer, link->next)) { /* the line echoes */
        link->strange++;
        return false;
    }
    if (link->has_peer && same(peer, link->peer)) {
        if (same(own, link->own)) {
            link->confirmed = link->answers = true;
            return true;
        }
        greet(link, link->own, peer);
        return false;
    }
    if (!same(own, link->next)) {
        /* Perhaps from before a restart: only the answer to this offer proves it is not. */
        greet(link, link->next, peer);
        return false;
    }
    if (link->has_peer)
        link_reset(link);
    enter(link, own, peer);
    greet(link, own, peer);
    /* A nonce serves one session only, so no two sessions have equal keys. */
    for (size_t i = LINK_NONCE; i-- && ++link->next[i] == 0;)
        ;
    return true;
}

/* Sending. */

static bool has_room(const struct link *link, uint32_t size)
{
    return (uint32_t)(uint16_t)(link->written - link->seen) + size <= link->credit;
}

static size_t encoded(const struct link *link, struct frame *frame, uint32_t key, uint8_t *to)
{
    for (uint8_t i = 0; i < LINK_WINDOW - 1; i++)
        if (link->held[(link->expected + 1 + i) % LINK_WINDOW].there)
            frame->held = (uint16_t)(frame->held | 1u << i);
    frame->ack = link->expected;
    frame->sent = link->written;
    frame->seen = link->heard;
    frame->credit = link->grant;
    return frame_encode(to, frame, key);
}

static size_t write_greeting(struct link *link, uint8_t *to)
{
    uint8_t nonces[2 * LINK_NONCE];
    struct frame frame = {.flags = RESET, .payload = nonces, .size = sizeof nonces};
    memcpy(nonces, link->greeting_own, LINK_NONCE);
    memcpy(nonces + LINK_NONCE, link->greeting_peer, LINK_NONCE);
    link->greets = false;
    if (link->has_peer && same(nonces, link->own) && same(nonces + LINK_NONCE, link->peer))
        return encoded(link, &frame, 0, to);
    frame.credit = link->grant;
    return frame_encode(to, &frame, 0);
}

static size_t write_frame(struct link *link, struct frame *frame, uint32_t counted, uint8_t *to)
{
    link->written = (uint16_t)(link->written + counted);
    link->owes = link->answers = false;
    return encoded(link, frame, link->key, to);
}

static size_t write_piece(struct link *link, uint8_t index, uint8_t *to)
{
    uint8_t sequence = (uint8_t)(link->base + index);
    struct link_piece *piece = &link->flight[sequence % LINK_WINDOW];
    struct frame frame = {
        .flags = piece->flags, .seq = sequence, .payload = piece->payload, .size = piece->size};
    size_t size = write_frame(link, &frame, piece->size + LINK_OVERHEAD, to);
    piece->end = link->written;
    piece->lost = false;
    return size;
}

/* Cut the next piece off a message; false if it does not fit the credit. */
static bool cut(struct link *link, const uint8_t *message, size_t size, bool *taken)
{
    struct link_piece *piece = &link->flight[(uint8_t)(link->base + link->flying) % LINK_WINDOW];
    size_t left = size - link->offset;
    bool more = left > FRAME_PAYLOAD_LIMIT;
    piece->flags = more ? DATA | MORE : DATA;
    piece->size = (uint8_t)(more ? FRAME_PAYLOAD_LIMIT : left);
    if (!has_room(link, piece->size + LINK_OVERHEAD))
        return false;
    memcpy(piece->payload, message + link->offset, piece->size);
    link->offset = more ? link->offset + piece->size : 0;
    link->flying++;
    *taken = !more;
    return true;
}

static size_t write_pieces(struct link *link, const uint8_t *message, size_t size, bool *taken,
                           uint8_t *to)
{
    for (uint8_t i = 0; i < link->flying; i++) {
        const struct link_piece *piece = &link->flight[(uint8_t)(link->base + i) % LINK_WINDOW];
        if (!piece->lost)
            continue;
        if (!has_room(link, piece->size + LINK_OVERHEAD))
            return 0;
        link->retransmitted++;
        return write_piece(link, i, to);
    }
    if (!message || link->flying == link->window || !cut(link, message, size, taken))
        return 0;
    return write_piece(link, (uint8_t)(link->flying - 1), to);
}

void link_tick(struct link *link, int64_t now_ms)
{
    if (link_idle(link)) {
        link->waits = false;
    } else if (!link->waits) {
        link->waits = true;
        link->since = now_ms;
        link->due = now_ms + interval(link);
    } else if (now_ms >= link->due) {
        link->asked++;
        link->unanswered++;
        link->due = now_ms + interval(link);
        greet(link, link->has_peer ? link->own : link->next, link->peer);
    }
}

size_t link_transmit(struct link *link, const uint8_t *message, size_t size, bool *taken,
                     uint8_t to[FRAME_LIMIT])
{
    *taken = false;
    if (link->greets)
        return write_greeting(link, to);
    if (!link->has_peer)
        return 0;
    size_t written = write_pieces(link, message, size, taken, to);
    if (!written && (link->answers || (link->owes && has_room(link, LINK_OVERHEAD)))) {
        /* An answer is not counted: it must go out when the credit is used up. */
        struct frame frame = {.size = 0};
        written = write_frame(link, &frame, link->answers ? 0 : LINK_OVERHEAD, to);
    }
    return written;
}

/* Receiving. */

static void progress(struct link *link, int64_t now_ms, bool lost)
{
    /* A wait that a loss explains says nothing about the line's pace. */
    if (link->waits && !lost) {
        int64_t error = now_ms - link->since - (link->pace8 >> 3);
        link->pace8 += error;
        link->deviation4 += (error < 0 ? -error : error) - (link->deviation4 >> 2);
    }
    link->unanswered = 0;
    link->waits = !link_idle(link);
    link->since = now_ms;
    link->due = now_ms + interval(link);
}

/* Take in what the peer has seen; returns whether it can be. */
static bool learn(struct link *link, const struct frame *frame, int64_t now_ms)
{
    uint8_t count = (uint8_t)(frame->ack - link->base);
    uint16_t advance = (uint16_t)(frame->seen - link->seen);
    uint16_t unseen = (uint16_t)(link->written - link->seen);
    if (count > link->flying || advance > unseen) {
        link->strange++;
        return false;
    }
    unseen = (uint16_t)(unseen - advance);
    link->heard = frame->sent;
    link->credit = frame->credit;
    link->seen = frame->seen;
    link->base = frame->ack;
    link->flying = (uint8_t)(link->flying - count);
    bool lost = false;
    for (uint8_t i = 0; i < link->flying; i++) {
        struct link_piece *piece = &link->flight[(uint8_t)(link->base + i) % LINK_WINDOW];
        bool held = i && frame->held >> (i - 1) & 1;
        if (!piece->lost && !held && (uint16_t)(link->written - piece->end) >= unseen)
            piece->lost = lost = true;
    }
    if (count || advance || lost)
        progress(link, now_ms, lost);
    return true;
}

static void take(struct link *link, const struct frame *frame)
{
    link->owes = true;
    if ((uint8_t)(frame->seq - link->expected) >= LINK_WINDOW)
        return; /* had it already */
    struct link_piece *piece = &link->held[frame->seq % LINK_WINDOW];
    piece->there = true;
    piece->flags = frame->flags;
    piece->size = (uint8_t)frame->size;
    memcpy(piece->payload, frame->payload, frame->size);
}

/* The piece whose turn it is. */
static enum link_event deliver(struct link *link, struct link_piece *held, const uint8_t **piece,
                               size_t *size)
{
    held->there = false;
    link->expected++;
    link->partial += held->size;
    if (link->partial > LINK_MESSAGE_LIMIT) {
        link->oversize++;
        link_reset(link);
        return LINK_GIVEN_UP;
    }
    *piece = held->payload;
    *size = held->size;
    if (held->flags & MORE)
        return LINK_PIECE;
    link->partial = 0;
    return LINK_LAST;
}

enum link_event link_receive(struct link *link, const uint8_t **at, const uint8_t *end,
                             int64_t now_ms, const uint8_t **piece, size_t *size)
{
    for (;;) {
        struct link_piece *held = &link->held[link->expected % LINK_WINDOW];
        if (held->there)
            return deliver(link, held, piece, size);
        struct frame frame;
        enum frame_fault fault = frame_receive(&link->receiver, at, end,
                                               link->has_peer ? &link->peer_key : NULL, &frame);
        if (fault == FRAME_NONE)
            return LINK_NOTHING;
        if (fault != FRAME_GOOD) {
            link->bad[fault - FRAME_LONG]++;
        } else if (frame.flags & RESET) {
            uint32_t generation = link->generation;
            if (is_of_session(link, &frame))
                learn(link, &frame, now_ms);
            if (link->generation != generation)
                return LINK_GIVEN_UP;
        } else if (learn(link, &frame, now_ms)) {
            link->confirmed = true;
            if (frame.flags & DATA)
                take(link, &frame);
        }
    }
}
