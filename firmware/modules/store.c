#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define LEVELS 12 /* one row in four reaches the next: good for 16 million rows */
#define ROOM_AT_FIRST 16 /* of what grows by doubling */

/* Bytes of a length that their owner alone knows. */
struct block {
    size_t size;
    uint8_t bytes[];
};

struct store_row {
    struct block *value; /* NULL in an index */
    uint32_t key_size, id_size;
    uint32_t levels;
    struct store_row *next[]; /* one a level; then key and id */
};

struct table {
    struct table *next; /* in order of names */
    struct store_row *first[LEVELS];
    size_t name_size;
    uint8_t name[];
};

struct entry {
    struct block *parts[STORE_PARTS]; /* NULL for what is absent */
};

enum change { ADDED, REMOVED, CHANGED, APPENDED, REPLACED };

/* How to take back one change. Whoever is no more part of the store belongs to it. */
struct undo {
    enum change change;
    union {
        struct {
            struct table *table;
            struct store_row *row;
            struct block *value; /* as it was before */
        } row;
        struct {
            size_t sequence;
            struct entry was;
        } entry;
    } of;
};

struct store {
    size_t limit, used;
    struct table *tables[STORE_SIDES];
    struct entry *entries;
    size_t count, entries_room;
    struct undo *undo;
    size_t undone, undo_room; /* changes since the last commit */
    uint32_t dice;
};

/* Memory, counted. */

static void *take(struct store *store, size_t size)
{
    if (store->limit && (size > store->limit || store->used > store->limit - size))
        return NULL;
    void *memory = malloc(size);
    if (memory)
        store->used += size;
    return memory;
}

static void give_back(struct store *store, void *memory, size_t size)
{
    if (memory) {
        secret_wipe(memory, size);
        free(memory);
        store->used -= size;
    }
}

/* Make room for one more item; returns whether there is. */
static int grow(struct store *store, void **items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return 1;
    size_t more = *room ? *room * 2 : ROOM_AT_FIRST;
    void *larger = more <= SIZE_MAX / item_size ? take(store, more * item_size) : NULL;
    if (!larger)
        return 0;
    if (count)
        memcpy(larger, *items, count * item_size);
    give_back(store, *items, *room * item_size);
    *items = larger;
    *room = more;
    return 1;
}

