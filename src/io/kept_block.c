/*   entry of a block   | block_head | findings | documents |
 *   entry of a part    | documents |                          so that a large block takes no memory
 *   document           | document_head | preferences | id | what was learnt |
 *
 * The parts come before what stands in the entry of the block; their keys are made from its key.
 * Only a block whose own entry is there counts. */
#include "io/kept_block.h"

#include <string.h>

#include "util/error.h"
#include "util/xxh.h"

enum { PART_BYTES = 1 << 18 };

typedef struct block_head {
    uint64_t num_parts;
    uint64_t files, documents, bytes;
    uint64_t num_findings;
} block_head;

/* As in the tally. */
typedef struct kept_finding {
    uint64_t issue;
    nd_input_finding finding;
    nd_input_place first;
} kept_finding;

typedef struct document_head {
    uint64_t tag;
    uint64_t learnt_len;
    uint32_t id_len;
    uint32_t is_lasting;
} document_head;

void nd_kept_block_begin(nd_kept_block *kept, const nd_reading *reading, nd_journal_key key)
{
    kept->journal = reading->options.journal;
    kept->key = key;
    kept->num_preferences = reading->options.num_preferences;
    kept->subject.len = 0;
    kept->documents.len = 0;
    kept->num_parts = 0;
    kept->is_whole = true;
    kept->failure = (nd_error){0};
}

nd_status nd_kept_block_name(nd_kept_block *kept, const char *path)
{
    const uint64_t state = nd_journal_file_state(path);
    const nd_status status =
        nd_bytes_append(&kept->allocator, &kept->subject, path, strlen(path) + 1);
    return status == ND_OK ? nd_bytes_append(&kept->allocator, &kept->subject, &state, sizeof state)
                           : status;
}

static nd_journal_key part_key(const nd_kept_block *kept, uint64_t part)
{
    const uint64_t all[] = {kept->key.low, kept->key.high, part};
    const XXH128_hash_t digest = XXH3_128bits(all, sizeof all);
    return (nd_journal_key){digest.low64, digest.high64};
}

/* ---- into the journal ---- */

static nd_status end_part(nd_kept_block *kept)
{
    const nd_status status = nd_journal_add(
        kept->journal, ND_JOURNAL_PART, part_key(kept, kept->num_parts), (nd_journal_subject){0},
        kept->documents.items, kept->documents.len, &kept->failure);
    kept->num_parts++;
    kept->documents.len = 0;
    return status;
}

/* An nd_learn_fn. */
static nd_status take_learnt(void *ctx, const void *learnt, size_t len_bytes)
{
    nd_kept_block *const kept = ctx;
    const nd_document *const document = kept->document;
    const nd_allocator *const a = &kept->allocator;
    const document_head head = {.tag = document->tag,
                                .learnt_len = len_bytes,
                                .id_len = (uint32_t)document->id_len_bytes,
                                .is_lasting = document->is_lasting};
    nd_byte_vec *const to = &kept->documents;
    kept->is_learnt = true;
    nd_status status = nd_bytes_append(a, to, &head, sizeof head);
    if (status == ND_OK)
        status = nd_bytes_append(a, to, document->preferences,
                                 kept->num_preferences * sizeof *document->preferences);
    if (status == ND_OK)
        status = nd_bytes_append(a, to, document->id, document->id_len_bytes);
    if (status == ND_OK)
        status = nd_bytes_append(a, to, learnt, len_bytes);
    return status == ND_OK && to->len >= PART_BYTES ? end_part(kept) : status;
}

/* An nd_document_fn. */
static nd_status emit_and_keep(void *ctx, const nd_document *document)
{
    nd_kept_block *const kept = ctx;
    nd_document asking = *document;
    asking.learn = take_learnt;
    asking.learn_ctx = kept;
    kept->document = &asking;
    kept->is_learnt = false;
    const nd_status status = kept->to->fn(kept->to->ctx, &asking);
    kept->is_whole &= kept->is_learnt;
    return status;
}

nd_emitter nd_kept_block_emitter(nd_kept_block *kept, const nd_emitter *to)
{
    kept->to = to;
    return (nd_emitter){emit_and_keep, kept};
}

static nd_status append_findings(nd_kept_block *kept, const nd_tally *tally)
{
    nd_status status = ND_OK;
    for (unsigned issue = 0; issue < ND_NUM_ISSUES && status == ND_OK; issue++) {
        if (tally->findings[issue].count == 0)
            continue;
        kept_finding one;
        memset(&one, 0, sizeof one); /* its gaps are written, too */
        one.issue = issue;
        one.finding = tally->findings[issue];
        one.first = tally->first[issue];
        status = nd_bytes_append(&kept->allocator, &kept->entry, &one, sizeof one);
    }
    return status;
}

nd_status nd_kept_block_end(nd_kept_block *kept, const nd_tally *tally, uint64_t bytes,
                            nd_error *error)
{
    block_head head = {.num_parts = kept->num_parts,
                       .files = tally->files,
                       .documents = tally->documents,
                       .bytes = bytes};
    if (!kept->is_whole)
        return ND_OK;
    for (unsigned issue = 0; issue < ND_NUM_ISSUES; issue++)
        head.num_findings += tally->findings[issue].count > 0;
    kept->entry.len = 0;
    nd_status status = nd_bytes_append(&kept->allocator, &kept->entry, &head, sizeof head);
    if (status == ND_OK)
        status = append_findings(kept, tally);
    if (status == ND_OK)
        status = nd_bytes_append(&kept->allocator, &kept->entry, kept->documents.items,
                                 kept->documents.len);
    if (status != ND_OK)
        return status;
    const nd_journal_subject subject = {kept->subject.items, kept->subject.len};
    return nd_journal_add(kept->journal, ND_JOURNAL_WHOLE, kept->key, subject, kept->entry.items,
                          kept->entry.len, error);
}

