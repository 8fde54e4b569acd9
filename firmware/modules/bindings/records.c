/* Records of the schema, made of values or of bytes, as their shape says.
 *
 * A shape is a tuple of which form a type is and what belongs to it: `shape` in
 * runtime/wire/types.py. Whatever does not fit gives None; Python then says what was wrong.
 */
#include "records.h"

#include "../msgpack.h"
#include "py/objnamedtuple.h"

/* Forms, in the order of runtime/wire/types.py, and what follows each in its shape. */
enum {
    UNSIGNED, /* bits */
    FLAG,
    EXACTLY, /* bytes */
    UP_TO, /* bytes */
    TEXT, /* bytes */
    CHOICE, /* words */
    LIST_OF, /* items, shape of one */
    MAYBE, /* shape */
    RECORD, /* named tuple, shape of each field */
};

/* A Python value as msgpack would have it; false for what no record holds. */
static bool view(mp_obj_t given, struct msgpack_value *value, mp_obj_t **items)
{
    size_t size = 0;
    bool negative;
    value->number = 0;
    if (given == mp_const_none) {
        value->type = MSGPACK_NIL;
    } else if (given == mp_const_true || given == mp_const_false) {
        value->type = given == mp_const_true ? MSGPACK_TRUE : MSGPACK_FALSE;
    } else if (mp_obj_is_int(given)) {
        if (!int64_of(given, &value->number, &negative))
            return false;
        value->type = negative ? MSGPACK_NEGATIVE : MSGPACK_UNSIGNED;
    } else if (mp_obj_is_str_or_bytes(given)) {
        value->type = mp_obj_is_str(given) ? MSGPACK_STR : MSGPACK_BIN;
        value->bytes = (const uint8_t *)mp_obj_str_get_data(given, &size);
        value->number = size;
    } else if (items_of(given, &size, items)) {
        value->type = MSGPACK_ARRAY;
        value->number = size;
    } else {
        return false;
    }
    return true;
}

/* The next value of canonical bytes. */
static bool next(struct msgpack_reader *reader, struct msgpack_value *value)
{
    const byte *head = reader->at;
    return msgpack_read(reader, value) == MSGPACK_GOOD && msgpack_is_shortest(head, value) &&
           (value->type != MSGPACK_STR || msgpack_is_utf8(value->bytes, value->number));
}

/* One of the words of a choice, or MP_OBJ_NULL. */
static mp_obj_t word_of(const struct msgpack_value *value, const mp_obj_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const char *word = mp_obj_str_get_data(words[i], &size);
        if (size == value->number && !memcmp(word, value->bytes, size))
            return words[i];
    }
    return MP_OBJ_NULL;
}

static mp_obj_t make(mp_obj_t shape_in, struct msgpack_reader *reader, mp_obj_t given);

/* A tuple of a type with `count` items of `shapes`, or of one and the same shape. */
static mp_obj_t make_items(const mp_obj_type_t *type, size_t count, const mp_obj_t *shapes,
                           bool same, struct msgpack_reader *reader, const mp_obj_t *given)
{
    mp_obj_tuple_t *made = mp_obj_malloc_var(mp_obj_tuple_t, items, mp_obj_t, count, type);
    made->len = count;
    /* Whatever lay there must not be taken for objects while the items are made. */
    for (size_t i = 0; i < count; i++)
        made->items[i] = mp_const_none;
    for (size_t i = 0; i < count; i++) {
        made->items[i] = make(shapes[same ? 0 : i], reader, reader ? MP_OBJ_NULL : given[i]);
        if (made->items[i] == MP_OBJ_NULL)
            return MP_OBJ_NULL;
    }
    return MP_OBJ_FROM_PTR(made);
}

