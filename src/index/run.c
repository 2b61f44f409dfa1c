/*   file:       | block | block | ... | directory |
 *   block:      | 1,016 bytes of entries, none across two blocks | checksum, 8 |
 *   directory:  | nd_run_table of each table | number of fences, 8, and of words of both filters |
 *               | fences, 8 each | words of a filter of all samples' keys | of frequent ones' |
 *
 *   entries of a sorted table:   | key, 4 (copies, bands) or 8 (ids, digests) | number, 4 |
 *            and of the samples:   | class and pick, 4 bits | key, 44 bits | number, 4 bytes |
 *
 * A fence is the key of the first entry of a block, so that a look-up reads one block: all fences
 * are in memory, 8 bytes for 100 entries. So are the filters, which save most look-ups of samples
 * that a small run does not have, and tell of most samples that few texts have them. Block
 * checksums are seeded with the run's number and the block's; that of the directory stands in the
 * manifest. Blocks are read by pread, not mapped: a file that somebody cuts short is an error then,
 * not a signal. */
#include "index/run.h"

#include <string.h>

#include "neardup/sketch.h"

enum { WRITTEN_BLOCKS = 256, EXTRA = (1 << ND_MEMBER_EXTRA_BITS) - 1 };

/* What stands in the directory after the tables. */
typedef struct directory_sizes {
    uint64_t num_fences, num_words, num_frequent_words;
} directory_sizes;

#define MAX_ENTRIES (UINT64_C(1) << 48) /* of a table; so that their bytes can be counted */

static uint32_t key_bytes(uint32_t table)
{
    if (table == ND_TABLE_SAMPLES)
        return 6;
    return table == ND_TABLE_IDS || table == ND_TABLE_DIGESTS ? 8 : 4;
}

static bool is_sorted_table(uint32_t table)
{
    return table >= ND_TABLE_IDS;
}

uint32_t nd_table_entry_bytes(uint32_t table)
{
    if (table == ND_TABLE_DOCUMENTS)
        return sizeof(nd_document_entry);
    if (table == ND_TABLE_TEXTS)
        return sizeof(nd_text_entry);
    return key_bytes(table) + (uint32_t)sizeof(uint32_t);
}

static uint32_t entries_a_block(uint32_t table)
{
    return ND_RUN_BLOCK_PAYLOAD / nd_table_entry_bytes(table);
}

static uint64_t num_blocks(uint32_t table, uint64_t num_entries)
{
    const uint32_t in_one = entries_a_block(table);
    return num_entries / in_one + (num_entries % in_one > 0);
}

static uint64_t block_place(uint32_t run_number, uint64_t block)
{
    return (uint64_t)run_number << 40 ^ block;
}

/* --- opening --- */

/* Whether the tables lie one after the other before the directory, with the fences they need. */
static bool is_whole(const nd_run *run)
{
    uint64_t block = 0, fence = 0;
    for (uint32_t table = 0; table < run->num_tables; table++) {
        const nd_run_table *const t = &run->tables[table];
        if (t->first_block != block || t->first_fence != fence || t->num > MAX_ENTRIES)
            return false;
        block += num_blocks(table, t->num);
        fence += is_sorted_table(table) ? num_blocks(table, t->num) : 0;
    }
    return block * ND_RUN_BLOCK_BYTES == run->info.directory_at && fence == run->num_fences &&
           run->tables[ND_TABLE_DOCUMENTS].num == run->info.num_documents &&
           run->tables[ND_TABLE_TEXTS].num == run->info.num_texts;
}

