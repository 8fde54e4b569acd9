#include "frames.h"

#include <string.h>

#include "cobs.h"

/* Remainders of each byte by the reflected polynomial of the CRC; made when first needed. */
static uint32_t remainders[256];

static void make_remainders(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = rest >> 1 ^ (rest & 1 ? 0xedb88320 : 0);
        remainders[byte] = rest;
    }
}

/* The remainder one byte later. */
static inline uint32_t after(uint32_t crc)
{
    return remainders[crc & 0xff] ^ crc >> 8;
}

/* Where four bytes can be read at once. */
typedef uint32_t __attribute__((may_alias)) word;

static inline bool is_word(const uint8_t *at)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && ((uintptr_t)at & 3) == 0;
}

uint32_t frame_crc32(uint32_t crc, const uint8_t *data, size_t size)
{
    if (!remainders[1])
        make_remainders();
    const uint8_t *end = data + size;
    crc = ~crc;
    for (; data < end && !is_word(data); data++)
        crc = after(crc ^ *data);
    for (; end - data >= 4; data += 4)
        crc = after(after(after(after(crc ^ *(const word *)data))));
    for (; data < end; data++)
        crc = after(crc ^ *data);
    return ~crc;
}

static uint8_t *put16(uint8_t *to, uint32_t number)
{
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
    return to + 2;
}

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

size_t frame_encode(uint8_t to[FRAME_LIMIT], const struct frame *frame, uint32_t key)
{
    uint8_t body[FRAME_BODY_LIMIT] __attribute__((aligned(4)));
    uint8_t *at = body;
    *at++ = FRAME_VERSION;
    *at++ = frame->flags;
    *at++ = frame->seq;
    *at++ = frame->ack;
    at = put16(at, frame->held);
    at = put16(at, frame->sent);
    at = put16(at, frame->seen);
    at = put16(at, frame->credit);
    if (frame->size)
        memcpy(at, frame->payload, frame->size);
    at += frame->size;
    uint32_t check = frame_crc32(key, body, (size_t)(at - body));
    at = put16(put16(at, check >> 16), check);

    size_t size = cobs_encode(to + 1, body, (size_t)(at - body));
    to[0] = to[size + 1] = 0;
    return size + 2;
}

/* What a whole run is. */
static enum frame_fault opened(struct frame_receiver *receiver, const uint8_t *run, size_t run_size,
                               const uint32_t *key, struct frame *frame)
{
    const uint32_t no_key = 0;
    const uint8_t *body = receiver->body;
    size_t size;
    if (cobs_decode(receiver->body, &size, run, run_size))
        return FRAME_COBS;
    if (size < FRAME_HEADER + FRAME_CHECK || size > FRAME_BODY_LIMIT)
        return FRAME_SIZE;
    size -= FRAME_CHECK;
    if (body[1] & FRAME_RESET)
        key = &no_key;
    uint32_t check = (uint32_t)get16(body + size) << 16 | get16(body + size + 2);
    if (!key || frame_crc32(*key, body, size) != check)
        return FRAME_CHECKED;
    if (body[0] != FRAME_VERSION)
        return FRAME_VERSIONED;
    frame->flags = body[1];
    frame->seq = body[2];
    frame->ack = body[3];
    frame->held = get16(body + 4);
    frame->sent = get16(body + 6);
    frame->seen = get16(body + 8);
    frame->credit = get16(body + 10);
    frame->payload = body + FRAME_HEADER;
    frame->size = (uint16_t)(size - FRAME_HEADER);
    return FRAME_GOOD;
}

static void collect(struct frame_receiver *receiver, const uint8_t *from, size_t size)
{
    if (receiver->skipping || size > FRAME_RUN_LIMIT - (size_t)receiver->size) {
        receiver->skipping = true;
        receiver->size = 0;
    } else if (size) {
        memcpy(receiver->run + receiver->size, from, size);
        receiver->size = (uint16_t)(receiver->size + size);
    }
}

enum frame_fault frame_receive(struct frame_receiver *receiver, const uint8_t **at,
                               const uint8_t *end, const uint32_t *key, struct frame *frame)
{
    while (*at < end) {
        enum frame_fault fault = FRAME_NONE; /* as of the empty run between two frames */
        const uint8_t *start = *at, *zero = memchr(start, 0, (size_t)(end - start));
        size_t size = (size_t)((zero ? zero : end) - start);
        *at = zero ? zero + 1 : end;
        if (zero && !receiver->size && !receiver->skipping && size <= FRAME_RUN_LIMIT) {
            if (size) /* it came as a whole, and need not be put together */
                fault = opened(receiver, start, size, key, frame);
        } else {
            collect(receiver, start, size);
            if (!zero)
                break;
            fault = receiver->skipping ? FRAME_LONG
                : opened(receiver, receiver->run, receiver->size, key, frame);
        }
        receiver->skipping = false;
        receiver->size = 0;
        if (fault != FRAME_NONE)
            return fault;
    }
    return FRAME_NONE;
}
