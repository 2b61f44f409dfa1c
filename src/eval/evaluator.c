/* Documents are numbered by their ids. What is known, and what was found, are sorted lists of pairs
 * of these numbers, compared by going through both. */
#include "neardup/evaluation.h"

#include <math.h>
#include <stdlib.h>

#include "eval/corpus_sets.h"
#include "eval/scores.h"
#include "eval/truth.h"
#include "neardup/exact_join.h"

struct nd_evaluator {
    nd_allocator allocator;
    nd_truth truth_kind;
    nd_corpus corpus;
    nd_corpus_sets sets;
    nd_truth_store told;
    nd_pair_list joined; /* true pairs of ND_TRUTH_EXACT */
    nd_pair_list found;
    bool has_groups;           /* found ones: they decide found_label */
    uint32_t *found_label;     /* [ids] */
    uint32_t *truth_label;     /* [ids] */
    bool compares_containment; /* the last scan asked for more than a jaccard */
    bool is_scanned;
};

nd_status nd_evaluator_new(nd_truth truth, nd_texts texts, const nd_allocator *allocator,
                           nd_evaluator **out)
{
    *out = NULL;
    if (truth > ND_TRUTH_EXACT || texts > ND_TEXTS_KEEP ||
        (truth == ND_TRUTH_EXACT && texts != ND_TEXTS_KEEP))
        return ND_ERR_INVALID_ARGUMENT;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_evaluator *const e = nd_alloc_zeroed(&a, 1, sizeof *e);
    if (!e)
        return ND_ERR_NO_MEMORY;
    e->allocator = a;
    e->truth_kind = truth;
    nd_corpus_init(&e->corpus, texts, &e->allocator);
    e->joined.allocator = &e->allocator;
    e->found.allocator = &e->allocator;
    *out = e;
    return ND_OK;
}

/* --- documents --- */

nd_status nd_evaluator_add_document(nd_evaluator *evaluator, const nd_document *document)
{
    return nd_corpus_add(&evaluator->corpus, document);
}

nd_status nd_evaluator_add_source(nd_evaluator *evaluator, const nd_source *source,
                                  const nd_document_map_options *options, nd_error *error)
{
    return nd_corpus_add_source(&evaluator->corpus, source, options, error);
}

nd_status nd_evaluator_seal(nd_evaluator *evaluator)
{
    nd_evaluator *const e = evaluator;
    if (e->found_label)
        return ND_OK;
    nd_status status = nd_corpus_seal(&e->corpus);
    if (status == ND_OK)
        status = nd_truth_store_init(&e->told, e->corpus.num_ids, &e->allocator);
    if (status != ND_OK)
        return status;
    e->truth_label = nd_alloc(&e->allocator, e->corpus.num_ids, sizeof *e->truth_label);
    e->found_label = nd_alloc(&e->allocator, e->corpus.num_ids, sizeof *e->found_label);
    if (!e->truth_label || !e->found_label)
        return ND_ERR_NO_MEMORY;
    nd_evaluator_clear_found(e);
    return ND_OK;
}

size_t nd_evaluator_num_documents(const nd_evaluator *evaluator)
{
    return evaluator->corpus.num_documents;
}

size_t nd_evaluator_num_ids(const nd_evaluator *evaluator)
{
    return evaluator->corpus.num_ids;
}

uint64_t nd_evaluator_text_bytes(const nd_evaluator *evaluator)
{
    return evaluator->corpus.text_bytes;
}

int nd_evaluator_knows(const nd_evaluator *evaluator, const char *id, size_t id_len_bytes)
{
    uint32_t number;
    return nd_corpus_find(&evaluator->corpus, id, id_len_bytes, &number);
}

static nd_status number_of(const nd_evaluator *e, nd_id id, uint32_t *number)
{
    return nd_corpus_find(&e->corpus, id.p, id.len_bytes, number) ? ND_OK : ND_ERR_NOT_FOUND;
}

/* Numbers of two ids, where what is told of them is wanted. */
static nd_status numbers_of(const nd_evaluator *e, nd_id a, nd_id b, uint32_t *a_number,
                            uint32_t *b_number)
{
    if (!e->found_label)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_status status = number_of(e, a, a_number);
    return status == ND_OK ? number_of(e, b, b_number) : status;
}

/* --- what is known --- */

