#include <string.h>

#include "index/query.h"
#include "index/writer.h"
#include "neardup/document_map.h"
#include "util/error.h"

#define DEFAULT_CACHE_BYTES ((size_t)32 << 20)
enum { BLOCKS_SHARE = 8, ENTRIES_SHARE = 8 }; /* of the cache; the rest is for sets */

static const char LOCK_NAME[] = "lock";

nd_status nd_index_fail(nd_error *error, nd_status status)
{
    if (error && status != ND_OK && error->code != status)
        nd_error_set(error, status, "%s", nd_status_message(status));
    return status;
}

nd_status nd_index_check_usable(const nd_index *index, nd_error *error)
{
    if (!index->is_unclear)
        return ND_OK;
    return nd_error_set(error, ND_ERR_IO, "'%s' has to be opened again", index->folder.path);
}

/* --- create --- */

static nd_status describe(const nd_scan_options *options, nd_manifest *m, nd_error *error)
{
    nd_scan_options full;
    nd_scan_options_init(&full);
    *m = (nd_manifest){.state = 1, .log = 1, .next_number = 2, .log_covered = nd_log_start()};
    nd_status status = options ? nd_option_struct_copy(&full, options) : ND_OK;
    if (status == ND_OK)
        status = nd_spec_from_options(&full, &m->spec);
    if (status == ND_OK && full.coverage > 0)
        return nd_error_set(error, ND_ERR_UNSUPPORTED,
                            "'coverage' depends on all documents of a scan: an index has none");
    m->rule = full.rule;
    m->recall = full.recall;
    m->score = full.score;
    return nd_index_fail(error, status);
}

nd_status nd_index_create(const char *path, const nd_scan_options *options,
                          const nd_allocator *allocator, nd_error *error)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_manifest m;
    nd_folder folder = {.fd = -1};
    nd_log log = {.file = ND_FILE_CLOSED};
    if (error)
        *error = (nd_error){0};
    nd_status status = describe(options, &m, error);
    if (status != ND_OK)
        return status;
    status = nd_folder_create(&folder, path, &a, error);
    if (status == ND_OK)
        status = nd_log_create(&log, &folder, m.log, error);
    if (status == ND_OK)
        status = nd_manifest_write(&folder, &m, error);
    nd_log_close(&log);
    nd_folder_close(&folder);
    return nd_index_fail(error, status);
}

/* --- open and free --- */

void nd_index_options_init_sized(nd_index_options *options, size_t size_bytes)
{
    const nd_index_options full = {
        .size_bytes = sizeof full, .cache_bytes = DEFAULT_CACHE_BYTES, .tail_documents = 8192};
    nd_option_struct_init(options, size_bytes, &full);
}

static nd_status new_handle(const nd_index_options *options, const nd_allocator *allocator,
                            nd_index **out, nd_error *error)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_index *const index = nd_alloc_zeroed(&a, 1, sizeof *index);
    if (!index)
        return ND_ERR_NO_MEMORY;
    index->allocator = a;
    index->folder.fd = index->lock.fd = index->gone.fd = index->log.file.fd = -1;
    *out = index;
    nd_index_options_init(&index->options);
    const nd_status status = options ? nd_option_struct_copy(&index->options, options) : ND_OK;
    if (status != ND_OK || index->options.access > ND_INDEX_WRITE ||
        index->options.durability > ND_INDEX_UNSYNCED)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "an option of the index out of range");
    index->num_threads =
        index->options.num_threads ? index->options.num_threads : nd_num_processors();
    return ND_OK;
}

/* Whether this library makes such hashes, and the caller wants them. */
static nd_status check_spec(const nd_index *index, nd_error *error)
{
    nd_error of_spec = {0};
    const nd_spec *const own = &index->manifest.spec, *const wanted = index->options.spec;
    nd_sketcher *sketcher = NULL;
    nd_status status = nd_sketcher_new(own, 1, &index->allocator, &sketcher, &of_spec);
    nd_sketcher_free(sketcher);
    if (status == ND_OK && wanted)
        status = nd_spec_check(wanted, own, &of_spec);
    if (status != ND_OK)
        return nd_error_set(error, status, "'%s': %s", index->folder.path, of_spec.message);
    return ND_OK;
}