static struct block *copied(struct store *store, struct store_bytes bytes)
{
    if (bytes.size > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = take(store, sizeof *block + bytes.size);
    if (block) {
        block->size = bytes.size;
        if (bytes.size)
            memcpy(block->bytes, bytes.at, bytes.size);
    }
    return block;
}

static void erase_block(struct store *store, struct block *block)
{
    if (block)
        give_back(store, block, sizeof *block + block->size);
}

static struct store_bytes of_block(const struct block *block)
{
    struct store_bytes bytes = {NULL, 0};
    if (block) {
        bytes.at = block->bytes;
        bytes.size = block->size;
    }
    return bytes;
}

/* Rows. */

static uint8_t *key_of(const struct store_row *row)
{
    return (uint8_t *)(uintptr_t)&row->next[row->levels];
}

static size_t row_size(const struct store_row *row)
{
    return sizeof *row + row->levels * sizeof row->next[0] + row->key_size + row->id_size;
}

/* How many levels the next row gets: xorshift (Marsaglia, 2003), two bits a level. */
static uint32_t levels_by_chance(struct store *store)
{
    uint32_t levels = 1, dice = store->dice;
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    store->dice = dice;
    for (; levels < LEVELS && (dice & 3) == 0; dice >>= 2)
        levels++;
    return levels;
}

static struct store_row *new_row(struct store *store, struct store_bytes key,
                                 struct store_bytes id)
{
    uint32_t levels = levels_by_chance(store);
    if (key.size > UINT32_MAX / 4 || id.size > UINT32_MAX / 4)
        return NULL;
    size_t size = sizeof(struct store_row) + levels * sizeof(struct store_row *);
    struct store_row *row = take(store, size + key.size + id.size);
    if (!row)
        return NULL;
    row->value = NULL;
    row->levels = levels;
    row->key_size = (uint32_t)key.size;
    row->id_size = (uint32_t)id.size;
    if (key.size)
        memcpy(key_of(row), key.at, key.size);
    if (id.size)
        memcpy(key_of(row) + key.size, id.at, id.size);
    return row;
}

static void erase_row(struct store *store, struct store_row *row)
{
    erase_block(store, row->value);
    give_back(store, row, row_size(row));
}

static int compare(struct store_bytes a, struct store_bytes b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_row(const struct store_row *row, struct store_bytes key, struct store_bytes id)
{
    int order = compare(store_key(row), key);
    return order ? order : compare(store_id(row), id);
}

/* Tables. */

static struct table *find_table(const struct store *store, enum store_side side,
                                struct store_bytes name)
{
    struct table *table = store->tables[side];
    for (; table; table = table->next) {
        struct store_bytes own = {table->name, table->name_size};
        if (compare(own, name) == 0)
            break;
    }
    return table;
}

static struct table *made_table(struct store *store, enum store_side side, struct store_bytes name)
{
    struct table *table = find_table(store, side, name), **place = &store->tables[side];
    if (table || name.size > SIZE_MAX / 2)
        return table;
    table = take(store, sizeof *table + name.size);
    if (!table)
        return NULL;
    memset(table, 0, sizeof *table);
    table->name_size = name.size;
    if (name.size)
        memcpy(table->name, name.at, name.size);
    for (; *place; place = &(*place)->next) {
        struct store_bytes own = {(*place)->name, (*place)->name_size};
        if (compare(own, name) > 0)
            break;
    }
    table->next = *place;
    *place = table;
    return table;
}

/* The links, one a level, behind which a row with this key and id is or would be. */
static void find_links(struct table *table, struct store_bytes key, struct store_bytes id,
                       struct store_row **links[LEVELS])
{
    struct store_row **next = table->first;
    for (int level = LEVELS - 1; level >= 0; level--) {
        while (next[level] && compare_row(next[level], key, id) < 0)
            next = next[level]->next;
        links[level] = &next[level];
    }
}

static void link_row(struct table *table, struct store_row *row)
{
    struct store_row **links[LEVELS];
    find_links(table, store_key(row), store_id(row), links);
    for (uint32_t level = 0; level < row->levels; level++) {
        row->next[level] = *links[level];
        *links[level] = row;
    }
}

static void unlink_row(struct table *table, struct store_row *row)
{
    struct store_row **links[LEVELS];
    find_links(table, store_key(row), store_id(row), links);
    for (uint32_t level = 0; level < row->levels; level++)
        *links[level] = row->next[level];
}

/* The transaction. */

static int room_to_undo(struct store *store)
{
    void *items = store->undo;
    int good = grow(store, &items, store->undone, &store->undo_room, sizeof *store->undo);
    store->undo = items;
    return good;
}

static void note_row(struct store *store, enum change change, struct table *table,
                     struct store_row *row, struct block *value)
{
    struct undo *undo = &store->undo[store->undone++];
    undo->change = change;
    undo->of.row.table = table;
    undo->of.row.row = row;
    undo->of.row.value = value;
}

static void note_entry(struct store *store, enum change change, size_t sequence, struct entry was)
{
    struct undo *undo = &store->undo[store->undone++];
    undo->change = change;
    undo->of.entry.sequence = sequence;
    undo->of.entry.was = was;
}

static void erase_entry(struct store *store, struct entry *entry, int first)
{
    for (int part = first; part < STORE_PARTS; part++)
        erase_block(store, entry->parts[part]);
}

static void keep(struct store *store, struct undo *undo)
{
    if (undo->change == REMOVED)
        erase_row(store, undo->of.row.row);
    else if (undo->change == CHANGED)
        erase_block(store, undo->of.row.value);
    else if (undo->change == REPLACED)
        erase_entry(store, &undo->of.entry.was, STORE_SALT);
}

static void take_back_row(struct store *store, struct undo *undo)
{
    struct store_row *row = undo->of.row.row;
    if (undo->change == ADDED) {
        unlink_row(undo->of.row.table, row);
        erase_row(store, row);
    } else if (undo->change == REMOVED) {
        link_row(undo->of.row.table, row);
    } else {
        erase_block(store, row->value);
        row->value = undo->of.row.value;
    }
}

static void take_back_entry(struct store *store, struct undo *undo)
{
    struct entry *entry = &store->entries[undo->of.entry.sequence];
    if (undo->change == APPENDED) {
        erase_entry(store, entry, STORE_HEADER);
        store->count--;
    } else {
        erase_entry(store, entry, STORE_SALT);
        *entry = undo->of.entry.was;
    }
}

static void take_back(struct store *store, struct undo *undo)
{
    if (undo->change == APPENDED || undo->change == REPLACED)
        take_back_entry(store, undo);
    else
        take_back_row(store, undo);
}

static void end_transaction(struct store *store)
{
    /* A large transaction's notes are not kept for small ones. */
    give_back(store, store->undo, store->undo_room * sizeof *store->undo);
    store->undo = NULL;
    store->undone = store->undo_room = 0;
}

void store_commit(struct store *store)
{
    for (size_t i = 0; i < store->undone; i++)
        keep(store, &store->undo[i]);
    end_transaction(store);
}

void store_rollback(struct store *store)
{
    for (size_t i = store->undone; i-- > 0;)
        take_back(store, &store->undo[i]);
    end_transaction(store);
}

/* The store. */

struct store *store_new(size_t limit)
{
    struct store *store = calloc(1, sizeof *store);
    if (store) {
        store->limit = limit;
        store->used = sizeof *store;
        store->dice = 2463534242U;
    }
    return store;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    store_rollback(store);
    for (int side = 0; side < STORE_SIDES; side++)
        while (store->tables[side]) {
            struct table *table = store->tables[side];
            while (table->first[0]) {
                struct store_row *row = table->first[0];
                table->first[0] = row->next[0];
                erase_row(store, row);
            }
            store->tables[side] = table->next;
            give_back(store, table, sizeof *table + table->name_size);
        }
    for (size_t i = 0; i < store->count; i++)
        erase_entry(store, &store->entries[i], STORE_HEADER);
    give_back(store, store->entries, store->entries_room * sizeof *store->entries);
    secret_wipe(store, sizeof *store);
    free(store);
}

size_t store_used(const struct store *store)
{
    return store->used;
}

int store_name(const struct store *store, enum store_side side, struct store_bytes after,
               struct store_bytes *name)
{
    const struct table *table = store->tables[side];
    for (; table; table = table->next) {
        struct store_bytes own = {table->name, table->name_size};
        if (table->first[0] && (!after.at || compare(own, after) > 0)) {
            *name = own;
            return 1;
        }
    }
    return 0;
}

const struct store_row *store_first(const struct store *store, enum store_side side,
                                    struct store_bytes name, struct store_bytes key,
                                    struct store_bytes id, int inclusive)
{
    struct store_row **links[LEVELS];
    struct table *table = find_table(store, side, name);
    if (!table)
        return NULL;
    find_links(table, key, id, links);
    const struct store_row *row = *links[0];
    if (row && !inclusive && compare_row(row, key, id) == 0)
        row = row->next[0];
    return row;
}

const struct store_row *store_find(const struct store *store, enum store_side side,
                                   struct store_bytes name, struct store_bytes key,
                                   struct store_bytes id)
{
    const struct store_row *row = store_first(store, side, name, key, id, 1);
    return row && compare_row(row, key, id) == 0 ? row : NULL;
}

const struct store_row *store_next(const struct store_row *row)
{
    return row->next[0];
}

struct store_bytes store_key(const struct store_row *row)
{
    struct store_bytes key = {key_of(row), row->key_size};
    return key;
}

struct store_bytes store_id(const struct store_row *row)
{
    struct store_bytes id = {key_of(row) + row->key_size, row->id_size};
    return id;
}

struct store_bytes store_value(const struct store_row *row)
{
    return of_block(row->value);
}

int store_put(struct store *store, enum store_side side, struct store_bytes name,
              struct store_bytes key, struct store_bytes id, struct store_bytes value)
{
    struct store_row **links[LEVELS];
    struct table *table = made_table(store, side, name);
    if (!table || !room_to_undo(store))
        return STORE_NO_ROOM;
    find_links(table, key, id, links);
    struct store_row *row = *links[0];
    int there = row && compare_row(row, key, id) == 0;
    if (there && side == STORE_INDEXES)
        return 0;

    struct block *block = NULL;
    if (side == STORE_STATES && !(block = copied(store, value)))
        return STORE_NO_ROOM;
    if (there) {
        note_row(store, CHANGED, table, row, row->value);
        row->value = block;
        return 0;
    }
    row = new_row(store, key, id);
    if (!row) {
        erase_block(store, block);
        return STORE_NO_ROOM;
    }
    row->value = block;
    for (uint32_t level = 0; level < row->levels; level++) {
        row->next[level] = *links[level];
        *links[level] = row;
    }
    note_row(store, ADDED, table, row, NULL);
    return 0;
}

int store_drop(struct store *store, enum store_side side, struct store_bytes name,
               struct store_bytes key, struct store_bytes id)
{
    struct table *table = find_table(store, side, name);
    struct store_row *row = (struct store_row *)(uintptr_t)store_find(store, side, name, key, id);
    if (!row)
        return 0;
    if (!room_to_undo(store))
        return STORE_NO_ROOM;
    unlink_row(table, row);
    note_row(store, REMOVED, table, row, NULL);
    return 0;
}

size_t store_count(const struct store *store)
{
    return store->count;
}

/* Copy the parts from `first` on; returns whether there was room for all. */
static int copy_parts(struct store *store, struct entry *entry, int first,
                      const struct store_bytes parts[STORE_PARTS])
{
    for (int part = first; part < STORE_PARTS; part++)
        entry->parts[part] = NULL;
    for (int part = first; part < STORE_PARTS; part++)
        if (parts[part].at && !(entry->parts[part] = copied(store, parts[part]))) {
            erase_entry(store, entry, first);
            return 0;
        }
    return 1;
}

int store_append(struct store *store, const struct store_bytes parts[STORE_PARTS])
{
    void *items = store->entries;
    struct entry entry;
    int good = grow(store, &items, store->count, &store->entries_room, sizeof *store->entries);
    store->entries = items;
    if (!good || !room_to_undo(store) || !copy_parts(store, &entry, STORE_HEADER, parts))
        return STORE_NO_ROOM;
    note_entry(store, APPENDED, store->count, entry);
    store->entries[store->count++] = entry;
    return 0;
}

int store_replace(struct store *store, size_t sequence,
                  const struct store_bytes parts[STORE_PARTS])
{
    struct entry entry = store->entries[sequence];
    if (!room_to_undo(store) || !copy_parts(store, &entry, STORE_SALT, parts))
        return STORE_NO_ROOM;
    note_entry(store, REPLACED, sequence, store->entries[sequence]);
    store->entries[sequence] = entry;
    return 0;
}

void store_entry(const struct store *store, size_t sequence,
                 struct store_bytes parts[STORE_PARTS])
{
    for (int part = 0; part < STORE_PARTS; part++)
        parts[part] = of_block(store->entries[sequence].parts[part]);
}
