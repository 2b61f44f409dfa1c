#include "engine/ingest.h"

#include <stdbool.h>

#include "text/characters.h"
#include "util/digest.h"

enum {
    RECORD_CHUNK_BYTES = 1 << 21,
    /* Shingles of a text that is worth remembering, so that copies of it are not hashed, and its
     * own hashes not kept without need. Of 250 MB of texts a quarter are smaller, with 5 % of the
     * hashes. */
    LEAST_SEEN = 32,
    /* A document this large may be the only one there is no memory for. */
    LARGE_DOCUMENT = 1 << 24,
    /* Of recent hashes, on all threads. Most copies stand near each other: of the hashes of 250 MB
     * of texts 15 % are wanted by none but a later document, 0.3 % by one more than 8 MB later. */
    RECENT_BYTES = 16 << 20,
    LEAST_RECENT_BYTES = 1 << 20, /* of one thread */
};

nd_status nd_ingester_init(nd_ingester *ingester, nd_collection *collection,
                           const nd_scan_options *options, uint64_t seed)
{
    const nd_allocator *const a = collection->allocator;
    *ingester = (nd_ingester){
        .allocator = a, .collection = collection, .seed = seed, .source = ND_NO_SOURCE};
    nd_arena_init(&ingester->records, a, RECORD_CHUNK_BYTES);
    nd_arena_init(&ingester->hashes, a, ND_HASHES_CHUNK_BYTES);
    const size_t recent_bytes = RECENT_BYTES / options->num_threads;
    nd_recent_hashes_init(&ingester->recent,
                          recent_bytes > LEAST_RECENT_BYTES ? recent_bytes : LEAST_RECENT_BYTES, a);
    const nd_status status =
        nd_repairer_new(options->repairs, options->folds, a, &ingester->repairer);
    return status == ND_OK ? nd_text_new(a, &ingester->text) : status;
}

void nd_ingester_end_adding(nd_ingester *ingester)
{
    nd_seen_texts_release(&ingester->seen, ingester->allocator);
}

void nd_ingester_release(nd_ingester *ingester)
{
    nd_ingester_end_adding(ingester);
    nd_repairer_free(ingester->repairer);
    nd_text_free(ingester->text);
    nd_arena_release(&ingester->records);
    nd_arena_release(&ingester->hashes);
    nd_recent_hashes_release(&ingester->recent);
    ND_VEC_RELEASE(ingester->allocator, &ingester->aside);
    ND_VEC_RELEASE(ingester->allocator, &ingester->scratch);
    ND_VEC_RELEASE(ingester->allocator, &ingester->learnt);
    ND_VEC_RELEASE(ingester->allocator, &ingester->filed);
    ND_VEC_RELEASE(ingester->allocator, &ingester->added);
}

nd_status nd_ingester_write_run(nd_ingester *ingester)
{
    nd_ingester *const in = ingester;
    const nd_status status = nd_record_runs_add(in->runs, in->added.items, in->added.len);
    ND_VEC_RELEASE(in->allocator, &in->added);
    nd_arena_release(&in->records);
    in->added_bytes = 0;
    return status;
}

/* Goes on to a new chunk where the one at work is full. */
static nd_status make_place(nd_ingester *in)
{
    if (in->chunk && in->chunk->num < ND_CHUNK_DOCUMENTS)
        return ND_OK;
    const nd_status status =
        in->chunk ? nd_collection_close_chunk(in->collection, in->chunk) : ND_OK;
    in->chunk = NULL;
    return status == ND_OK ? nd_collection_open_chunk(in->collection, &in->chunk, &in->chunk_number)
                           : status;
}

static nd_record *new_record(nd_ingester *in, const nd_document *document, uint64_t num_tokens,
                             nd_texts texts)
{
    const uint64_t text_len = document->text_len_bytes;
    const size_t id_end = sizeof(nd_record) + document->id_len_bytes;
    const size_t kept = texts == ND_TEXTS_KEEP ? sizeof text_len + document->text_len_bytes : 0;
    nd_record *const record = nd_arena_alloc(&in->records, id_end + kept);
    if (!record)
        return NULL;
    *record = (nd_record){.tag = document->tag,
                          .index = in->chunk_number << ND_CHUNK_BITS | in->chunk->num,
                          .num_tokens = (uint32_t)num_tokens,
                          .source = document->is_lasting ? in->source : ND_NO_SOURCE,
                          .id_len_bytes = (uint32_t)document->id_len_bytes};
    if (document->id_len_bytes)
        memcpy(record + 1, document->id, document->id_len_bytes);
    if (kept) {
        char *const after_id = (char *)record + id_end;
        memcpy(after_id, &text_len, sizeof text_len);
        if (document->text_len_bytes)
            memcpy(after_id + sizeof text_len, document->text, document->text_len_bytes);
    }
    return record;
}