nd_status nd_evaluator_add_pair(nd_evaluator *evaluator, nd_id a, nd_id b,
                                const nd_pair_label *label)
{
    nd_evaluator *const e = evaluator;
    uint32_t number_a, number_b;
    if (e->truth_kind != ND_TRUTH_PAIRS && e->truth_kind != ND_TRUTH_LABELLED)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_status status = numbers_of(e, a, b, &number_a, &number_b);
    if (status != ND_OK)
        return status;
    nd_pair_label told = *label;
    if (e->truth_kind == ND_TRUTH_PAIRS)
        told.is_true = 1;
    return nd_truth_store_add_pair(&e->told, number_a, number_b, &told);
}

nd_status nd_evaluator_add_member(nd_evaluator *evaluator, nd_id id, const char *cluster,
                                  size_t cluster_len_bytes, uint64_t tag, uint64_t *earlier_tag)
{
    nd_evaluator *const e = evaluator;
    uint32_t number;
    if (e->truth_kind != ND_TRUTH_CLUSTERS || !e->found_label)
        return ND_ERR_INVALID_ARGUMENT;
    const nd_status status = number_of(e, id, &number);
    if (status != ND_OK)
        return status;
    const nd_truth_name name = {cluster, cluster_len_bytes};
    return nd_truth_store_add_member(&e->told, number, name, tag, earlier_tag);
}

nd_status nd_evaluator_ignore_pair(nd_evaluator *evaluator, nd_id a, nd_id b)
{
    uint32_t number_a, number_b;
    const nd_status status = numbers_of(evaluator, a, b, &number_a, &number_b);
    return status == ND_OK ? nd_truth_store_ignore(&evaluator->told, number_a, number_b) : status;
}

uint64_t nd_evaluator_num_repeated(const nd_evaluator *evaluator)
{
    return evaluator->told.num_repeated;
}

/* --- what was found --- */

void nd_evaluator_clear_found(nd_evaluator *evaluator)
{
    nd_pair_list_clear(&evaluator->found);
    evaluator->has_groups = false;
    evaluator->is_scanned = false;
}

nd_status nd_evaluator_found_pair(nd_evaluator *evaluator, nd_id a, nd_id b)
{
    uint32_t number_a, number_b;
    const nd_status status = numbers_of(evaluator, a, b, &number_a, &number_b);
    return status == ND_OK ? nd_pair_list_add(&evaluator->found, number_a, number_b) : status;
}

/* The first group gives every document a label of its own. */
static void begin_groups(nd_evaluator *e)
{
    for (size_t i = 0; !e->has_groups && i < e->corpus.num_ids; i++)
        e->found_label[i] = (uint32_t)i;
    e->has_groups = true;
}

static nd_status add_group(nd_evaluator *e, const uint32_t *numbers, size_t num)
{
    begin_groups(e);
    const nd_status status = nd_pair_list_add_all(&e->found, numbers, num);
    for (size_t i = 0; status == ND_OK && i < num; i++)
        e->found_label[numbers[i]] = numbers[0];
    return status;
}

nd_status nd_evaluator_found_group(nd_evaluator *evaluator, const nd_id *ids, size_t num_ids)
{
    nd_evaluator *const e = evaluator;
    if (!e->found_label)
        return ND_ERR_INVALID_ARGUMENT;
    uint32_t *const numbers = nd_alloc(&e->allocator, num_ids, sizeof *numbers);
    nd_status status = numbers ? ND_OK : ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num_ids && status == ND_OK; i++)
        status = number_of(e, ids[i], &numbers[i]);
    if (status == ND_OK)
        status = add_group(e, numbers, num_ids);
    nd_release(&e->allocator, numbers);
    return status;
}

/* --- measuring --- */

static const nd_pair_list *true_pairs(const nd_evaluator *e)
{
    return e->truth_kind == ND_TRUTH_EXACT ? &e->joined : &e->told.pairs;
}

/* Drops the found pairs that are neither right nor wrong. */
static uint64_t leave_out_ignored(nd_evaluator *e)
{
    const uint64_t num_ignored = nd_pair_list_subtract(&e->found, &e->told.ignored);
    if (e->truth_kind != ND_TRUTH_LABELLED)
        return num_ignored;
    size_t kept = 0, at = 0;
    const size_t num = e->found.pairs.len, num_labels = e->told.labels.len;
    for (size_t i = 0; i < num; i++) {
        const uint64_t pair = e->found.pairs.items[i];
        while (at < num_labels && e->told.labels.items[at].pair < pair)
            at++;
        if (at < num_labels && e->told.labels.items[at].pair == pair)
            e->found.pairs.items[kept++] = pair;
    }
    e->found.pairs.len = kept;
    return num_ignored + (num - kept);
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 1;
}

