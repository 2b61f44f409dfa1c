/* A query goes four steps: candidates and verification (verification.c), the order of the texts
 * that match, and their documents (answer.c). Here is what it may ask for, and of what text. */
#include "index/query.h"

#include <string.h>

#include "index/writer.h"
#include "util/error.h"

enum { STRINGS_CHUNK_BYTES = 1 << 16 };

void nd_index_query_init_sized(nd_index_query *options, size_t size_bytes)
{
    const nd_index_query full = {.size_bytes = sizeof full};
    nd_option_struct_init(options, size_bytes, &full);
}

/* Whether the bands are made for that rule: see nd_plan_for_rule. Without any, texts are found
 * whatever their jaccard. */
static bool reaches(const nd_manifest *m, const nd_match_rule *rule)
{
    if (m->spec.bands == 0)
        return true;
    if (rule->containment > 0 && !(m->rule.containment > 0))
        return false;
    return rule->jaccard >= m->rule.jaccard &&
           (rule->containment <= 0 || rule->containment >= m->rule.containment);
}

nd_status nd_query_settle(const nd_index *index, const nd_index_query *options,
                          nd_index_query *full, nd_error *error)
{
    nd_index_query_init(full);
    const nd_status status = options ? nd_option_struct_copy(full, options) : ND_OK;
    if (status != ND_OK)
        return nd_error_set(error, status, "a query of another version");
    if (full->rule.jaccard <= 0 && full->rule.containment <= 0)
        full->rule = index->manifest.rule;
    const nd_match_rule *const rule = &full->rule;
    if (!(rule->jaccard > 0 && rule->jaccard <= 1 && rule->containment >= 0 &&
          rule->containment <= 1 && full->score >= 0 && full->score <= 1))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "a threshold out of range");
    if (!reaches(&index->manifest, rule))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'%s' was made for jaccard %g and containment %g: it cannot find what "
                            "is below",
                            index->folder.path, index->manifest.rule.jaccard,
                            index->manifest.rule.containment);
    if (full->score > 0 && !(index->manifest.score > 0))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'%s' was made without a score: it gives no verdicts",
                            index->folder.path);
    if (!(full->score > 0))
        full->score = index->manifest.score;
    return ND_OK;
}

static nd_status run(nd_search *q, const nd_index_match **matches, size_t *num_matches,
                     nd_error *error)
{
    q->least_score = nd_least_score(q->options->score);
    nd_status status = nd_search_find_texts(q, error);
    if (status == ND_OK)
        status = nd_search_list_documents(q, error);
    if (status == ND_OK) {
        *matches = q->index->query.matches.items;
        *num_matches = q->index->query.matches.len;
    }
    return nd_index_fail(error, status);
}

/* A query of what was made ready. */
static nd_search search_of(nd_index *index, const nd_index_query *options,
                           const nd_prepared_list *list, const nd_prepared *item)
{
    nd_search q = {.index = index, .options = options, .excluded = ND_NO_NUMBER};
    q.seeker.set = ND_VEC_FROM(&list->sets, item->set_at);
    q.seeker.keys = ND_VEC_FROM(&list->keys, item->keys_at);
    q.words = ND_VEC_FROM(&list->words, item->words_at);
    q.seeker.entry = (nd_text_entry){.digest = {item->digest[0], item->digest[1]},
                                     .num_tokens = item->num_tokens,
                                     .num_shingles = item->num_shingles};
    return q;
}

/* Before every query. */
static nd_status begin(nd_index *index, const nd_index_query *options, nd_index_query *full,
                       const nd_index_match **matches, nd_error *error)
{
    nd_query_scratch *const s = &index->query;
    *matches = NULL;
    const nd_status status = nd_index_check_usable(index, error);
    if (status != ND_OK)
        return status;
    nd_arena_release(&s->strings);
    nd_arena_init(&s->strings, &index->allocator, STRINGS_CHUNK_BYTES);
    s->matches.len = 0;
    return nd_query_settle(index, options, full, error);
}

nd_status nd_query_prepared(nd_index *index, const nd_prepared_list *list, const nd_prepared *item,
                            const nd_index_query *options, const nd_index_match **matches,
                            size_t *num_matches, nd_error *error)
{
    nd_index_query full;
    *num_matches = 0;
    nd_status status = begin(index, options, &full, matches, error);
    if (status != ND_OK || item->num_tokens == 0 || item->is_over_limit)
        return status;
    nd_search q = search_of(index, &full, list, item);
    status = nd_writer_find_id(index, list, item, &q.excluded, error);
    if (status == ND_OK)
        status = nd_writer_find_text(index, item, &q.seeker.number, error);
    return status == ND_OK ? run(&q, matches, num_matches, error) : nd_index_fail(error, status);
}

