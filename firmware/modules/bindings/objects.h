/* What the bindings share: bytes objects out, buffers and numbers in. */
#ifndef MODULES_OBJECTS_H
#define MODULES_OBJECTS_H

#include "py/objint.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/objtype.h"
#include <string.h>

#include "py/runtime.h"

/* A bytes object around memory of the heap with room for one byte more. MicroPython's own
 * constructors hash the content at once, which costs 30 cycles a byte and is rarely needed; a hash
 * of 0 is made up for when it is. */
static inline mp_obj_t bytes_around(byte *data, size_t size)
{
    data[size] = 0;
    mp_obj_str_t *object = mp_obj_malloc(mp_obj_str_t, &mp_type_bytes);
    object->hash = 0;
    object->len = size;
    object->data = data;
    return MP_OBJ_FROM_PTR(object);
}

/* One of `size` bytes that the caller fills. */
static inline mp_obj_t new_bytes(size_t size, byte **data)
{
    *data = m_new(byte, size + 1);
    return bytes_around(*data, size);
}

/* The same object with the first `size` of its bytes. */
static inline mp_obj_t shortened(mp_obj_t bytes, size_t size)
{
    mp_obj_str_t *object = MP_OBJ_TO_PTR(bytes);
    object->len = size;
    ((byte *)object->data)[size] = 0;
    return bytes;
}

static inline mp_obj_t copied_bytes(const void *from, size_t size)
{
    byte *data;
    if (size == 0)
        return mp_const_empty_bytes;
    mp_obj_t object = new_bytes(size, &data);
    memcpy(data, from, size);
    return object;
}

/* Any bytes-like object, or TypeError; a text is none. */
static inline mp_buffer_info_t bytes_of(mp_obj_t object)
{
    mp_buffer_info_t info;
    if (mp_obj_is_str(object))
        mp_raise_TypeError(MP_ERROR_TEXT("text is no bytes: encode it"));
    mp_get_buffer_raise(object, &info, MP_BUFFER_READ);
    return info;
}

/* A bytes-like object of a certain size, or ValueError. */
static inline const byte *bytes_of_size(mp_obj_t object, size_t size, const char *what)
{
    mp_buffer_info_t info = bytes_of(object);
    if (info.len != size)
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("the %s has %u bytes, expected %u"),
                          what, (unsigned)info.len, (unsigned)size);
    return info.buf;
}

/* Items of a list, tuple or named tuple, or of an instance of a class derived from one; false if
 * it is none. MicroPython's own mp_obj_get_array refuses all but the first two. */
static inline bool items_of(mp_obj_t object, size_t *count, mp_obj_t **items)
{
    static const mp_obj_type_t *const classes[] = {&mp_type_tuple, &mp_type_list};
    mp_obj_t array = object;
    for (size_t i = 0; i < 2 && mp_obj_is_instance_type(mp_obj_get_type(array)); i++) {
        array = mp_obj_cast_to_native_base(object, MP_OBJ_FROM_PTR(classes[i]));
        if (array == MP_OBJ_NULL)
            array = object;
    }
    const mp_obj_type_t *type = mp_obj_get_type(array);
    if (type == &mp_type_list)
        mp_obj_list_get(array, count, items);
    else if (MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, iter) == mp_obj_tuple_getiter)
        mp_obj_tuple_get(array, count, items);
    else
        return false;
    return true;
}

/* Exactly so many of them, or TypeError. */
static inline mp_obj_t *items_of_count(mp_obj_t object, size_t expected, const char *what)
{
    size_t count;
    mp_obj_t *items;
    if (!items_of(object, &count, &items) || count != expected)
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%s must be a tuple of %u"), what,
                          (unsigned)expected);
    return items;
}

/* An integer as 64 bits, two's complement if it is negative; false if it does not fit. */
static inline bool int64_of(mp_obj_t object, uint64_t *number, bool *negative)
{
    byte bytes[8];
    if (mp_obj_is_small_int(object)) {
        *number = (uint64_t)(int64_t)MP_OBJ_SMALL_INT_VALUE(object);
        *negative = MP_OBJ_SMALL_INT_VALUE(object) < 0;
        return true;
    }
    *negative = mp_obj_int_sign(object) < 0;
    if (!mp_obj_int_to_bytes_impl(object, true, sizeof bytes, bytes))
        return false;
    *number = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        *number = *number << 8 | bytes[i];
    return true;
}

#endif
