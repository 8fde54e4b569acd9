/* msgpack without maps, floats and extension types: heads of values, read and written in place. */
#ifndef MODULES_MSGPACK_H
#define MODULES_MSGPACK_H

#include <stddef.h>
#include <stdint.h>

#define MSGPACK_DEPTH 16 /* arrays within arrays, both ways; an empty one counts for none */
#define MSGPACK_HEAD_LIMIT 9 /* bytes of a head */

enum msgpack_type {
    MSGPACK_NIL,
    MSGPACK_FALSE,
    MSGPACK_TRUE,
    MSGPACK_UNSIGNED, /* 0 to 2^64 - 1 */
    MSGPACK_NEGATIVE, /* -2^63 to -1, in two's complement */
    MSGPACK_STR,
    MSGPACK_BIN,
    MSGPACK_ARRAY,
};

enum msgpack_fault {
    MSGPACK_GOOD,
    MSGPACK_CUT_SHORT,
    MSGPACK_REFUSED, /* a type that is not listed above */
};

struct msgpack_reader {
    const uint8_t *at, *end;
};

struct msgpack_value {
    enum msgpack_type type;
    uint64_t number; /* the integer; bytes of a string or bin; items of an array */
    const uint8_t *bytes; /* content of a string or bin */
};

/* Read a value, of an array its head. An array of more items than bytes are left is cut short. */
enum msgpack_fault msgpack_read(struct msgpack_reader *reader, struct msgpack_value *value);

/* Write a head in its shortest form; a string's or bin's content, an array's items follow it.
 * Returns how many bytes it has. `number` is at most 2^32 - 1 for strings, bins and arrays. */
size_t msgpack_write(uint8_t head[MSGPACK_HEAD_LIMIT], enum msgpack_type type, uint64_t number);

/* Whether the head at `head`, which was read as `value`, is the shortest. */
int msgpack_is_shortest(const uint8_t *head, const struct msgpack_value *value);

/* Go past a value and all that is in it, however deep. */
enum msgpack_fault msgpack_skip(struct msgpack_reader *reader);

/* Whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, up to U+10FFFF. */
int msgpack_is_utf8(const uint8_t *bytes, size_t size);

#endif
