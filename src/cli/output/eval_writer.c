#include "cli/output/eval_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output/amounts.h"
#include "cli/output/comparison_writer.h"
#include "cli/output/passage_list.h"
#include "cli/output/records.h"
#include "cli/output/screen.h"

enum { BAR_COLUMNS = 30 };

/* Of a band or kind without true pairs there is no recall. */
static double recall_of(const nd_band *band)
{
    return band->pairs_true > 0 ? (double)band->true_positives / (double)band->pairs_true : NAN;
}

/* --- JSON Lines and TSV --- */

/* What a report's rows are shown with. */
typedef struct row_view {
    nd_evaluation_view row;
    nd_recall_view bands[ND_NUM_BANDS];
    nd_array band_array, kind_array;
    char begins[ND_NUM_BANDS][8];
    char value[32]; /* that is swept, as JSON */
} row_view;

static void view_bands(row_view *v, const nd_eval_row *row)
{
    for (int band = 0; band < ND_NUM_BANDS; band++) {
        const int len =
            snprintf(v->begins[band], sizeof v->begins[band], "%.1f", nd_band_begin(band));
        v->bands[band] = (nd_recall_view){.label = {v->begins[band], (size_t)len},
                                          .from = nd_band_begin(band),
                                          .to = nd_band_begin(band - 1),
                                          .pairs_true = row->bands[band].pairs_true,
                                          .true_positives = row->bands[band].true_positives,
                                          .recall = recall_of(&row->bands[band])};
    }
    v->band_array = (nd_array){v->bands, ND_NUM_BANDS, sizeof *v->bands};
    v->row.bands = nd_items_of(&v->band_array);
}

/* An nd_items.at; `ctx` is what the kinds come from. */
typedef struct kind_items {
    const nd_truth_pairs *given;
    const nd_band *kinds;
    nd_recall_view view;
} kind_items;

static const void *next_kind(void *ctx, size_t index, nd_page *page)
{
    (void)page;
    kind_items *const k = ctx;
    k->view =
        (nd_recall_view){.label = {k->given->kinds[index].p, k->given->kinds[index].len_bytes},
                         .pairs_true = k->kinds[index].pairs_true,
                         .true_positives = k->kinds[index].true_positives,
                         .recall = recall_of(&k->kinds[index])};
    return &k->view;
}

static void view_sweep(row_view *v, const nd_sweep *sweep, size_t index)
{
    const char *const typed = sweep->values[index];
    v->row.option = sweep->option->name;
    v->row.typed = typed;
    v->row.value = v->value;
    if (sweep->option->kind == ND_OPTION_NUMBER)
        snprintf(v->value, sizeof v->value, "%.6f", strtod(typed, NULL));
    else if (sweep->option->kind == ND_OPTION_COUNT)
        snprintf(v->value, sizeof v->value, "%s", typed);
    else /* one of our own words */
        snprintf(v->value, sizeof v->value, "\"%.28s\"", typed);
}

static nd_shown_columns shown_columns(const nd_eval_report *report)
{
    return (report->sweep->option ? ND_SHOW_SWEEP : 0u) |
           (report->evaluator->given.num_kinds > 0 ? ND_SHOW_KINDS : 0u);
}

static void print_row(const nd_job *job, nd_page *page, const nd_eval_report *report, size_t index)
{
    const nd_eval_row *const row = &report->rows[index];
    const nd_scores *const s = &row->scores;
    const nd_shown_columns shown = shown_columns(report);
    kind_items kinds = {&report->evaluator->given, row->kinds, {{0}, 0, 0, 0, 0, 0}};
    row_view v = {.row = {.pairs_true = s->pairs_true,
                          .pairs_found = s->pairs_found,
                          .true_positives = s->true_positives,
                          .precision = s->precision,
                          .recall = s->recall,
                          .f1 = s->f1,
                          .ari = row->ari,
                          .pairs_ignored = row->pairs_ignored,
                          .documents = report->evaluator->held.num_documents,
                          .kinds = {kinds.given->num_kinds, next_kind, &kinds}}};
    view_bands(&v, row);
    if (report->sweep->option)
        view_sweep(&v, report->sweep, index);
    if (job->format == ND_FORMAT_TSV && index == 0)
        nd_record_tsv_header(page, &nd_evaluation_record, shown, &v.row);
    if (job->format == ND_FORMAT_TSV) {
        nd_record_tsv(page, &nd_evaluation_record, shown, &v.row);
    } else {
        nd_record_json(page, &nd_evaluation_record, shown, &v.row);
        nd_page_put(page, "\n");
    }
}

/* --- text --- */

static void counts_as_text(const nd_job *job, nd_page *page, const nd_eval_row *row)
{
    const nd_scores *const s = &row->scores;
    nd_page_printf(page, "%s%s found%s: ", nd_style(&job->screen, ND_STYLE_STRONG),
                   nd_amount_of(s->pairs_found, "pair").text,
                   nd_style(&job->screen, ND_STYLE_PLAIN));
    nd_page_printf(page, "%s true, ", nd_amount_count(s->true_positives).text);
    nd_page_printf(page, "%s false; ", nd_amount_count(s->pairs_found - s->true_positives).text);
    nd_page_printf(page, "%s of ", nd_amount_count(s->pairs_true - s->true_positives).text);
    nd_page_printf(page, "%s missed", nd_amount_of(s->pairs_true, "true pair").text);
    if (job->settings->ignore_path)
        nd_page_printf(page, "; %s ignored", nd_amount_count(row->pairs_ignored).text);
    nd_page_printf(page, "\n\nprecision  %.6f\nrecall     %.6f\nf1         %.6f\nari        %.6f\n",
                   s->precision, s->recall, s->f1, row->ari);
}