/* The check of the text at work. Copies of it can be looked for soon after. */
static uint64_t check_of(const nd_ingester *in)
{
    size_t len_bytes;
    const char *const normalised = nd_text_normalised(in->text, &len_bytes);
    const uint64_t check = nd_digest64(normalised, len_bytes, in->seed);
    nd_seen_texts_fetch(&in->seen, check);
    return check;
}

/* What tells the text at work apart. */
static nd_text_facts facts_of(const nd_ingester *in, size_t num_hashes, uint64_t check)
{
    size_t len_bytes;
    const char *const normalised = nd_text_normalised(in->text, &len_bytes);
    const nd_digest128 digest = nd_digest128_of(normalised, len_bytes);
    return (nd_text_facts){.digest = {digest.low, digest.high},
                           .check = check,
                           .num_hashes = (uint32_t)num_hashes,
                           .num_tokens = (uint32_t)nd_text_num_tokens(in->text)};
}

/* What happens to recent texts. */
typedef struct recent_fate {
    nd_ingester *ingester;
    nd_matcher *matcher;
} recent_fate;

static const char *block_of(const recent_fate *f, const nd_recent_text *text)
{
    return text->chunk->blocks + text->place * f->matcher->kind_block_bytes;
}

static void announce(void *ctx, const nd_recent_text *text)
{
    const recent_fate *const f = ctx;
    f->matcher->kind->announce(f->matcher, block_of(f, text));
}

static bool note(void *ctx, const nd_recent_text *text)
{
    const recent_fate *const f = ctx;
    return f->matcher->kind->note(f->matcher, block_of(f, text));
}

/* The hashes are kept if the text is to be compared. */
static nd_status leave(void *ctx, const nd_recent_text *text, const uint64_t *hashes)
{
    const recent_fate *const f = ctx;
    uint64_t **const kept = &text->chunk->documents[text->place].hashes;
    *kept = NULL;
    if (text->num_hashes == 0 ||
        (!text->is_met && !f->matcher->kind->is_met(f->matcher, block_of(f, text))))
        return ND_OK;
    *kept = nd_hashes_append(&f->ingester->hashes, text->num_hashes);
    if (!*kept)
        return ND_ERR_NO_MEMORY;
    memcpy(*kept, hashes, text->num_hashes * sizeof *hashes);
    return ND_OK;
}

/* Room among the recent texts for one of so many hashes; *hashes is NULL where it is too large: it
 * is read again, should it be wanted. */
static nd_status room_among_recent(nd_ingester *in, nd_matcher *matcher, size_t num,
                                   uint64_t **hashes)
{
    recent_fate fate = {in, matcher};
    const nd_recent_events events = {&fate, announce, note, leave};
    nd_status status = ND_OK;
    *hashes = NULL;
    if (!nd_recent_hashes_have_room(&in->recent, num))
        return ND_OK;
    if (nd_recent_hashes_are_full(&in->recent, num))
        status = matcher->kind->begin_noting(matcher);
    return status == ND_OK ? nd_recent_hashes_reserve(&in->recent, num, &events, hashes) : status;
}

static uint64_t *room_aside(nd_ingester *in, size_t num)
{
    in->aside.len = 0;
    return ND_VEC_RESERVE(in->allocator, &in->aside, num) == ND_OK ? in->aside.items : NULL;
}

nd_hashes_place nd_ingester_hashes_place(const nd_ingester *ingester, const nd_matcher *matcher,
                                         const nd_record *record)
{
    const bool comes_again = record->source != ND_NO_SOURCE && !matcher->kind->keeps_hashes;
    if (nd_collection_is_limited(ingester->collection))
        return comes_again ? ND_HASHES_NOWHERE : ND_HASHES_IN_FILE;
    return comes_again ? ND_HASHES_RECENT : ND_HASHES_IN_MEMORY;
}

