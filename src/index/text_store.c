/* zstd (Facebook; RFC 8878) at its quickest level makes news texts 0.5 to 0.6 times as long, in
 * 20 microseconds a text of 3 KB, and takes 5 to read one back; zlib needs three times as long for
 * the same. Hashes of shingles, kept in place of the text, would take 2.4 times the room, since
 * they are random.
 *
 * What takes an allocator stands in the part of zstd.h that may change; these functions have not
 * changed since zstd 1.0. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "index/text_store.h"

#include <string.h>

#include "text/tokenise/tokeniser.h"
#include "util/xxh.h"

enum { LEVEL = 1, MEAN_SET_BYTES = 4096 };

static void *allocate(void *opaque, size_t size)
{
    return nd_alloc(opaque, size, 1);
}

static void release(void *opaque, void *block)
{
    nd_release(opaque, block);
}

static ZSTD_customMem memory_of(const nd_allocator *allocator)
{
    return (ZSTD_customMem){allocate, release, (void *)(uintptr_t)allocator};
}

nd_status nd_text_packer_pack(nd_text_packer *packer, const nd_allocator *allocator,
                              const char *normalised, size_t len, const char **stored,
                              size_t *stored_bytes)
{
    if (!packer->context)
        packer->context = ZSTD_createCCtx_advanced(memory_of(allocator));
    packer->packed.len = 0;
    if (!packer->context ||
        ND_VEC_RESERVE(allocator, &packer->packed, ZSTD_compressBound(len)) != ND_OK)
        return ND_ERR_NO_MEMORY;
    const size_t packed = ZSTD_compressCCtx(packer->context, packer->packed.items,
                                            packer->packed.capacity, normalised, len, LEVEL);
    if (ZSTD_isError(packed))
        return ND_ERR_NO_MEMORY;
    *stored = packed < len ? packer->packed.items : normalised;
    *stored_bytes = packed < len ? packed : len;
    return ND_OK;
}

void nd_text_packer_release(nd_text_packer *packer, const nd_allocator *allocator)
{
    ZSTD_freeCCtx(packer->context);
    ND_VEC_RELEASE(allocator, &packer->packed);
    packer->context = NULL;
}

nd_status nd_text_reader_init(nd_text_reader *reader, nd_shingle_spec shingle, size_t cache_bytes,
                              const nd_allocator *allocator)
{
    *reader = (nd_text_reader){.allocator = allocator, .shingle = shingle};
    reader->most_bytes = cache_bytes;
    reader->num_cached = cache_bytes / MEAN_SET_BYTES + 1;
    reader->cached = nd_alloc_zeroed(allocator, reader->num_cached, sizeof *reader->cached);
    reader->context = ZSTD_createDCtx_advanced(memory_of(allocator));
    if (!reader->cached || !reader->context)
        return ND_ERR_NO_MEMORY;
    return nd_text_new(allocator, &reader->text);
}

static nd_status damaged(const nd_log *log, uint64_t offset, nd_error *error)
{
    return nd_file_damaged(&log->file, error, "the text at byte %llu", (unsigned long long)offset);
}

nd_status nd_text_reader_stored(nd_text_reader *reader, const nd_log *log,
                                const nd_text_entry *entry, const char **stored, nd_error *error)
{
    nd_text_change head;
    nd_status status = nd_log_read(log, entry->offset, &head, sizeof head, error);
    if (status != ND_OK)
        return status;
    if (head.head.kind != ND_CHANGE_TEXT || head.stored_bytes != entry->stored_bytes ||
        head.normalised_bytes != entry->normalised_bytes ||
        nd_change_covered_bytes(&head.head) == 0)
        return damaged(log, entry->offset, error);
    reader->stored.len = 0;
    status = ND_VEC_RESERVE(reader->allocator, &reader->stored, head.stored_bytes + (size_t)1);
    *stored = reader->stored.items;
    return status == ND_OK
               ? nd_log_read(log, entry->offset + sizeof head + head.num_keys * sizeof(uint32_t),
                             reader->stored.items, head.stored_bytes, error)
               : status;
}

/* Reads a text, and undoes the compression. */
static nd_status unpack(nd_text_reader *r, const nd_log *log, const nd_text_entry *entry,
                        const char **normalised, nd_error *error)
{
    const size_t stored = entry->stored_bytes, len = entry->normalised_bytes;
    nd_status status = nd_text_reader_stored(r, log, entry, normalised, error);
    if (status != ND_OK || stored == len)
        return status;
    /* Before room is made for it: nobody writes a frame that says another length. */
    if (ZSTD_getFrameContentSize(r->stored.items, stored) != len)
        return damaged(log, entry->offset, error);
    r->normalised.len = 0;
    status = ND_VEC_RESERVE(r->allocator, &r->normalised, len + 1);
    if (status != ND_OK)
        return status;
    *normalised = r->normalised.items;
    return ZSTD_decompressDCtx(r->context, r->normalised.items, len, r->stored.items, stored) == len
               ? ND_OK
               : damaged(log, entry->offset, error);
}