static nd_status open_folder(nd_index *index, const char *path, nd_error *error)
{
    const bool writes = index->options.access == ND_INDEX_WRITE;
    const size_t most = index->options.cache_bytes, for_blocks = most / BLOCKS_SHARE;
    const size_t num_kept = most / ENTRIES_SHARE / sizeof *index->kept;
    nd_manifest manifest;
    nd_status status = nd_folder_open(&index->folder, path, &index->allocator, error);
    if (status == ND_OK) /* before a lock is put into somebody's folder */
        status = nd_manifest_read(&index->folder, &manifest, error);
    if (status == ND_OK && writes)
        status = nd_folder_lock(&index->folder, LOCK_NAME, index->options.lock_wait_ms,
                                &index->lock, error);
    if (status == ND_OK)
        status = nd_text_reader_init(&index->texts, manifest.spec.shingle,
                                     most - for_blocks - most / ENTRIES_SHARE, &index->allocator);
    if (status == ND_OK)
        status = nd_block_cache_new(for_blocks, &index->allocator, &index->blocks);
    if (status == ND_OK && num_kept > 0) {
        index->kept = nd_alloc_zeroed(&index->allocator, num_kept, sizeof *index->kept);
        index->num_kept = index->kept ? num_kept : 0;
        status = index->kept ? ND_OK : ND_ERR_NO_MEMORY;
    }
    if (status == ND_OK)
        status = nd_index_load(index, error);
    if (status == ND_OK)
        status = check_spec(index, error);
    if (status != ND_OK || !writes)
        return status;
    status = nd_manifest_sweep(&index->folder, &index->manifest, error);
    return status == ND_OK ? nd_log_announce(&index->log, index->manifest.state, error) : status;
}

nd_status nd_index_open(const char *path, const nd_index_options *options,
                        const nd_allocator *allocator, nd_index **out, nd_error *error)
{
    nd_index *index = NULL;
    *out = NULL;
    if (error)
        *error = (nd_error){0};
    nd_status status = new_handle(options, allocator, &index, error);
    if (status == ND_OK)
        status = open_folder(index, path, error);
    if (status != ND_OK) {
        nd_index_free(index);
        return nd_index_fail(error, status);
    }
    *out = index;
    return ND_OK;
}

void nd_index_free(nd_index *index)
{
    if (!index)
        return;
    const nd_allocator a = index->allocator;
    if (index->options.access == ND_INDEX_WRITE && index->log.allocator)
        (void)!nd_log_roll_back(&index->log, NULL);
    nd_preparers_free(index);
    nd_query_scratch_release(&index->query, &a);
    nd_index_unload(index);
    nd_block_cache_free(index->blocks);
    nd_release(&a, index->kept);
    nd_text_reader_release(&index->texts);
    nd_file_close(&index->lock);
    nd_folder_close(&index->folder);
    nd_release(&a, index->record.words);
    nd_release(&a, index);
}

/* --- states --- */

nd_status nd_index_refresh(nd_index *index, nd_error *error)
{
    nd_log_mark mark = {0};
    nd_status status = nd_index_check_usable(index, error);
    if (status != ND_OK || index->options.access == ND_INDEX_WRITE)
        return status;
    const bool is_replaced = nd_file_is_unlinked(&index->log.file);
    if (!is_replaced)
        status = nd_log_look(&index->log, &mark, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    if (is_replaced || mark.state > index->manifest.state)
        status = nd_index_load(index, error);
    else if (mark.committed > index->log.mark.committed) {
        const nd_log_mark before = index->log.mark;
        index->log.mark = mark;
        status = nd_index_replay(index, before.committed, before.frames, error);
        if (status == ND_ERR_FORMAT) /* or a commit that failed was seen: what is there now? */
            status = nd_index_load(index, error);
    }
    index->is_unclear = status != ND_OK;
    return nd_index_fail(error, status);
}

nd_status nd_index_commit(nd_index *index, nd_error *error)
{
    nd_error ignored;
    nd_status status = nd_index_check_usable(index, error);
    if (status == ND_OK && index->options.access != ND_INDEX_WRITE)
        status = nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "'%s' is open for reading",
                              index->folder.path);
    if (status != ND_OK || index->num_pending == 0)
        return status;
    const nd_durability durability =
        index->options.durability == ND_INDEX_SYNCED ? ND_DURABLE : ND_NOT_SYNCED;
    status = nd_log_commit(&index->log, durability, error);
    if (status != ND_OK)
        return nd_index_fail(error, nd_writer_give_up(index, status));
    index->num_pending = 0;
    index->num_frames_in_tail = index->log.frames - index->manifest.log_frames;
    /* What is committed is, whether there is room for another run or not: the next change says. */
    (void)!nd_writer_begin(index, &ignored);
    return ND_OK;
}

