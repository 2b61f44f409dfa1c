/* A query goes four steps: candidates (texts that share a bucket, or sampled shingles, with it),
 * verification (exact, on the sets made of the stored texts, and by the verdict on their words
 * where one is asked for), the order of the texts that match, and their documents. */
#include "index/query.h"

#include <string.h>

#include "index/writer.h"
#include "neardup/verify.h"
#include "similarity/similarity.h"
#include "util/error.h"
#include "util/sort.h"

enum { STRINGS_CHUNK_BYTES = 1 << 16 };

/* A text that matches. */
typedef struct nd_ranked_text {
    uint32_t number;
    nd_match_kind kind;
    nd_similarity similarity;
    nd_coverage coverage;
    double score;
    nd_text_entry entry;
} ranked_text;

/* A query at work. */
typedef struct search {
    nd_index *index;
    const nd_index_query *options;
    nd_seeker seeker;
    const nd_word_code *words; /* where verdicts are given */
    int32_t least_score;
    uint32_t excluded; /* a document; ND_NO_NUMBER: none */
    size_t num_ranked;
} search;

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

/* --- texts --- */

static nd_status add_ranked(search *q, const ranked_text *ranked)
{
    nd_query_scratch *const s = &q->index->query;
    const nd_status status = nd_reserve(&q->index->allocator, (void **)&s->ranked,
                                        &s->ranked_capacity, q->num_ranked + 1, sizeof *s->ranked);
    if (status == ND_OK)
        s->ranked[q->num_ranked++] = *ranked;
    return status;
}

