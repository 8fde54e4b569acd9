/* The module `frames`: encode and Decoder, as runtime/wire/frames.py has them. */
#include "../frames.h"

#include "objects.h"

static const qstr fields[] = {
    MP_QSTR_flags, MP_QSTR_seq,  MP_QSTR_ack,    MP_QSTR_held,
    MP_QSTR_sent,  MP_QSTR_seen, MP_QSTR_credit, MP_QSTR_payload,
};
enum { FLAGS, SEQ, ACK, HELD, SENT, SEEN, CREDIT, PAYLOAD, FIELDS };

static uint16_t number_of(const mp_obj_t *items, int field, mp_int_t limit)
{
    mp_int_t number = mp_obj_get_int(items[field]);
    if (number < 0 || number > limit)
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%q: expected 0 to %d, got %d"),
                          fields[field], (int)limit, (int)number);
    return (uint16_t)number;
}

static mp_obj_t encode(size_t n_args, const mp_obj_t *args)
{
    const mp_obj_t *items = items_of_count(args[0], FIELDS, "a frame");
    mp_buffer_info_t payload = bytes_of(items[PAYLOAD]);
    uint32_t key = n_args > 1 ? (uint32_t)mp_obj_get_int_truncated(args[1]) : 0;
    if (payload.len > FRAME_PAYLOAD_LIMIT)
        mp_raise_msg_varg(&mp_type_ValueError,
                          MP_ERROR_TEXT("payload has %u bytes, a frame takes %u: split it"),
                          (unsigned)payload.len, FRAME_PAYLOAD_LIMIT);
    const struct frame frame = {
        .payload = payload.buf,
        .size = (uint16_t)payload.len,
        .held = number_of(items, HELD, UINT16_MAX),
        .sent = number_of(items, SENT, UINT16_MAX),
        .seen = number_of(items, SEEN, UINT16_MAX),
        .credit = number_of(items, CREDIT, UINT16_MAX),
        .flags = (uint8_t)number_of(items, FLAGS, UINT8_MAX),
        .seq = (uint8_t)number_of(items, SEQ, UINT8_MAX),
        .ack = (uint8_t)number_of(items, ACK, UINT8_MAX),
    };
    byte encoded[FRAME_LIMIT];
    return copied_bytes(encoded, frame_encode(encoded, &frame, key));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(encode_obj, 1, 2, encode);

static mp_obj_t frame_tuple(const struct frame *frame)
{
    const mp_obj_t items[FIELDS] = {
        [FLAGS] = MP_OBJ_NEW_SMALL_INT(frame->flags),
        [SEQ] = MP_OBJ_NEW_SMALL_INT(frame->seq),
        [ACK] = MP_OBJ_NEW_SMALL_INT(frame->ack),
        [HELD] = MP_OBJ_NEW_SMALL_INT(frame->held),
        [SENT] = MP_OBJ_NEW_SMALL_INT(frame->sent),
        [SEEN] = MP_OBJ_NEW_SMALL_INT(frame->seen),
        [CREDIT] = MP_OBJ_NEW_SMALL_INT(frame->credit),
        [PAYLOAD] = copied_bytes(frame->payload, frame->size),
    };
    return mp_obj_new_attrtuple(fields, FIELDS, items);
}

struct decoder {
    mp_obj_base_t base;
    mp_obj_t key, bad;
    struct frame_receiver receiver;
};

/* What `feed` returns: the frames that are still in its data. */
struct found {
    mp_obj_base_t base;
    struct decoder *decoder;
    mp_obj_t data; /* bytes, which do not change */
    size_t at;
};

static const mp_obj_type_t decoder_type, found_type;

/* The names of faults in `bad`. */
static const qstr faults[] = {
    [FRAME_LONG] = MP_QSTR_long,       [FRAME_COBS] = MP_QSTR_cobs,
    [FRAME_SIZE] = MP_QSTR_size,       [FRAME_CHECKED] = MP_QSTR_check,
    [FRAME_VERSIONED] = MP_QSTR_version,
};

static mp_obj_t new_decoder(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                            const mp_obj_t *args)
{
    static const mp_arg_t allowed[] = {
        {MP_QSTR_key, MP_ARG_OBJ, {.u_obj = MP_OBJ_NEW_SMALL_INT(0)}},
    };
    mp_arg_val_t given[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, given);
    struct decoder *decoder = mp_obj_malloc(struct decoder, type);
    memset(&decoder->receiver, 0, sizeof decoder->receiver);
    decoder->key = given[0].u_obj;
    decoder->bad = mp_obj_new_dict(MP_ARRAY_SIZE(faults));
    for (enum frame_fault fault = FRAME_LONG; fault <= FRAME_VERSIONED; fault++)
        mp_obj_dict_store(decoder->bad, MP_OBJ_NEW_QSTR(faults[fault]), MP_OBJ_NEW_SMALL_INT(0));
    return MP_OBJ_FROM_PTR(decoder);
}

static mp_obj_t feed(mp_obj_t self, mp_obj_t data)
{
    struct found *found = mp_obj_malloc(struct found, &found_type);
    if (!mp_obj_is_exact_type(data, &mp_type_bytes)) {
        mp_buffer_info_t bytes = bytes_of(data);
        data = copied_bytes(bytes.buf, bytes.len);
    }
    found->decoder = MP_OBJ_TO_PTR(self);
    found->data = data;
    found->at = 0;
    return MP_OBJ_FROM_PTR(found);
}
static MP_DEFINE_CONST_FUN_OBJ_2(feed_obj, feed);

static void count(mp_obj_t bad, enum frame_fault fault)
{
    mp_obj_t name = MP_OBJ_NEW_QSTR(faults[fault]);
    mp_obj_t more = mp_binary_op(MP_BINARY_OP_ADD, mp_obj_dict_get(bad, name),
                                 MP_OBJ_NEW_SMALL_INT(1));
    mp_obj_dict_store(bad, name, more);
}

static mp_obj_t next(mp_obj_t self_in)
{
    struct found *self = MP_OBJ_TO_PTR(self_in);
    struct decoder *decoder = self->decoder;
    mp_buffer_info_t data = bytes_of(self->data);
    const byte *at = (const byte *)data.buf + self->at, *end = (const byte *)data.buf + data.len;
    const bool keyed = decoder->key != mp_const_none;
    const uint32_t key = keyed ? (uint32_t)mp_obj_get_int_truncated(decoder->key) : 0;
    struct frame frame;
    enum frame_fault fault;
    do {
        fault = frame_receive(&decoder->receiver, &at, end, keyed ? &key : NULL, &frame);
        if (fault >= FRAME_LONG)
            count(decoder->bad, fault);
    } while (fault >= FRAME_LONG);
    self->at = (size_t)(at - (const byte *)data.buf);
    return fault == FRAME_GOOD ? frame_tuple(&frame) : MP_OBJ_STOP_ITERATION;
}

static void attribute(mp_obj_t self_in, qstr name, mp_obj_t *destination)
{
    struct decoder *self = MP_OBJ_TO_PTR(self_in);
    const bool load = destination[0] == MP_OBJ_NULL;
    if (name == MP_QSTR_key && load) {
        destination[0] = self->key;
    } else if (name == MP_QSTR_key && destination[1] != MP_OBJ_NULL) {
        self->key = destination[1];
        destination[0] = MP_OBJ_NULL; /* done */
    } else if (name == MP_QSTR_bad && load) {
        destination[0] = self->bad;
    } else if (load) {
        destination[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR_feed), MP_ROM_PTR(&feed_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

static MP_DEFINE_CONST_OBJ_TYPE(decoder_type, MP_QSTR_Decoder, MP_TYPE_FLAG_NONE, make_new,
                                new_decoder, attr, attribute, locals_dict, &methods);
static MP_DEFINE_CONST_OBJ_TYPE(
    found_type, MP_QSTR_iterator, MP_TYPE_FLAG_ITER_IS_ITERNEXT, iter, next);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_frames)},
    {MP_ROM_QSTR(MP_QSTR_encode), MP_ROM_PTR(&encode_obj)},
    {MP_ROM_QSTR(MP_QSTR_Decoder), MP_ROM_PTR(&decoder_type)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t frames_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_frames, frames_module);
