/* How tests call C: one request in, one reply out, in the same form through a shared library (drive)
 * and through a pipe (main).
 *
 * A request is a name and arguments, each a u32 size and bytes; a reply is an i32 result and the
 * outputs, in the same form. Every argument and output gets memory of exactly its size, so that
 * sanitizers see one byte too many. Arguments that are secret are marked undefined for valgrind.
 */
#ifndef TESTS_EXCHANGE_H
#define TESTS_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#define LIMIT 8

struct bytes {
    uint8_t *at;
    size_t size;
};

struct call {
    struct bytes in[LIMIT];
    struct bytes out[LIMIT];
    int ins, outs;
};

struct operation {
    const char *name;
    int (*function)(struct call *);
    int arguments;
    unsigned secret; /* bit i: argument i */
};

/* What a driver has. */
extern const struct operation operations[];
extern const size_t operation_count;

/* End the program. */
void fail(const char *why);

/* Memory that the caller frees. */
void *memory_of(size_t size);

/* The next output, of so many bytes. */
uint8_t *out(struct call *call, size_t size);

/* The next output, empty, whose memory may be set to what `realloc` gave. */
struct bytes *next_out(struct call *call);

/* Returns the size of the reply, which the caller frees with `release`. */
size_t drive(const uint8_t *request, size_t size, uint8_t **reply);
void release(uint8_t *reply);

#endif
