/* Hashes of the wire: functions of the module `_wire`. */
#ifndef MODULES_HASHES_H
#define MODULES_HASHES_H

#include "objects.h"

MP_DECLARE_CONST_FUN_OBJ_VAR(make_id_obj);
MP_DECLARE_CONST_FUN_OBJ_2(hmac_sha3_obj);
MP_DECLARE_CONST_FUN_OBJ_2(node_hash_obj);
MP_DECLARE_CONST_FUN_OBJ_3(leaf_hash_obj);
MP_DECLARE_CONST_FUN_OBJ_2(part_salt_obj);
MP_DECLARE_CONST_FUN_OBJ_2(part_digest_obj);
MP_DECLARE_CONST_FUN_OBJ_2(faces_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(parts_of_obj);
MP_DECLARE_CONST_FUN_OBJ_1(hidden_leaves_obj);
MP_DECLARE_CONST_FUN_OBJ_1(commitment_tree_obj);

#endif