/* Goes through the labels: their weights, and how many of each kind were found. */
static void count_labels(const nd_evaluator *e, nd_evaluation *out)
{
    double is_true = 0, is_found = 0, is_both = 0;
    for (size_t i = 0, at = 0; i < e->told.labels.len; i++) {
        const nd_label *const label = &e->told.labels.items[i];
        const bool found = nd_pair_list_meets(&e->found, label->pair, &at);
        is_true += label->is_true ? label->weight : 0;
        is_found += found ? label->weight : 0;
        is_both += found && label->is_true ? label->weight : 0;
        if (label->kind < out->num_kinds) {
            out->kinds[label->kind].pairs++;
            out->kinds[label->kind].found += found;
        }
    }
    if (e->truth_kind == ND_TRUTH_PAIRS) /* those without a label stand for themselves */
        is_found += (double)(out->pairs_found - out->true_positives);
    out->weighted_precision = share(is_both, is_found);
    out->weighted_recall = share(is_both, is_true);
    out->weighted_f1 = share(2 * is_both, is_true + is_found);
}

static nd_status measure_ari(nd_evaluator *e, double *ari)
{
    const size_t num = e->corpus.num_ids;
    if (e->truth_kind == ND_TRUTH_LABELLED) {
        *ari = NAN;
        return ND_OK;
    }
    const uint32_t *truth_label = e->told.cluster_of;
    if (!truth_label) {
        nd_pair_list_components(true_pairs(e), num, e->truth_label);
        truth_label = e->truth_label;
    }
    if (!e->has_groups)
        nd_pair_list_components(&e->found, num, e->found_label);
    return nd_adjusted_rand_index(truth_label, e->found_label, num, &e->allocator, ari);
}

static nd_status make_kinds(const nd_evaluator *e, nd_evaluation *out)
{
    const size_t num = e->told.kinds.len;
    out->kinds = nd_alloc_zeroed(&e->allocator, num, sizeof *out->kinds);
    if (!out->kinds)
        return ND_ERR_NO_MEMORY;
    out->num_kinds = num;
    for (size_t i = 0; i < num; i++) {
        out->kinds[i].kind = e->told.kinds.items[i].p;
        out->kinds[i].kind_len_bytes = e->told.kinds.items[i].len_bytes;
    }
    return ND_OK;
}

/* Of what is told, settled, and what was found. */
static nd_status measure(nd_evaluator *e, nd_evaluation *out)
{
    nd_status status = nd_pair_list_sort(&e->found);
    if (status == ND_OK)
        status = make_kinds(e, out);
    if (status != ND_OK)
        return status;
    out->pairs_ignored = leave_out_ignored(e);
    const nd_scores s = nd_scores_of(true_pairs(e), &e->found);
    out->pairs_true = s.pairs_true;
    out->pairs_found = s.pairs_found;
    out->true_positives = s.true_positives;
    out->precision = out->weighted_precision = s.precision;
    out->recall = out->weighted_recall = s.recall;
    out->f1 = out->weighted_f1 = s.f1;
    if (e->told.labels.len > 0)
        count_labels(e, out);
    return measure_ari(e, &out->ari);
}

nd_status nd_evaluator_measure(nd_evaluator *evaluator, nd_evaluation *out)
{
    nd_evaluator *const e = evaluator;
    *out = (nd_evaluation){0};
    if (!e->found_label || e->truth_kind == ND_TRUTH_EXACT)
        return ND_ERR_INVALID_ARGUMENT;
    nd_status status = nd_truth_store_settle(&e->told);
    if (status == ND_OK)
        status = measure(e, out);
    if (status != ND_OK)
        nd_evaluation_release(e, out);
    return status;
}

void nd_evaluation_release(const nd_evaluator *evaluator, nd_evaluation *evaluation)
{
    nd_release(&evaluator->allocator, evaluation->kinds);
    *evaluation = (nd_evaluation){0};
}

/* --- scans --- */

/* An nd_pair_fn. The tags are the numbers of the ids, whatever the scan calls documents of one id.
 */
static nd_status take_pair(void *ctx, const nd_pair *pair)
{
    nd_evaluator *const e = ctx;
    return nd_pair_list_add(&e->found, (uint32_t)pair->a.tag, (uint32_t)pair->b.tag);
}

typedef struct group_taking {
    nd_evaluator *evaluator;
    ND_VEC(uint32_t) numbers; /* of the group at work */
} group_taking;

/* An nd_group_fn. */
static nd_status take_group(void *ctx, const nd_group *group)
{
    group_taking *const t = ctx;
    nd_evaluator *const e = t->evaluator;
    t->numbers.len = 0;
    const nd_status status = ND_VEC_RESERVE(&e->allocator, &t->numbers, group->num_members + 1);
    if (status != ND_OK)
        return status;
    t->numbers.items[t->numbers.len++] = (uint32_t)group->representative.tag;
    for (size_t i = 0; i < group->num_members; i++)
        t->numbers.items[t->numbers.len++] = (uint32_t)group->members[i].id.tag;
    return add_group(e, t->numbers.items, t->numbers.len);
}

