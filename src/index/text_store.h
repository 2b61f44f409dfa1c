/* The texts of an index: normalised, compressed one by one, and read back as shingle sets. */
#ifndef INDEX_TEXT_STORE_H
#define INDEX_TEXT_STORE_H

#include "index/entry.h"
#include "index/log.h"
#include "neardup/shingle.h"
#include "util/u64_map.h"

/* --- compressing --- */

/* Exclusive; zero it before the first use. */
typedef struct nd_text_packer {
    struct ZSTD_CCtx_s *context;
    ND_VEC(char) packed;
} nd_text_packer;

/* *stored is the packer's, or the text itself where compressing does not shorten it. */
ND_NODISCARD nd_status nd_text_packer_pack(nd_text_packer *packer, const nd_allocator *allocator,
                                           const char *normalised, size_t len, const char **stored,
                                           size_t *stored_bytes);

void nd_text_packer_release(nd_text_packer *packer, const nd_allocator *allocator);

/* --- reading --- */

/* A set that was made of a text lately. */
typedef struct nd_cached_set {
    uint64_t *elements; /* NULL: none */
    uint32_t text, size;
} nd_cached_set;

/* Reads texts and makes sets of them; keeps some, the latest ones, as candidates come back: a story
 * that everybody runs is compared with everything that comes in. Exclusive. */
typedef struct nd_text_reader {
    const nd_allocator *allocator;
    nd_shingle_spec shingle;
    struct ZSTD_DCtx_s *context;
    nd_text *text;
    ND_VEC(char) stored;
    ND_VEC(char) normalised;
    ND_VEC(uint64_t) scratch;
    uint64_t current[2];   /* digest of what `text` has; zeros: nothing */
    nd_cached_set *cached; /* num_cached of them: by the text's number */
    size_t num_cached, cached_bytes, most_bytes;
    size_t oldest; /* the next one to go, where bytes are short */
} nd_text_reader;

/* Keeps sets of cache_bytes in all, at most. Release it also after a failure. */
ND_NODISCARD nd_status nd_text_reader_init(nd_text_reader *reader, nd_shingle_spec shingle,
                                           size_t cache_bytes, const nd_allocator *allocator);

/* The shingle set of text `number`, until the next call for another text. Its digest is checked:
 * ND_ERR_FORMAT where what was read is not that text. */
ND_NODISCARD nd_status nd_text_reader_set(nd_text_reader *reader, const nd_log *log,
                                          uint32_t number, const nd_text_entry *entry,
                                          const uint64_t **set, nd_error *error);

/* The text as it is stored, entry->stored_bytes, until the next call. */
ND_NODISCARD nd_status nd_text_reader_stored(nd_text_reader *reader, const nd_log *log,
                                             const nd_text_entry *entry, const char **stored,
                                             nd_error *error);

/* The text's tokens, until the next call. */
ND_NODISCARD nd_status nd_text_reader_text(nd_text_reader *reader, const nd_log *log,
                                           const nd_text_entry *entry, const nd_text **text,
                                           nd_error *error);

/* Forgets the sets: numbers mean other texts from now on. */
void nd_text_reader_clear(nd_text_reader *reader);

void nd_text_reader_release(nd_text_reader *reader);

#endif