/* ---- out of it ---- */

/* Bytes that are left of an entry. */
typedef struct unread {
    const char *p;
    size_t len;
} unread;

static bool take(unread *from, void *to, size_t len)
{
    if (len > from->len)
        return false;
    if (len > 0)
        memcpy(to, from->p, len);
    from->p += len;
    from->len -= len;
    return true;
}

static const char *pass(unread *from, uint64_t len)
{
    const char *const p = from->p;
    if (len > from->len)
        return NULL;
    from->p += len;
    from->len -= (size_t)len;
    return p;
}

/* Emits the documents that the bytes consist of. */
static nd_status emit_documents(const nd_kept_block *kept, unread from, const nd_emitter *to)
{
    nd_status status = ND_OK;
    while (from.len > 0 && status == ND_OK) {
        document_head head;
        nd_document document = {0};
        if (!take(&from, &head, sizeof head) ||
            !take(&from, document.preferences,
                  kept->num_preferences * sizeof *document.preferences))
            return ND_ERR_FORMAT;
        document.id = pass(&from, head.id_len);
        document.learnt = document.id ? pass(&from, head.learnt_len) : NULL;
        if (!document.learnt)
            return ND_ERR_FORMAT;
        document.id_len_bytes = head.id_len;
        document.learnt_len_bytes = (size_t)head.learnt_len;
        document.tag = head.tag;
        document.is_lasting = head.is_lasting;
        status = to->fn(to->ctx, &document);
    }
    return status;
}

static bool take_findings(unread *from, uint64_t num, nd_tally *tally)
{
    nd_tally counted = {0};
    kept_finding one;
    for (uint64_t i = 0; i < num; i++) {
        if (!take(from, &one, sizeof one) || one.issue >= ND_NUM_ISSUES || one.finding.count == 0)
            return false;
        one.finding.first.message[sizeof one.finding.first.message - 1] = '\0';
        counted.findings[one.issue] = one.finding;
        counted.first[one.issue] = one.first;
    }
    nd_tally_move(tally, &counted);
    return true;
}

/* Reads an entry into kept->entry; what is not there is not found. */
static nd_status find_entry(nd_kept_block *kept, nd_journal_key key, bool *found, nd_error *error)
{
    return nd_journal_find(kept->journal, key, &kept->entry, found, error);
}

/* Whether all parts are there: nothing is emitted before that is known. */
static nd_status find_parts(nd_kept_block *kept, uint64_t num, bool *found, nd_error *error)
{
    nd_status status = ND_OK;
    *found = true;
    for (uint64_t part = 0; part < num && status == ND_OK && *found; part++)
        status = find_entry(kept, part_key(kept, part), found, error);
    return status;
}

static nd_status emit_parts(nd_kept_block *kept, uint64_t num, const nd_emitter *to,
                            nd_error *error)
{
    nd_status status = ND_OK;
    for (uint64_t part = 0; part < num && status == ND_OK; part++) {
        bool found;
        status = find_entry(kept, part_key(kept, part), &found, error);
        if (status == ND_OK && !found)
            status = ND_ERR_FORMAT; /* it was there just now */
        if (status == ND_OK)
            status = emit_documents(kept, (unread){kept->entry.items, kept->entry.len}, to);
    }
    return status;
}

nd_status nd_kept_block_emit(nd_kept_block *kept, const nd_emitter *to, nd_tally *tally,
                             uint64_t *bytes, bool *found, nd_error *error)
{
    block_head head = {0};
    nd_status status = find_entry(kept, kept->key, found, error);
    if (status != ND_OK || !*found)
        return status;
    unread from = {kept->entry.items, kept->entry.len};
    if (!take(&from, &head, sizeof head))
        return ND_ERR_FORMAT;
    if (head.num_parts > 0) {
        status = find_parts(kept, head.num_parts, found, error);
        if (status == ND_OK && *found)
            status = emit_parts(kept, head.num_parts, to, error);
        if (status != ND_OK || !*found)
            return status;
        status = find_entry(kept, kept->key, found, error); /* again, behind its parts */
        if (status != ND_OK || !*found)
            return status == ND_OK ? ND_ERR_FORMAT : status;
        from = (unread){kept->entry.items, kept->entry.len};
        (void)pass(&from, sizeof head);
    }
    if (!take_findings(&from, head.num_findings, tally))
        return ND_ERR_FORMAT;
    tally->files += head.files;
    tally->documents += head.documents;
    *bytes += head.bytes;
    return emit_documents(kept, from, to);
}

/* ---- memory ---- */

void nd_kept_block_trim(nd_kept_block *kept, size_t keep_bytes)
{
    nd_bytes_trim(&kept->allocator, &kept->documents, keep_bytes);
    nd_bytes_trim(&kept->allocator, &kept->entry, keep_bytes);
}

void nd_kept_block_release(nd_kept_block *kept)
{
    ND_VEC_RELEASE(&kept->allocator, &kept->subject);
    ND_VEC_RELEASE(&kept->allocator, &kept->documents);
    ND_VEC_RELEASE(&kept->allocator, &kept->entry);
}
