/* The two faces of an event: runtime/wire/proofs.py has what they are. */
#ifndef MODULES_FACES_H
#define MODULES_FACES_H

#include <stddef.h>
#include <stdint.h>

struct faces {
    uint8_t *shown; /* the event with nil for what is private; room for the whole event */
    uint8_t *own; /* the array of what is private; room for the whole event */
    size_t shown_size, own_size;
};

struct faces_name {
    const uint8_t *bytes;
    size_t size;
};

/* Name of an event, canonical [kind, id, name, fields]. Returns 0, or -1 if it is none. */
int faces_name(struct faces_name *name, const uint8_t *event, size_t size);

/* Part an event. `hidden` has a byte for its id and one for each field, 1 for what is private.
 * Returns 0, or -1 if it is no event with so many fields. Without private fields own_size is 0. */
int faces_part(struct faces *faces, const uint8_t *event, size_t size, const uint8_t *hidden,
               size_t hidden_size);

#endif
