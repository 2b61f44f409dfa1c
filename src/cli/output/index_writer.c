#include "cli/output/index_writer.h"

#include <stdio.h>
#include <string.h>

#include "cli/output/amounts.h"
#include "cli/output/match_writer.h"
#include "cli/output/screen.h"

void nd_index_answer_print_header(const nd_job *job, nd_page *page)
{
    if (job->format == ND_FORMAT_TSV)
        nd_record_tsv_header(page, &nd_index_answer_record, 0, NULL);
}

/* wire-17 and 2 matches
     near        93 %  wire-4  (96 % of it, 95 % of the match) */
static void print_text(const nd_job *job, nd_page *page, const nd_index_answer *answer)
{
    nd_page_put(page, nd_style(&job->screen, ND_STYLE_STRONG));
    nd_page_shown(page, answer->id.p, answer->id.len_bytes);
    nd_page_put(page, nd_style(&job->screen, ND_STYLE_PLAIN));
    if (answer->num_matches == 0)
        nd_page_put(page, ": no match\n");
    else
        nd_page_printf(page, " and %s %s\n", nd_amount_count(answer->num_matches).text,
                       answer->num_matches == 1 ? "match" : "matches");
    for (size_t i = 0; i < answer->num_matches; i++) {
        const nd_index_match *const m = &answer->matches[i];
        nd_match_print_kind(page, m->kind, &m->similarity);
        nd_page_shown(page, m->id, m->id_len_bytes);
        if (m->kind != ND_MATCH_EXACT)
            nd_page_printf(page, "  (%s of it, %s of the match)",
                           nd_amount_percent(m->similarity.a_in_b).text,
                           nd_amount_percent(m->similarity.b_in_a).text);
        nd_page_put(page, "\n");
    }
}

void nd_index_answer_print(const nd_job *job, nd_page *page, const nd_index_answer *answer)
{
    nd_array array = {answer->matches, answer->num_matches, sizeof *answer->matches};
    const nd_index_answer_view view = {answer->id, nd_items_of(&array)};
    if (job->format == ND_FORMAT_TEXT) {
        print_text(job, page, answer);
    } else if (job->format == ND_FORMAT_TSV) {
        nd_record_tsv(page, &nd_index_answer_record, 0, &view);
    } else {
        nd_record_json(page, &nd_index_answer_record, 0, &view);
        nd_page_put(page, "\n");
    }
}

/* --- stat --- */

static bool is_bytes(const nd_counter *counter)
{
    const size_t len = strlen(counter->name);
    return len >= 5 && strcmp(counter->name + len - 5, "bytes") == 0;
}

static void stats_as_text(nd_page *page, const char *spec, const nd_match_rule *rule,
                          const nd_index_stats *stats)
{
    size_t num;
    const nd_counter *const counters = nd_index_counters(&num);
    nd_page_printf(page, "%s\n", spec);
    nd_page_printf(page, "matches: jaccard %g", rule->jaccard);
    if (rule->containment > 0)
        nd_page_printf(page, ", containment %g", rule->containment);
    nd_page_put(page, "\n\n");
    for (size_t i = 0; i < num; i++) {
        const uint64_t value = nd_counter_value(&counters[i], stats);
        if (!is_bytes(&counters[i])) {
            nd_page_printf(page, "%16s  %s\n", nd_amount_count(value).text, counters[i].meaning);
            continue;
        }
        nd_page_printf(page, "%16s  %s", nd_amount_bytes((double)value).text, counters[i].meaning);
        if (stats->documents > 0)
            nd_page_printf(page, ": %.0f a document", (double)value / (double)stats->documents);
        nd_page_put(page, "\n");
    }
}

void nd_index_stats_print(const nd_job *job, nd_page *page, const nd_index *index,
                          const nd_index_stats *stats)
{
    char spec[ND_SPEC_LINE_BYTES];
    const nd_match_rule rule = nd_index_rule(index);
    size_t num;
    const nd_counter *const counters = nd_index_counters(&num);
    nd_spec_print(nd_index_spec(index), spec);
    if (job->format == ND_FORMAT_TEXT) {
        stats_as_text(page, spec, &rule, stats);
        return;
    }
    const bool is_json = job->format == ND_FORMAT_JSONL;
    if (is_json) {
        nd_page_put(page, "{\"spec\":");
        nd_page_json(page, spec, strlen(spec));
    } else {
        nd_page_put(page, "name\tvalue\nspec\t");
        nd_page_tsv(page, spec, strlen(spec));
        nd_page_put(page, "\n");
    }
    nd_page_printf(page,
                   is_json ? ",\"threshold\":%.6f,\"containment\":%.6f"
                           : "threshold\t%.6f\ncontainment\t%.6f\n",
                   rule.jaccard, rule.containment);
    for (size_t i = 0; i < num; i++)
        nd_page_printf(page, is_json ? ",\"%s\":%llu" : "%s\t%llu\n", counters[i].name,
                       (unsigned long long)nd_counter_value(&counters[i], stats));
    if (is_json)
        nd_page_put(page, "}\n");
}
