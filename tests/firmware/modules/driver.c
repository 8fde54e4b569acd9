/* Operations of the modules' plain C for tests, in the form that exchange.h says. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "channel.h"
#include "cobs.h"
#include "exchange.h"
#include "faces.h"
#include "frames.h"
#include "msgpack.h"
#include "store.h"

/* The linker has every call of free go here. What the store gives back is to be overwritten. */
static int watching;
void __real_free(void *memory);
void __wrap_free(void *memory);

void __wrap_free(void *memory)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; watching && memory && i < malloc_usable_size(memory); i++)
        if (bytes[i])
            fail("the store gave back what it had not overwritten");
    __real_free(memory);
}

static void add(struct bytes *to, const void *bytes, size_t size)
{
    to->at = realloc(to->at, to->size + size + 1);
    if (!to->at)
        fail("no memory");
    if (size)
        memcpy(to->at + to->size, bytes, size);
    to->size += size;
}

/* msgpack: read a value, write it in its shortest form. */

static int copy_value(struct msgpack_reader *reader, struct bytes *out, int depth)
{
    struct msgpack_value value;
    uint8_t head[MSGPACK_HEAD_LIMIT];
    if (msgpack_read(reader, &value))
        return -1;
    add(out, head, msgpack_write(head, value.type, value.number));
    if (value.type == MSGPACK_STR && !msgpack_is_utf8(value.bytes, value.number))
        return -1;
    if (value.type == MSGPACK_STR || value.type == MSGPACK_BIN)
        add(out, value.bytes, value.number);
    if (value.type != MSGPACK_ARRAY)
        return 0;
    if (depth == 0 && value.number)
        return -1;
    for (uint64_t i = 0; i < value.number; i++)
        if (copy_value(reader, out, depth - 1))
            return -1;
    return 0;
}

static int do_msgpack(struct call *call)
{
    const struct bytes *in = &call->in[0];
    struct bytes *out = next_out(call);
    struct msgpack_reader reader = {in->at, in->at + in->size};
    if (copy_value(&reader, out, MSGPACK_DEPTH) || reader.at != reader.end) {
        out->size = 0;
        return -1;
    }
    return 0;
}

/* msgpack: whether bytes are one value in its shortest form; -2 if they are none. */

static int is_canonical(struct msgpack_reader *reader)
{
    struct msgpack_value value;
    const uint8_t *head = reader->at;
    int canonical = !msgpack_read(reader, &value) && msgpack_is_shortest(head, &value);
    for (uint64_t i = 0; canonical && value.type == MSGPACK_ARRAY && i < value.number; i++)
        canonical = is_canonical(reader);
    return canonical;
}

static int do_canonical(struct call *call)
{
    const struct bytes *in = &call->in[0];
    struct msgpack_reader reader = {in->at, in->at + in->size}, again = reader;
    if (msgpack_skip(&reader) || reader.at != reader.end)
        return -2;
    return is_canonical(&again) ? 0 : -1;
}

/* Faces: an event and what of it is private in, its name and both faces out. */
static int do_faces(struct call *call)
{
    const struct bytes *event = &call->in[0], *hidden = &call->in[1];
    struct bytes *outs[] = {next_out(call), next_out(call), next_out(call)};
    struct faces faces = {.shown = memory_of(event->size), .own = memory_of(event->size)};
    struct faces_name name;
    int fault = faces_name(&name, event->at, event->size) ||
                faces_part(&faces, event->at, event->size, hidden->at, hidden->size);
    if (!fault) {
        add(outs[0], name.bytes, name.size);
        add(outs[1], faces.shown, faces.shown_size);
        add(outs[2], faces.own, faces.own_size);
    }
    free(faces.shown);
    free(faces.own);
    return -fault;
}

static int do_cobs_encode(struct call *call)
{
    const struct bytes *in = &call->in[0];
    struct bytes *out = next_out(call);
    uint8_t *to = memory_of(COBS_LIMIT(in->size));
    add(out, to, cobs_encode(to, in->at, in->size));
    free(to);
    return 0;
}

static int do_cobs_decode(struct call *call)
{
    const struct bytes *in = &call->in[0];
    struct bytes *out = next_out(call);
    uint8_t *to = memory_of(in->size);
    size_t size;
    enum cobs_fault fault = cobs_decode(to, &size, in->at, in->size);
    add(out, to, size);
    free(to);
    return -(int)fault;
}

/* Frames: header, payload and key in, header being what comes before the payload in a body. */

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

