#include "cli/output/plan_writer.h"

#include "cli/output/amounts.h"
#include "cli/output/style.h"

enum { CURVE_STEPS = 20, BAR_COLUMNS = 40, MEAN_STEPS = 1000 };

/* Jaccard of point `step` of the curve, 1 to CURVE_STEPS. */
static double curve_jaccard(int step)
{
    return (double)step / CURVE_STEPS;
}

/* Share of the pairs from the threshold up that no band proposes, where their similarities are
 * spread evenly (midpoint rule). */
static double missed_above(const nd_plan *plan)
{
    double sum = 0;
    for (int i = 0; i < MEAN_STEPS; i++) {
        const double jaccard = plan->threshold + (1 - plan->threshold) * (i + 0.5) / MEAN_STEPS;
        sum += 1 - nd_plan_probability(plan, jaccard);
    }
    return sum / MEAN_STEPS;
}

static double missed_at(const nd_plan *plan)
{
    return 1 - nd_plan_probability(plan, plan->threshold);
}

static nd_plan_memory memory_of(const nd_settings *settings, const nd_plan *plan)
{
    return nd_plan_estimate_memory(plan, settings->documents, settings->mean_shingles,
                                   settings->mean_id_bytes);
}

static void print_json(const nd_settings *settings, nd_page *page, const nd_plan *plan)
{
    nd_page_printf(page,
                   "{\"threshold\":%.6f,\"recall_asked\":%.6f,\"recall\":%.6f,\"bands\":%u"
                   ",\"rows\":%u,\"slots\":%u,\"missed_at_threshold\":%.6f"
                   ",\"missed_above_threshold\":%.6f,\"curve\":[",
                   plan->threshold, settings->scan.recall, plan->recall, plan->bands, plan->rows,
                   plan->slots, missed_at(plan), missed_above(plan));
    for (int step = 1; step <= CURVE_STEPS; step++)
        nd_page_printf(page, "%s{\"jaccard\":%.6f,\"probability\":%.6f}", step > 1 ? "," : "",
                       curve_jaccard(step), nd_plan_probability(plan, curve_jaccard(step)));
    const nd_plan_memory memory = memory_of(settings, plan);
    nd_page_printf(page,
                   "],\"memory\":{\"documents\":%llu,\"mean_shingles\":%.6f"
                   ",\"mean_id_bytes\":%.6f,\"index_bytes\":%llu,\"set_bytes\":%llu}}\n",
                   (unsigned long long)settings->documents, settings->mean_shingles,
                   settings->mean_id_bytes, (unsigned long long)memory.index_bytes,
                   (unsigned long long)memory.set_bytes);
}

static void print_tsv(const nd_settings *settings, nd_page *page, const nd_plan *plan)
{
    const nd_plan_memory memory = memory_of(settings, plan);
    nd_page_printf(page,
                   "name\tvalue\nthreshold\t%.6f\nrecall_asked\t%.6f\nrecall\t%.6f\nbands\t%u\n"
                   "rows\t%u\nslots\t%u\nmissed_at_threshold\t%.6f\nmissed_above_threshold\t%.6f\n",
                   plan->threshold, settings->scan.recall, plan->recall, plan->bands, plan->rows,
                   plan->slots, missed_at(plan), missed_above(plan));
    for (int step = 1; step <= CURVE_STEPS; step++)
        nd_page_printf(page, "probability_at_%.2f\t%.6f\n", curve_jaccard(step),
                       nd_plan_probability(plan, curve_jaccard(step)));
    nd_page_printf(page,
                   "documents\t%llu\nmean_shingles\t%.6f\nmean_id_bytes\t%.6f\n"
                   "index_bytes\t%llu\nset_bytes\t%llu\n",
                   (unsigned long long)settings->documents, settings->mean_shingles,
                   settings->mean_id_bytes, (unsigned long long)memory.index_bytes,
                   (unsigned long long)memory.set_bytes);
}

static void print_curve(const nd_job *job, nd_page *page, const nd_plan *plan)
{
    nd_page_put(page, "\njaccard  chance of being found\n");
    for (int step = 1; step <= CURVE_STEPS; step++) {
        const double jaccard = curve_jaccard(step);
        const double probability = nd_plan_probability(plan, jaccard);
        const size_t bar = (size_t)(probability * BAR_COLUMNS + 0.5);
        nd_page_printf(page, "   %.2f  %8.4f %%%s", jaccard, 100 * probability, bar ? "  " : "");
        nd_page_put(page, bar ? nd_style(job, ND_STYLE_FAINT) : "");
        nd_page_fill(page, '#', bar);
        nd_page_put(page, bar ? nd_style(job, ND_STYLE_PLAIN) : "");
        /* The first point that is not below the threshold carries the mark. */
        if (jaccard >= plan->threshold - 1e-9 && curve_jaccard(step - 1) < plan->threshold - 1e-9)
            nd_page_put(page, "  <- threshold");
        nd_page_put(page, "\n");
    }
}

static void print_text(const nd_job *job, nd_page *page, const nd_plan *plan)
{
    const nd_settings *const settings = job->settings;
    const nd_plan_memory memory = memory_of(settings, plan);
    nd_page_printf(page, "%s%u bands of %u row%s%s, from a sketch of %u slots\n",
                   nd_style(job, ND_STYLE_STRONG), plan->bands, plan->rows,
                   plan->rows == 1 ? "" : "s", nd_style(job, ND_STYLE_PLAIN), plan->slots);
    nd_page_printf(page, "recall at jaccard %g: %.4f %% (%g %% asked for)\n", plan->threshold,
                   100 * plan->recall, 100 * settings->scan.recall);
    if (plan->threshold < settings->scan.rule.jaccard)
        nd_page_printf(page, "made for jaccard %g, as '--containment' is given\n", plan->threshold);
    print_curve(job, page, plan);
    nd_page_printf(page,
                   "\nexpected misses: %.4f %% of the pairs at %g, %.4f %% of those from %g to 1 "
                   "(spread evenly)\n",
                   100 * missed_at(plan), plan->threshold, 100 * missed_above(plan),
                   plan->threshold);
    nd_page_printf(page, "memory for %s of %g shingles: %s, ",
                   nd_amount_of(settings->documents, "document").text, settings->mean_shingles,
                   nd_amount_bytes((double)memory.index_bytes + (double)memory.set_bytes).text);
    nd_page_printf(page, "of it %s for the shingle sets\n",
                   nd_amount_bytes((double)memory.set_bytes).text);
}

void nd_plan_print(const nd_job *job, nd_page *page, const nd_plan *plan)
{
    if (job->format == ND_FORMAT_JSONL)
        print_json(job->settings, page, plan);
    else if (job->format == ND_FORMAT_TSV)
        print_tsv(job->settings, page, plan);
    else
        print_text(job, page, plan);
}
