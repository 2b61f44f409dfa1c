#include "cli/output/match_writer.h"

#include <stdio.h>

#include "cli/output/amounts.h"
#include "cli/output/columns.h"
#include "cli/output/style.h"

enum { KIND_COLUMNS = 9, PERCENT_COLUMNS = 5 };

nd_status nd_match_writer_init(nd_match_writer *writer, nd_job *job)
{
    *writer = (nd_match_writer){.job = job};
    nd_page_init(&writer->page, job->allocator);
    return job->settings->lists_passages
               ? nd_passage_list_init(&writer->passages, job->settings, job->allocator)
               : ND_OK;
}

static bool asks_coverage(const nd_job *job)
{
    return job->settings->scan.coverage > 0;
}

nd_status nd_match_writer_begin(nd_match_writer *writer)
{
    nd_page *const page = &writer->page;
    if (writer->job->format != ND_FORMAT_TSV)
        return ND_OK;
    const bool covered = asks_coverage(writer->job);
    if (writer->job->settings->scan.output == ND_SCAN_PAIRS)
        nd_page_printf(page, "a\tb\tkind\tjaccard\ta_in_b\tb_in_a%s\n",
                       covered ? "\ta_covered\tb_covered" : "");
    else
        nd_page_printf(page,
                       "representative\tsize\tid\tkind\tjaccard\tin_representative\t"
                       "representative_in%s\n",
                       covered ? "\tcovered\trepresentative_covered" : "");
    return nd_job_write(writer->job, page);
}

/* What is printed of a match: a pair's, or a member's and its representative's. */
typedef struct match {
    nd_match_kind kind;
    const nd_similarity *similarity;
    const nd_coverage *coverage;
} match;

/* Keys of the ratios in JSON, in their order. */
typedef struct match_keys {
    const char *in, *holds, *covered, *other_covered;
} match_keys;

static void ratio_as_json(nd_page *page, const char *key, double ratio)
{
    nd_page_put(page, ",\"");
    nd_page_put(page, key);
    nd_page_put(page, "\":");
    nd_page_ratio(page, ratio);
}

static void match_as_json(const nd_job *job, nd_page *page, const match *m, const match_keys *keys)
{
    nd_page_put(page, ",\"kind\":\"");
    nd_page_put(page, nd_match_kind_name(m->kind));
    nd_page_put(page, "\"");
    ratio_as_json(page, "jaccard", m->similarity->jaccard);
    ratio_as_json(page, keys->in, m->similarity->a_in_b);
    ratio_as_json(page, keys->holds, m->similarity->b_in_a);
    if (asks_coverage(job)) {
        ratio_as_json(page, keys->covered, m->coverage->a_in_b);
        ratio_as_json(page, keys->other_covered, m->coverage->b_in_a);
    }
}

static void ratio_as_tsv(nd_page *page, double ratio)
{
    nd_page_put(page, "\t");
    nd_page_ratio(page, ratio);
}

static void match_as_tsv(const nd_job *job, nd_page *page, const match *m)
{
    nd_page_put(page, "\t");
    nd_page_put(page, nd_match_kind_name(m->kind));
    ratio_as_tsv(page, m->similarity->jaccard);
    ratio_as_tsv(page, m->similarity->a_in_b);
    ratio_as_tsv(page, m->similarity->b_in_a);
    if (asks_coverage(job)) {
        ratio_as_tsv(page, m->coverage->a_in_b);
        ratio_as_tsv(page, m->coverage->b_in_a);
    }
    nd_page_put(page, "\n");
}

/* "  near       93 %  " */
static void print_kind(nd_page *page, const match *m)
{
    /* Single links put documents together that are no match themselves. */
    const char *const name = m->kind == ND_MATCH_NONE ? "linked" : nd_match_kind_name(m->kind);
    nd_page_printf(page, "  %-*s %*s  ", KIND_COLUMNS, name, PERCENT_COLUMNS,
                   nd_amount_percent(m->similarity->jaccard).text);
}

/* Shares of shingles in common; of what is covered, where that decides. */
static void print_shares(const nd_job *job, nd_page *page, const match *m, const char *format)
{
    const bool covered = asks_coverage(job);
    const double a = covered ? m->coverage->a_in_b : m->similarity->a_in_b;
    const double b = covered ? m->coverage->b_in_a : m->similarity->b_in_a;
    char text[160];
    snprintf(text, sizeof text, format, nd_amount_percent(a).text, nd_amount_percent(b).text);
    nd_page_put(page, text);
}

static void pair_as_json(const nd_match_writer *writer, nd_page *page, const nd_pair *pair)
{
    static const match_keys keys = {"a_in_b", "b_in_a", "a_covered", "b_covered"};
    const match m = {pair->kind, &pair->similarity, &pair->coverage};
    nd_page_put(page, "{\"a\":");
    nd_page_json(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, ",\"b\":");
    nd_page_json(page, pair->b.p, pair->b.len_bytes);
    match_as_json(writer->job, page, &m, &keys);
    if (writer->job->settings->lists_passages)
        nd_passage_list_print_json(&writer->passages, page, "a", "b");
    nd_page_put(page, "}\n");
}

static void pair_as_tsv(const nd_job *job, nd_page *page, const nd_pair *pair)
{
    const match m = {pair->kind, &pair->similarity, &pair->coverage};
    nd_page_tsv(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, "\t");
    nd_page_tsv(page, pair->b.p, pair->b.len_bytes);
    match_as_tsv(job, page, &m);
}

