#include "cli/output/eval_errors.h"

#include <stdlib.h>

#include "cli/output/amounts.h"
#include "cli/output/comparison_writer.h"
#include "cli/output/passage_list.h"
#include "cli/output/style.h"

typedef enum error_kind { ERROR_FALSE = 0, ERROR_MISSED, NUM_ERROR_KINDS } error_kind;

static const char *const error_names[] = {[ERROR_FALSE] = "false", [ERROR_MISSED] = "missed"};

typedef struct wrong_pair {
    uint64_t pair;
    double badness; /* the larger, the worse */
} wrong_pair;

typedef ND_VEC(wrong_pair) wrong_vec;

static double similarity_of(const nd_evaluator *e, uint64_t pair)
{
    const nd_similarity s =
        nd_held_sets_compare(&e->sets, &e->held, nd_pair_low(pair), nd_pair_high(pair));
    if (e->job->settings->scan.rule.containment <= 0 && e->job->settings->scan.coverage <= 0)
        return s.jaccard;
    return s.a_in_b > s.b_in_a ? s.a_in_b : s.b_in_a;
}

/* The pairs of one list that are not in the other. */
static nd_status collect(const nd_evaluator *e, error_kind kind, wrong_vec *wrong)
{
    const nd_pair_list *const from = kind == ERROR_FALSE ? &e->found : e->truth;
    const nd_pair_list *const other = kind == ERROR_FALSE ? e->truth : &e->found;
    for (size_t i = 0, at = 0; i < from->pairs.len; i++) {
        const uint64_t pair = from->pairs.items[i];
        if (nd_pair_list_meets(other, pair, &at))
            continue;
        const nd_status status = ND_VEC_RESERVE(e->job->allocator, wrong, 1);
        if (status != ND_OK)
            return status;
        const double similarity = similarity_of(e, pair);
        wrong->items[wrong->len++] =
            (wrong_pair){pair, kind == ERROR_FALSE ? -similarity : similarity};
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

/* What the truth calls a missed pair; empty where it has no kinds. */
static nd_tsv_field kind_of(const nd_evaluator *e, uint64_t pair)
{
    const nd_truth_pairs *const given = &e->given;
    for (size_t i = 0; given->kind_of && i < given->pairs.pairs.len; i++)
        if (given->pairs.pairs.items[i] == pair)
            return given->kinds[given->kind_of[i]];
    return (nd_tsv_field){"", 0};
}

static void error_as_json(const nd_evaluator *e, nd_page *page, error_kind kind, uint64_t pair,
                          const nd_comparison *comparison)
{
    const nd_tsv_field of_truth = kind_of(e, pair);
    nd_page_printf(page, "{\"error\":\"%s\",", error_names[kind]);
    if (of_truth.len_bytes > 0) {
        nd_page_put(page, "\"true_kind\":");
        nd_page_json(page, of_truth.p, of_truth.len_bytes);
        nd_page_put(page, ",");
    }
    nd_comparison_print_members(page, comparison);
    nd_page_put(page, "}\n");
}

static void error_as_text(const nd_evaluator *e, nd_page *page, error_kind kind, uint64_t pair,
                          const nd_comparison *comparison)
{
    const nd_tsv_field of_truth = kind_of(e, pair);
    nd_page_printf(page, "\n%s%s%s", nd_style(e->job, ND_STYLE_STRONG), error_names[kind],
                   nd_style(e->job, ND_STYLE_PLAIN));
    if (of_truth.len_bytes > 0) {
        nd_page_put(page, ", ");
        nd_page_shown(page, of_truth.p, of_truth.len_bytes);
    }
    nd_page_put(page, "\n");
    nd_comparison_print(e->job, page, comparison);
}

/* Coverage is known to the scan alone: what it reported for no other reason is called partial. */
static nd_match_kind kind_of_match(const nd_settings *settings, error_kind kind,
                                   const nd_comparison *comparison)
{
    const nd_match_rule rule = {.jaccard = settings->scan.rule.jaccard,
                                .containment = settings->scan.rule.containment};
    const nd_match_kind by_rule = nd_match_classify(&comparison->similarity, &rule);
    const bool is_covered = kind == ERROR_FALSE && settings->scan.coverage > 0;
    const bool is_partial = comparison->num_passages > 0 || is_covered;
    return by_rule == ND_MATCH_NONE && is_partial ? ND_MATCH_PARTIAL : by_rule;
}

static nd_status print_error(const nd_evaluator *e, nd_page *page, nd_passage_list *passages,
                             error_kind kind, uint64_t pair)
{
    const nd_settings *const settings = e->job->settings;
    const uint32_t a = nd_pair_low(pair), b = nd_pair_high(pair);
    nd_comparison c = {.a = *nd_held_document(&e->held, a), .b = *nd_held_document(&e->held, b)};
    const nd_kept_text text_a = {c.a.text, c.a.text_len_bytes};
    const nd_kept_text text_b = {c.b.text, c.b.text_len_bytes};
    const nd_status status = nd_passage_list_fill(passages, text_a, text_b);
    if (status != ND_OK)
        return status;
    c.passages = passages->passages.items;
    c.num_passages = passages->passages.len;
    c.similarity = nd_held_sets_compare(&e->sets, &e->held, a, b);
    c.kind = kind_of_match(settings, kind, &c);
    if (e->job->format == ND_FORMAT_TEXT)
        error_as_text(e, page, kind, pair, &c);
    else
        error_as_json(e, page, kind, pair, &c);
    return page->status;
}

static nd_status print_worst(const nd_evaluator *e, nd_page *page, nd_passage_list *passages,
                             error_kind kind)
{
    wrong_vec wrong = {0};
    nd_status status = collect(e, kind, &wrong);
    if (wrong.len > 1)
        qsort(wrong.items, wrong.len, sizeof *wrong.items, compare_badness);
    for (size_t i = 0; i < wrong.len && i < e->job->settings->errors && status == ND_OK; i++)
        status = print_error(e, page, passages, kind, wrong.items[i].pair);
    ND_VEC_RELEASE(e->job->allocator, &wrong);
    return status;
}

nd_status nd_eval_errors_print(const nd_evaluator *evaluator, nd_page *page)
{
    nd_passage_list passages;
    nd_status status =
        nd_passage_list_init(&passages, evaluator->job->settings, evaluator->job->allocator);
    for (error_kind kind = ERROR_FALSE; kind < NUM_ERROR_KINDS && status == ND_OK; kind++)
        status = print_worst(evaluator, page, &passages, kind);
    nd_passage_list_release(&passages);
    return status;
}