static nd_status take_found(nd_evaluator *e, nd_scan *scan, nd_scan_output output)
{
    if (output == ND_SCAN_PAIRS)
        return nd_scan_each_pair(scan, take_pair, e);
    begin_groups(e);
    group_taking taking = {.evaluator = e};
    const nd_status status = nd_scan_each_group(scan, take_group, &taking);
    ND_VEC_RELEASE(&e->allocator, &taking.numbers);
    return status;
}

static nd_status scan_corpus(nd_evaluator *e, const nd_scan_options *options, nd_evaluation *out)
{
    nd_scan *scan = NULL;
    nd_corpus_reading reading;
    const nd_source source = nd_corpus_source(&e->corpus, &reading);
    nd_evaluator_clear_found(e);
    nd_status status = nd_scan_new(options, &e->allocator, &scan);
    if (status == ND_OK)
        status = nd_scan_add_source(scan, &source, NULL);
    if (status == ND_OK)
        status = nd_scan_finish(scan, NULL);
    if (status == ND_OK)
        status = take_found(e, scan, options->output);
    if (status == ND_OK)
        out->stats = nd_scan_stats_get(scan);
    nd_scan_free(scan);
    return status;
}

typedef struct join_collector {
    const nd_corpus *corpus;
    nd_pair_list *lists; /* one a thread */
} join_collector;

/* An nd_joined_pair_fn. */
static nd_status take_joined(void *ctx, uint32_t worker, size_t i, size_t j,
                             const nd_similarity *similarity)
{
    (void)similarity;
    const join_collector *const c = ctx;
    return nd_pair_list_add(&c->lists[worker], c->corpus->id_of[i], c->corpus->id_of[j]);
}

/* Fills e->joined with every pair of documents that reaches a threshold. */
static nd_status join_corpus(nd_evaluator *e, const nd_exact_join_options *options)
{
    join_collector c = {.corpus = &e->corpus};
    nd_pair_list_clear(&e->joined);
    c.lists = nd_alloc_zeroed(&e->allocator, options->num_threads, sizeof *c.lists);
    if (!c.lists)
        return ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < options->num_threads; w++)
        c.lists[w].allocator = &e->allocator;
    nd_status status = nd_exact_join(&e->sets.list, options, take_joined, &c);
    for (uint32_t w = 0; w < options->num_threads; w++) {
        if (status == ND_OK)
            status = nd_pair_list_append(&e->joined, &c.lists[w]);
        nd_pair_list_release(&c.lists[w]);
    }
    nd_release(&e->allocator, c.lists);
    if (status == ND_OK)
        status = nd_pair_list_sort(&e->joined);
    if (status == ND_OK)
        nd_pair_list_subtract(&e->joined, &e->told.ignored);
    return status;
}

static nd_status find_truth(nd_evaluator *e, const nd_scan_options *options)
{
    const uint32_t num_threads = options->num_threads ? options->num_threads : nd_num_processors();
    const nd_exact_join_options join = {.jaccard = options->rule.jaccard,
                                        .containment = options->rule.containment,
                                        .num_threads = num_threads,
                                        .progress = options->progress,
                                        .progress_ctx = options->progress_ctx,
                                        .allocator = &e->allocator};
    nd_status status = nd_truth_store_settle(&e->told);
    if (status == ND_OK)
        status = nd_corpus_sets_make(&e->sets, &e->corpus, options, num_threads);
    if (status == ND_OK && e->truth_kind == ND_TRUTH_EXACT)
        status = join_corpus(e, &join);
    return status;
}

static void count_bands(const nd_evaluator *e, nd_evaluation *out)
{
    const nd_pair_list *const truth = true_pairs(e);
    for (size_t i = 0, at = 0; i < truth->pairs.len; i++) {
        const uint64_t pair = truth->pairs.items[i];
        const nd_similarity similarity =
            nd_corpus_sets_compare(&e->sets, &e->corpus, nd_pair_low(pair), nd_pair_high(pair));
        nd_band_count *const band = &out->bands[nd_band_of(similarity.jaccard)];
        band->pairs_true++;
        band->true_positives += nd_pair_list_meets(&e->found, pair, &at);
    }
}

