/* Names in maps: of globals, classes, instances. Looking them up is most of what MicroPython does,
 * and a division takes 34 cycles here; its own search has one for each place that it looks at, and
 * one for the place that it remembers. */
#include "py/obj.h"
#include "py/qstr.h"

/* Where a name was found last, by map and name; a place is tried, not trusted. One line of the cache
 * holds 32, so there are few. */
#define REMEMBERED 512
static uint8_t places[REMEMBERED];

mp_map_elem_t *__real_mp_map_lookup(mp_map_t *map, mp_obj_t name, mp_map_lookup_kind_t kind);

/* The linker puts this in the place of MicroPython's. */
mp_map_elem_t *__wrap_mp_map_lookup(mp_map_t *map, mp_obj_t name, mp_map_lookup_kind_t kind)
{
    if (!map->all_keys_are_qstrs || !mp_obj_is_qstr(name) || kind == MP_MAP_LOOKUP_REMOVE_IF_FOUND)
        return __real_mp_map_lookup(map, name, kind);
    mp_map_elem_t *table = map->table;
    uint8_t *place = &places[((uintptr_t)table >> 4 ^ (uintptr_t)name >> 3) % REMEMBERED];
    size_t at = *place, count = map->alloc;
    if (at < count && table[at].key == name)
        return &table[at];
    if (kind != MP_MAP_LOOKUP)
        return __real_mp_map_lookup(map, name, kind);
    if (map->is_ordered) {
        for (at = 0, count = map->used; at < count && table[at].key != name; at++)
            ;
        if (at == count)
            return NULL;
    } else {
        if (!count)
            return NULL;
        size_t start = at = qstr_hash(MP_OBJ_QSTR_VALUE(name)) % count;
        while (table[at].key != name) {
            if (table[at].key == MP_OBJ_NULL)
                return NULL;
            if (++at == count)
                at = 0;
            if (at == start)
                return NULL;
        }
    }
    *place = (uint8_t)at;
    return &table[at];
}
