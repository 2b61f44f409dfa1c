#include "cli/output/writers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output/records.h"
#include "cli/output/screen.h"
#include "cli/report/html.h"
#include "cli/report/reports.h"

enum { BAR_COLUMNS = 30 };

/* Of a band or kind without true pairs there is no recall. */
static double recall_of(uint64_t pairs, uint64_t found)
{
    return pairs > 0 ? (double)found / (double)pairs : NAN;
}

static bool is_labelled(const nd_eval_report *report)
{
    return report->job->settings->label_column != NULL;
}

/* --- JSON Lines and TSV --- */

/* What a report's rows are shown with. */
typedef struct row_view {
    nd_evaluation_view row;
    nd_recall_view bands[ND_NUM_BANDS], kind;
    nd_array band_array;
    const nd_evaluation *evaluation;
    char begins[ND_NUM_BANDS][8];
    char value[32]; /* that is swept, as JSON */
} row_view;

static void view_bands(row_view *v)
{
    for (int band = 0; band < ND_NUM_BANDS; band++) {
        const nd_band_count *const count = &v->evaluation->bands[band];
        const int len =
            snprintf(v->begins[band], sizeof v->begins[band], "%.1f", nd_band_begin(band));
        v->bands[band] =
            (nd_recall_view){.label = {v->begins[band], (size_t)len},
                             .from = nd_band_begin(band),
                             .to = nd_band_begin(band - 1),
                             .pairs_true = count->pairs_true,
                             .true_positives = count->true_positives,
                             .recall = recall_of(count->pairs_true, count->true_positives)};
    }
    v->band_array = (nd_array){v->bands, ND_NUM_BANDS, sizeof *v->bands};
    v->row.bands = nd_items_of(&v->band_array);
}

/* An nd_items.at; `ctx` is the row's view. */
static const void *next_kind(void *ctx, size_t index, nd_page *page)
{
    (void)page;
    row_view *const v = ctx;
    const nd_kind_count *const count = &v->evaluation->kinds[index];
    v->kind = (nd_recall_view){.label = {count->kind, count->kind_len_bytes},
                               .pairs_true = count->pairs,
                               .true_positives = count->found,
                               .recall = recall_of(count->pairs, count->found)};
    return &v->kind;
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
    const bool has_kinds = report->rows[0].num_kinds > 0;
    return (report->sweep->option ? ND_SHOW_SWEEP : 0u) |
           (has_kinds && !is_labelled(report) ? ND_SHOW_KINDS : 0u) |
           (has_kinds && is_labelled(report) ? ND_SHOW_LABELS : 0u) |
           (report->job->settings->weight_column ? ND_SHOW_WEIGHTS : 0u);
}

static void print_row(nd_page *page, const nd_eval_report *report, size_t index)
{
    const nd_evaluation *const e = &report->rows[index];
    const nd_format format = report->job->format;
    const nd_shown_columns shown = shown_columns(report);
    row_view v = {.evaluation = e,
                  .row = {.pairs_true = e->pairs_true,
                          .pairs_found = e->pairs_found,
                          .true_positives = e->true_positives,
                          .precision = e->precision,
                          .recall = e->recall,
                          .f1 = e->f1,
                          .ari = e->ari,
                          .weighted_precision = e->weighted_precision,
                          .weighted_recall = e->weighted_recall,
                          .weighted_f1 = e->weighted_f1,
                          .pairs_ignored = e->pairs_ignored,
                          .documents = nd_evaluator_num_documents(report->evaluator),
                          .kinds = {e->num_kinds, next_kind, &v}}};
    view_bands(&v);
    if (report->sweep->option)
        view_sweep(&v, report->sweep, index);
    if (format == ND_FORMAT_TSV && index == 0)
        nd_record_tsv_header(page, &nd_evaluation_record, shown, &v.row);
    if (format == ND_FORMAT_TSV) {
        nd_record_tsv(page, &nd_evaluation_record, shown, &v.row);
    } else {
        nd_record_json(page, &nd_evaluation_record, shown, &v.row);
        nd_page_put(page, "\n");
    }
}

/* --- text --- */

