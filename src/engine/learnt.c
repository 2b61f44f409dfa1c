/* What a scan learns of a document, as bytes that another one takes in place of the text:
 *
 *   | learnt_head | what the matcher keeps | hashes in text order, 8 bytes each | the text |
 *
 * The hashes and the text are there where the scan keeps them: see nd_ingester_hashes_place and
 * nd_texts. The head begins with a digest of what decides all the rest, so that what another scan
 * has learnt is refused. */
#include "engine/ingest.h"
#include "neardup/spec.h"
#include "util/xxh.h"

typedef struct learnt_head {
    uint64_t maker;
    nd_text_facts text;
    uint64_t raw_digest;
    nd_document_counts counts;
    uint64_t kept_bytes, num_hashes, raw_bytes; /* that follow */
} learnt_head;

static nd_status find_maker(nd_ingester *in, const nd_matcher *matcher)
{
    const nd_scan_options *const o = matcher->options;
    struct {
        char spec[ND_SPEC_LINE_BYTES];
        uint64_t seed, block_bytes, texts, is_judged;
    } all = {.seed = in->seed,
             .block_bytes = matcher->kind_block_bytes,
             .texts = o->texts,
             .is_judged = o->score > 0};
    nd_spec spec;
    if (in->maker)
        return ND_OK;
    const nd_status status = nd_spec_from_options(o, &spec);
    if (status != ND_OK)
        return status;
    nd_spec_print(&spec, all.spec);
    in->maker = XXH3_64bits(&all, sizeof all) | 1;
    return ND_OK;
}

static nd_status put(nd_ingester *in, const void *bytes, size_t len)
{
    const nd_status status = ND_VEC_RESERVE(in->allocator, &in->learnt, len);
    if (status != ND_OK || len == 0)
        return status;
    memcpy(in->learnt.items + in->learnt.len, bytes, len);
    in->learnt.len += len;
    return ND_OK;
}

nd_status nd_ingester_teach(nd_ingester *ingester, const nd_matcher *matcher,
                            const nd_document *document, const nd_document_counts *counts,
                            const uint64_t *hashes)
{
    nd_ingester *const in = ingester;
    const size_t place = in->chunk->num;
    const nd_text_facts *const text = &in->chunk->texts[place];
    const void *kept = in->chunk->blocks + place * matcher->kind_block_bytes;
    size_t kept_bytes = text->num_hashes > 0 ? matcher->kind_block_bytes : 0;
    nd_status status = find_maker(in, matcher);
    if (status != ND_OK)
        return status;
    if (text->num_hashes > 0 && matcher->kind->kept)
        kept =
            matcher->kind->kept(matcher, kept, text,
                                nd_shingle_count(in->text, matcher->options->shingle), &kept_bytes);
    const bool has_text = matcher->options->texts == ND_TEXTS_KEEP;
    const learnt_head head = {.maker = in->maker,
                              .text = *text,
                              .raw_digest = in->chunk->documents[place].raw_digest,
                              .counts = *counts,
                              .kept_bytes = kept_bytes,
                              .num_hashes = hashes ? text->num_hashes : 0,
                              .raw_bytes = has_text ? document->text_len_bytes : 0};
    in->learnt.len = 0;
    status = put(in, &head, sizeof head);
    if (status == ND_OK)
        status = put(in, kept, kept_bytes);
    if (status == ND_OK)
        status = put(in, hashes, (size_t)head.num_hashes * sizeof *hashes);
    if (status == ND_OK)
        status = put(in, document->text, (size_t)head.raw_bytes);
    return status == ND_OK ? document->learn(document->learn_ctx, in->learnt.items, in->learnt.len)
                           : status;
}

/* Whether the bytes are whole, and what the head says of them can be. */
static nd_status check(const nd_ingester *in, const nd_matcher *matcher,
                       const nd_document *document, learnt_head *head)
{
    const size_t len = document->learnt_len_bytes;
    const bool has_text = matcher->options->texts == ND_TEXTS_KEEP;
    if (len < sizeof head->maker)
        return ND_ERR_FORMAT;
    memcpy(&head->maker, document->learnt, sizeof head->maker);
    if (head->maker != in->maker)
        return ND_ERR_VERSION;
    if (len < sizeof *head)
        return ND_ERR_FORMAT;
    memcpy(head, document->learnt, sizeof *head);
    const size_t left = len - sizeof *head;
    const bool has_hashes = head->num_hashes > 0;
    const bool is_whole =
        head->kept_bytes <= left && head->raw_bytes <= left &&
        head->num_hashes <= left / sizeof(uint64_t) &&
        head->kept_bytes + head->num_hashes * sizeof(uint64_t) + head->raw_bytes == left;
    return is_whole && (!has_hashes || head->num_hashes == head->text.num_hashes) &&
                   head->raw_bytes == (has_text ? head->counts.text_bytes : 0) &&
                   head->counts.tokens <= UINT32_MAX &&
                   (head->text.num_hashes == 0 || head->text.num_tokens == head->counts.tokens)
               ? ND_OK
               : ND_ERR_FORMAT;
}

