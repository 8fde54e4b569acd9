/* An end of the secure channel: a class of the module `_wire`. */
#ifndef MODULES_BINDINGS_CHANNEL_H
#define MODULES_BINDINGS_CHANNEL_H

#include "objects.h"

extern const mp_obj_type_t channel_type;

#endif
