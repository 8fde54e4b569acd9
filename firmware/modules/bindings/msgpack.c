/* The module `msgpack`: packb and unpackb, as the package from PyPI has them.
 *
 * Without maps, floats and extension types, which no record has: MicroPython's dictionaries keep
 * no order, so that a packed map would not be the same everywhere.
 */
#include "values.h"

static mp_obj_t packb(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args)
{
    enum { OBJ, USE_BIN_TYPE };
    static const mp_arg_t allowed[] = {
        {MP_QSTR_obj, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_use_bin_type, MP_ARG_BOOL, {.u_bool = true}},
    };
    mp_arg_val_t given[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args, kw_args, MP_ARRAY_SIZE(allowed), allowed, given);
    if (!given[USE_BIN_TYPE].u_bool)
        mp_raise_ValueError(MP_ERROR_TEXT("only use_bin_type=True is supported"));
    return packed(given[OBJ].u_obj);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(packb_obj, 1, packb);

static mp_obj_t unpackb(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args)
{
    enum { DATA, RAW, USE_LIST, STRICT_MAP_KEY, STR, BIN, ARRAY, MAP, EXT };
    /* What bounds maps and extension types is taken and has no effect: they are refused. */
    static const mp_arg_t allowed[] = {
        {MP_QSTR_data, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL}},
        {MP_QSTR_raw, MP_ARG_BOOL, {.u_bool = false}},
        {MP_QSTR_use_list, MP_ARG_BOOL, {.u_bool = true}},
        {MP_QSTR_strict_map_key, MP_ARG_BOOL, {.u_bool = true}},
        {MP_QSTR_max_str_len, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_max_bin_len, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_max_array_len, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_max_map_len, MP_ARG_INT, {.u_int = -1}},
        {MP_QSTR_max_ext_len, MP_ARG_INT, {.u_int = -1}},
    };
    mp_arg_val_t given[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args, kw_args, MP_ARRAY_SIZE(allowed), allowed, given);
    struct options options = {
        given[RAW].u_bool, given[USE_LIST].u_bool,
        given[STR].u_int, given[BIN].u_int, given[ARRAY].u_int,
    };
    return unpacked(given[DATA].u_obj, &options);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(unpackb_obj, 1, unpackb);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_msgpack)},
    {MP_ROM_QSTR(MP_QSTR_MAX_DEPTH), MP_ROM_INT(MSGPACK_DEPTH)},
    {MP_ROM_QSTR(MP_QSTR_packb), MP_ROM_PTR(&packb_obj)},
    {MP_ROM_QSTR(MP_QSTR_unpackb), MP_ROM_PTR(&unpackb_obj)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t msgpack_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_msgpack, msgpack_module);
