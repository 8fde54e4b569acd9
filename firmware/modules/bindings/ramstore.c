/* The module `ramstore`: the store port in memory that is not collected.
 *
 * RamStore(failure, limit=0): `failure` is what to raise, called with what was wrong, what was
 * expected and what to do; `limit` is how many bytes it may take, 0 for no limit. Beside the port:
 * kinds(), indexes(), used(), close(), and states(kind, None, limit) begins with the first state.
 */
#include <string.h>

#include "../store.h"
#include "objects.h"

struct ram_store {
    mp_obj_base_t base;
    mp_obj_t failure;
    struct store *store; /* NULL once it is closed */
};

static const struct store_bytes nothing = {(const uint8_t *)"", 0};

static NORETURN void fail(const struct ram_store *self, const char *wrong,
                          const char *expected, const char *todo)
{
    mp_obj_t texts[] = {
        mp_obj_new_str(wrong, strlen(wrong)),
        mp_obj_new_str(expected, strlen(expected)),
        mp_obj_new_str(todo, strlen(todo)),
    };
    nlr_raise(mp_make_raise_obj(mp_call_function_n_kw(self->failure, 3, 0, texts)));
}

static struct ram_store *opened(mp_obj_t self_in)
{
    struct ram_store *self = MP_OBJ_TO_PTR(self_in);
    if (!self->store)
        fail(self, "the store is closed", "an open one", "");
    return self;
}

static mp_obj_t done(const struct ram_store *self, int result)
{
    if (result == STORE_NO_ROOM)
        fail(self, "the store is full", "memory for the change", "make room and ask again");
    return mp_const_none;
}

static struct store_bytes bytes_in(mp_obj_t object)
{
    mp_buffer_info_t info = bytes_of(object);
    struct store_bytes bytes = {info.buf, info.len};
    return bytes;
}

static struct store_bytes name_in(mp_obj_t object)
{
    struct store_bytes bytes;
    bytes.at = (const uint8_t *)mp_obj_str_get_data(object, &bytes.size);
    return bytes;
}

/* What is absent gives None. */
static mp_obj_t maybe_bytes(struct store_bytes bytes)
{
    return bytes.at ? copied_bytes(bytes.at, bytes.size) : mp_const_none;
}

static struct store_bytes maybe_bytes_in(mp_obj_t object)
{
    static const struct store_bytes absent = {NULL, 0};
    return object == mp_const_none ? absent : bytes_in(object);
}

/* Life. */

