/* The module `accelerator`: the accelerator port, as runtime/node/accelerator.py has it in Python.
 *
 * Beside that it refuses, with a ValueError, records that end within a field or are too long and
 * shares that do not sum to 10000.
 */
#include "objects.h"
#include "redact.h"
#include "split.h"

static const mp_obj_type_t accelerator_type;

static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                         const mp_obj_t *args)
{
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(mp_obj_malloc(mp_obj_base_t, type));
}

static mp_obj_t do_redact(mp_obj_t self_in, mp_obj_t record_in, mp_obj_t mask_in)
{
    mp_buffer_info_t record = bytes_of(record_in);
    const byte *mask = bytes_of_size(mask_in, REDACT_MASK_BYTES, "mask");
    size_t kept;
    if (record.len > REDACT_LIMIT)
        mp_raise_ValueError(MP_ERROR_TEXT("the record has more than 65535 bytes"));
    byte *out;
    mp_obj_t result = new_bytes(record.len, &out);
    uint16_t *numbers = m_new(uint16_t, record.len + 1);
    int refused = redact(out, &kept, record.buf, record.len, mask, numbers);
    m_del(uint16_t, numbers, record.len + 1);
    if (refused)
        mp_raise_ValueError(MP_ERROR_TEXT(
            "the record is none: expected at most 256 fields, each behind its length"));
    return shortened(result, kept);
}
static MP_DEFINE_CONST_FUN_OBJ_3(redact_obj, do_redact);

/* split(amount, shares, has_affiliate, has_publisher) */
static mp_obj_t do_split(size_t n_args, const mp_obj_t *args)
{
    uint64_t amount, parts[SPLIT_PARTS];
    uint16_t shares[SPLIT_PARTS];
    bool negative;
    mp_obj_t result[SPLIT_PARTS];
    if (!mp_obj_is_int(args[1]) || !int64_of(args[1], &amount, &negative) || negative)
        mp_raise_ValueError(MP_ERROR_TEXT("the amount is no integer of 0 to 2^64 - 1"));
    const mp_obj_t *items = items_of_count(args[2], SPLIT_PARTS, "shares");
    for (int i = 0; i < SPLIT_PARTS; i++) {
        mp_int_t share = mp_obj_get_int(items[i]);
        if (share < 0 || share > 10000)
            mp_raise_ValueError(MP_ERROR_TEXT("a share is not within 0 to 10000"));
        shares[i] = (uint16_t)share;
    }
    if (split(parts, amount, shares, mp_obj_is_true(args[3]), mp_obj_is_true(args[4])))
        mp_raise_ValueError(MP_ERROR_TEXT("the shares do not sum to 10000"));
    for (int i = 0; i < SPLIT_PARTS; i++)
        result[i] = mp_obj_new_int_from_ull(parts[i]);
    return mp_obj_new_tuple(SPLIT_PARTS, result);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(split_obj, 5, 5, do_split);

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR_redact), MP_ROM_PTR(&redact_obj)},
    {MP_ROM_QSTR(MP_QSTR_split), MP_ROM_PTR(&split_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    accelerator_type, MP_QSTR_Accelerator, MP_TYPE_FLAG_NONE, make_new, make_new,
    locals_dict, &methods);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_accelerator)},
    {MP_ROM_QSTR(MP_QSTR_Accelerator), MP_ROM_PTR(&accelerator_type)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t accelerator_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_accelerator, accelerator_module);