/* The matches of a text that is the list's only item, made ready without a look at the runs. */
static nd_status query_new(nd_index *index, const nd_prepared_list *list,
                           const nd_index_query *full, const nd_index_match **matches,
                           size_t *num_matches, nd_error *error)
{
    const nd_prepared *const item = list->items.items;
    if (item->is_over_limit)
        return nd_error_set(error, ND_ERR_LIMIT, "the text is too long");
    if (item->num_tokens == 0)
        return ND_OK;
    nd_search q = search_of(index, full, list, item);
    nd_status status = nd_index_find_digest(index, item->digest, &q.seeker.number, error);
    if (status == ND_OK && full->not_id)
        status = nd_index_find_id(index, (nd_bytes_view){full->not_id, full->not_id_len_bytes},
                                  &index->query.record, &q.excluded, error);
    return status == ND_OK ? run(&q, matches, num_matches, error) : status;
}

nd_status nd_index_query_text(nd_index *index, const char *text, size_t len_bytes,
                              const nd_index_query *query, const nd_index_match **matches,
                              size_t *num_matches, nd_error *error)
{
    const nd_index_document document = {.text = text, .text_len_bytes = len_bytes};
    nd_prepared_list list = {0};
    nd_index_query full;
    *num_matches = 0;
    nd_status status = begin(index, query, &full, matches, error);
    if (status == ND_OK)
        status = nd_preparers_make(index, 1);
    if (status == ND_OK)
        status = nd_prepare(index->preparers, &document, ND_PREPARE_SET, &list, error);
    if (status == ND_OK)
        status = query_new(index, &list, &full, matches, num_matches, error);
    nd_prepared_list_release(&list, &index->allocator);
    return nd_index_fail(error, status);
}

/* The words of a text of the index, which others take the place of meanwhile. */
static nd_status read_words(nd_search *q, nd_error *error)
{
    nd_index *const index = q->index;
    nd_judging *const j = &index->query.judging;
    const nd_text *text = NULL;
    nd_status status =
        nd_text_reader_text(&index->texts, &index->log, &q->seeker.entry, &text, error);
    j->own_words.len = 0;
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&index->allocator, &j->own_words, nd_text_num_tokens(text));
    if (status != ND_OK)
        return status;
    nd_word_codes(text, j->own_words.items);
    q->words = j->own_words.items;
    q->seeker.entry.num_tokens = (uint32_t)nd_text_num_tokens(text);
    return ND_OK;
}

/* The matches of a document of the index. */
static nd_status query_document(nd_search *q, const nd_index_match **matches, size_t *num_matches,
                                nd_error *error)
{
    nd_index *const index = q->index;
    uint32_t keys[ND_SKETCH_MAX_SLOTS];
    nd_document_entry document;
    const uint64_t *set = NULL;
    nd_status status = nd_index_document_entry(index, q->excluded, &document, error);
    if (status != ND_OK || document.text == ND_NO_NUMBER)
        return status;
    q->seeker.keys = keys;
    q->seeker.number = document.text;
    status = nd_index_text_entry(index, document.text, &q->seeker.entry, error);
    if (status == ND_OK)
        status = nd_index_read_keys(index, &q->seeker.entry, keys, error);
    if (status == ND_OK)
        status = nd_text_reader_set(&index->texts, &index->log, document.text, &q->seeker.entry,
                                    &set, error);
    if (status == ND_OK && index->manifest.score > 0)
        status = read_words(q, error);
    if (status != ND_OK)
        return status;
    /* Others take its place in the cache meanwhile. */
    const size_t size = q->seeker.entry.num_shingles;
    uint64_t *const copy = nd_alloc(&index->allocator, size, sizeof *copy);
    if (!copy)
        return ND_ERR_NO_MEMORY;
    memcpy(copy, set, size * sizeof *copy);
    q->seeker.set = copy;
    status = run(q, matches, num_matches, error);
    nd_release(&index->allocator, copy);
    return status;
}

nd_status nd_index_query_id(nd_index *index, const char *id, size_t id_len_bytes,
                            const nd_index_query *query, const nd_index_match **matches,
                            size_t *num_matches, nd_error *error)
{
    nd_index_query full;
    *num_matches = 0;
    nd_search q = {.index = index, .options = &full};
    nd_status status = begin(index, query, &full, matches, error);
    if (status == ND_OK)
        status = nd_index_find_id(index, (nd_bytes_view){id, id_len_bytes}, &index->query.record,
                                  &q.excluded, error);
    if (status == ND_OK && q.excluded == ND_NO_NUMBER)
        return nd_index_no_document(index, id, id_len_bytes, error);
    if (status == ND_OK)
        status = query_document(&q, matches, num_matches, error);
    return nd_index_fail(error, status);
}

void nd_query_scratch_release(nd_query_scratch *scratch, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &scratch->candidates);
    ND_VEC_RELEASE(allocator, &scratch->copies);
    ND_VEC_RELEASE(allocator, &scratch->matches);
    nd_release(allocator, scratch->ranked);
    nd_release(allocator, scratch->record.words);
    nd_judge_release(&scratch->judging.judge, allocator);
    nd_judged_text_release(&scratch->judging.own, allocator);
    nd_judged_text_release(&scratch->judging.other, allocator);
    ND_VEC_RELEASE(allocator, &scratch->judging.own_words);
    ND_VEC_RELEASE(allocator, &scratch->judging.other_words);
    if (scratch->strings.allocator.allocate)
        nd_arena_release(&scratch->strings);
    *scratch = (nd_query_scratch){0};
}