static int compare_numbers(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The texts to look at, each once. */
static nd_status find_candidates(search *q, nd_error *error)
{
    nd_query_scratch *const s = &q->index->query;
    s->candidates.len = 0;
    const nd_status status =
        nd_index_has_bands(q->index)
            ? nd_index_find_mates(q->index, &q->seeker, &s->candidates, error)
            : nd_index_find_sharers(q->index, &q->seeker, &s->candidates, error);
    if (status != ND_OK || s->candidates.len < 2)
        return status;
    nd_heap_sort(s->candidates.items, s->candidates.len, sizeof(uint32_t), compare_numbers, NULL);
    size_t kept = 1;
    for (size_t i = 1; i < s->candidates.len; i++)
        if (s->candidates.items[i] != s->candidates.items[kept - 1])
            s->candidates.items[kept++] = s->candidates.items[i];
    s->candidates.len = kept;
    return ND_OK;
}

/* By the sets alone. Sizes tell of most texts that do not match that they don't. */
static nd_status verify_set(search *q, ranked_text *ranked, nd_error *error)
{
    nd_index *const index = q->index;
    const nd_match_rule *const rule = &q->options->rule;
    const size_t size = q->seeker.entry.num_shingles, other = ranked->entry.num_shingles;
    const uint64_t *set = NULL;
    if (nd_match_least_common(rule, size, other) > (size < other ? size : other))
        return ND_OK;
    const nd_status status =
        nd_text_reader_set(&index->texts, &index->log, ranked->number, &ranked->entry, &set, error);
    if (status == ND_OK)
        ranked->kind = nd_verify_sets(q->seeker.set, size, set, other, rule, &ranked->similarity);
    return status;
}

/* Makes both texts ready for the verdict. */
static nd_status make_ready(search *q, const nd_text_entry *entry, nd_error *error)
{
    nd_index *const index = q->index;
    nd_judging *const j = &index->query.judging;
    const nd_allocator *const a = &index->allocator;
    const nd_text *text = NULL;
    nd_status status = ND_OK;
    if (!j->is_ready)
        status = nd_judged_text_make(&j->own, &j->judge.making, q->words,
                                     q->seeker.entry.num_tokens, NULL, a);
    if (!j->is_ready && status == ND_OK)
        status = nd_judge_hold(&j->judge, &j->own, a);
    j->is_ready = status == ND_OK;
    if (status == ND_OK)
        status = nd_text_reader_text(&index->texts, &index->log, entry, &text, error);
    if (status != ND_OK)
        return status;
    const size_t num = nd_text_num_tokens(text);
    j->other_words.len = 0;
    status = ND_VEC_RESERVE(a, &j->other_words, num);
    if (status != ND_OK)
        return status;
    nd_word_codes(text, j->other_words.items);
    return nd_judged_text_make(&j->other, &j->judge.making, j->other_words.items, (uint32_t)num,
                               NULL, a);
}

static nd_status judge(search *q, ranked_text *ranked, nd_error *error)
{
    nd_judging *const j = &q->index->query.judging;
    const nd_judge_request request = {.need = ranked->kind == ND_MATCH_NONE ? ND_JUDGE_UNLESS_LOW
                                                                            : ND_JUDGE_ALL,
                                      .least = q->least_score};
    nd_judgement judgement = {0};
    nd_status status = make_ready(q, &ranked->entry, error);
    if (status == ND_OK)
        status = nd_judge_held(&j->judge, &j->other, &request, &q->index->allocator, &judgement);
    ranked->score = (double)judgement.score / ND_LOGISTIC_ONE;
    ranked->coverage = (nd_coverage){(double)judgement.covered[0] / ND_LOGISTIC_ONE,
                                     (double)judgement.covered[1] / ND_LOGISTIC_ONE};
    if (status == ND_OK && judgement.score >= q->least_score)
        ranked->kind =
            nd_match_classify_covered(&ranked->similarity, &q->options->rule, &ranked->coverage, 0);
    return status;
}

/* By the sets, and by the verdict where that is worth it. */
static nd_status verify_words(search *q, ranked_text *ranked, nd_error *error)
{
    nd_index *const index = q->index;
    const uint32_t size = q->seeker.entry.num_shingles, other = ranked->entry.num_shingles;
    const uint64_t *set = NULL;
    const nd_status status =
        nd_text_reader_set(&index->texts, &index->log, ranked->number, &ranked->entry, &set, error);
    if (status != ND_OK)
        return status;
    ranked->similarity = nd_similarity_compute(q->seeker.set, size, set, other);
    ranked->kind = nd_match_classify(&ranked->similarity, &q->options->rule);
    return ranked->kind != ND_MATCH_NONE ||
                   nd_is_worth_judging(ranked->similarity.common, size, other)
               ? judge(q, ranked, error)
               : ND_OK;
}

/* `entries` is kept from one text to the next. */
static nd_status verify(search *q, nd_run_cursor *entries, uint32_t number, nd_error *error)
{
    ranked_text ranked = {.number = number, .kind = ND_MATCH_NONE};
    nd_status status = nd_index_text_entry_near(q->index, entries, number, &ranked.entry, error);
    if (status == ND_OK)
        status =
            q->least_score > 0 ? verify_words(q, &ranked, error) : verify_set(q, &ranked, error);
    return status != ND_OK || ranked.kind == ND_MATCH_NONE ? status : add_ranked(q, &ranked);
}

/* Documents of the same text. */
static nd_status add_own_text(search *q)
{
    const uint64_t size = q->seeker.entry.num_shingles;
    const ranked_text own = {
        .number = q->seeker.number,
        .kind = ND_MATCH_EXACT,
        .similarity = nd_similarity_from_counts(size, size, size),
        .coverage = {q->least_score > 0, q->least_score > 0},
        .score = q->least_score > 0,
        .entry = q->seeker.entry,
    };
    return q->seeker.number == ND_NO_NUMBER ? ND_OK : add_ranked(q, &own);
}

/* ctx: the index. */
static int compare_ranked(void *ctx, const void *left, const void *right)
{
    const ranked_text *const *const a = left, *const *const b = right;
    const nd_similarity *const x = &(*a)->similarity, *const y = &(*b)->similarity;
    const int order = nd_goodness_compare(nd_goodness_of(x->size_a, x->size_b, x->common),
                                          nd_goodness_of(y->size_a, y->size_b, y->common));
    return order != 0 ? order : nd_index_compare_texts(ctx, &(*a)->entry, &(*b)->entry);
}

/* --- documents --- */

static bool is_wanted(const nd_index_query *o, const nd_document_entry *entry)
{
    return (o->since == 0 || (entry->time != 0 && entry->time >= o->since)) &&
           (o->before == 0 || (entry->time != 0 && entry->time < o->before));
}

static bool is_of_unwanted_source(const nd_index_query *o, const nd_document_change *record)
{
    return o->not_source && record->source_bytes == o->not_source_len_bytes &&
           memcmp(nd_document_change_source(record), o->not_source, record->source_bytes) == 0;
}

/* Room for a match, with its strings copied. */
static nd_status append_match(nd_index *index, const ranked_text *ranked)
{
    nd_query_scratch *const s = &index->query;
    const nd_document_change *const record = nd_record_of(&s->record);
    const size_t id_bytes = record->id_bytes, source_bytes = record->source_bytes;
    char *const strings = nd_arena_alloc(&s->strings, id_bytes + source_bytes + 1);
    if (!strings || ND_VEC_RESERVE(&index->allocator, &s->matches, 1) != ND_OK)
        return ND_ERR_NO_MEMORY;
    memcpy(strings, nd_document_change_id(record), id_bytes + source_bytes);
    s->matches.items[s->matches.len++] = (nd_index_match){
        .id = strings,
        .id_len_bytes = id_bytes,
        .source = source_bytes > 0 ? strings + id_bytes : NULL,
        .source_len_bytes = source_bytes,
        .time = record->time,
        .tag = record->tag,
        .kind = ranked->kind,
        .similarity = ranked->similarity,
        .coverage = ranked->coverage,
        .score = ranked->score,
    };
    return ND_OK;
}

static int compare_ids(void *ctx, const void *left, const void *right)
{
    (void)ctx;
    const nd_index_match *const *const a = left, *const *const b = right;
    const size_t len =
        (*a)->id_len_bytes < (*b)->id_len_bytes ? (*a)->id_len_bytes : (*b)->id_len_bytes;
    const int order = memcmp((*a)->id, (*b)->id, len);
    return order != 0 ? order
                      : ((*a)->id_len_bytes > (*b)->id_len_bytes) -
                            ((*a)->id_len_bytes < (*b)->id_len_bytes);
}

/* Sorts matches by id through pointers to them: they are larger than what is sorted in place. */
static nd_status sort_by_id(nd_index *index, nd_index_match *matches, size_t num)
{
    const nd_allocator *const a = &index->allocator;
    if (num < 2)
        return ND_OK;
    nd_index_match **const order = nd_alloc(a, num, sizeof(nd_index_match *));
    nd_index_match *const copy = nd_alloc(a, num, sizeof *copy);
    if (order && copy) {
        memcpy(copy, matches, num * sizeof *copy);
        for (size_t i = 0; i < num; i++)
            order[i] = &copy[i];
        nd_heap_sort(order, num, sizeof *order, compare_ids, NULL);
        for (size_t i = 0; i < num; i++)
            matches[i] = *order[i];
    }
    const bool has_room = order && copy;
    nd_release(a, order);
    nd_release(a, copy);
    return has_room ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Appends the documents of one text that are wanted, by id. */
static nd_status add_documents(search *q, const ranked_text *ranked, nd_error *error)
{
    nd_index *const index = q->index;
    nd_query_scratch *const s = &index->query;
    const size_t before = s->matches.len;
    nd_status status = nd_index_find_copies(index, ranked->number, &s->copies, error);
    for (size_t i = 0; status == ND_OK && i < s->copies.len; i++) {
        nd_document_entry entry;
        if (s->copies.items[i] == q->excluded)
            continue;
        status = nd_index_document_entry(index, s->copies.items[i], &entry, error);
        if (status != ND_OK || !is_wanted(q->options, &entry))
            continue;
        status = nd_index_read_document(index, &entry, &s->record, error);
        if (status == ND_OK && !is_of_unwanted_source(q->options, nd_record_of(&s->record)))
            status = append_match(index, ranked);
    }
    return status == ND_OK ? sort_by_id(index, s->matches.items + before, s->matches.len - before)
                           : status;
}

/* The texts in their order, and their documents, as many as are wanted. */
static nd_status list_documents(search *q, nd_error *error)
{
    nd_index *const index = q->index;
    nd_query_scratch *const s = &index->query;
    const size_t most = q->options->max_matches ? q->options->max_matches : SIZE_MAX;
    const ranked_text **const order =
        nd_alloc(&index->allocator, q->num_ranked, sizeof(const ranked_text *));
    if (!order)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < q->num_ranked; i++)
        order[i] = &s->ranked[i];
    nd_heap_sort(order, q->num_ranked, sizeof *order, compare_ranked, index);
    nd_status status = ND_OK;
    for (size_t i = 0; status == ND_OK && i < q->num_ranked && s->matches.len < most; i++)
        status = add_documents(q, order[i], error);
    if (s->matches.len > most)
        s->matches.len = most;
    nd_release(&index->allocator, order);
    return status;
}

static nd_status run(search *q, const nd_index_match **matches, size_t *num_matches,
                     nd_error *error)
{
    nd_query_scratch *const s = &q->index->query;
    nd_run_cursor entries;
    nd_run_cursor_init(&entries, NULL, ND_TABLE_TEXTS, q->index->blocks);
    s->judging.is_ready = false;
    q->least_score = nd_least_score(q->options->score);
    nd_status status = find_candidates(q, error);
    if (status == ND_OK)
        status = add_own_text(q);
    for (size_t i = 0; status == ND_OK && i < s->candidates.len; i++)
        status = verify(q, &entries, s->candidates.items[i], error);
    if (status == ND_OK)
        status = list_documents(q, error);
    if (status == ND_OK) {
        *matches = s->matches.items;
        *num_matches = s->matches.len;
    }
    return nd_index_fail(error, status);
}

/* A query of what was made ready. */
static search search_of(nd_index *index, const nd_index_query *options,
                        const nd_prepared_list *list, const nd_prepared *item)
{
    search q = {.index = index, .options = options, .excluded = ND_NO_NUMBER};
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
    search q = search_of(index, &full, list, item);
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
    search q = search_of(index, full, list, item);
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
static nd_status read_words(search *q, nd_error *error)
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
static nd_status query_document(search *q, const nd_index_match **matches, size_t *num_matches,
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
    search q = {.index = index, .options = &full};
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
