/* Objects as msgpack, and back. */
#include "values.h"

static void put(struct out *out, const void *bytes, size_t size)
{
    size_t end = out->size + size;
    if (size && end <= out->room)
        memcpy(out->at + out->size, bytes, size);
    out->size = end;
}

static void put_head(struct out *out, enum msgpack_type type, uint64_t number)
{
    byte head[MSGPACK_HEAD_LIMIT];
    put(out, head, msgpack_write(head, type, number));
}

static void put_bytes(struct out *out, enum msgpack_type type, const void *bytes, size_t size)
{
    if (size > UINT32_MAX)
        mp_raise_ValueError(MP_ERROR_TEXT("bytes are too long for msgpack"));
    put_head(out, type, size);
    put(out, bytes, size);
}

static void put_int(struct out *out, mp_obj_t value)
{
    uint64_t number;
    bool negative;
    if (!int64_of(value, &number, &negative))
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("Integer value out of range"));
    put_head(out, negative ? MSGPACK_NEGATIVE : MSGPACK_UNSIGNED, number);
}

static void check_depth(int depth, size_t count)
{
    if (depth == 0 && count)
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("arrays nested deeper than %d"),
                          MSGPACK_DEPTH);
}

void pack_array(struct out *out, const mp_obj_t *items, size_t count, int depth)
{
    check_depth(depth, count);
    put_head(out, MSGPACK_ARRAY, count);
    for (size_t i = 0; i < count; i++)
        pack(out, items[i], depth - 1);
}

void pack(struct out *out, mp_obj_t value, int depth)
{
    mp_buffer_info_t info;
    mp_obj_t *items;
    size_t count;
    if (mp_obj_is_int(value)) {
        put_int(out, value);
    } else if (mp_obj_is_exact_type(value, &mp_type_bytes)) { /* as most values are */
        const char *bytes = mp_obj_str_get_data(value, &info.len);
        put_bytes(out, MSGPACK_BIN, bytes, info.len);
    } else if (value == mp_const_none) {
        put_head(out, MSGPACK_NIL, 0);
    } else if (value == mp_const_false || value == mp_const_true) {
        put_head(out, value == mp_const_true ? MSGPACK_TRUE : MSGPACK_FALSE, 0);
    } else if (mp_obj_is_str(value)) {
        const char *text = mp_obj_str_get_data(value, &info.len);
        put_bytes(out, MSGPACK_STR, text, info.len);
    } else if (items_of(value, &count, &items)) {
        pack_array(out, items, count, depth);
    } else if (mp_get_buffer(value, &info, MP_BUFFER_READ)) {
        put_bytes(out, MSGPACK_BIN, info.buf, info.len);
    } else if (mp_obj_is_float(value)) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("floats are refused: amounts and times are integers"));
    } else if (mp_obj_is_dict_or_ordereddict(value)) {
        mp_raise_ValueError(MP_ERROR_TEXT("maps are refused: records are arrays"));
    } else {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("can not serialize '%s' object"),
                          mp_obj_get_type_str(value));
    }
}

mp_obj_t packed(mp_obj_t value)
{
    byte first[MOSTLY];
    struct out out = {first, sizeof first, 0};
    pack(&out, value, MSGPACK_DEPTH);
    if (out.size <= sizeof first)
        return copied_bytes(first, out.size);
    mp_obj_t bytes = new_bytes(out.size, &out.at);
    out.room = out.size;
    out.size = 0;
    pack(&out, value, MSGPACK_DEPTH);
    return bytes;
}

static void check_bound(uint64_t number, mp_int_t longest, const char *what)
{
    if (longest >= 0 && number > (mp_uint_t)longest)
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%u exceeds max_%s_len(%d)"),
                          (unsigned)number, what, (int)longest);
}

static mp_obj_t text_of(const struct msgpack_value *value)
{
    if (!msgpack_is_utf8(value->bytes, value->number))
        mp_raise_ValueError(MP_ERROR_TEXT("invalid UTF-8"));
    return mp_obj_new_str((const char *)value->bytes, value->number);
}

static mp_obj_t unpack(struct msgpack_reader *reader, const struct options *options, int depth);

static mp_obj_t array_from(struct msgpack_reader *reader, const struct options *options,
                           size_t count, int depth)
{
    mp_obj_t array, *items;
    check_depth(depth, count);
    array = options->use_list ? mp_obj_new_list(count, NULL) : mp_obj_new_tuple(count, NULL);
    (void)items_of(array, &count, &items);
    /* Whatever lay there must not be taken for objects while the items are made. */
    for (size_t i = 0; i < count; i++)
        items[i] = mp_const_none;
    for (size_t i = 0; i < count; i++)
        items[i] = unpack(reader, options, depth - 1);
    return array;
}

static mp_obj_t unpack(struct msgpack_reader *reader, const struct options *options, int depth)
{
    struct msgpack_value value;
    const byte *head = reader->at;
    enum msgpack_fault fault = msgpack_read(reader, &value);
    if (fault == MSGPACK_CUT_SHORT)
        mp_raise_ValueError(MP_ERROR_TEXT("Unpack failed: incomplete input"));
    if (fault == MSGPACK_REFUSED)
        mp_raise_msg_varg(
            &mp_type_ValueError,
            MP_ERROR_TEXT("msgpack type 0x%02x is refused: only nil, bool, int, str, bin, array"),
            *head);

    switch (value.type) {
    case MSGPACK_NIL:
        break;
    case MSGPACK_FALSE:
        return mp_const_false;
    case MSGPACK_TRUE:
        return mp_const_true;
    case MSGPACK_UNSIGNED:
        return mp_obj_new_int_from_ull(value.number);
    case MSGPACK_NEGATIVE:
        return mp_obj_new_int_from_ll((int64_t)value.number);
    case MSGPACK_STR:
        check_bound(value.number, options->longest_str, "str");
        if (!options->raw)
            return text_of(&value);
        return copied_bytes(value.bytes, value.number);
    case MSGPACK_BIN:
        check_bound(value.number, options->longest_bin, "bin");
        return copied_bytes(value.bytes, value.number);
    case MSGPACK_ARRAY:
        check_bound(value.number, options->longest_array, "array");
        return array_from(reader, options, value.number, depth);
    }
    return mp_const_none;
}

mp_obj_t unpacked(mp_obj_t data_in, const struct options *options)
{
    mp_buffer_info_t data = bytes_of(data_in);
    struct msgpack_reader reader = {data.buf, (const byte *)data.buf + data.len};
    mp_obj_t value = unpack(&reader, options, MSGPACK_DEPTH);
    if (reader.at != reader.end)
        mp_raise_ValueError(MP_ERROR_TEXT("unpack(b) received extra data."));
    return value;
}
