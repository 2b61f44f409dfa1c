/* A run: immutable tables over consecutive documents and texts of the log, in one file. */
#ifndef INDEX_RUN_H
#define INDEX_RUN_H

#include "index/block_cache.h"
#include "index/entry.h"
#include "index/key_filter.h"
#include "index/manifest.h"
#include "util/alloc.h"
#include "util/sort.h"

/* The tables of a run, in their order. Those of entries are by number; the others are sorted by
 * key and map it to a number, and one key may stand there several times. */
enum {
    ND_TABLE_DOCUMENTS = 0, /* nd_document_entry */
    ND_TABLE_TEXTS,         /* nd_text_entry */
    ND_TABLE_IDS,           /* nd_id_hash -> document */
    ND_TABLE_DIGESTS,       /* first half of a digest -> text */
    ND_TABLE_COPIES,        /* text -> document that is not its first */
    ND_TABLE_SAMPLES,       /* nd_sample_key -> text, the largest first; empty with bands */
    ND_TABLE_BANDS,         /* and on, one a band: nd_band_key_short -> text, in a bucket's order */
};

/* A text that has a sampled shingle stands under 44 bits of its hash: so few of a million texts
 * meet by chance, and what is found is verified. */
enum { ND_SAMPLE_KEY_SHIFT = 20 };

static inline uint64_t nd_sample_key(uint64_t hash)
{
    return hash >> ND_SAMPLE_KEY_SHIFT;
}

/* The value of a sample; of other tables only the number is there.
 *
 *   | zeros, 28 bits | size class, 3 (sampling.h) | is one of the text's picks, 1 | its number, 32
 * |
 */
#define ND_MEMBER_PICKS (UINT64_C(1) << 32)
enum { ND_MEMBER_CLASS_SHIFT = 33, ND_MEMBER_EXTRA_BITS = 4, ND_MEMBER_CLASSES = 8 };

/* Larger ones take longer to copy and to check than to find, smaller ones more memory for fences.
 */
enum { ND_RUN_BLOCK_BYTES = 1024, ND_RUN_BLOCK_PAYLOAD = ND_RUN_BLOCK_BYTES - 8 };

static inline uint32_t nd_run_num_tables(const nd_spec *spec)
{
    return ND_TABLE_BANDS + spec->bands;
}

/* Bytes of an entry: keys of 4, 6 or 8 bytes and a number of 4. */
uint32_t nd_table_entry_bytes(uint32_t table);

/* What is known in memory of the samples of a run. */
enum {
    ND_FREQUENT_IN_RUN = 8,           /* so many texts of a run have the keys of `frequent` */
    ND_FILTERED_SAMPLES = 1 << 24,    /* of a run with more, no filter has all keys */
    ND_FILTERED_QUARTERS_DISTINCT = 3 /* so many of four samples are taken to have different keys */
};

typedef struct nd_run_table {
    uint64_t first_block, num; /* entries */
    uint64_t first_fence;      /* of a sorted table: the keys that its blocks begin with */
} nd_run_table;

/* Thread-safe once it is open. */
typedef struct nd_run {
    nd_file file;
    nd_run_info info;
    uint32_t num_tables;
    uint64_t *directory; /* what the tables and fences lie in */
    const nd_run_table *tables;
    const uint64_t *fences;
    uint64_t num_fences;
    nd_key_filter keys;     /* of the samples; no words: it may have any */
    nd_key_filter frequent; /* those of them that ND_FREQUENT_IN_RUN texts have, or more */
} nd_run;

ND_NODISCARD nd_status nd_run_open(nd_run *run, const nd_folder *folder, const nd_spec *spec,
                                   const nd_run_info *info, nd_error *error);
void nd_run_close(nd_run *run, const nd_allocator *allocator);

/* Whether a text may have the sample, and whether more than ND_FREQUENT_IN_RUN - 1 may. */
static inline bool nd_run_may_have_sample(const nd_run *run, uint64_t key)
{
    return run->keys.num_words == 0 || nd_key_filter_may_have(run->keys, key);
}

static inline bool nd_run_may_have_frequent(const nd_run *run, uint64_t key)
{
    return run->frequent.num_words > 0 && nd_key_filter_may_have(run->frequent, key);
}

/* Where a table is read; it keeps one block, so neighbours cost nothing. */
typedef struct nd_run_cursor {
    const nd_run *run;
    nd_block_cache *cache; /* NULL: what was read before is forgotten. Not for entries of texts */
    uint32_t table;
    uint64_t block; /* UINT64_MAX: none */
    union {
        uint64_t words[ND_RUN_BLOCK_BYTES / 8];
        unsigned char bytes[ND_RUN_BLOCK_BYTES];
    } page;
} nd_run_cursor;

void nd_run_cursor_init(nd_run_cursor *cursor, const nd_run *run, uint32_t table,
                        nd_block_cache *cache);

/* Entry `at` of a table, which has more. */
ND_NODISCARD nd_status nd_run_cursor_entry(nd_run_cursor *cursor, uint64_t at, void *entry,
                                           nd_error *error);
ND_NODISCARD nd_status nd_run_cursor_pair(nd_run_cursor *cursor, uint64_t at, nd_key_value *pair,
                                          nd_error *error);

/* Entries [*first, *end) of a sorted table are those of a key. */
ND_NODISCARD nd_status nd_run_cursor_find(nd_run_cursor *cursor, uint64_t key, uint64_t *first,
                                          uint64_t *end, nd_error *error);

/* --- writing --- */

/* Tables are written in their order, all of them, each to its end. Exclusive. */
typedef struct nd_run_writer {
    const nd_allocator *allocator;
    nd_file file;
    uint32_t number, table;
    uint64_t num_blocks;           /* begun */
    uint64_t last_key, num_of_key; /* of samples: the key at work, and how many have it so far */
    size_t filled; /* bytes of the last of them, which stands at the end of `blocks` */
    ND_VEC(unsigned char) blocks; /* not yet written */
    ND_VEC(nd_run_table) tables;
    ND_VEC(uint64_t) fences;
    ND_VEC(uint64_t) filter;   /* of samples */
    ND_VEC(uint64_t) frequent; /* keys that many have */
} nd_run_writer;

ND_NODISCARD nd_status nd_run_writer_begin(nd_run_writer *writer, const nd_folder *folder,
                                           uint32_t number, nd_error *error);

/* Begins the next table, of `most` entries at most. */
ND_NODISCARD nd_status nd_run_writer_table(nd_run_writer *writer, uint64_t most, nd_error *error);

/* Appends to a table of entries, and to a sorted one. */
ND_NODISCARD nd_status nd_run_writer_entry(nd_run_writer *writer, const void *entry,
                                           nd_error *error);
ND_NODISCARD nd_status nd_run_writer_pair(nd_run_writer *writer, nd_key_value pair,
                                          nd_error *error);

/* Ends the last table and syncs the file; fills in number, size and directory. */
ND_NODISCARD nd_status nd_run_writer_end(nd_run_writer *writer, nd_run_info *info, nd_error *error);

/* After a failure the file is removed. */
void nd_run_writer_release(nd_run_writer *writer);

#endif