static int do_frame_encode(struct call *call)
{
    const uint8_t *header = call->in[0].at;
    const struct frame frame = {
        .flags = header[1], .seq = header[2], .ack = header[3],
        .held = get16(header + 4), .sent = get16(header + 6),
        .seen = get16(header + 8), .credit = get16(header + 10),
        .payload = call->in[1].at, .size = (uint16_t)call->in[1].size,
    };
    uint8_t *to = memory_of(FRAME_LIMIT);
    add(next_out(call), to, frame_encode(to, &frame, load32(call->in[2].at)));
    free(to);
    return 0;
}

/* Bytes, a key or nothing, and the size of the pieces in which the bytes come. Out come a fault, and
 * for good frames what an encoder would be given. */
static int do_frame_receive(struct call *call)
{
    const struct bytes *in = &call->in[0];
    const uint32_t key = call->in[1].size ? load32(call->in[1].at) : 0;
    const size_t piece = load32(call->in[2].at);
    struct bytes *out = next_out(call);
    struct frame_receiver *receiver = memory_of(sizeof *receiver);
    memset(receiver, 0, sizeof *receiver);
    for (size_t from = 0; from < in->size; from += piece) {
        const size_t size = in->size - from < piece ? in->size - from : piece;
        uint8_t *data = memory_of(size);
        memcpy(data, in->at + from, size);
        for (const uint8_t *at = data; at < data + size;) {
            struct frame frame;
            enum frame_fault fault = frame_receive(receiver, &at, data + size,
                                                   call->in[1].size ? &key : NULL, &frame);
            uint8_t said = (uint8_t)fault;
            if (fault != FRAME_NONE)
                add(out, &said, 1);
            if (fault != FRAME_GOOD)
                continue;
            const uint16_t numbers[] = {
                frame.flags, frame.seq, frame.ack, frame.held, frame.sent, frame.seen,
                frame.credit, frame.size,
            };
            for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
                const uint8_t number[] = {(uint8_t)numbers[i], (uint8_t)(numbers[i] >> 8)};
                add(out, number, sizeof number);
            }
            add(out, frame.payload, frame.size);
        }
        free(data);
    }
    free(receiver);
    return 0;
}

/* A channel: secrets, a program of steps, and what its messages carry. A step is what to do and the
 * size of its bytes. Out come the result of each, what it made, and at the end how many bytes of the
 * secrets are left. */
static int do_channel(struct call *call)
{
    enum { SEAL = 1, CLOSE = 2, OPEN = 3 };
    const struct bytes *secrets = &call->in[0], *steps = &call->in[1];
    const uint8_t *at = call->in[2].at;
    struct bytes *out = next_out(call);
    struct channel *channel = memory_of(sizeof *channel);
    channel_start(channel, secrets->at, secrets->at + CHANNEL_SECRET_BYTES);
    for (size_t i = 0; i + 5 <= steps->size; i += 5) {
        const size_t size = load32(steps->at + i + 1);
        uint8_t *data = memory_of(size), *made = memory_of(size + CHANNEL_OVERHEAD), number[5];
        size_t made_size = size + CHANNEL_OVERHEAD;
        int result;
        memcpy(data, at, size);
        at += size;
        if (steps->at[i] != OPEN) {
            result = channel_seal(channel, made, steps->at[i], data, size);
        } else {
            made_size = size < CHANNEL_OVERHEAD ? 0 : size - CHANNEL_OVERHEAD;
            free(made);
            made = memory_of(made_size + 1);
            result = channel_open(channel, made, data, size);
        }
        number[0] = (uint8_t)result;
        store32(number + 1, result < 0 ? 0 : (uint32_t)made_size);
        add(out, number, sizeof number);
        if (result >= 0)
            add(out, made, made_size);
        free(made);
        free(data);
    }
    uint8_t left = 0;
    channel_break(channel);
    for (size_t i = 0; i < sizeof channel->outgoing; i++)
        left |= ((const uint8_t *)&channel->outgoing)[i] | ((const uint8_t *)&channel->incoming)[i];
    add(out, &left, 1);
    free(channel);
    return 0;
}

/* The store: a program of steps of six bytes; test_store.py has the same in Python. */

static struct store_bytes letters(uint8_t *to, uint8_t which)
{
    struct store_bytes bytes = {to, which % 5};
    for (size_t i = 0; i < bytes.size; i++)
        to[i] = (uint8_t)("\x00" "a\xff" "b"[which >> (2 * i) & 3]);
    return bytes;
}

static void add_part(struct bytes *out, struct store_bytes part)
{
    uint8_t size[4];
    store32(size, part.at ? (uint32_t)part.size : UINT32_MAX);
    add(out, size, sizeof size);
    add(out, part.at, part.size);
}

static void add_row(struct bytes *out, const struct store_row *row)
{
    struct store_bytes value = store_value(row);
    add_part(out, store_key(row));
    add_part(out, value.at ? value : store_id(row));
}