/* Fills the document's block from what the matcher kept of it. */
static nd_status take_kept(nd_ingester *in, nd_matcher *matcher, uint32_t worker,
                           const uint64_t *hashes, const char *kept, size_t kept_bytes)
{
    const size_t place = in->chunk->num, block_bytes = matcher->kind_block_bytes;
    char *const block = in->chunk->blocks + place * block_bytes;
    if (matcher->kind->take_kept)
        return matcher->kind->take_kept(matcher, worker, &in->chunk->texts[place], hashes, kept,
                                        kept_bytes, block);
    if (kept_bytes != block_bytes)
        return ND_ERR_FORMAT;
    memcpy(block, kept, block_bytes);
    return ND_OK;
}

/* Puts the hashes where the scan keeps them, in the file with what the matcher keeps after them;
 * *kept is where they are in memory, as long as the document is at work: NULL where they are not.
 */
static nd_status keep_hashes(nd_ingester *in, const nd_matcher *matcher, nd_hashes_place where,
                             const char *learnt, const learnt_head *head, const uint64_t **kept)
{
    nd_document_facts *const facts = &in->chunk->documents[in->chunk->num];
    const size_t num = (size_t)head->num_hashes, kept_bytes = (size_t)head->kept_bytes;
    *kept = NULL;
    if (where == ND_HASHES_NOWHERE || where == ND_HASHES_RECENT)
        return ND_OK;
    in->aside.len = 0;
    if (where == ND_HASHES_IN_FILE && ND_VEC_RESERVE(in->allocator, &in->aside, num) != ND_OK)
        return ND_ERR_NO_MEMORY;
    uint64_t *const hashes =
        where == ND_HASHES_IN_FILE ? in->aside.items : nd_hashes_append(&in->hashes, num);
    if (!hashes)
        return ND_ERR_NO_MEMORY;
    memcpy(hashes, learnt + kept_bytes, num * sizeof *hashes);
    *kept = hashes;
    if (where == ND_HASHES_IN_FILE)
        return nd_ingester_file_hashes(in, hashes, num, learnt,
                                       matcher->kind->kept ? kept_bytes : 0, &facts->hashes_at);
    facts->hashes = hashes;
    return ND_OK;
}

nd_status nd_ingester_add_learnt(nd_ingester *ingester, nd_matcher *matcher, uint32_t worker,
                                 const nd_document *document)
{
    nd_ingester *const in = ingester;
    const char *const kept = (const char *)document->learnt + sizeof(learnt_head);
    nd_document with_text = *document;
    learnt_head head;
    nd_record *record = NULL;
    nd_status status = find_maker(in, matcher);
    if (status == ND_OK)
        status = check(in, matcher, document, &head);
    if (status != ND_OK)
        return status;
    const char *const hashes = kept + head.kept_bytes;
    with_text.text = hashes + head.num_hashes * sizeof(uint64_t);
    with_text.text_len_bytes = (size_t)head.raw_bytes;
    status = nd_ingester_begin(in, matcher->options, &with_text, head.counts.tokens, &record);
    if (status != ND_OK)
        return status;
    const size_t place = in->chunk->num;
    const nd_hashes_place where = nd_ingester_hashes_place(in, matcher, record);
    nd_document_facts *const facts = &in->chunk->documents[place];
    *facts = (nd_document_facts){.raw_digest = head.raw_digest};
    in->chunk->texts[place] = head.text;
    if (head.text.num_hashes > 0) {
        const bool is_lasting = where == ND_HASHES_NOWHERE || where == ND_HASHES_RECENT;
        if (!is_lasting && head.num_hashes == 0)
            return ND_ERR_VERSION;
        const uint64_t *in_memory;
        status = keep_hashes(in, matcher, where, kept, &head, &in_memory);
        if (status == ND_OK)
            status = take_kept(in, matcher, worker, in_memory, kept, (size_t)head.kept_bytes);
        if (matcher->kind->keeps_hashes)
            in->stats.shingles += head.text.num_hashes;
    }
    if (status == ND_OK && document->learn)
        status = document->learn(document->learn_ctx, document->learnt, document->learnt_len_bytes);
    return status == ND_OK ? nd_ingester_end(in, matcher->options, document, record, &head.counts)
                           : status;
}