static void pair_as_text(const nd_match_writer *writer, nd_page *page, const nd_pair *pair)
{
    const match m = {pair->kind, &pair->similarity, &pair->coverage};
    print_kind(page, &m);
    nd_page_shown(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, "  ");
    nd_page_shown(page, pair->b.p, pair->b.len_bytes);
    if (pair->kind != ND_MATCH_EXACT)
        print_shares(writer->job, page, &m, "  (%s of the first, %s of the second)");
    nd_page_put(page, "\n");
    nd_passage_list_print_text(&writer->passages, page);
}

nd_status nd_match_writer_pair(void *ctx, const nd_pair *pair)
{
    nd_match_writer *const writer = ctx;
    nd_status status = ND_OK;
    if (writer->job->settings->lists_passages)
        status = nd_passage_list_fill(&writer->passages, pair->a_text, pair->b_text);
    if (status != ND_OK)
        return status;
    writer->num_written++;
    if (writer->job->format == ND_FORMAT_JSONL)
        pair_as_json(writer, &writer->page, pair);
    else if (writer->job->format == ND_FORMAT_TSV)
        pair_as_tsv(writer->job, &writer->page, pair);
    else
        pair_as_text(writer, &writer->page, pair);
    return writer->page.status;
}

/* With --passages: those the member shares with the representative. */
static nd_status fill_passages(nd_match_writer *writer, const nd_group *group,
                               const nd_member *member)
{
    if (!writer->job->settings->lists_passages)
        return ND_OK;
    return nd_passage_list_fill(&writer->passages, member->text, group->representative_text);
}

static nd_status group_as_json(nd_match_writer *writer, const nd_group *group)
{
    static const match_keys keys = {"in_representative", "representative_in", "covered",
                                    "representative_covered"};
    nd_page *const page = &writer->page;
    nd_page_put(page, "{\"representative\":");
    nd_page_json(page, group->representative.p, group->representative.len_bytes);
    nd_page_printf(page, ",\"size\":%zu,\"members\":[", group->num_members + 1);
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        const match m = {member->kind, &member->similarity, &member->coverage};
        const nd_status status = fill_passages(writer, group, member);
        if (status != ND_OK)
            return status;
        nd_page_put(page, i ? ",{\"id\":" : "{\"id\":");
        nd_page_json(page, member->id.p, member->id.len_bytes);
        match_as_json(writer->job, page, &m, &keys);
        if (writer->job->settings->lists_passages)
            nd_passage_list_print_json(&writer->passages, page, "member", "representative");
        nd_page_put(page, "}");
    }
    nd_page_put(page, "]}\n");
    return ND_OK;
}

/* A line a member. */
static nd_status group_as_tsv(nd_match_writer *writer, const nd_group *group)
{
    nd_page *const page = &writer->page;
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        const match m = {member->kind, &member->similarity, &member->coverage};
        nd_page_tsv(page, group->representative.p, group->representative.len_bytes);
        nd_page_printf(page, "\t%zu\t", group->num_members + 1);
        nd_page_tsv(page, member->id.p, member->id.len_bytes);
        match_as_tsv(writer->job, page, &m);
    }
    return ND_OK;
}

/* Columns of the widest id among those that take at most `most`. */
static size_t widest_id(const nd_group *group, size_t most)
{
    size_t widest = 0;
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_id id = group->members[i].id;
        const size_t columns = nd_columns_of(id.p, id.len_bytes);
        widest = columns > widest && columns <= most ? columns : widest;
    }
    return widest;
}

static nd_status member_as_text(nd_match_writer *writer, const nd_group *group,
                                const nd_member *member, size_t widest)
{
    nd_page *const page = &writer->page;
    const match m = {member->kind, &member->similarity, &member->coverage};
    const nd_status status = fill_passages(writer, group, member);
    if (status != ND_OK)
        return status;
    print_kind(page, &m);
    const size_t columns = nd_page_shown(page, member->id.p, member->id.len_bytes);
    if (member->kind != ND_MATCH_EXACT) {
        nd_page_fill(page, ' ', columns < widest ? widest - columns : 0);
        print_shares(writer->job, page, &m, "  (%s of it, %s of the first)");
    }
    nd_page_put(page, "\n");
    nd_passage_list_print_text(&writer->passages, page);
    return ND_OK;
}

/* news/bridge-agency.txt and 2 copies
     near        93 %  news/bridge-courier.txt  (96 % of it, 95 % of the first)
     contained   61 %  news/bridge-short.txt    (100 % of it, 61 % of the first) */
static nd_status group_as_text(nd_match_writer *writer, const nd_group *group)
{
    const nd_job *const job = writer->job;
    nd_page *const page = &writer->page;
    nd_page_put(page, nd_style(job, ND_STYLE_STRONG));
    nd_page_shown(page, group->representative.p, group->representative.len_bytes);
    nd_page_put(page, nd_style(job, ND_STYLE_PLAIN));
    nd_page_printf(page, " and %s %s\n", nd_amount_count(group->num_members).text,
                   group->num_members == 1 ? "copy" : "copies");
    const size_t widest = widest_id(group, job->columns / 2);
    nd_status status = ND_OK;
    for (size_t i = 0; i < group->num_members && status == ND_OK; i++)
        status = member_as_text(writer, group, &group->members[i], widest);
    nd_page_put(page, "\n");
    return status;
}

nd_status nd_match_writer_group(void *ctx, const nd_group *group)
{
    nd_match_writer *const writer = ctx;
    writer->num_written++;
    const nd_status status = writer->job->format == ND_FORMAT_JSONL ? group_as_json(writer, group)
                             : writer->job->format == ND_FORMAT_TSV ? group_as_tsv(writer, group)
                                                                    : group_as_text(writer, group);
    return status == ND_OK ? nd_job_write(writer->job, &writer->page) : status;
}

void nd_match_writer_release(nd_match_writer *writer)
{
    nd_page_release(&writer->page);
    nd_passage_list_release(&writer->passages);
}