nd_status nd_index_roll_back(nd_index *index, nd_error *error)
{
    const nd_status status = nd_index_check_usable(index, error);
    if (status != ND_OK || index->num_pending == 0)
        return status;
    nd_writer_give_up(index, ND_OK);
    return nd_index_check_usable(index, error);
}

/* --- documents --- */

static nd_status describe_document(nd_index *index, uint32_t number, nd_index_entry *out,
                                   nd_error *error)
{
    nd_record_buffer *const buffer = &index->query.record;
    nd_document_entry entry;
    nd_text_entry text = {0};
    nd_status status = nd_index_document_entry(index, number, &entry, error);
    if (status == ND_OK)
        status = nd_index_read_document(index, &entry, buffer, error);
    if (status == ND_OK && entry.text != ND_NO_NUMBER)
        status = nd_index_text_entry(index, entry.text, &text, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    const nd_document_change *const record = nd_record_of(buffer);
    *out = (nd_index_entry){
        .id = nd_document_change_id(record),
        .id_len_bytes = record->id_bytes,
        .source = record->source_bytes > 0 ? nd_document_change_source(record) : NULL,
        .source_len_bytes = record->source_bytes,
        .time = record->time,
        .tag = record->tag,
        .text_bytes = record->text_bytes,
        .num_tokens = text.num_tokens,
        .digest = {text.digest[0], text.digest[1]},
    };
    return ND_OK;
}

nd_status nd_index_get(nd_index *index, const char *id, size_t id_len_bytes, nd_index_entry *entry,
                       nd_error *error)
{
    uint32_t number = ND_NO_NUMBER;
    nd_status status = nd_index_check_usable(index, error);
    *entry = (nd_index_entry){0};
    if (status == ND_OK)
        status = nd_index_find_id(index, (nd_bytes_view){id, id_len_bytes}, &index->query.record,
                                  &number, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    return number == ND_NO_NUMBER ? nd_index_no_document(index, id, id_len_bytes, error)
                                  : describe_document(index, number, entry, error);
}

nd_status nd_index_no_document(const nd_index *index, const char *id, size_t id_len_bytes,
                               nd_error *error)
{
    const int shown = (int)(id_len_bytes < 200 ? id_len_bytes : 200);
    return nd_error_set(error, ND_ERR_NOT_FOUND, "'%s' has no document '%.*s'", index->folder.path,
                        shown, id);
}

nd_status nd_index_each(nd_index *index, nd_index_entry_fn each, void *ctx, nd_error *error)
{
    nd_status status = nd_index_check_usable(index, error);
    for (uint32_t number = 0; status == ND_OK && number < index->num_documents; number++) {
        nd_index_entry entry;
        if (nd_bits_has(&index->removals.documents, number))
            continue;
        status = describe_document(index, number, &entry, error);
        if (status == ND_OK)
            status = each(ctx, &entry);
    }
    return status;
}

const nd_spec *nd_index_spec(const nd_index *index)
{
    return &index->manifest.spec;
}

nd_match_rule nd_index_rule(const nd_index *index)
{
    return index->manifest.rule;
}

double nd_index_score(const nd_index *index)
{
    return index->manifest.score;
}
