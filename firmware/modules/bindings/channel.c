/* `Direction` of the module `_wire`, as runtime/wire/channel.py has it. */
#include "channel.h"

#include "../channel.h"

struct direction_object {
    mp_obj_base_t base;
    struct channel_direction direction;
};

/* Direction(crypto, secret): it has the cipher itself. */
static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                         const mp_obj_t *args)
{
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    const byte *secret = bytes_of_size(args[1], CHANNEL_SECRET_BYTES, "secret");
    struct direction_object *self = mp_obj_malloc_with_finaliser(struct direction_object, type);
    channel_start(&self->direction, secret);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t seal(mp_obj_t self_in, mp_obj_t kind, mp_obj_t content_in)
{
    struct direction_object *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t content = bytes_of(content_in);
    byte *record;
    mp_obj_t result = new_bytes(content.len + CHANNEL_OVERHEAD, &record);
    channel_seal(&self->direction, record, (byte)mp_obj_get_int(kind), content.buf, content.len);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_3(seal_obj, seal);

static mp_obj_t open(mp_obj_t self_in, mp_obj_t record_in)
{
    struct direction_object *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t record = bytes_of(record_in);
    if (record.len < CHANNEL_OVERHEAD)
        return mp_const_none;
    byte *inner;
    size_t size = record.len - CHANNEL_OVERHEAD;
    mp_obj_t content = new_bytes(size + 1, &inner);
    if (channel_open(&self->direction, inner, record.buf, record.len))
        return mp_const_none;
    mp_obj_t opened[] = {MP_OBJ_NEW_SMALL_INT(inner[size]), shortened(content, size)};
    return mp_obj_new_tuple(2, opened);
}
static MP_DEFINE_CONST_FUN_OBJ_2(open_obj, open);

static mp_obj_t forget(mp_obj_t self_in)
{
    struct direction_object *self = MP_OBJ_TO_PTR(self_in);
    channel_forget(&self->direction);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(forget_obj, forget);

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&forget_obj)},
    {MP_ROM_QSTR(MP_QSTR_forget), MP_ROM_PTR(&forget_obj)},
    {MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&open_obj)},
    {MP_ROM_QSTR(MP_QSTR_seal), MP_ROM_PTR(&seal_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

MP_DEFINE_CONST_OBJ_TYPE(
    direction_type, MP_QSTR_Direction, MP_TYPE_FLAG_NONE, make_new, make_new, locals_dict, &methods);
