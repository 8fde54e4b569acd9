/* `Channel` of the module `_wire`, as runtime/wire/channel.py has it, whose errors it raises. */
#include "channel.h"

#include "../channel.h"

/* What runtime/wire/channel.py calls what may be wrong. */
enum wrong { OVER, TOO_LONG, NOT_NEXT, CUT_OFF };

struct channel_object {
    mp_obj_base_t base;
    mp_obj_t wrong; /* function of what is wrong to the error */
    mp_obj_t id;
    struct channel channel;
};

static NORETURN void fail(const struct channel_object *self, enum wrong what)
{
    nlr_raise(mp_call_function_1(self->wrong, MP_OBJ_NEW_SMALL_INT(what)));
}

/* Channel(wrong, id, outgoing, incoming) */
static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                         const mp_obj_t *args)
{
    mp_arg_check_num(n_args, n_kw, 4, 4, false);
    const byte *outgoing = bytes_of_size(args[2], CHANNEL_SECRET_BYTES, "outgoing secret");
    const byte *incoming = bytes_of_size(args[3], CHANNEL_SECRET_BYTES, "incoming secret");
    struct channel_object *self = mp_obj_malloc_with_finaliser(struct channel_object, type);
    self->wrong = args[0];
    self->id = args[1];
    channel_start(&self->channel, outgoing, incoming);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t sealed(struct channel_object *self, enum channel_kind kind, const void *content,
                       size_t size)
{
    byte *record;
    mp_obj_t result = new_bytes(size + CHANNEL_OVERHEAD, &record);
    if (channel_seal(&self->channel, record, kind, content, size))
        fail(self, OVER);
    return result;
}

static mp_obj_t seal_content(mp_obj_t self_in, mp_obj_t content_in)
{
    mp_buffer_info_t content = bytes_of(content_in);
    if (content.len > CHANNEL_CONTENT_LIMIT)
        fail(MP_OBJ_TO_PTR(self_in), TOO_LONG);
    return sealed(MP_OBJ_TO_PTR(self_in), CHANNEL_CONTENT, content.buf, content.len);
}
static MP_DEFINE_CONST_FUN_OBJ_2(seal_obj, seal_content);

static mp_obj_t seal_close(mp_obj_t self_in)
{
    return sealed(MP_OBJ_TO_PTR(self_in), CHANNEL_CLOSE, NULL, 0);
}
static MP_DEFINE_CONST_FUN_OBJ_1(close_obj, seal_close);

static mp_obj_t open_record(mp_obj_t self_in, mp_obj_t record_in)
{
    struct channel_object *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t record = bytes_of(record_in);
    byte *content;
    size_t size = record.len < CHANNEL_OVERHEAD ? 0 : record.len - CHANNEL_OVERHEAD;
    if (self->channel.broken)
        fail(self, OVER);
    mp_obj_t result = new_bytes(size + 1, &content);
    int kind = channel_open(&self->channel, content, record.buf, record.len);
    if (kind < 0)
        fail(self, NOT_NEXT);
    return kind == CHANNEL_CLOSE ? mp_const_none : shortened(result, size);
}
static MP_DEFINE_CONST_FUN_OBJ_2(open_obj, open_record);

static mp_obj_t end(mp_obj_t self_in)
{
    struct channel_object *self = MP_OBJ_TO_PTR(self_in);
    if (self->channel.broken)
        fail(self, OVER);
    channel_break(&self->channel);
    if (!self->channel.closed_by_peer)
        fail(self, CUT_OFF);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(end_obj, end);

static mp_obj_t collected(mp_obj_t self_in)
{
    struct channel_object *self = MP_OBJ_TO_PTR(self_in);
    channel_break(&self->channel);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(collected_obj, collected);

static void attribute(mp_obj_t self_in, qstr name, mp_obj_t *destination)
{
    struct channel_object *self = MP_OBJ_TO_PTR(self_in);
    if (destination[0] != MP_OBJ_NULL)
        return;
    if (name == MP_QSTR_broken)
        destination[0] = mp_obj_new_bool(self->channel.broken);
    else if (name == MP_QSTR_closed_by_peer)
        destination[0] = mp_obj_new_bool(self->channel.closed_by_peer);
    else if (name == MP_QSTR_id)
        destination[0] = self->id;
    else
        destination[1] = MP_OBJ_SENTINEL;
}

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&collected_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&close_obj)},
    {MP_ROM_QSTR(MP_QSTR_end), MP_ROM_PTR(&end_obj)},
    {MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&open_obj)},
    {MP_ROM_QSTR(MP_QSTR_seal), MP_ROM_PTR(&seal_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

MP_DEFINE_CONST_OBJ_TYPE(
    channel_type, MP_QSTR_Channel, MP_TYPE_FLAG_NONE, make_new, make_new, attr, attribute,
    locals_dict, &methods);