static nd_status read_directory(nd_run *run, const nd_allocator *allocator, nd_error *error)
{
    const nd_run_info *const info = &run->info;
    const uint64_t len = info->size_bytes - info->directory_at;
    const size_t head = run->num_tables * sizeof(nd_run_table) + sizeof(directory_sizes);
    directory_sizes sizes;
    uint64_t size;
    nd_status status = nd_file_size(&run->file, &size, error);
    if (status != ND_OK)
        return status;
    if (size != info->size_bytes || len < head || len % 8 != 0)
        return nd_file_damaged(&run->file, error, "it has %llu bytes", (unsigned long long)size);
    run->directory = nd_alloc(allocator, (size_t)len, 1);
    if (!run->directory)
        return ND_ERR_NO_MEMORY;
    status = nd_file_read(&run->file, info->directory_at, run->directory, (size_t)len, error);
    if (status != ND_OK)
        return status;
    run->tables = (const nd_run_table *)(const void *)run->directory;
    memcpy(&sizes, run->tables + run->num_tables, sizeof sizes);
    const uint64_t words = (len - head) / sizeof(uint64_t);
    run->num_fences = sizes.num_fences;
    run->fences = run->directory + head / sizeof(uint64_t);
    const bool is_right =
        nd_checksum_holds(info->directory_checksum, run->directory, (size_t)len, info->number) &&
        sizes.num_fences <= words && sizes.num_words <= UINT32_MAX &&
        sizes.num_frequent_words <= UINT32_MAX &&
        sizes.num_fences + sizes.num_words + sizes.num_frequent_words == words && is_whole(run);
    if (is_right) {
        run->keys = (nd_key_filter){run->fences + sizes.num_fences, sizes.num_words};
        run->frequent =
            (nd_key_filter){run->keys.words + sizes.num_words, sizes.num_frequent_words};
    }
    return is_right ? ND_OK : nd_file_damaged(&run->file, error, "its directory");
}

nd_status nd_run_open(nd_run *run, const nd_folder *folder, const nd_spec *spec,
                      const nd_run_info *info, nd_error *error)
{
    char name[ND_FILE_NAME_BYTES];
    *run = (nd_run){.file = ND_FILE_CLOSED, .info = *info, .num_tables = nd_run_num_tables(spec)};
    nd_manifest_file_name(name, "run", info->number);
    const nd_status status = nd_file_open(&run->file, folder, name, ND_FILE_READ, error);
    return status == ND_OK ? read_directory(run, folder->allocator, error) : status;
}

void nd_run_close(nd_run *run, const nd_allocator *allocator)
{
    nd_file_close(&run->file);
    nd_release(allocator, run->directory);
    *run = (nd_run){.file = ND_FILE_CLOSED};
}

/* --- reading --- */

void nd_run_cursor_init(nd_run_cursor *cursor, const nd_run *run, uint32_t table,
                        nd_block_cache *cache)
{
    cursor->run = run;
    cursor->cache = cache;
    cursor->table = table;
    cursor->block = UINT64_MAX;
}

/* Block `block` of the table. */
static nd_status load(nd_run_cursor *c, uint64_t block, nd_error *error)
{
    const nd_run *const run = c->run;
    const uint64_t at = run->tables[c->table].first_block + block;
    if (c->block == block)
        return ND_OK;
    c->block = UINT64_MAX;
    nd_block_cache *const cache = c->table == ND_TABLE_TEXTS ? NULL : c->cache;
    if (cache && nd_block_cache_get(cache, run->info.number, at, c->page.bytes)) {
        c->block = block;
        return ND_OK;
    }
    const nd_status status = nd_file_read(&run->file, at * ND_RUN_BLOCK_BYTES, c->page.bytes,
                                          sizeof c->page.bytes, error);
    if (status != ND_OK)
        return status;
    if (!nd_checksum_holds(c->page.words[ND_RUN_BLOCK_PAYLOAD / 8], c->page.bytes,
                           ND_RUN_BLOCK_PAYLOAD, block_place(run->info.number, at)))
        return nd_file_damaged(&run->file, error, "the block at byte %llu",
                               (unsigned long long)at * ND_RUN_BLOCK_BYTES);
    if (cache)
        nd_block_cache_put(cache, run->info.number, at, c->page.bytes);
    c->block = block;
    return ND_OK;
}

/* The entry's bytes, where the block is loaded. */
static const unsigned char *bytes_of(const nd_run_cursor *c, uint64_t at)
{
    return c->page.bytes +
           (size_t)(at % entries_a_block(c->table)) * nd_table_entry_bytes(c->table);
}