nd_status nd_ingester_file_hashes(nd_ingester *ingester, const uint64_t *hashes, size_t num,
                                  const void *kept, size_t kept_bytes, uint64_t *at)
{
    nd_ingester *const in = ingester;
    in->filed.len = 0;
    nd_status status = nd_bytes_append(in->allocator, &in->filed, hashes, num * sizeof *hashes);
    if (status == ND_OK && kept_bytes > 0)
        status = nd_bytes_append(in->allocator, &in->filed, kept, kept_bytes);
    return status == ND_OK
               ? nd_collection_append(in->collection, in->filed.items, in->filed.len, at)
               : status;
}

/* What is made of the hashes of the text at work. */
typedef struct made_hashes {
    const uint64_t *kept; /* NULL where the document is lasting */
    uint64_t *recent;     /* in the room that was made among the recent ones; NULL: none */
    bool is_copy;         /* of a recent text: it needs none */
    bool is_new;          /* no copy of the text was seen, and it is worth remembering */
} made_hashes;

/* Hashes the text at work into its place, and lets the matcher take what it needs. */
static nd_status hash_text(nd_ingester *in, nd_matcher *matcher, uint32_t worker,
                           nd_hashes_place where, made_hashes *made)
{
    const size_t place = in->chunk->num;
    nd_document_facts *const document = &in->chunk->documents[place];
    const size_t num_shingles = in->chunk->texts[place].num_hashes;
    char *const block = in->chunk->blocks + place * matcher->kind_block_bytes;
    size_t num = num_shingles;
    nd_status status = ND_OK;
    if (where == ND_HASHES_RECENT)
        status = room_among_recent(in, matcher, num, &made->recent);
    if (status != ND_OK)
        return status;
    uint64_t *const hashes = where == ND_HASHES_IN_MEMORY ? nd_hashes_append(&in->hashes, num)
                             : made->recent               ? made->recent
                                                          : room_aside(in, num);
    if (!hashes)
        return ND_ERR_NO_MEMORY;
    status = nd_shingle_hashes(in->text, matcher->options->shingle, hashes);
    if (status == ND_OK)
        status = matcher->kind->read(matcher, worker, in->text, hashes, &num, block);
    made->kept = where == ND_HASHES_IN_MEMORY || where == ND_HASHES_IN_FILE ? hashes : NULL;
    in->chunk->texts[place].num_hashes = (uint32_t)num;
    if (where == ND_HASHES_IN_MEMORY) {
        document->hashes = hashes;
        nd_hashes_trim(&in->hashes, hashes, num_shingles, num);
    } else if (where == ND_HASHES_IN_FILE && status == ND_OK) {
        size_t kept_bytes = 0;
        const void *const kept = matcher->kind->kept
                                     ? matcher->kind->kept(matcher, block, &in->chunk->texts[place],
                                                           num_shingles, &kept_bytes)
                                     : NULL;
        status = nd_ingester_file_hashes(in, hashes, num, kept, kept_bytes, &document->hashes_at);
    }
    return status;
}

/* Takes over what was made of an exact copy of the text at work; false where none was seen. Of
 * lasting documents one with hashes is enough; the others come with those of a copy that stay. */
static bool take_seen(nd_ingester *in, const nd_matcher *matcher, nd_hashes_place where,
                      made_hashes *made)
{
    const nd_chunk *from;
    uint32_t place;
    const size_t own = in->chunk->num, block = matcher->kind_block_bytes;
    if (!nd_seen_texts_find(&in->seen, &in->chunk->texts[own], &from, &place))
        return false;
    uint64_t *const hashes = where == ND_HASHES_RECENT ? NULL : from->documents[place].hashes;
    if (where != ND_HASHES_RECENT && (!hashes || nd_recent_hashes_hold(&in->recent, hashes)))
        return false;
    in->chunk->texts[own].num_hashes = from->texts[place].num_hashes;
    in->chunk->documents[own].hashes = hashes;
    memcpy(in->chunk->blocks + own * block, from->blocks + place * block, block);
    made->kept = hashes;
    made->is_copy = where == ND_HASHES_RECENT;
    return true;
}

/* The text at work stays for a while, a copy without hashes: that is there to be noted. Nothing
 * may fail after this, so that no other document gets its place. */
static nd_status keep_recent(nd_ingester *in, nd_matcher *matcher, const made_hashes *made)
{
    const uint16_t place = (uint16_t)in->chunk->num;
    uint64_t *hashes = made->recent;
    nd_status status = ND_OK;
    if (made->is_copy)
        status = room_among_recent(in, matcher, 0, &hashes);
    if (status != ND_OK || !hashes)
        return status;
    const uint32_t num = made->is_copy ? 0 : in->chunk->texts[place].num_hashes;
    const nd_recent_text text = {.chunk = in->chunk, .place = place, .num_hashes = num};
    nd_recent_hashes_add(&in->recent, &text);
    in->chunk->documents[place].hashes = made->recent;
    return ND_OK;
}

