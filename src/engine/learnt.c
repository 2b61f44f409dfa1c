/* What a scan learns of a document, as bytes that another one takes in place of the text:
 *
 *   | learnt_head | the matcher's block | hashes in text order, 8 bytes each |
 *
 * The hashes are there where the scan keeps them: see nd_ingester_hashes_place. The head begins
 * with a digest of what decides all the rest, so that what another scan has learnt is refused. */
#include "engine/ingest.h"
#include "neardup/spec.h"
#include "util/xxh.h"

typedef struct learnt_head {
    uint64_t maker;
    nd_text_facts text;
    uint64_t raw_digest;
    nd_document_counts counts;
    uint64_t num_hashes; /* that follow */
} learnt_head;

/* Whether the scan has nothing else of a document than what can be learnt. */
static bool can_learn(const nd_matcher *matcher)
{
    return !matcher->kind->keeps_hashes && matcher->options->texts == ND_TEXTS_FORGET;
}

static nd_status find_maker(nd_ingester *in, const nd_matcher *matcher)
{
    struct {
        char spec[ND_SPEC_LINE_BYTES];
        uint64_t seed, block_bytes;
    } all = {.seed = in->seed, .block_bytes = matcher->kind_block_bytes};
    nd_spec spec;
    if (in->maker)
        return ND_OK;
    if (!can_learn(matcher))
        return ND_ERR_UNSUPPORTED;
    const nd_status status = nd_spec_from_options(matcher->options, &spec);
    if (status != ND_OK)
        return status;
    nd_spec_print(&spec, all.spec);
    in->maker = XXH3_64bits(&all, sizeof all) | 1;
    return ND_OK;
}

nd_status nd_ingester_teach(nd_ingester *ingester, const nd_matcher *matcher,
                            const nd_document *document, const nd_document_counts *counts,
                            const uint64_t *hashes)
{
    nd_ingester *const in = ingester;
    const size_t block_bytes = matcher->kind_block_bytes, place = in->chunk->num;
    nd_status status = find_maker(in, matcher);
    if (status != ND_OK)
        return status;
    const learnt_head head = {.maker = in->maker,
                              .text = in->chunk->texts[place],
                              .raw_digest = in->chunk->documents[place].raw_digest,
                              .counts = *counts,
                              .num_hashes = hashes ? in->chunk->texts[place].num_hashes : 0};
    const size_t hash_bytes = (size_t)head.num_hashes * sizeof *hashes;
    in->learnt.len = 0;
    status = ND_VEC_RESERVE(in->allocator, &in->learnt, sizeof head + block_bytes + hash_bytes);
    if (status != ND_OK)
        return status;
    char *const to = in->learnt.items;
    memcpy(to, &head, sizeof head);
    if (head.text.num_hashes > 0)
        memcpy(to + sizeof head, in->chunk->blocks + place * block_bytes, block_bytes);
    else
        memset(to + sizeof head, 0, block_bytes);
    if (hash_bytes > 0)
        memcpy(to + sizeof head + block_bytes, hashes, hash_bytes);
    return document->learn(document->learn_ctx, to, sizeof head + block_bytes + hash_bytes);
}

/* Whether the bytes are whole, and what the head says of them can be. */
static nd_status check(const nd_ingester *in, const nd_matcher *matcher,
                       const nd_document *document, learnt_head *head)
{
    const size_t fixed = sizeof *head + matcher->kind_block_bytes;
    const size_t len = document->learnt_len_bytes;
    if (len < sizeof head->maker)
        return ND_ERR_FORMAT;
    memcpy(&head->maker, document->learnt, sizeof head->maker);
    if (head->maker != in->maker)
        return ND_ERR_VERSION;
    if (len < fixed)
        return ND_ERR_FORMAT;
    memcpy(head, document->learnt, sizeof *head);
    const bool has_hashes = head->num_hashes > 0;
    return (len - fixed) % sizeof(uint64_t) == 0 &&
                   head->num_hashes == (len - fixed) / sizeof(uint64_t) &&
                   (!has_hashes || head->num_hashes == head->text.num_hashes) &&
                   head->counts.tokens <= UINT32_MAX && head->text.num_tokens <= head->counts.tokens
               ? ND_OK
               : ND_ERR_FORMAT;
}

/* Puts the hashes where the scan keeps them. */
static nd_status keep_hashes(nd_ingester *in, nd_hashes_place where, const char *from, size_t num,
                             nd_document_facts *facts)
{
    const size_t bytes = num * sizeof(uint64_t);
    if (where == ND_HASHES_NOWHERE)
        return ND_OK;
    if (where == ND_HASHES_IN_FILE)
        return nd_collection_append(in->collection, from, bytes, &facts->hashes_at);
    facts->hashes = nd_hashes_append(&in->hashes, num);
    if (!facts->hashes)
        return ND_ERR_NO_MEMORY;
    memcpy(facts->hashes, from, bytes);
    return ND_OK;
}

nd_status nd_ingester_add_learnt(nd_ingester *ingester, const nd_matcher *matcher,
                                 const nd_document *document)
{
    nd_ingester *const in = ingester;
    const size_t block_bytes = matcher->kind_block_bytes;
    const char *const block = (const char *)document->learnt + sizeof(learnt_head);
    learnt_head head;
    nd_record *record = NULL;
    nd_status status = find_maker(in, matcher);
    if (status == ND_OK)
        status = check(in, matcher, document, &head);
    if (status == ND_OK)
        status = nd_ingester_begin(in, matcher->options, document, head.counts.tokens, &record);
    if (status != ND_OK)
        return status;
    const size_t place = in->chunk->num;
    const nd_hashes_place where = nd_ingester_hashes_place(in, matcher, record);
    nd_document_facts *const facts = &in->chunk->documents[place];
    *facts = (nd_document_facts){.raw_digest = head.raw_digest};
    in->chunk->texts[place] = head.text;
    if (head.text.num_hashes > 0) {
        if (where != ND_HASHES_NOWHERE && head.num_hashes == 0)
            return ND_ERR_VERSION;
        memcpy(in->chunk->blocks + place * block_bytes, block, block_bytes);
        status = keep_hashes(in, where, block + block_bytes, (size_t)head.num_hashes, facts);
    }
    if (status == ND_OK && document->learn)
        status = document->learn(document->learn_ctx, document->learnt, document->learnt_len_bytes);
    return status == ND_OK ? nd_ingester_end(in, matcher->options, document, record, &head.counts)
                           : status;
}
