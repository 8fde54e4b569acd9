#include "msgpack.h"

#include <string.h>

/* First bytes of values that have a number or a length behind them. */
enum {
    FIXARRAY = 0x90, FIXSTR = 0xa0, NIL = 0xc0, NO = 0xc2, YES = 0xc3,
    BIN8 = 0xc4, UINT8 = 0xcc, INT8 = 0xd0, STR8 = 0xd9, ARRAY16 = 0xdc, NEGATIVE_FIXINT = 0xe0,
};

static enum msgpack_fault number(struct msgpack_reader *reader, size_t size, uint64_t *to)
{
    uint64_t value = 0;
    if ((size_t)(reader->end - reader->at) < size)
        return MSGPACK_CUT_SHORT;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | *reader->at++;
    *to = value;
    return MSGPACK_GOOD;
}

/* The number of `size` bytes as one of 64 bits with the same sign. */
static uint64_t extended(uint64_t value, size_t size)
{
    uint64_t sign = (uint64_t)1 << (8 * size - 1);
    return (value ^ sign) - sign;
}

static enum msgpack_fault sized(struct msgpack_reader *reader, struct msgpack_value *value)
{
    /* Every item has a byte at least: who believes the head takes no more memory than there is. */
    if ((uint64_t)(reader->end - reader->at) < value->number)
        return MSGPACK_CUT_SHORT;
    value->bytes = reader->at;
    if (value->type != MSGPACK_ARRAY)
        reader->at += value->number;
    return MSGPACK_GOOD;
}

enum msgpack_fault msgpack_read(struct msgpack_reader *reader, struct msgpack_value *value)
{
    enum msgpack_fault fault = MSGPACK_GOOD;
    if (reader->at == reader->end)
        return MSGPACK_CUT_SHORT;
    uint8_t head = *reader->at++;
    value->number = 0;
    value->bytes = reader->at;

    if (head < 0x80) {
        value->type = MSGPACK_UNSIGNED;
        value->number = head;
    } else if (head >= NEGATIVE_FIXINT) {
        value->type = MSGPACK_NEGATIVE;
        value->number = extended(head, 1);
    } else if (head >= FIXARRAY && head < FIXSTR) {
        value->type = MSGPACK_ARRAY;
        value->number = head & 0x0f;
        fault = sized(reader, value);
    } else if (head >= FIXSTR && head < NIL) {
        value->type = MSGPACK_STR;
        value->number = head & 0x1f;
        fault = sized(reader, value);
    } else if (head == NIL) {
        value->type = MSGPACK_NIL;
    } else if (head == NO || head == YES) {
        value->type = head == NO ? MSGPACK_FALSE : MSGPACK_TRUE;
    } else if (head >= UINT8 && head < UINT8 + 4) {
        value->type = MSGPACK_UNSIGNED;
        fault = number(reader, (size_t)1 << (head - UINT8), &value->number);
    } else if (head >= INT8 && head < INT8 + 4) {
        size_t size = (size_t)1 << (head - INT8);
        fault = number(reader, size, &value->number);
        value->number = extended(value->number, size);
        value->type = value->number >> 63 ? MSGPACK_NEGATIVE : MSGPACK_UNSIGNED;
    } else if ((head >= BIN8 && head < BIN8 + 3) || (head >= STR8 && head < STR8 + 3)) {
        int shift = head - (head < STR8 ? BIN8 : STR8);
        value->type = head < STR8 ? MSGPACK_BIN : MSGPACK_STR;
        fault = number(reader, (size_t)1 << shift, &value->number);
        if (fault == MSGPACK_GOOD)
            fault = sized(reader, value);
    } else if (head == ARRAY16 || head == ARRAY16 + 1) {
        value->type = MSGPACK_ARRAY;
        fault = number(reader, head == ARRAY16 ? 2 : 4, &value->number);
        if (fault == MSGPACK_GOOD)
            fault = sized(reader, value);
    } else {
        fault = MSGPACK_REFUSED;
    }
    return fault;
}

/* A head byte and a number of 1 << shift bytes behind it. */
static size_t with_number(uint8_t head[MSGPACK_HEAD_LIMIT], int first, int shift, uint64_t number)
{
    size_t size = (size_t)1 << shift;
    head[0] = (uint8_t)(first + shift);
    for (size_t i = 0; i < size; i++)
        head[1 + i] = (uint8_t)(number >> 8 * (size - 1 - i));
    return 1 + size;
}

/* log2 of how many bytes a number takes. */
static int shift_of(uint64_t number)
{
    return (number > 0xff) + (number > 0xffff) + (number > 0xffffffff);
}

size_t msgpack_write(uint8_t head[MSGPACK_HEAD_LIMIT], enum msgpack_type type, uint64_t number)
{
    switch (type) {
    case MSGPACK_NIL:
        head[0] = NIL;
        return 1;
    case MSGPACK_FALSE:
    case MSGPACK_TRUE:
        head[0] = type == MSGPACK_TRUE ? YES : NO;
        return 1;
    case MSGPACK_UNSIGNED:
        if (number < 0x80)
            break;
        return with_number(head, UINT8, shift_of(number), number);
    case MSGPACK_NEGATIVE:
        if (number >= (uint64_t)-0x20)
            break;
        /* As many bytes as hold the sign too: -128 takes one, -129 two. */
        return with_number(head, INT8, shift_of(~number << 1), number);
    case MSGPACK_STR:
        if (number < NIL - FIXSTR) {
            head[0] = (uint8_t)(FIXSTR | number);
            return 1;
        }
        return with_number(head, STR8, shift_of(number), number);
    case MSGPACK_BIN:
        return with_number(head, BIN8, shift_of(number), number);
    case MSGPACK_ARRAY:
        if (number < FIXSTR - FIXARRAY) {
            head[0] = (uint8_t)(FIXARRAY | number);
            return 1;
        }
        /* There is no array with a length of one byte. */
        return with_number(head, ARRAY16 - 1, number > 0xffff ? 2 : 1, number);
    }
    head[0] = (uint8_t)number;
    return 1;
}

int msgpack_is_shortest(const uint8_t *head, const struct msgpack_value *value)
{
    uint8_t shortest[MSGPACK_HEAD_LIMIT];
    /* Both tell their own length: equal bytes are whole heads. */
    return !memcmp(head, shortest, msgpack_write(shortest, value->type, value->number));
}

enum msgpack_fault msgpack_skip(struct msgpack_reader *reader)
{
    struct msgpack_value value;
    /* It grows by no more than the bytes that are left. */
    for (uint64_t items = 1; items; items--) {
        enum msgpack_fault fault = msgpack_read(reader, &value);
        if (fault != MSGPACK_GOOD)
            return fault;
        if (value.type == MSGPACK_ARRAY)
            items += value.number;
    }
    return MSGPACK_GOOD;
}

int msgpack_is_utf8(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint8_t head = bytes[at++];
        size_t more = (size_t)(head >= 0xc2) + (head >= 0xe0) + (head >= 0xf0);
        uint8_t lowest = head == 0xe0 ? 0xa0 : head == 0xf0 ? 0x90 : 0x80;
        uint8_t highest = head == 0xed ? 0x9f : head == 0xf4 ? 0x8f : 0xbf;
        if (head < 0x80)
            continue;
        if (head < 0xc2 || head > 0xf4 || size - at < more)
            return 0;
        for (; more; more--, at++) {
            if (bytes[at] < lowest || bytes[at] > highest)
                return 0;
            lowest = 0x80;
            highest = 0xbf;
        }
    }
    return 1;
}