static void counts_as_text(nd_page *page, const nd_eval_report *report)
{
    const nd_screen *const screen = &report->job->screen;
    const nd_settings *const settings = report->job->settings;
    const nd_evaluation *const e = &report->rows[0];
    nd_page_printf(
        page, "%s%s found%s: ", nd_style(screen, ND_STYLE_STRONG),
        nd_amount_of(e->pairs_found, is_labelled(report) ? "labelled pair" : "pair").text,
        nd_style(screen, ND_STYLE_PLAIN));
    nd_page_printf(page, "%s true, ", nd_amount_count(e->true_positives).text);
    nd_page_printf(page, "%s false; ", nd_amount_count(e->pairs_found - e->true_positives).text);
    nd_page_printf(page, "%s of ", nd_amount_count(e->pairs_true - e->true_positives).text);
    nd_page_printf(page, "%s missed", nd_amount_of(e->pairs_true, "true pair").text);
    if (settings->ignore_path || is_labelled(report))
        nd_page_printf(page, "; %s %s", nd_amount_count(e->pairs_ignored).text,
                       is_labelled(report) ? "without a label" : "ignored");
    nd_page_printf(page, "\n\nprecision  %.6f\nrecall     %.6f\nf1         %.6f\n", e->precision,
                   e->recall, e->f1);
    if (!isnan(e->ari))
        nd_page_printf(page, "ari        %.6f\n", e->ari);
    if (settings->weight_column)
        nd_page_printf(page, "\nby weight\nprecision  %.6f\nrecall     %.6f\nf1         %.6f\n",
                       e->weighted_precision, e->weighted_recall, e->weighted_f1);
}

/* "   1,204    1,200   0.996678  #####" */
static void share_as_text(const nd_screen *screen, nd_page *page, uint64_t pairs, uint64_t found)
{
    nd_page_printf(page, "  %11s", nd_amount_count(pairs).text);
    nd_page_printf(page, "  %11s  ", nd_amount_count(found).text);
    const double recall = recall_of(pairs, found);
    if (isnan(recall))
        nd_page_put(page, "-");
    else
        nd_page_ratio(page, recall);
    const size_t bar = isnan(recall) ? 0 : (size_t)(recall * BAR_COLUMNS + 0.5);
    if (bar > 0) {
        nd_page_printf(page, "  %s", nd_style(screen, ND_STYLE_FAINT));
        nd_page_fill(page, '#', bar);
        nd_page_put(page, nd_style(screen, ND_STYLE_PLAIN));
    }
    nd_page_put(page, "\n");
}

static void bands_as_text(const nd_screen *screen, nd_page *page, const nd_evaluation *e)
{
    nd_page_put(page, "\njaccard      true pairs        found  recall\n");
    for (int band = 0; band < ND_NUM_BANDS; band++) {
        nd_page_printf(page, "%.1f to %.1f", nd_band_begin(band), nd_band_begin(band - 1));
        share_as_text(screen, page, e->bands[band].pairs_true, e->bands[band].true_positives);
    }
}

static void kinds_as_text(nd_page *page, const nd_eval_report *report)
{
    const nd_screen *const screen = &report->job->screen;
    const nd_evaluation *const e = &report->rows[0];
    const char *const title = is_labelled(report) ? "label" : "kind";
    size_t widest = strlen(title);
    for (size_t i = 0; i < e->num_kinds; i++) {
        const size_t columns = nd_columns_of(e->kinds[i].kind, e->kinds[i].kind_len_bytes);
        widest = columns > widest && columns <= screen->columns / 2 ? columns : widest;
    }
    nd_page_printf(page, "\n%s", title);
    nd_page_fill(page, ' ', widest - strlen(title));
    nd_page_put(page, is_labelled(report) ? "        pairs        found  share\n"
                                          : "   true pairs        found  recall\n");
    for (size_t i = 0; i < e->num_kinds; i++) {
        const size_t columns = nd_page_shown(page, e->kinds[i].kind, e->kinds[i].kind_len_bytes);
        nd_page_fill(page, ' ', columns < widest ? widest - columns : 0);
        share_as_text(screen, page, e->kinds[i].pairs, e->kinds[i].found);
    }
}

