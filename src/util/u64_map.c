#include "util/u64_map.h"

#include <stdbool.h>

enum { MIN_CAPACITY = 16 };

void nd_u64_map_init(nd_u64_map *map, const nd_allocator *allocator)
{
    *map = (nd_u64_map){.allocator = nd_allocator_or_default(allocator)};
}

/* Keys may be counters, so they are spread first. */
static size_t home_of(const nd_u64_map *map, uint64_t key)
{
    key = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(key ^ key >> 32) & (map->capacity - 1);
}

static size_t after(const nd_u64_map *map, size_t at)
{
    return (at + 1) & (map->capacity - 1);
}

/* Where the key stands, or the free entry where it would; the map has room. */
static size_t place_of(const nd_u64_map *map, uint64_t key)
{
    size_t at = home_of(map, key);
    while (map->entries[at].value != ND_U64_MAP_NONE && map->entries[at].key != key)
        at = after(map, at);
    return at;
}

static nd_status grow(nd_u64_map *map, size_t capacity)
{
    nd_u64_map grown = *map;
    grown.capacity = capacity;
    grown.entries = nd_alloc(&map->allocator, capacity, sizeof *grown.entries);
    if (!grown.entries)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < capacity; i++)
        grown.entries[i].value = ND_U64_MAP_NONE;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].value != ND_U64_MAP_NONE)
            grown.entries[place_of(&grown, map->entries[i].key)] = map->entries[i];
    nd_release(&map->allocator, map->entries);
    *map = grown;
    return ND_OK;
}

nd_status nd_u64_map_reserve(nd_u64_map *map, size_t more)
{
    size_t need, capacity = map->capacity ? map->capacity : MIN_CAPACITY;
    if (!nd_size_add(map->num, more, &need))
        return ND_ERR_NO_MEMORY;
    while (capacity - capacity / 4 < need)
        if (!nd_size_mul(capacity, 2, &capacity))
            return ND_ERR_NO_MEMORY;
    return capacity == map->capacity ? ND_OK : grow(map, capacity);
}

uint64_t *nd_u64_map_find(const nd_u64_map *map, uint64_t key)
{
    if (map->num == 0)
        return NULL;
    nd_u64_map_entry *const entry = &map->entries[place_of(map, key)];
    return entry->value == ND_U64_MAP_NONE ? NULL : &entry->value;
}

void nd_u64_map_set(nd_u64_map *map, uint64_t key, uint64_t value)
{
    nd_u64_map_entry *const entry = &map->entries[place_of(map, key)];
    map->num += entry->value == ND_U64_MAP_NONE;
    *entry = (nd_u64_map_entry){key, value};
}

/* Whether the entry at `at`, at home at `home`, may move back to `gap`: not if its home lies after
 * the gap, as seen around the end of the table. */
static bool may_fill(size_t gap, size_t home, size_t at)
{
    return gap <= at ? home <= gap || home > at : home <= gap && home > at;
}

void nd_u64_map_remove(nd_u64_map *map, uint64_t key)
{
    if (map->num == 0)
        return;
    size_t gap = place_of(map, key);
    if (map->entries[gap].value == ND_U64_MAP_NONE)
        return;
    map->num--;
    for (size_t at = after(map, gap); map->entries[at].value != ND_U64_MAP_NONE;
         at = after(map, at))
        if (may_fill(gap, home_of(map, map->entries[at].key), at)) {
            map->entries[gap] = map->entries[at];
            gap = at;
        }
    map->entries[gap].value = ND_U64_MAP_NONE;
}

void nd_u64_map_clear(nd_u64_map *map)
{
    for (size_t i = 0; i < map->capacity; i++)
        map->entries[i].value = ND_U64_MAP_NONE;
    map->num = 0;
}

void nd_u64_map_release(nd_u64_map *map)
{
    nd_release(&map->allocator, map->entries);
    map->entries = NULL;
    map->capacity = map->num = 0;
}
