#include "cli/output/eval_writer.h"

#include <stdlib.h>
#include <string.h>

#include "cli/output/amounts.h"
#include "cli/output/columns.h"
#include "cli/output/style.h"

enum { BAR_COLUMNS = 30 };

/* Of a band or kind without true pairs there is no recall. */
static void print_recall(nd_page *page, const nd_band *band, const char *without)
{
    if (band->pairs_true == 0)
        nd_page_put(page, without);
    else
        nd_page_printf(page, "%.6f", (double)band->true_positives / (double)band->pairs_true);
}

static void band_as_json(nd_page *page, const nd_band *band)
{
    nd_page_printf(page, ",\"pairs_true\":%llu,\"true_positives\":%llu,\"recall\":",
                   (unsigned long long)band->pairs_true, (unsigned long long)band->true_positives);
    print_recall(page, band, "null");
    nd_page_put(page, "}");
}

static void scores_as_json(nd_page *page, const nd_eval_row *row)
{
    const nd_scores *const s = &row->scores;
    nd_page_printf(page,
                   "{\"pairs_true\":%llu,\"pairs_found\":%llu,\"true_positives\":%llu"
                   ",\"precision\":%.6f,\"recall\":%.6f,\"f1\":%.6f,\"ari\":%.6f",
                   (unsigned long long)s->pairs_true, (unsigned long long)s->pairs_found,
                   (unsigned long long)s->true_positives, s->precision, s->recall, s->f1, row->ari);
}

static void swept_as_json(nd_page *page, const nd_sweep *sweep, size_t index)
{
    const char *const value = sweep->values[index];
    nd_page_printf(page, ",\"option\":\"%s\",\"value\":", sweep->option->name);
    if (sweep->option->kind == ND_OPTION_NUMBER)
        nd_page_printf(page, "%.6f", strtod(value, NULL));
    else if (sweep->option->kind == ND_OPTION_COUNT)
        nd_page_put(page, value);
    else
        nd_page_json(page, value, strlen(value));
}

static void row_as_json(nd_page *page, const nd_eval_report *report, size_t index)
{
    const nd_eval_row *const row = &report->rows[index];
    const nd_truth_pairs *const given = &report->evaluator->given;
    scores_as_json(page, row);
    if (report->sweep->option)
        swept_as_json(page, report->sweep, index);
    nd_page_printf(page, ",\"pairs_ignored\":%llu,\"documents\":%zu,\"bands\":[",
                   (unsigned long long)row->pairs_ignored, report->evaluator->held.num_documents);
    for (int band = 0; band < ND_NUM_BANDS; band++) {
        nd_page_printf(page, "%s{\"from\":%.6f,\"to\":%.6f", band > 0 ? "," : "",
                       nd_band_begin(band), nd_band_begin(band - 1));
        band_as_json(page, &row->bands[band]);
    }
    nd_page_put(page, "]");
    for (size_t kind = 0; kind < given->num_kinds; kind++) {
        nd_page_put(page, kind > 0 ? ",{\"kind\":" : ",\"kinds\":[{\"kind\":");
        nd_page_json(page, given->kinds[kind].p, given->kinds[kind].len_bytes);
        band_as_json(page, &row->kinds[kind]);
    }
    nd_page_put(page, given->num_kinds > 0 ? "]}\n" : "}\n");
}

static void header_as_tsv(nd_page *page, const nd_eval_report *report)
{
    const nd_truth_pairs *const given = &report->evaluator->given;
    nd_page_put(page, "pairs_true\tpairs_found\ttrue_positives\tprecision\trecall\tf1\tari");
    if (report->sweep->option)
        nd_page_put(page, "\toption\tvalue");
    nd_page_put(page, "\tpairs_ignored\tdocuments");
    for (int band = 0; band < ND_NUM_BANDS; band++)
        nd_page_printf(page, "\tpairs_true_%.1f\trecall_%.1f", nd_band_begin(band),
                       nd_band_begin(band));
    for (size_t kind = 0; kind < given->num_kinds; kind++) {
        nd_page_put(page, "\tpairs_true_");
        nd_page_tsv(page, given->kinds[kind].p, given->kinds[kind].len_bytes);
        nd_page_put(page, "\trecall_");
        nd_page_tsv(page, given->kinds[kind].p, given->kinds[kind].len_bytes);
    }
    nd_page_put(page, "\n");
}

static void band_as_tsv(nd_page *page, const nd_band *band)
{
    nd_page_printf(page, "\t%llu\t", (unsigned long long)band->pairs_true);
    print_recall(page, band, "");
}

static void row_as_tsv(nd_page *page, const nd_eval_report *report, size_t index)
{
    const nd_eval_row *const row = &report->rows[index];
    const nd_scores *const s = &row->scores;
    nd_page_printf(page, "%llu\t%llu\t%llu\t%.6f\t%.6f\t%.6f\t%.6f",
                   (unsigned long long)s->pairs_true, (unsigned long long)s->pairs_found,
                   (unsigned long long)s->true_positives, s->precision, s->recall, s->f1, row->ari);
    if (report->sweep->option)
        nd_page_printf(page, "\t%s\t%s", report->sweep->option->name, report->sweep->values[index]);
    nd_page_printf(page, "\t%llu\t%zu", (unsigned long long)row->pairs_ignored,
                   report->evaluator->held.num_documents);
    for (int band = 0; band < ND_NUM_BANDS; band++)
        band_as_tsv(page, &row->bands[band]);
    for (size_t kind = 0; kind < report->evaluator->given.num_kinds; kind++)
        band_as_tsv(page, &row->kinds[kind]);
    nd_page_put(page, "\n");
}

static void counts_as_text(const nd_job *job, nd_page *page, const nd_eval_row *row)
{
    const nd_scores *const s = &row->scores;
    nd_page_printf(page, "%s%s found%s: ", nd_style(job, ND_STYLE_STRONG),
                   nd_amount_of(s->pairs_found, "pair").text, nd_style(job, ND_STYLE_PLAIN));
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
    print_recall(page, band, "-");
    const double recall =
        band->pairs_true > 0 ? (double)band->true_positives / (double)band->pairs_true : 0;
    const size_t bar = (size_t)(recall * BAR_COLUMNS + 0.5);
    if (bar > 0) {
        nd_page_printf(page, "  %s", nd_style(job, ND_STYLE_FAINT));
        nd_page_fill(page, '#', bar);
        nd_page_put(page, nd_style(job, ND_STYLE_PLAIN));
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
        widest = columns > widest && columns <= job->columns / 2 ? columns : widest;
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
                       nd_style(job, i == best ? ND_STYLE_STRONG : ND_STYLE_PLAIN), width,
                       report->sweep->values[i], s->precision, s->recall, s->f1, row->ari);
        nd_page_printf(page, "  %11s", nd_amount_count(s->pairs_found).text);
        nd_page_printf(page, "  %11s%s%s\n", nd_amount_count(s->true_positives).text,
                       i == best ? "  <- best f1" : "",
                       i == best ? nd_style(job, ND_STYLE_PLAIN) : "");
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
    if (job->format == ND_FORMAT_TSV)
        header_as_tsv(page, report);
    for (size_t i = 0; i < report->num_rows; i++)
        if (job->format == ND_FORMAT_TSV)
            row_as_tsv(page, report, i);
        else
            row_as_json(page, report, i);
}