/* "   1,204    1,200   0.996678  #####" */
static void band_as_text(const nd_job *job, nd_page *page, const nd_band *band)
{
    nd_page_printf(page, "  %11s", nd_amount_count(band->pairs_true).text);
    nd_page_printf(page, "  %11s  ", nd_amount_count(band->true_positives).text);
    const double recall = recall_of(band);
    if (isnan(recall))
        nd_page_put(page, "-");
    else
        nd_page_ratio(page, recall);
    const size_t bar = isnan(recall) ? 0 : (size_t)(recall * BAR_COLUMNS + 0.5);
    if (bar > 0) {
        nd_page_printf(page, "  %s", nd_style(&job->screen, ND_STYLE_FAINT));
        nd_page_fill(page, '#', bar);
        nd_page_put(page, nd_style(&job->screen, ND_STYLE_PLAIN));
    }
    nd_page_put(page, "\n");
}

static void bands_as_text(const nd_job *job, nd_page *page, const nd_eval_row *row)
{
    nd_page_put(page, "\njaccard      true pairs        found  recall\n");
    for (int band = 0; band < ND_NUM_BANDS; band++) {
        nd_page_printf(page, "%.1f to %.1f", nd_band_begin(band), nd_band_begin(band - 1));
        band_as_text(job, page, &row->bands[band]);
    }
}

static void kinds_as_text(const nd_job *job, nd_page *page, const nd_truth_pairs *given,
                          const nd_eval_row *row)
{
    size_t widest = strlen("kind");
    for (size_t kind = 0; kind < given->num_kinds; kind++) {
        const size_t columns = nd_columns_of(given->kinds[kind].p, given->kinds[kind].len_bytes);
        widest = columns > widest && columns <= job->screen.columns / 2 ? columns : widest;
    }
    nd_page_put(page, "\nkind");
    nd_page_fill(page, ' ', widest - strlen("kind"));
    nd_page_put(page, "   true pairs        found  recall\n");
    for (size_t kind = 0; kind < given->num_kinds; kind++) {
        const size_t columns =
            nd_page_shown(page, given->kinds[kind].p, given->kinds[kind].len_bytes);
        nd_page_fill(page, ' ', columns < widest ? widest - columns : 0);
        band_as_text(job, page, &row->kinds[kind]);
    }
}

static void curve_as_text(const nd_job *job, nd_page *page, const nd_eval_report *report)
{
    const char *const name = report->sweep->option->name;
    const int width = (int)strlen(name) > 10 ? (int)strlen(name) : 10;
    const size_t best = nd_eval_best_row(report);
    nd_page_printf(page,
                   "%-*s  precision    recall        f1       ari        found         true\n",
                   width, name);
    for (size_t i = 0; i < report->num_rows; i++) {
        const nd_eval_row *const row = &report->rows[i];
        const nd_scores *const s = &row->scores;
        nd_page_printf(page, "%s%-*s   %.6f  %.6f  %.6f  %.6f",
                       nd_style(&job->screen, i == best ? ND_STYLE_STRONG : ND_STYLE_PLAIN), width,
                       report->sweep->values[i], s->precision, s->recall, s->f1, row->ari);
        nd_page_printf(page, "  %11s", nd_amount_count(s->pairs_found).text);
        nd_page_printf(page, "  %11s%s%s\n", nd_amount_count(s->true_positives).text,
                       i == best ? "  <- best f1" : "",
                       i == best ? nd_style(&job->screen, ND_STYLE_PLAIN) : "");
    }
}

size_t nd_eval_best_row(const nd_eval_report *report)
{
    size_t best = 0;
    for (size_t i = 1; i < report->num_rows; i++)
        if (report->rows[i].scores.f1 > report->rows[best].scores.f1)
            best = i;
    return best;
}

static void print_text(const nd_job *job, nd_page *page, const nd_eval_report *report)
{
    if (report->sweep->option) {
        curve_as_text(job, page, report);
        return;
    }
    counts_as_text(job, page, &report->rows[0]);
    bands_as_text(job, page, &report->rows[0]);
    if (report->evaluator->given.num_kinds > 0)
        kinds_as_text(job, page, &report->evaluator->given, &report->rows[0]);
}

void nd_eval_print(const nd_job *job, nd_page *page, const nd_eval_report *report)
{
    if (job->format == ND_FORMAT_TEXT) {
        print_text(job, page, report);
        return;
    }
    for (size_t i = 0; i < report->num_rows; i++)
        print_row(job, page, report, i);
}

/* --- the pairs a scan got most wrong --- */

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
    nd_page_printf(page, "\n%s%s%s", nd_style(&e->job->screen, ND_STYLE_STRONG), error_names[kind],
                   nd_style(&e->job->screen, ND_STYLE_PLAIN));
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
