/* A node's store in memory: states, ordered indexes and journal, with rollback.
 *
 * Rows lie in plain memory, in one skip list (Pugh, 1990) for each kind of state and each index,
 * ordered by key and id as bytes. What was erased is overwritten before its memory is given back.
 * Whatever returns an int returns 0, or STORE_NO_ROOM and has changed nothing.
 */
#ifndef MODULES_STORE_H
#define MODULES_STORE_H

#include <stddef.h>
#include <stdint.h>

#define STORE_NO_ROOM (-1) /* the limit is reached, or the machine has no memory left */

struct store;

/* Bytes that the store only reads; `at` of those that are absent is NULL. */
struct store_bytes {
    const uint8_t *at;
    size_t size;
};

/* A state (its id is empty) or a row of an index (its value is). Valid until the next change. */
struct store_row;

enum store_part { STORE_HEADER, STORE_SALT, STORE_BODY, STORE_ATTACHMENTS, STORE_PARTS };

/* What is in a store: its states or its indexes. */
enum store_side { STORE_STATES, STORE_INDEXES, STORE_SIDES };

/* Make an empty one of at most `limit` bytes, 0 for no limit; NULL without memory for it. */
struct store *store_new(size_t limit);
void store_free(struct store *store);

/* Bytes taken from the machine, without what its allocator adds. */
size_t store_used(const struct store *store);

/* Names of kinds and indexes that have rows, in order of their bytes. `after` is absent for the
 * first. Returns 0 behind the last. */
int store_name(const struct store *store, enum store_side side, struct store_bytes after,
               struct store_bytes *name);

/* The row with this key and id, or NULL; the first one that is above them, or not below them if
 * `inclusive`; the one behind another. */
const struct store_row *store_find(const struct store *store, enum store_side side,
                                   struct store_bytes name, struct store_bytes key,
                                   struct store_bytes id);
const struct store_row *store_first(const struct store *store, enum store_side side,
                                    struct store_bytes name, struct store_bytes key,
                                    struct store_bytes id, int inclusive);
const struct store_row *store_next(const struct store_row *row);

struct store_bytes store_key(const struct store_row *row);
struct store_bytes store_id(const struct store_row *row);
struct store_bytes store_value(const struct store_row *row);

/* Add a row or change its value. */
int store_put(struct store *store, enum store_side side, struct store_bytes name,
              struct store_bytes key, struct store_bytes id, struct store_bytes value);

/* Erase a row if it is there. */
int store_drop(struct store *store, enum store_side side, struct store_bytes name,
               struct store_bytes key, struct store_bytes id);

/* The journal: entries are numbered from 0. */
size_t store_count(const struct store *store);
int store_append(struct store *store, const struct store_bytes parts[STORE_PARTS]);

/* Keep other parts of an entry that is there; its header stays. */
int store_replace(struct store *store, size_t sequence,
                  const struct store_bytes parts[STORE_PARTS]);

/* Parts of an entry that is there. */
void store_entry(const struct store *store, size_t sequence,
                 struct store_bytes parts[STORE_PARTS]);

/* End the transaction: keep, or take back, everything since the last of these. */
void store_commit(struct store *store);
void store_rollback(struct store *store);

#endif