nd_status nd_run_cursor_entry(nd_run_cursor *cursor, uint64_t at, void *entry, nd_error *error)
{
    if (at >= cursor->run->tables[cursor->table].num)
        return nd_file_damaged(&cursor->run->file, error, "it has no entry %llu",
                               (unsigned long long)at);
    const nd_status status = load(cursor, at / entries_a_block(cursor->table), error);
    if (status == ND_OK)
        memcpy(entry, bytes_of(cursor, at), nd_table_entry_bytes(cursor->table));
    return status;
}

static nd_key_value pair_of(const nd_run_cursor *c, uint64_t at)
{
    const unsigned char *const bytes = bytes_of(c, at);
    uint32_t short_key, number;
    uint64_t key = 0;
    switch (key_bytes(c->table)) {
    case 8:
        memcpy(&key, bytes, 8);
        memcpy(&number, bytes + 8, sizeof number);
        return (nd_key_value){key, number};
    case 6:
        memcpy(&key, bytes, 6);
        memcpy(&number, bytes + 6, sizeof number);
        return (nd_key_value){key >> ND_MEMBER_EXTRA_BITS, number | (key & EXTRA) << 32};
    default:
        memcpy(&short_key, bytes, sizeof short_key);
        memcpy(&number, bytes + sizeof short_key, sizeof number);
        return (nd_key_value){short_key, number};
    }
}

/* The bytes that stand for a pair's key. */
static uint64_t stored_key(uint32_t table, nd_key_value pair)
{
    return table == ND_TABLE_SAMPLES ? pair.key << ND_MEMBER_EXTRA_BITS | (pair.value >> 32 & EXTRA)
                                     : pair.key;
}

nd_status nd_run_cursor_pair(nd_run_cursor *cursor, uint64_t at, nd_key_value *pair,
                             nd_error *error)
{
    if (at >= cursor->run->tables[cursor->table].num)
        return nd_file_damaged(&cursor->run->file, error, "it has no entry %llu",
                               (unsigned long long)at);
    const nd_status status = load(cursor, at / entries_a_block(cursor->table), error);
    if (status == ND_OK)
        *pair = pair_of(cursor, at);
    return status;
}

/* The first entry whose key is not below `key`: it stands in the last block that begins below it,
 * or at the beginning of the next. */