/* What a shape makes of the next value of `reader`, or without one of `given`. */
static mp_obj_t make(mp_obj_t shape_in, struct msgpack_reader *reader, mp_obj_t given)
{
    struct msgpack_value value;
    mp_obj_t *items = NULL;
    if (!(reader ? next(reader, &value) : view(given, &value, &items)))
        return MP_OBJ_NULL;
    const mp_obj_tuple_t *shape = MP_OBJ_TO_PTR(shape_in);
    if (shape->items[0] == MP_OBJ_NEW_SMALL_INT(MAYBE)) {
        if (value.type == MSGPACK_NIL)
            return mp_const_none;
        shape = MP_OBJ_TO_PTR(shape->items[1]);
    }
    mp_int_t form = MP_OBJ_SMALL_INT_VALUE(shape->items[0]);
    const mp_obj_t *more = shape->items + 1;
    size_t bound = form <= LIST_OF && form != FLAG && form != CHOICE
        ? (size_t)MP_OBJ_SMALL_INT_VALUE(more[0]) : 0;

    switch (value.type) {
    case MSGPACK_UNSIGNED:
        if (form != UNSIGNED || (bound < 64 && value.number >> bound))
            break;
        return reader ? mp_obj_new_int_from_ull(value.number) : given;
    case MSGPACK_FALSE:
    case MSGPACK_TRUE:
        if (form != FLAG)
            break;
        return value.type == MSGPACK_TRUE ? mp_const_true : mp_const_false;
    case MSGPACK_BIN:
        if (!(form == EXACTLY ? value.number == bound : form == UP_TO && value.number <= bound))
            break;
        return reader ? copied_bytes(value.bytes, value.number) : given;
    case MSGPACK_STR:
        if (form == CHOICE)
            return word_of(&value, more, shape->len - 1);
        if (form != TEXT || value.number > bound)
            break;
        /* Not looked up among the interned: that takes longer than it ever saves. */
        return reader ? mp_obj_new_str_copy(&mp_type_str, value.bytes, value.number) : given;
    case MSGPACK_ARRAY:
        if (form == LIST_OF && value.number == 0)
            return mp_const_empty_tuple;
        if (form == LIST_OF && value.number <= bound)
            return make_items(&mp_type_tuple, value.number, more + 1, true, reader, items);
        if (form == RECORD && value.number == shape->len - 2)
            return make_items(MP_OBJ_TO_PTR(more[0]), value.number, more + 1, false, reader, items);
        break;
    default:
        break;
    }
    return MP_OBJ_NULL;
}

static mp_obj_t none_if_null(mp_obj_t made)
{
    return made == MP_OBJ_NULL ? mp_const_none : made;
}

/* build(shape, value): the record that a value is, or None. */
static mp_obj_t build(mp_obj_t shape, mp_obj_t value)
{
    return none_if_null(make(shape, NULL, value));
}
MP_DEFINE_CONST_FUN_OBJ_2(build_obj, build);

/* decode(shape, data): the record whose canonical encoding the bytes are, or None. */
static mp_obj_t decode(mp_obj_t shape, mp_obj_t data_in)
{
    mp_buffer_info_t data = bytes_of(data_in);
    struct msgpack_reader reader = {data.buf, (const byte *)data.buf + data.len};
    mp_obj_t made = make(shape, &reader, MP_OBJ_NULL);
    return reader.at == reader.end ? none_if_null(made) : mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(decode_obj, decode);

static bool is_named_tuple(mp_obj_t object)
{
    const mp_obj_type_t *type = mp_obj_get_type(object);
    return MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, binary_op) == mp_obj_tuple_binary_op &&
           MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, parent) == &mp_type_tuple;
}

/* evolve(old, **changes): a copy of a named tuple with some fields changed. */
static mp_obj_t evolve(size_t n_args, const mp_obj_t *args, mp_map_t *changes)
{
    (void)n_args;
    const mp_obj_tuple_t *old = MP_OBJ_TO_PTR(args[0]);
    if (!is_named_tuple(args[0]))
        mp_raise_TypeError(MP_ERROR_TEXT("only a record can evolve"));
    const mp_obj_namedtuple_type_t *type = (const mp_obj_namedtuple_type_t *)old->base.type;
    mp_obj_tuple_t *made =
        mp_obj_malloc_var(mp_obj_tuple_t, items, mp_obj_t, old->len, old->base.type);
    made->len = old->len;
    memcpy(made->items, old->items, old->len * sizeof(mp_obj_t));
    for (size_t i = 0; i < changes->alloc; i++) {
        if (!mp_map_slot_is_filled(changes, i))
            continue;
        size_t at = mp_obj_namedtuple_find_field(type, mp_obj_str_get_qstr(changes->table[i].key));
        if (at == (size_t)-1)
            mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("no such field in %q"),
                              (qstr)old->base.type->name);
        made->items[at] = changes->table[i].value;
    }
    return MP_OBJ_FROM_PTR(made);
}
MP_DEFINE_CONST_FUN_OBJ_KW(evolve_obj, 1, evolve);