static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
                         const mp_obj_t *args)
{
    mp_arg_check_num(n_args, n_kw, 1, 2, false);
    mp_int_t limit = n_args > 1 ? mp_obj_get_int(args[1]) : 0;
    if (limit < 0)
        mp_raise_ValueError(MP_ERROR_TEXT("the limit is negative"));
    struct ram_store *self = mp_obj_malloc_with_finaliser(struct ram_store, type);
    self->failure = args[0];
    self->store = store_new((size_t)limit);
    if (!self->store)
        fail(self, "there is no memory for a store", "a few hundred bytes", "");
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t do_close(mp_obj_t self_in)
{
    struct ram_store *self = MP_OBJ_TO_PTR(self_in);
    store_free(self->store);
    self->store = NULL;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(close_obj, do_close);

static mp_obj_t do_commit(mp_obj_t self_in)
{
    store_commit(opened(self_in)->store);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(commit_obj, do_commit);

static mp_obj_t do_rollback(mp_obj_t self_in)
{
    store_rollback(opened(self_in)->store);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(rollback_obj, do_rollback);

static mp_obj_t do_used(mp_obj_t self_in)
{
    return mp_obj_new_int_from_uint(store_used(opened(self_in)->store));
}
static MP_DEFINE_CONST_FUN_OBJ_1(used_obj, do_used);

static mp_obj_t names(const struct ram_store *self, enum store_side side)
{
    mp_obj_t list = mp_obj_new_list(0, NULL);
    struct store_bytes name = {NULL, 0};
    while (store_name(self->store, side, name, &name))
        mp_obj_list_append(list, mp_obj_new_str((const char *)name.at, name.size));
    return list;
}

static mp_obj_t do_kinds(mp_obj_t self_in)
{
    return names(opened(self_in), STORE_STATES);
}
static MP_DEFINE_CONST_FUN_OBJ_1(kinds_obj, do_kinds);

static mp_obj_t do_indexes(mp_obj_t self_in)
{
    return names(opened(self_in), STORE_INDEXES);
}
static MP_DEFINE_CONST_FUN_OBJ_1(indexes_obj, do_indexes);

/* States. */

static mp_obj_t do_get(mp_obj_t self_in, mp_obj_t kind, mp_obj_t key)
{
    const struct store_row *row =
        store_find(opened(self_in)->store, STORE_STATES, name_in(kind), bytes_in(key), nothing);
    return row ? maybe_bytes(store_value(row)) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(get_obj, do_get);

/* put(kind, key, value) */
static mp_obj_t do_put(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    return done(self, store_put(self->store, STORE_STATES, name_in(args[1]), bytes_in(args[2]),
                                nothing, bytes_in(args[3])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(put_obj, 4, 4, do_put);

static mp_obj_t do_drop(mp_obj_t self_in, mp_obj_t kind, mp_obj_t key)
{
    struct ram_store *self = opened(self_in);
    return done(self, store_drop(self->store, STORE_STATES, name_in(kind), bytes_in(key), nothing));
}
static MP_DEFINE_CONST_FUN_OBJ_3(drop_obj, do_drop);

static mp_obj_t pair(struct store_bytes first, struct store_bytes second)
{
    mp_obj_t items[2];
    items[0] = maybe_bytes(first);
    items[1] = maybe_bytes(second);
    return mp_obj_new_tuple(2, items);
}

/* states(kind, after, limit) */
static mp_obj_t do_states(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    struct store_bytes after = maybe_bytes_in(args[2]);
    mp_int_t limit = mp_obj_get_int(args[3]);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    const struct store_row *row = store_first(self->store, STORE_STATES, name_in(args[1]),
                                              after.at ? after : nothing, nothing, !after.at);
    for (; row && limit > 0; row = store_next(row), limit--)
        mp_obj_list_append(list, pair(store_key(row), store_value(row)));
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(states_obj, 4, 4, do_states);

/* Indexes. */

/* add_key(index, key, entity_id) */
static mp_obj_t do_add_key(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    return done(self, store_put(self->store, STORE_INDEXES, name_in(args[1]), bytes_in(args[2]),
                                bytes_in(args[3]), nothing));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(add_key_obj, 4, 4, do_add_key);

/* drop_key(index, key, entity_id) */
static mp_obj_t do_drop_key(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    return done(self, store_drop(self->store, STORE_INDEXES, name_in(args[1]), bytes_in(args[2]),
                                 bytes_in(args[3])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(drop_key_obj, 4, 4, do_drop_key);

static bool starts_with(struct store_bytes key, struct store_bytes prefix)
{
    return key.size >= prefix.size && memcmp(key.at, prefix.at, prefix.size) == 0;
}

static bool is_below(struct store_bytes a, struct store_bytes b)
{
    size_t shared = MIN(a.size, b.size);
    int order = memcmp(a.at, b.at, shared);
    return order < 0 || (order == 0 && a.size < b.size);
}

/* scan(index, prefix, after, limit) */
static mp_obj_t do_scan(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    struct store_bytes name = name_in(args[1]), prefix = bytes_in(args[2]);
    struct store_bytes key = prefix, id = nothing;
    mp_int_t limit = mp_obj_get_int(args[4]);
    bool inclusive = true;
    if (args[3] != mp_const_none) {
        const mp_obj_t *after = items_of_count(args[3], 2, "after");
        /* A cursor before the prefix does not count. */
        if (!is_below(bytes_in(after[0]), prefix)) {
            key = bytes_in(after[0]);
            id = bytes_in(after[1]);
            inclusive = false;
        }
    }
    mp_obj_t list = mp_obj_new_list(0, NULL);
    const struct store_row *row =
        store_first(self->store, STORE_INDEXES, name, key, id, inclusive);
    for (; row && limit > 0 && starts_with(store_key(row), prefix); row = store_next(row), limit--)
        mp_obj_list_append(list, pair(store_key(row), store_id(row)));
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(scan_obj, 5, 5, do_scan);

/* The journal. */

static mp_obj_t do_count(mp_obj_t self_in)
{
    return mp_obj_new_int_from_uint(store_count(opened(self_in)->store));
}
static MP_DEFINE_CONST_FUN_OBJ_1(count_obj, do_count);

static bool is_there(const struct ram_store *self, mp_obj_t sequence_in, size_t *sequence)
{
    mp_int_t number = mp_obj_get_int(sequence_in);
    *sequence = (size_t)number;
    return number >= 0 && *sequence < store_count(self->store);
}

/* append(sequence, header, salt, body, attachments) */
static mp_obj_t do_append(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    struct store_bytes parts[STORE_PARTS];
    size_t sequence;
    if (is_there(self, args[1], &sequence) || sequence != store_count(self->store))
        fail(self, "an entry has the wrong number", "the number of entries there are", "");
    parts[STORE_HEADER] = bytes_in(args[2]);
    for (int part = STORE_SALT; part < STORE_PARTS; part++)
        parts[part] = maybe_bytes_in(args[2 + part]);
    return done(self, store_append(self->store, parts));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(append_obj, 6, 6, do_append);

/* replace(sequence, salt, body, attachments) */
static mp_obj_t do_replace(size_t n_args, const mp_obj_t *args)
{
    struct ram_store *self = opened(args[0]);
    struct store_bytes parts[STORE_PARTS];
    size_t sequence;
    if (!is_there(self, args[1], &sequence))
        fail(self, "there is no such entry to replace", "the number of one that is there", "");
    for (int part = STORE_SALT; part < STORE_PARTS; part++)
        parts[part] = maybe_bytes_in(args[1 + part]);
    return done(self, store_replace(self->store, sequence, parts));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(replace_obj, 5, 5, do_replace);

static mp_obj_t do_entry(mp_obj_t self_in, mp_obj_t sequence_in)
{
    struct ram_store *self = opened(self_in);
    struct store_bytes parts[STORE_PARTS];
    mp_obj_t items[STORE_PARTS];
    size_t sequence;
    if (!is_there(self, sequence_in, &sequence))
        return mp_const_none;
    store_entry(self->store, sequence, parts);
    for (int part = 0; part < STORE_PARTS; part++)
        items[part] = maybe_bytes(parts[part]);
    return mp_obj_new_tuple(STORE_PARTS, items);
}
static MP_DEFINE_CONST_FUN_OBJ_2(entry_obj, do_entry);

static const mp_rom_map_elem_t methods_table[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&close_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&close_obj)},
    {MP_ROM_QSTR(MP_QSTR_commit), MP_ROM_PTR(&commit_obj)},
    {MP_ROM_QSTR(MP_QSTR_rollback), MP_ROM_PTR(&rollback_obj)},
    {MP_ROM_QSTR(MP_QSTR_used), MP_ROM_PTR(&used_obj)},
    {MP_ROM_QSTR(MP_QSTR_kinds), MP_ROM_PTR(&kinds_obj)},
    {MP_ROM_QSTR(MP_QSTR_indexes), MP_ROM_PTR(&indexes_obj)},
    {MP_ROM_QSTR(MP_QSTR_get), MP_ROM_PTR(&get_obj)},
    {MP_ROM_QSTR(MP_QSTR_put), MP_ROM_PTR(&put_obj)},
    {MP_ROM_QSTR(MP_QSTR_drop), MP_ROM_PTR(&drop_obj)},
    {MP_ROM_QSTR(MP_QSTR_states), MP_ROM_PTR(&states_obj)},
    {MP_ROM_QSTR(MP_QSTR_add_key), MP_ROM_PTR(&add_key_obj)},
    {MP_ROM_QSTR(MP_QSTR_drop_key), MP_ROM_PTR(&drop_key_obj)},
    {MP_ROM_QSTR(MP_QSTR_scan), MP_ROM_PTR(&scan_obj)},
    {MP_ROM_QSTR(MP_QSTR_count), MP_ROM_PTR(&count_obj)},
    {MP_ROM_QSTR(MP_QSTR_append), MP_ROM_PTR(&append_obj)},
    {MP_ROM_QSTR(MP_QSTR_replace), MP_ROM_PTR(&replace_obj)},
    {MP_ROM_QSTR(MP_QSTR_entry), MP_ROM_PTR(&entry_obj)},
};
static MP_DEFINE_CONST_DICT(methods, methods_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ram_store_type, MP_QSTR_RamStore, MP_TYPE_FLAG_NONE, make_new, make_new,
    locals_dict, &methods);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_ramstore)},
    {MP_ROM_QSTR(MP_QSTR_RamStore), MP_ROM_PTR(&ram_store_type)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t ramstore_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_ramstore, ramstore_module);