static nd_status lower_bound(nd_run_cursor *c, uint64_t key, uint64_t *at, nd_error *error)
{
    const nd_run_table *const t = &c->run->tables[c->table];
    const uint64_t *const fences = c->run->fences + t->first_fence;
    const uint64_t blocks = num_blocks(c->table, t->num);
    const uint64_t block = nd_first_u64(fences, blocks, key);
    const uint32_t in_one = entries_a_block(c->table);
    *at = block * in_one;
    if (block == 0)
        return ND_OK;
    uint64_t low = (block - 1) * in_one, high = block * in_one < t->num ? block * in_one : t->num;
    const nd_status status = load(c, block - 1, error);
    while (status == ND_OK && low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (pair_of(c, middle).key < key)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return status;
}

nd_status nd_run_cursor_find(nd_run_cursor *cursor, uint64_t key, uint64_t *first, uint64_t *end,
                             nd_error *error)
{
    const uint64_t num = cursor->run->tables[cursor->table].num;
    *first = *end = 0;
    if (cursor->table == ND_TABLE_SAMPLES && !nd_run_may_have_sample(cursor->run, key))
        return ND_OK;
    nd_status status = lower_bound(cursor, key, first, error);
    *end = *first;
    if (status != ND_OK || *first >= num)
        return status;
    /* Most keys stand there once or not at all: look on from the block at hand. */
    const uint32_t in_one = entries_a_block(cursor->table);
    const uint64_t block_end = (*first / in_one + 1) * in_one;
    const uint64_t near = block_end < num ? block_end : num;
    status = load(cursor, *first / in_one, error);
    while (status == ND_OK && *end < near && pair_of(cursor, *end).key == key)
        ++*end;
    if (status != ND_OK || *end < near || near == num)
        return status;
    if (key < UINT64_MAX)
        return lower_bound(cursor, key + 1, end, error);
    *end = num;
    return ND_OK;
}

/* --- writing --- */

nd_status nd_run_writer_begin(nd_run_writer *writer, const nd_folder *folder, uint32_t number,
                              nd_error *error)
{
    char name[ND_FILE_NAME_BYTES];
    *writer = (nd_run_writer){.allocator = folder->allocator, .number = number};
    nd_manifest_file_name(name, "run", number);
    return nd_file_open(&writer->file, folder, name, ND_FILE_CREATE, error);
}

static nd_status flush(nd_run_writer *w, nd_error *error)
{
    const uint64_t first = w->num_blocks - w->blocks.len / ND_RUN_BLOCK_BYTES;
    const nd_status status =
        nd_file_write(&w->file, first * ND_RUN_BLOCK_BYTES, w->blocks.items, w->blocks.len, error);
    w->blocks.len = 0;
    return status;
}

/* Ends the block at work, if there is one. */
static nd_status end_block(nd_run_writer *w, nd_error *error)
{
    if (w->filled == 0)
        return ND_OK;
    unsigned char *const block = w->blocks.items + w->blocks.len - ND_RUN_BLOCK_BYTES;
    const uint64_t checksum =
        nd_checksum(block, ND_RUN_BLOCK_PAYLOAD, block_place(w->number, w->num_blocks - 1));
    memcpy(block + ND_RUN_BLOCK_PAYLOAD, &checksum, sizeof checksum);
    w->filled = 0;
    return w->blocks.len >= (size_t)WRITTEN_BLOCKS * ND_RUN_BLOCK_BYTES ? flush(w, error) : ND_OK;
}

/* Room for an entry of the table at work. */
static nd_status next_place(nd_run_writer *w, unsigned char **place, nd_error *error)
{
    const size_t bytes = nd_table_entry_bytes(w->table);
    nd_status status = ND_OK;
    if (w->filled + bytes > ND_RUN_BLOCK_PAYLOAD)
        status = end_block(w, error);
    if (status == ND_OK && w->filled == 0) {
        status = ND_VEC_RESERVE(w->allocator, &w->blocks, ND_RUN_BLOCK_BYTES);
        if (status != ND_OK)
            return status;
        memset(w->blocks.items + w->blocks.len, 0, ND_RUN_BLOCK_BYTES);
        w->blocks.len += ND_RUN_BLOCK_BYTES;
        w->num_blocks++;
    }
    if (status != ND_OK)
        return status;
    *place = w->blocks.items + w->blocks.len - ND_RUN_BLOCK_BYTES + w->filled;
    w->filled += bytes;
    w->tables.items[w->table].num++;
    return ND_OK;
}

/* Room for a filter of as many samples. */
static nd_status begin_filter(nd_run_writer *w, uint64_t most)
{
    const uint64_t num = nd_key_filter_words(most * ND_FILTERED_QUARTERS_DISTINCT / 4);
    if (most == 0 || most > ND_FILTERED_SAMPLES)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(w->allocator, &w->filter, num);
    if (status == ND_OK)
        memset(w->filter.items, 0, (size_t)num * sizeof *w->filter.items);
    w->filter.len = status == ND_OK ? (size_t)num : 0;
    return status;
}

/* Takes the next key of the samples. */
static nd_status filter_key(nd_run_writer *w, uint64_t key)
{
    const bool is_new = w->num_of_key == 0 || key != w->last_key;
    w->last_key = key;
    w->num_of_key = is_new ? 1 : w->num_of_key + 1;
    if (is_new && w->filter.len > 0)
        nd_key_filter_add(w->filter.items, w->filter.len, key);
    if (w->num_of_key != ND_FREQUENT_IN_RUN)
        return ND_OK;
    const nd_status status = ND_VEC_RESERVE(w->allocator, &w->frequent, 1);
    if (status == ND_OK)
        w->frequent.items[w->frequent.len++] = key;
    return status;
}

nd_status nd_run_writer_table(nd_run_writer *writer, uint64_t most, nd_error *error)
{
    nd_status status = end_block(writer, error);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(writer->allocator, &writer->tables, 1);
    if (status == ND_OK && writer->tables.len == ND_TABLE_SAMPLES)
        status = begin_filter(writer, most);
    if (status != ND_OK)
        return status;
    writer->table = (uint32_t)writer->tables.len;
    writer->tables.items[writer->tables.len++] =
        (nd_run_table){.first_block = writer->num_blocks, .first_fence = writer->fences.len};
    return ND_OK;
}

nd_status nd_run_writer_entry(nd_run_writer *writer, const void *entry, nd_error *error)
{
    unsigned char *place = NULL;
    const nd_status status = next_place(writer, &place, error);
    if (status == ND_OK)
        memcpy(place, entry, nd_table_entry_bytes(writer->table));
    return status;
}

nd_status nd_run_writer_pair(nd_run_writer *writer, nd_key_value pair, nd_error *error)
{
    unsigned char *place = NULL;
    nd_status status = next_place(writer, &place, error);
    if (status != ND_OK)
        return status;
    const uint32_t bytes = key_bytes(writer->table), number = (uint32_t)pair.value;
    const uint64_t key = stored_key(writer->table, pair);
    memcpy(place, &key, bytes); /* little-endian: its low bytes */
    memcpy(place + bytes, &number, sizeof number);
    if (writer->table == ND_TABLE_SAMPLES)
        status = filter_key(writer, pair.key);
    if (status != ND_OK || writer->filled > nd_table_entry_bytes(writer->table))
        return status;
    status = ND_VEC_RESERVE(writer->allocator, &writer->fences, 1);
    if (status == ND_OK)
        writer->fences.items[writer->fences.len++] = pair.key;
    return status;
}

/* Copies an array, and returns what follows it. */
static char *put(char *at, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(at, bytes, len);
    return at + len;
}

static nd_status write_directory(nd_run_writer *w, nd_run_info *info, nd_error *error)
{
    const size_t num_frequent_words =
        w->frequent.len > 0 ? (size_t)nd_key_filter_words(w->frequent.len) : 0;
    const directory_sizes sizes = {w->fences.len, w->filter.len, num_frequent_words};
    const size_t tables = w->tables.len * sizeof *w->tables.items;
    const size_t len = tables + sizeof sizes +
                       (w->fences.len + w->filter.len + num_frequent_words) * sizeof(uint64_t);
    uint64_t *const directory =
        nd_alloc_zeroed(w->allocator, len / sizeof *directory, sizeof *directory);
    if (!directory)
        return ND_ERR_NO_MEMORY;
    char *at = put((char *)directory, w->tables.items, tables);
    at = put(at, &sizes, sizeof sizes);
    at = put(at, w->fences.items, w->fences.len * sizeof *w->fences.items);
    (void)put(at, w->filter.items, w->filter.len * sizeof *w->filter.items);
    uint64_t *const frequent = directory + len / sizeof *directory - num_frequent_words;
    for (size_t i = 0; i < w->frequent.len; i++)
        nd_key_filter_add(frequent, num_frequent_words, w->frequent.items[i]);
    info->number = w->number;
    info->directory_at = w->num_blocks * ND_RUN_BLOCK_BYTES;
    info->size_bytes = info->directory_at + len;
    info->directory_checksum = nd_checksum(directory, len, w->number);
    const nd_status status = nd_file_write(&w->file, info->directory_at, directory, len, error);
    nd_release(w->allocator, directory);
    return status;
}

nd_status nd_run_writer_end(nd_run_writer *writer, nd_run_info *info, nd_error *error)
{
    nd_status status = end_block(writer, error);
    if (status == ND_OK)
        status = flush(writer, error);
    if (status == ND_OK)
        status = write_directory(writer, info, error);
    if (status == ND_OK)
        status = nd_file_sync(&writer->file, error);
    if (status == ND_OK)
        nd_file_close(&writer->file);
    return status;
}

void nd_run_writer_release(nd_run_writer *writer)
{
    if (!writer->allocator)
        return;
    if (writer->file.fd >= 0) {
        nd_file_close(&writer->file);
        nd_folder_remove(writer->file.folder, writer->file.name);
    }
    ND_VEC_RELEASE(writer->allocator, &writer->blocks);
    ND_VEC_RELEASE(writer->allocator, &writer->tables);
    ND_VEC_RELEASE(writer->allocator, &writer->fences);
    ND_VEC_RELEASE(writer->allocator, &writer->filter);
    ND_VEC_RELEASE(writer->allocator, &writer->frequent);
}