/* Fills in what the text says, whose check stands in its place: facts, hashes, and what the matcher
 * makes of them. The hashes of a lasting document are not kept here, unless the matcher needs those
 * of all. */
static nd_status read_tokens(nd_ingester *in, nd_matcher *matcher, uint32_t worker,
                             const nd_record *record, made_hashes *made)
{
    nd_text_facts *const facts = &in->chunk->texts[in->chunk->num];
    const size_t num = nd_shingle_count(in->text, matcher->options->shingle);
    in->chunk->documents[in->chunk->num].hashes = NULL;
    *made = (made_hashes){0};
    *facts = num > 0 ? facts_of(in, num, facts->check) : (nd_text_facts){0};
    if (num == 0)
        return ND_OK;
    const nd_hashes_place usual = nd_ingester_hashes_place(in, matcher, record);
    const bool is_small = usual == ND_HASHES_RECENT && num < LEAST_SEEN;
    const nd_hashes_place where = is_small ? ND_HASHES_IN_MEMORY : usual;
    const bool may_be_seen = num >= LEAST_SEEN && !nd_collection_is_limited(in->collection);
    nd_status status = ND_OK;
    if (!may_be_seen || !take_seen(in, matcher, where, made)) {
        made->is_new = may_be_seen;
        if (may_be_seen)
            status = nd_seen_texts_reserve(&in->seen, in->chunk, in->allocator);
        if (status == ND_OK)
            status = hash_text(in, matcher, worker, where, made);
    }
    if (is_small)
        made->kept = NULL;
    if (matcher->kind->keeps_hashes)
        in->stats.shingles += facts->num_hashes;
    return status;
}

static void notice(const nd_scan_options *o, nd_notice kind, const nd_document *document)
{
    if (o->notice)
        o->notice(o->notice_ctx, kind, document);
}

static void count_document(nd_ingester *in, const nd_scan_options *o, const nd_document *document,
                           const nd_document_counts *counts)
{
    nd_scan_stats *const stats = &in->stats;
    stats->documents++;
    stats->text_bytes += counts->text_bytes;
    stats->tokens += counts->tokens;
    stats->repairs += counts->repairs;
    stats->repaired_documents += counts->repairs > 0;
    stats->blob_bytes += counts->blob_bytes;
    stats->documents_no_tokens += counts->tokens == 0;
    stats->documents_invalid_utf8 += counts->invalid_bytes > 0;
    stats->invalid_bytes += counts->invalid_bytes;
    if (nd_utf8_valid_len(document->id, document->id_len_bytes) < document->id_len_bytes) {
        stats->documents_invalid_id++;
        notice(o, ND_NOTICE_INVALID_ID, document);
    }
    if (counts->repairs > 0)
        notice(o, ND_NOTICE_REPAIRED, document);
    if (counts->tokens == 0)
        notice(o, ND_NOTICE_NO_TOKENS, document);
    if (counts->invalid_bytes > 0)
        notice(o, ND_NOTICE_INVALID_UTF8, document);
}

static nd_status read_text(nd_ingester *in, const nd_document *document)
{
    const char *text;
    size_t len_bytes;
    const nd_status status = nd_repairer_apply(in->repairer, document->text,
                                               document->text_len_bytes, &text, &len_bytes);
    return status == ND_OK ? nd_text_set(in->text, text, len_bytes, ND_TEXT_NO_OFFSETS) : status;
}

static bool is_same_text(const nd_text_facts *a, const nd_text_facts *b)
{
    return a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1] && a->check == b->check &&
           a->num_hashes == b->num_hashes;
}