nd_status nd_text_reader_text(nd_text_reader *reader, const nd_log *log, const nd_text_entry *entry,
                              const nd_text **text, nd_error *error)
{
    const char *normalised = NULL;
    *text = reader->text;
    if ((entry->digest[0] | entry->digest[1]) != 0 && entry->digest[0] == reader->current[0] &&
        entry->digest[1] == reader->current[1])
        return ND_OK; /* its set was made of it just now */
    reader->current[0] = reader->current[1] = 0;
    nd_status status = unpack(reader, log, entry, &normalised, error);
    if (status != ND_OK)
        return status;
    const size_t len = entry->normalised_bytes;
    const XXH128_hash_t digest = XXH3_128bits(normalised, len);
    if (digest.low64 != entry->digest[0] || digest.high64 != entry->digest[1])
        return damaged(log, entry->offset, error);
    status = nd_text_set_normalised(reader->text, normalised, len);
    if (status == ND_OK)
        memcpy(reader->current, entry->digest, sizeof reader->current);
    return status;
}

static void forget(nd_text_reader *r, nd_cached_set *cached)
{
    r->cached_bytes -= cached->size * sizeof *cached->elements;
    nd_release(r->allocator, cached->elements);
    *cached = (nd_cached_set){0};
}

/* Room in the cache; a set that is larger than all of it is kept alone. */
static nd_cached_set *make_room(nd_text_reader *r, uint32_t number, size_t bytes)
{
    nd_cached_set *const place = &r->cached[number % r->num_cached];
    forget(r, place);
    while (r->cached_bytes > 0 && r->cached_bytes + bytes > r->most_bytes) {
        forget(r, &r->cached[r->oldest]);
        r->oldest = (r->oldest + 1) % r->num_cached;
    }
    return place;
}

nd_status nd_text_reader_set(nd_text_reader *reader, const nd_log *log, uint32_t number,
                             const nd_text_entry *entry, const uint64_t **set, nd_error *error)
{
    nd_cached_set *place = &reader->cached[number % reader->num_cached];
    if (place->elements && place->text == number) {
        *set = place->elements;
        return ND_OK;
    }
    const nd_text *text = NULL;
    nd_status status = nd_text_reader_text(reader, log, entry, &text, error);
    if (status != ND_OK)
        return status;
    const size_t num = nd_shingle_count(text, reader->shingle);
    uint64_t *const elements = nd_alloc(reader->allocator, num, sizeof *elements);
    reader->scratch.len = 0;
    status = ND_VEC_RESERVE(reader->allocator, &reader->scratch, num);
    if (!elements || status != ND_OK) {
        nd_release(reader->allocator, elements);
        return ND_ERR_NO_MEMORY;
    }
    status = nd_shingle_hashes(text, reader->shingle, elements);
    const size_t size = nd_shingle_set(elements, num, reader->scratch.items);
    if (status != ND_OK || size != entry->num_shingles || size == 0) {
        nd_release(reader->allocator, elements);
        return status != ND_OK ? status : damaged(log, entry->offset, error);
    }
    place = make_room(reader, number, size * sizeof *elements);
    *place = (nd_cached_set){elements, number, (uint32_t)size};
    reader->cached_bytes += size * sizeof *elements;
    *set = elements;
    return ND_OK;
}

void nd_text_reader_clear(nd_text_reader *reader)
{
    reader->current[0] = reader->current[1] = 0;
    for (size_t i = 0; i < reader->num_cached; i++)
        forget(reader, &reader->cached[i]);
}

void nd_text_reader_release(nd_text_reader *reader)
{
    if (!reader->allocator)
        return;
    if (reader->cached)
        nd_text_reader_clear(reader);
    nd_release(reader->allocator, reader->cached);
    ZSTD_freeDCtx(reader->context);
    nd_text_free(reader->text);
    ND_VEC_RELEASE(reader->allocator, &reader->stored);
    ND_VEC_RELEASE(reader->allocator, &reader->normalised);
    ND_VEC_RELEASE(reader->allocator, &reader->scratch);
    *reader = (nd_text_reader){0};
}