static void add_entry(struct bytes *out, const struct store *store, size_t sequence)
{
    struct store_bytes parts[STORE_PARTS];
    store_entry(store, sequence, parts);
    for (int part = 0; part < STORE_PARTS; part++)
        add_part(out, parts[part]);
}

/* Everything in it. */
static void add_content(struct bytes *out, const struct store *store)
{
    const struct store_bytes nothing = {(const uint8_t *)"", 0};
    for (enum store_side side = STORE_STATES; side < STORE_SIDES; side++) {
        struct store_bytes name = {NULL, 0};
        while (store_name(store, side, name, &name)) {
            const struct store_row *row = store_first(store, side, name, nothing, nothing, 1);
            add_part(out, name);
            for (; row; row = store_next(row))
                add_row(out, row);
        }
    }
    for (size_t i = 0; i < store_count(store); i++)
        add_entry(out, store, i);
}

static uint8_t step(struct store *store, const uint8_t *code, struct bytes *out)
{
    uint8_t name_room[4], key_room[4], id_room[4], content[512];
    struct store_bytes name = letters(name_room, code[1]);
    struct store_bytes key = letters(key_room, code[2]), id = letters(id_room, code[3]);
    struct store_bytes value = {content, (size_t)code[4] * 2};
    struct store_bytes parts[STORE_PARTS] = {key, id, value, {NULL, 0}};
    const struct store_bytes nothing = {content, 0};
    const struct store_row *row;
    memset(content, code[5], sizeof content);
    switch (code[0] % 12) {
    case 0:
    case 1:
        return store_put(store, STORE_STATES, name, key, nothing, value) != 0;
    case 2:
        return store_drop(store, STORE_STATES, name, key, nothing) != 0;
    case 3:
    case 4:
        return store_put(store, STORE_INDEXES, name, key, id, nothing) != 0;
    case 5:
        return store_drop(store, STORE_INDEXES, name, key, id) != 0;
    case 6:
        return store_append(store, parts) != 0;
    case 7:
        if (store_count(store))
            return store_replace(store, code[5] % store_count(store), parts) != 0;
        break;
    case 8:
        row = store_find(store, STORE_STATES, name, key, nothing);
        if (row)
            add_row(out, row);
        break;
    case 9:
        row = store_first(store, STORE_INDEXES, name, key, id, code[4] & 1);
        for (int i = 0; row && i < code[5] % 8; i++, row = store_next(row))
            add_row(out, row);
        break;
    case 10:
        if (code[5] < 128)
            store_commit(store);
        break;
    case 11:
        if (code[5] < 128)
            store_rollback(store);
        break;
    }
    return 0;
}

static int do_store(struct call *call)
{
    const struct bytes *in = &call->in[0];
    struct bytes *out = next_out(call);
    struct store *store = store_new(load32(in->at));
    if (!store)
        fail("no memory");
    for (size_t at = 4; at + 6 <= in->size; at += 6) {
        watching = 1;
        uint8_t refused = step(store, in->at + at, out);
        watching = 0;
        add(out, &refused, 1);
    }
    store_commit(store);
    add_content(out, store);
    watching = 1;
    store_free(store);
    watching = 0;
    return 0;
}

/* Bytes that a store takes after a history that leaves nothing in it, minus those before. */
static int do_store_leftover(struct call *call)
{
    const struct bytes *in = &call->in[0];
    struct bytes *out = next_out(call);
    struct store *store = store_new(0);
    struct bytes ignored = {NULL, 0};
    uint8_t number[4];
    size_t before = 0;
    for (int round = 0; round < 2; round++) {
        before = store_used(store);
        for (size_t at = 0; at + 6 <= in->size; at += 6)
            step(store, in->at + at, &ignored);
        store_rollback(store);
    }
    store32(number, (uint32_t)(store_used(store) - before));
    add(out, number, sizeof number);
    free(ignored.at);
    store_free(store);
    return 0;
}

const struct operation operations[] = {
    {"msgpack", do_msgpack, 1, 0},
    {"canonical", do_canonical, 1, 0},
    {"faces", do_faces, 2, 0},
    {"cobs_encode", do_cobs_encode, 1, 0},
    {"cobs_decode", do_cobs_decode, 1, 0},
    {"frame_encode", do_frame_encode, 3, 0},
    {"frame_receive", do_frame_receive, 3, 0},
    {"channel", do_channel, 3, 1},
    {"store", do_store, 1, 0},
    {"store_leftover", do_store_leftover, 1, 0},
};

const size_t operation_count = sizeof operations / sizeof *operations;
