/* The module `cobs` with `cobs.cobs` in it, which is the same: encode, decode, DecodeError. */
#include "../cobs.h"

#include "objects.h"
#include "py/objexcept.h"

static MP_DEFINE_EXCEPTION(DecodeError, Exception)

static mp_obj_t encode(mp_obj_t data_in)
{
    byte *stuffed;
    mp_buffer_info_t data = bytes_of(data_in);
    mp_obj_t result = new_bytes(COBS_LIMIT(data.len), &stuffed);
    return shortened(result, cobs_encode(stuffed, data.buf, data.len));
}
static MP_DEFINE_CONST_FUN_OBJ_1(encode_obj, encode);

static mp_obj_t decode(mp_obj_t data_in)
{
    byte *plain;
    size_t size;
    mp_buffer_info_t data = bytes_of(data_in);
    mp_obj_t result = new_bytes(data.len, &plain);
    enum cobs_fault fault = cobs_decode(plain, &size, data.buf, data.len);
    if (fault == COBS_ZERO)
        mp_raise_msg(&mp_type_DecodeError, MP_ERROR_TEXT("zero byte found in input"));
    if (fault == COBS_CUT_SHORT)
        mp_raise_msg(&mp_type_DecodeError, MP_ERROR_TEXT("not enough input bytes for length code"));
    return shortened(result, size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(decode_obj, decode);

extern const mp_obj_module_t cobs_module;

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_cobs)},
    {MP_ROM_QSTR(MP_QSTR_cobs), MP_ROM_PTR(&cobs_module)},
    {MP_ROM_QSTR(MP_QSTR_encode), MP_ROM_PTR(&encode_obj)},
    {MP_ROM_QSTR(MP_QSTR_decode), MP_ROM_PTR(&decode_obj)},
    {MP_ROM_QSTR(MP_QSTR_DecodeError), MP_ROM_PTR(&mp_type_DecodeError)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t cobs_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_cobs, cobs_module);
