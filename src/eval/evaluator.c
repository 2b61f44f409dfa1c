/* Documents are numbered by their ids. What is known, and what was found, are sorted lists of pairs
 * of these numbers, compared by going through both. */
#include "eval/evaluator.h"

#include <math.h>

#include "util/error.h"

nd_status nd_evaluator_new(nd_truth truth, nd_texts texts, const nd_allocator *allocator,
                           nd_evaluator **out, nd_error *error)
{
    *out = NULL;
    if (truth > ND_TRUTH_EXACT || texts > ND_TEXTS_KEEP)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "no such kind of truth, or of texts");
    if (truth == ND_TRUTH_EXACT && texts != ND_TEXTS_KEEP)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "the exact join needs the texts");
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_evaluator *const e = nd_alloc_zeroed(&a, 1, sizeof *e);
    if (!e)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
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

static nd_known_id known_id(const nd_corpus *c, uint32_t number, uint64_t rank)
{
    const uint32_t first = c->first_of[number];
    const size_t end = number + 1 < c->num_ids ? c->first_of[number + 1] : c->num_documents;
    if (rank >= end - first)
        return (nd_known_id){0};
    const nd_document *const d = &c->documents[first + rank];
    return (nd_known_id){{d->id, d->id_len_bytes, d->tag}, end - first};
}

nd_known_id nd_evaluator_find(const nd_evaluator *evaluator, const char *id, size_t id_len_bytes)
{
    const nd_corpus *const c = &evaluator->corpus;
    uint32_t number;
    uint64_t rank = 0;
    if (!c->is_sealed)
        return (nd_known_id){0};
    if (nd_corpus_find(c, id, id_len_bytes, &number))
        return known_id(c, number, 0);
    return nd_corpus_find_name(c, id, id_len_bytes, &number, &rank) ? known_id(c, number, rank)
                                                                    : (nd_known_id){0};
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

void nd_evaluator_begin_groups(nd_evaluator *e)
{
    for (size_t i = 0; !e->has_groups && i < e->corpus.num_ids; i++)
        e->found_label[i] = (uint32_t)i;
    e->has_groups = true;
}

nd_status nd_evaluator_add_group(nd_evaluator *e, const uint32_t *numbers, size_t num)
{
    nd_evaluator_begin_groups(e);
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
        status = nd_evaluator_add_group(e, numbers, num_ids);
    nd_release(&e->allocator, numbers);
    return status;
}

/* --- measuring --- */

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
        nd_pair_list_components(nd_evaluator_true_pairs(e), num, e->truth_label);
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

nd_status nd_evaluator_compare(nd_evaluator *e, nd_evaluation *out)
{
    nd_status status = nd_pair_list_sort(&e->found);
    if (status == ND_OK)
        status = make_kinds(e, out);
    if (status != ND_OK)
        return status;
    out->pairs_ignored = leave_out_ignored(e);
    const nd_scores s = nd_scores_of(nd_evaluator_true_pairs(e), &e->found);
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
        status = nd_evaluator_compare(e, out);
    if (status != ND_OK)
        nd_evaluation_release(e, out);
    return status;
}

void nd_evaluation_release(const nd_evaluator *evaluator, nd_evaluation *evaluation)
{
    nd_release(&evaluator->allocator, evaluation->kinds);
    *evaluation = (nd_evaluation){0};
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
