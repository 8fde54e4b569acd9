/* The module `_wire`: what runtime/wire does in Python elsewhere.
 *
 * Where Python also says what is wrong with bytes or values, None is the answer to all that is.
 */
#include "channel.h"
#include "hashes.h"
#include "records.h"
#include "values.h"

static mp_obj_t canonical(mp_obj_t value)
{
    return packed(value);
}
static MP_DEFINE_CONST_FUN_OBJ_1(canonical_obj, canonical);

/* unpack(data, max_items): without a bound if it is not given. */
static mp_obj_t unpack(size_t n_args, const mp_obj_t *args)
{
    struct options options = {false, true, -1, -1, n_args > 1 ? mp_obj_get_int(args[1]) : -1};
    return unpacked(args[0], &options);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(unpack_obj, 1, 2, unpack);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__wire)},
    {MP_ROM_QSTR(MP_QSTR_Channel), MP_ROM_PTR(&channel_type)},
    {MP_ROM_QSTR(MP_QSTR_build), MP_ROM_PTR(&build_obj)},
    {MP_ROM_QSTR(MP_QSTR_canonical), MP_ROM_PTR(&canonical_obj)},
    {MP_ROM_QSTR(MP_QSTR_commitment_tree), MP_ROM_PTR(&commitment_tree_obj)},
    {MP_ROM_QSTR(MP_QSTR_decode), MP_ROM_PTR(&decode_obj)},
    {MP_ROM_QSTR(MP_QSTR_evolve), MP_ROM_PTR(&evolve_obj)},
    {MP_ROM_QSTR(MP_QSTR_faces), MP_ROM_PTR(&faces_obj)},
    {MP_ROM_QSTR(MP_QSTR_hidden_leaves), MP_ROM_PTR(&hidden_leaves_obj)},
    {MP_ROM_QSTR(MP_QSTR_hmac_sha3), MP_ROM_PTR(&hmac_sha3_obj)},
    {MP_ROM_QSTR(MP_QSTR_leaf_hash), MP_ROM_PTR(&leaf_hash_obj)},
    {MP_ROM_QSTR(MP_QSTR_make_id), MP_ROM_PTR(&make_id_obj)},
    {MP_ROM_QSTR(MP_QSTR_node_hash), MP_ROM_PTR(&node_hash_obj)},
    {MP_ROM_QSTR(MP_QSTR_part_digest), MP_ROM_PTR(&part_digest_obj)},
    {MP_ROM_QSTR(MP_QSTR_part_salt), MP_ROM_PTR(&part_salt_obj)},
    {MP_ROM_QSTR(MP_QSTR_parts_of), MP_ROM_PTR(&parts_of_obj)},
    {MP_ROM_QSTR(MP_QSTR_unpack), MP_ROM_PTR(&unpack_obj)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t wire_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR__wire, wire_module);