nd_status nd_ingester_make_set(nd_ingester *ingester, nd_shingle_spec shingle,
                               const nd_text_facts *facts, const nd_document *document,
                               nd_set_state state, nd_scan_set *set)
{
    nd_ingester *const in = ingester;
    nd_status status = read_text(in, document);
    if (status != ND_OK)
        return status;
    const size_t num = nd_shingle_count(in->text, shingle);
    const nd_text_facts again = facts_of(in, num, check_of(in));
    if (!is_same_text(&again, facts))
        return ND_ERR_IO;
    uint64_t *const hashes = room_aside(in, num);
    in->scratch.len = 0;
    status = hashes ? ND_VEC_RESERVE(in->allocator, &in->scratch, num) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_shingle_hashes(in->text, shingle, hashes);
    if (status != ND_OK)
        return status;
    const bool is_limited = nd_collection_is_limited(in->collection);
    const bool is_made = is_limited || state == ND_SET_MADE;
    const size_t size = is_made ? nd_shingle_set(hashes, num, in->scratch.items) : num;
    in->stats.shingles += is_made ? size : 0; /* else once it is made */
    if (is_limited)
        return nd_scan_set_put(in->collection, hashes, size, set);
    set->hashes = nd_hashes_append(&in->hashes, size);
    if (!set->hashes)
        return ND_ERR_NO_MEMORY;
    memcpy(set->hashes, hashes, size * sizeof *hashes);
    set->num = (uint32_t)size;
    set->state = state;
    return ND_OK;
}

nd_status nd_ingester_begin(nd_ingester *ingester, const nd_scan_options *options,
                            const nd_document *document, uint64_t num_tokens, nd_record **record)
{
    nd_ingester *const in = ingester;
    nd_status status = make_place(in);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(in->allocator, &in->added, 1);
    if (status != ND_OK)
        return status;
    *record = new_record(in, document, num_tokens, options->texts);
    if (!*record)
        return ND_ERR_NO_MEMORY;
    const uint32_t num = in->collection->num_preferences;
    if (num > 0)
        memcpy(in->chunk->preferences + in->chunk->num * (size_t)num, document->preferences,
               num * sizeof *document->preferences);
    return ND_OK;
}

nd_status nd_ingester_end(nd_ingester *ingester, const nd_scan_options *options,
                          const nd_document *document, nd_record *record,
                          const nd_document_counts *counts)
{
    nd_ingester *const in = ingester;
    in->added.items[in->added.len++] = record;
    in->chunk->num++;
    count_document(in, options, document, counts);
    in->added_bytes += nd_record_bytes(record, options->texts);
    return in->runs && in->added_bytes >= in->run_bytes ? nd_ingester_write_run(in) : ND_OK;
}

nd_status nd_ingester_add(nd_ingester *ingester, nd_matcher *matcher, uint32_t worker,
                          const nd_document *document)
{
    nd_ingester *const in = ingester;
    const nd_scan_options *const o = matcher->options;
    if (document->id_len_bytes >= UINT32_MAX)
        return ND_ERR_LIMIT;
    if (document->learnt)
        return nd_ingester_add_learnt(in, matcher, worker, document);
    nd_record *record = NULL;
    made_hashes made;
    nd_status status = read_text(in, document);
    if (status != ND_OK)
        return status;
    const uint64_t check = check_of(in);
    status = nd_ingester_begin(in, o, document, nd_text_num_tokens(in->text), &record);
    if (status != ND_OK)
        return status;
    in->chunk->texts[in->chunk->num].check = check;
    in->chunk->documents[in->chunk->num].raw_digest =
        nd_digest64(document->text, document->text_len_bytes, 0);
    status = read_tokens(in, matcher, worker, record, &made);
    if (status != ND_OK)
        return status;
    const nd_document_counts counts = {.text_bytes = document->text_len_bytes,
                                       .tokens = nd_text_num_tokens(in->text),
                                       .repairs = nd_repairer_count(in->repairer),
                                       .blob_bytes = nd_repairer_blob_bytes(in->repairer),
                                       .invalid_bytes = nd_text_num_invalid_bytes(in->text)};
    if (document->learn)
        status = nd_ingester_teach(in, matcher, document, &counts, made.kept);
    if (status == ND_OK && record->source != ND_NO_SOURCE)
        status = keep_recent(in, matcher, &made);
    if (status == ND_OK && made.is_new)
        nd_seen_texts_add(&in->seen, in->chunk->num);
    return status == ND_OK ? nd_ingester_end(in, o, document, record, &counts) : status;
}

nd_status nd_ingester_leave_out(nd_ingester *ingester, const nd_scan_options *options,
                                const nd_document *document, nd_status status)
{
    if (status == ND_ERR_LIMIT) {
        ingester->stats.documents_over_limit++;
        notice(options, ND_NOTICE_OVER_LIMIT, document);
        return ND_OK;
    }
    if (status == ND_ERR_NO_MEMORY && document->text_len_bytes >= LARGE_DOCUMENT) {
        ingester->stats.documents_no_memory++;
        notice(options, ND_NOTICE_NO_MEMORY, document);
        return ND_OK;
    }
    return status;
}