static void curve_as_text(nd_page *page, const nd_eval_report *report)
{
    const nd_screen *const screen = &report->job->screen;
    const char *const name = report->sweep->option->name;
    const int width = (int)strlen(name) > 10 ? (int)strlen(name) : 10;
    const size_t best = nd_eval_best_row(report);
    const bool has_ari = !isnan(report->rows[0].ari);
    nd_page_printf(page, "%-*s  precision    recall        f1%s        found         true\n", width,
                   name, has_ari ? "       ari" : "");
    for (size_t i = 0; i < report->num_rows; i++) {
        const nd_evaluation *const e = &report->rows[i];
        nd_page_printf(page, "%s%-*s   %.6f  %.6f  %.6f",
                       nd_style(screen, i == best ? ND_STYLE_STRONG : ND_STYLE_PLAIN), width,
                       report->sweep->values[i], e->precision, e->recall, e->f1);
        if (has_ari)
            nd_page_printf(page, "  %.6f", e->ari);
        nd_page_printf(page, "  %11s", nd_amount_count(e->pairs_found).text);
        nd_page_printf(page, "  %11s%s%s\n", nd_amount_count(e->true_positives).text,
                       i == best ? "  <- best f1" : "",
                       i == best ? nd_style(screen, ND_STYLE_PLAIN) : "");
    }
}

size_t nd_eval_best_row(const nd_eval_report *report)
{
    size_t best = 0;
    for (size_t i = 1; i < report->num_rows; i++)
        if (report->rows[i].f1 > report->rows[best].f1)
            best = i;
    return best;
}

static void print_text(nd_page *page, const nd_eval_report *report)
{
    if (report->sweep->option) {
        curve_as_text(page, report);
        return;
    }
    counts_as_text(page, report);
    bands_as_text(&report->job->screen, page, &report->rows[0]);
    if (report->rows[0].num_kinds > 0)
        kinds_as_text(page, report);
}

void nd_eval_print(nd_page *page, const nd_eval_report *report)
{
    if (report->job->format == ND_FORMAT_TEXT) {
        print_text(page, report);
        return;
    }
    if (report->job->format == ND_FORMAT_HTML) {
        nd_eval_report_begin(page, report);
        return;
    }
    for (size_t i = 0; i < report->num_rows; i++)
        print_row(page, report, i);
}

/* --- the pairs a scan got most wrong --- */

static const char *const wrong_names[] = {[ND_WRONG_FALSE] = "false", [ND_WRONG_MISSED] = "missed"};

/* What wrong pairs are printed with. */
typedef struct wrong_writer {
    const nd_job *job;
    nd_page *page;
    nd_passage_list passages;
    nd_wrong which;

    /* of a page of HTML */
    nd_side_by_side sides;
    nd_verdict_reader *reader; /* where a score is asked for */
    uint64_t num_shown, num_left_out;
} wrong_writer;

/* Coverage and score are known to the scan alone: what it reported for no other reason is called
 * partial. */
static nd_match_kind kind_of_match(const wrong_writer *w, const nd_comparison *comparison)
{
    const nd_scan_options *const scan = &w->job->settings->scan;
    const nd_match_kind by_rule = nd_match_classify(&comparison->similarity, &scan->rule);
    const bool is_covered = w->which == ND_WRONG_FALSE && nd_scan_options_has_coverage(scan);
    const bool is_partial = comparison->num_passages > 0 || is_covered;
    return by_rule == ND_MATCH_NONE && is_partial ? ND_MATCH_PARTIAL : by_rule;
}

static void wrong_as_json(const wrong_writer *w, const nd_wrong_pair *pair,
                          const nd_comparison *comparison)
{
    nd_page_printf(w->page, "{\"error\":\"%s\",", wrong_names[w->which]);
    if (pair->kind_len_bytes > 0) {
        nd_page_put(w->page, "\"true_kind\":");
        nd_page_json(w->page, pair->kind, pair->kind_len_bytes);
        nd_page_put(w->page, ",");
    }
    nd_comparison_print_members(w->page, comparison);
    nd_page_put(w->page, "}\n");
}

