#include "cli/output/comparison_writer.h"

#include <stdio.h>

#include "cli/output/amounts.h"
#include "cli/output/side_by_side.h"
#include "cli/output/style.h"

static void print_ratios(nd_page *page, const char *format, const nd_comparison *comparison)
{
    const nd_similarity *const s = &comparison->similarity;
    char text[160];
    snprintf(text, sizeof text, format, nd_match_kind_name(comparison->kind), s->jaccard, s->a_in_b,
             s->b_in_a);
    nd_page_put(page, text);
}

static void place_as_json(nd_page *page, const char *name, const nd_place *place)
{
    nd_page_printf(page, ",\"%s\":{\"start\":%llu,\"end\":%llu,\"line\":%llu,\"end_line\":%llu}",
                   name, (unsigned long long)place->start, (unsigned long long)place->end,
                   (unsigned long long)place->line, (unsigned long long)place->end_line);
}

void nd_comparison_print_members(nd_page *page, const nd_comparison *comparison)
{
    nd_page_put(page, "\"a\":");
    nd_page_json(page, comparison->a.id, comparison->a.id_len_bytes);
    nd_page_put(page, ",\"b\":");
    nd_page_json(page, comparison->b.id, comparison->b.id_len_bytes);
    print_ratios(page, ",\"kind\":\"%s\",\"jaccard\":%.6f,\"a_in_b\":%.6f,\"b_in_a\":%.6f",
                 comparison);
    nd_page_printf(page,
                   ",\"shingles_a\":%llu,\"shingles_b\":%llu,\"shingles_common\":%llu"
                   ",\"passages\":[",
                   (unsigned long long)comparison->similarity.size_a,
                   (unsigned long long)comparison->similarity.size_b,
                   (unsigned long long)comparison->similarity.common);
    for (size_t i = 0; i < comparison->num_passages; i++) {
        const nd_shared_passage *const passage = &comparison->passages[i];
        nd_page_printf(page, "%s{\"similarity\":%.6f,\"words\":%llu", i ? "," : "",
                       passage->similarity, (unsigned long long)passage->words);
        place_as_json(page, "a", &passage->a);
        place_as_json(page, "b", &passage->b);
        nd_page_put(page, "}");
    }
    nd_page_put(page, "]");
}

static void print_json(nd_page *page, const nd_comparison *comparison)
{
    nd_page_put(page, "{");
    nd_comparison_print_members(page, comparison);
    nd_page_put(page, "}\n");
}

static void pair_as_tsv(nd_page *page, const nd_comparison *comparison)
{
    nd_page_tsv(page, comparison->a.id, comparison->a.id_len_bytes);
    nd_page_put(page, "\t");
    nd_page_tsv(page, comparison->b.id, comparison->b.id_len_bytes);
    print_ratios(page, "\t%s\t%.6f\t%.6f\t%.6f", comparison);
}

static void place_as_tsv(nd_page *page, const nd_place *place)
{
    nd_page_printf(page, "\t%llu\t%llu\t%llu\t%llu", (unsigned long long)place->start,
                   (unsigned long long)place->end, (unsigned long long)place->line,
                   (unsigned long long)place->end_line);
}

static void print_tsv(nd_page *page, const nd_comparison *comparison)
{
    nd_page_put(page, "a\tb\tkind\tjaccard\ta_in_b\tb_in_a\tsimilarity\twords"
                      "\ta_start\ta_end\ta_line\ta_end_line\tb_start\tb_end\tb_line\tb_end_line\n");
    if (comparison->num_passages == 0) {
        pair_as_tsv(page, comparison);
        nd_page_fill(page, '\t', 10);
        nd_page_put(page, "\n");
    }
    for (size_t i = 0; i < comparison->num_passages; i++) {
        const nd_shared_passage *const passage = &comparison->passages[i];
        pair_as_tsv(page, comparison);
        nd_page_printf(page, "\t%.6f\t%llu", passage->similarity,
                       (unsigned long long)passage->words);
        place_as_tsv(page, &passage->a);
        place_as_tsv(page, &passage->b);
        nd_page_put(page, "\n");
    }
}

static void heading_as_text(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    const nd_similarity *const s = &comparison->similarity;
    const char *const strong = nd_style(job, ND_STYLE_STRONG);
    const char *const plain = nd_style(job, ND_STYLE_PLAIN);
    nd_page_printf(page, "%sa%s  ", strong, plain);
    nd_page_shown(page, comparison->a.id, comparison->a.id_len_bytes);
    nd_page_printf(page, "\n%sb%s  ", strong, plain);
    nd_page_shown(page, comparison->b.id, comparison->b.id_len_bytes);
    nd_page_printf(page, "\n\n%s%s%s: %s alike", strong,
                   comparison->kind == ND_MATCH_NONE ? "no match"
                                                     : nd_match_kind_name(comparison->kind),
                   plain, nd_amount_percent(s->jaccard).text);
    nd_page_printf(page, ", %s of a in b, %s of b in a (%llu of %llu and %llu shingles)\n",
                   nd_amount_percent(s->a_in_b).text, nd_amount_percent(s->b_in_a).text,
                   (unsigned long long)s->common, (unsigned long long)s->size_a,
                   (unsigned long long)s->size_b);
}

static void passage_as_text(const nd_job *job, nd_page *page, const nd_comparison *comparison,
                            const nd_shared_passage *passage)
{
    nd_page_printf(page, "\n%s%s, ", nd_style(job, ND_STYLE_STRONG),
                   nd_amount_of(passage->words, "word").text);
    if (passage->similarity < 1)
        nd_page_printf(page, "%s alike", nd_amount_percent(passage->similarity).text);
    else
        nd_page_put(page, "the same");
    nd_page_printf(page, "%s\n", nd_style(job, ND_STYLE_PLAIN));
    const nd_side a = {comparison->a.text + passage->a.start,
                       (size_t)(passage->a.end - passage->a.start), passage->a.line};
    const nd_side b = {comparison->b.text + passage->b.start,
                       (size_t)(passage->b.end - passage->b.start), passage->b.line};
    nd_side_by_side_print(job, page, &a, &b);
}

static void print_text(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    heading_as_text(job, page, comparison);
    if (comparison->num_passages == 0)
        nd_page_put(page, "no shared passage\n");
    else
        nd_page_printf(page, "%s\n", nd_amount_of(comparison->num_passages, "shared passage").text);
    for (size_t i = 0; i < comparison->num_passages; i++)
        passage_as_text(job, page, comparison, &comparison->passages[i]);
}

void nd_comparison_print(const nd_job *job, nd_page *page, const nd_comparison *comparison)
{
    if (job->format == ND_FORMAT_JSONL)
        print_json(page, comparison);
    else if (job->format == ND_FORMAT_TSV)
        print_tsv(page, comparison);
    else
        print_text(job, page, comparison);
}
