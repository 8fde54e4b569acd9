/* Records of the schema, made of values or of bytes: functions of the module `_wire`. */
#ifndef MODULES_RECORDS_H
#define MODULES_RECORDS_H

#include "objects.h"

MP_DECLARE_CONST_FUN_OBJ_2(build_obj);
MP_DECLARE_CONST_FUN_OBJ_2(decode_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(evolve_obj);

#endif