static void wrong_as_text(const wrong_writer *w, const nd_wrong_pair *pair,
                          const nd_comparison *comparison)
{
    nd_page_printf(w->page, "\n%s%s%s", nd_style(&w->job->screen, ND_STYLE_STRONG),
                   wrong_names[w->which], nd_style(&w->job->screen, ND_STYLE_PLAIN));
    if (pair->kind_len_bytes > 0) {
        nd_page_put(w->page, ", ");
        nd_page_shown(w->page, pair->kind, pair->kind_len_bytes);
    }
    nd_page_put(w->page, "\n");
    nd_comparison_print(w->job, w->page, comparison);
}

/* What the page has no room for is counted. */
static nd_status wrong_as_html(wrong_writer *w, const nd_wrong_pair *pair,
                               nd_comparison *comparison)
{
    const uint64_t len_bytes = comparison->a.text_len_bytes + comparison->b.text_len_bytes;
    if (w->page->bytes.len + len_bytes > ND_REPORT_MAX_BYTES) {
        w->num_left_out++;
        return ND_OK;
    }
    nd_explanation explained;
    const nd_status status =
        w->reader ? nd_comparison_explain(comparison, w->reader, &explained) : ND_OK;
    if (status == ND_OK)
        nd_eval_report_wrong(&w->sides, w->page, wrong_names[w->which], (size_t)++w->num_shown,
                             pair, comparison, w->job->settings->scan.score);
    return status;
}

/* An nd_wrong_pair_fn. */
static nd_status print_wrong(void *ctx, const nd_wrong_pair *pair)
{
    wrong_writer *const w = ctx;
    const nd_kept_text text_a = {pair->a->text, pair->a->text_len_bytes};
    const nd_kept_text text_b = {pair->b->text, pair->b->text_len_bytes};
    const nd_id id = {.p = pair->a->id, .len_bytes = pair->a->id_len_bytes};
    const nd_status status = nd_passage_list_fill(&w->passages, id, text_a, text_b);
    if (status != ND_OK)
        return status;
    nd_comparison c = {.a = *pair->a,
                       .b = *pair->b,
                       .similarity = pair->similarity,
                       .passages = w->passages.passages,
                       .num_passages = w->passages.num_passages};
    c.kind = kind_of_match(w, &c);
    if (w->job->format == ND_FORMAT_HTML)
        return wrong_as_html(w, pair, &c);
    if (w->job->format == ND_FORMAT_TEXT)
        wrong_as_text(w, pair, &c);
    else
        wrong_as_json(w, pair, &c);
    return w->page->status;
}

static nd_status html_init(wrong_writer *w)
{
    const nd_scan_options *const scan = &w->job->settings->scan;
    nd_status status = nd_side_by_side_init(&w->sides, w->job->settings, w->job->allocator);
    if (status == ND_OK && scan->score > 0)
        status = nd_verdict_reader_new(scan->repairs, scan->folds, w->job->allocator, &w->reader);
    return status;
}

static void html_release(wrong_writer *w, nd_notes *notes)
{
    static const nd_counter counter = {.name = "pairs_left_out_of_report",
                                       .offset = 0,
                                       .meaning = "wrong pairs that the page has no room for",
                                       .weight = ND_COUNTER_CAP};
    nd_notes_add_counters(notes, (nd_counter_list){&counter, 1}, &w->num_left_out, NULL, NULL);
    nd_verdict_reader_free(w->reader);
    nd_side_by_side_release(&w->sides);
}

nd_status nd_eval_errors_print(nd_page *page, const nd_eval_report *report, nd_notes *notes)
{
    wrong_writer w = {.job = report->job, .page = page};
    nd_status status =
        nd_passage_list_init(&w.passages, report->job->settings, report->job->allocator);
    const bool is_html = report->job->format == ND_FORMAT_HTML;
    if (status == ND_OK && is_html)
        status = html_init(&w);
    for (w.which = ND_WRONG_FALSE; w.which <= ND_WRONG_MISSED && status == ND_OK; w.which++)
        status = nd_evaluator_each_wrong(report->evaluator, w.which,
                                         (size_t)report->job->settings->errors, print_wrong, &w);
    nd_capped_matches_note(&w.passages.capped, notes, NULL);
    if (is_html)
        html_release(&w, notes);
    nd_passage_list_release(&w.passages);
    return status;
}