nd_status nd_evaluator_scan(nd_evaluator *evaluator, const nd_scan_options *options,
                            nd_evaluation *out)
{
    nd_evaluator *const e = evaluator;
    *out = (nd_evaluation){0};
    if (!e->found_label || e->corpus.texts != ND_TEXTS_KEEP ||
        (e->truth_kind == ND_TRUTH_EXACT && options->coverage > 0))
        return ND_ERR_INVALID_ARGUMENT;
    nd_status status = scan_corpus(e, options, out);
    if (status == ND_OK)
        status = find_truth(e, options);
    if (status == ND_OK)
        status = measure(e, out);
    if (status != ND_OK) {
        nd_evaluation_release(e, out);
        return status;
    }
    count_bands(e, out);
    e->compares_containment = options->rule.containment > 0 || options->coverage > 0;
    e->is_scanned = true;
    return ND_OK;
}

/* --- what was wrong --- */

typedef struct wrong_pair {
    uint64_t pair;
    double badness; /* the larger, the worse */
} wrong_pair;

typedef ND_VEC(wrong_pair) wrong_vec;

/* The pairs of one list that are not in the other. */
static nd_status collect_wrong(const nd_evaluator *e, nd_wrong which, wrong_vec *wrong)
{
    const nd_pair_list *const from = which == ND_WRONG_FALSE ? &e->found : true_pairs(e);
    const nd_pair_list *const other = which == ND_WRONG_FALSE ? true_pairs(e) : &e->found;
    for (size_t i = 0, at = 0; i < from->pairs.len; i++) {
        const uint64_t pair = from->pairs.items[i];
        if (nd_pair_list_meets(other, pair, &at))
            continue;
        const nd_status status = ND_VEC_RESERVE(&e->allocator, wrong, 1);
        if (status != ND_OK)
            return status;
        const nd_similarity s =
            nd_corpus_sets_compare(&e->sets, &e->corpus, nd_pair_low(pair), nd_pair_high(pair));
        const double similarity = !e->compares_containment ? s.jaccard
                                  : s.a_in_b > s.b_in_a    ? s.a_in_b
                                                           : s.b_in_a;
        wrong->items[wrong->len++] =
            (wrong_pair){pair, which == ND_WRONG_FALSE ? -similarity : similarity};
    }
    return ND_OK;
}

static int compare_badness(const void *left, const void *right)
{
    const wrong_pair *const a = left, *const b = right;
    if (a->badness != b->badness)
        return (a->badness < b->badness) - (a->badness > b->badness);
    return (a->pair > b->pair) - (a->pair < b->pair);
}

static nd_wrong_pair shown_pair(const nd_evaluator *e, uint64_t pair)
{
    const uint32_t a = nd_pair_low(pair), b = nd_pair_high(pair);
    const nd_label *const label = nd_truth_store_label(&e->told, pair);
    nd_wrong_pair shown = {.a = nd_corpus_document(&e->corpus, a),
                           .b = nd_corpus_document(&e->corpus, b),
                           .similarity = nd_corpus_sets_compare(&e->sets, &e->corpus, a, b)};
    if (label && label->kind != (uint32_t)ND_NO_KIND) {
        shown.kind = e->told.kinds.items[label->kind].p;
        shown.kind_len_bytes = e->told.kinds.items[label->kind].len_bytes;
    }
    return shown;
}

nd_status nd_evaluator_each_wrong(const nd_evaluator *evaluator, nd_wrong which, size_t most,
                                  nd_wrong_pair_fn each, void *ctx)
{
    const nd_evaluator *const e = evaluator;
    if (!e->is_scanned)
        return ND_ERR_INVALID_ARGUMENT;
    wrong_vec wrong = {0};
    nd_status status = collect_wrong(e, which, &wrong);
    if (status == ND_OK && wrong.len > 1)
        qsort(wrong.items, wrong.len, sizeof *wrong.items, compare_badness);
    for (size_t i = 0; i < wrong.len && i < most && status == ND_OK; i++) {
        const nd_wrong_pair shown = shown_pair(e, wrong.items[i].pair);
        status = each(ctx, &shown);
    }
    ND_VEC_RELEASE(&e->allocator, &wrong);
    return status;
}

void nd_evaluator_free(nd_evaluator *evaluator)
{
    if (!evaluator)
        return;
    const nd_allocator a = evaluator->allocator;
    nd_truth_store_release(&evaluator->told);
    nd_pair_list_release(&evaluator->joined);
    nd_pair_list_release(&evaluator->found);
    nd_release(&a, evaluator->truth_label);
    nd_release(&a, evaluator->found_label);
    nd_corpus_sets_release(&evaluator->sets);
    nd_corpus_release(&evaluator->corpus);
    nd_release(&a, evaluator);
}
