#include "faces.h"

#include <string.h>

#include "msgpack.h"

/* The head of an array of `count` items. */
static int enter(struct msgpack_reader *reader, uint64_t count)
{
    struct msgpack_value array;
    return msgpack_read(reader, &array) || array.type != MSGPACK_ARRAY || array.number != count;
}

static int text(struct msgpack_reader *reader, struct msgpack_value *value)
{
    return msgpack_read(reader, value) || value->type != MSGPACK_STR;
}

static void add(uint8_t *to, size_t *size, const void *bytes, size_t more)
{
    memcpy(to + *size, bytes, more);
    *size += more;
}

static void add_head(uint8_t *to, size_t *size, enum msgpack_type type, uint64_t number)
{
    uint8_t head[MSGPACK_HEAD_LIMIT];
    add(to, size, head, msgpack_write(head, type, number));
}

/* Take a value to the face it belongs to. */
static int take(struct faces *faces, struct msgpack_reader *reader, int hidden)
{
    const uint8_t *start = reader->at;
    if (msgpack_skip(reader))
        return -1;
    size_t size = (size_t)(reader->at - start);
    if (hidden) {
        add(faces->own, &faces->own_size, start, size);
        add_head(faces->shown, &faces->shown_size, MSGPACK_NIL, 0);
    } else {
        add(faces->shown, &faces->shown_size, start, size);
    }
    return 0;
}

int faces_name(struct faces_name *name, const uint8_t *event, size_t size)
{
    struct msgpack_reader reader = {event, event + size};
    struct msgpack_value value;
    if (enter(&reader, 4) || text(&reader, &value) || msgpack_skip(&reader) ||
        text(&reader, &value))
        return -1;
    name->bytes = value.bytes;
    name->size = (size_t)value.number;
    return 0;
}

int faces_part(struct faces *faces, const uint8_t *event, size_t size, const uint8_t *hidden,
               size_t hidden_size)
{
    struct msgpack_reader reader = {event, event + size};
    size_t count = 0;
    for (size_t i = 0; i < hidden_size; i++)
        count += hidden[i] != 0;
    faces->shown_size = faces->own_size = 0;
    if (count)
        add_head(faces->own, &faces->own_size, MSGPACK_ARRAY, count);
    add_head(faces->shown, &faces->shown_size, MSGPACK_ARRAY, 4);
    if (enter(&reader, 4) || take(faces, &reader, 0) || take(faces, &reader, hidden[0]) ||
        take(faces, &reader, 0) || enter(&reader, hidden_size - 1))
        return -1;
    add_head(faces->shown, &faces->shown_size, MSGPACK_ARRAY, hidden_size - 1);
    for (size_t i = 1; i < hidden_size; i++)
        if (take(faces, &reader, hidden[i]))
            return -1;
    return reader.at == reader.end ? 0 : -1;
}
