/* Objects as msgpack, and back: what the modules `msgpack` and `_wire` share. */
#ifndef MODULES_VALUES_H
#define MODULES_VALUES_H

#include "../msgpack.h"

#include "objects.h"

#define MOSTLY 512 /* bytes that most encodings have at most */

/* Where the encoding goes. What has no room is counted only and made once more, then with room:
 * memory that grows would be searched for and copied again and again. No code of Python's runs in
 * between. */
struct out {
    byte *at;
    size_t room; /* bytes that may be written there */
    size_t size; /* so far */
};

/* Add the encoding of a value, or of an array of items. Raises TypeError, ValueError or
 * OverflowError for what has none. */
void pack(struct out *out, mp_obj_t value, int depth);
void pack_array(struct out *out, const mp_obj_t *items, size_t count, int depth);

/* The encoding of a value as a bytes object. */
mp_obj_t packed(mp_obj_t value);

struct options {
    bool raw, use_list;
    mp_int_t longest_str, longest_bin, longest_array; /* below zero for no bound */
};

/* The one value that bytes encode, or ValueError. */
mp_obj_t unpacked(mp_obj_t data, const struct options *options);

#endif
