#include "cli/match_writer.h"

#include "cli/amounts.h"
#include "cli/columns.h"
#include "cli/style.h"

enum { KIND_COLUMNS = 9, PERCENT_COLUMNS = 5 };

void nd_match_writer_init(nd_match_writer *writer, nd_job *job)
{
    *writer = (nd_match_writer){.job = job};
    nd_page_init(&writer->page, job->allocator);
}

nd_status nd_match_writer_begin(nd_match_writer *writer)
{
    nd_page *const page = &writer->page;
    if (writer->job->format == ND_FORMAT_TSV)
        nd_page_put(page, writer->job->settings->scan_output == ND_SCAN_PAIRS
                              ? "a\tb\tkind\tjaccard\ta_in_b\tb_in_a\n"
                              : "representative\tsize\tid\tkind\tjaccard\tin_representative\t"
                                "representative_in\n");
    return nd_job_write(writer->job, page);
}

static void pair_as_json(nd_page *page, const nd_pair *pair)
{
    nd_page_put(page, "{\"a\":");
    nd_page_json(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, ",\"b\":");
    nd_page_json(page, pair->b.p, pair->b.len_bytes);
    nd_page_printf(page, ",\"kind\":\"%s\",\"jaccard\":%.6f,\"a_in_b\":%.6f,\"b_in_a\":%.6f}\n",
                   nd_match_kind_name(pair->kind), pair->similarity.jaccard,
                   pair->similarity.a_in_b, pair->similarity.b_in_a);
}

static void pair_as_tsv(nd_page *page, const nd_pair *pair)
{
    nd_page_tsv(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, "\t");
    nd_page_tsv(page, pair->b.p, pair->b.len_bytes);
    nd_page_printf(page, "\t%s\t%.6f\t%.6f\t%.6f\n", nd_match_kind_name(pair->kind),
                   pair->similarity.jaccard, pair->similarity.a_in_b, pair->similarity.b_in_a);
}

/* "  near       93 %  " */
static void print_kind(nd_page *page, nd_match_kind kind, double jaccard)
{
    /* Single links put documents together that are no match themselves. */
    const char *const name = kind == ND_MATCH_NONE ? "linked" : nd_match_kind_name(kind);
    nd_page_printf(page, "  %-*s %*s  ", KIND_COLUMNS, name, PERCENT_COLUMNS,
                   nd_amount_percent(jaccard).text);
}

static void pair_as_text(nd_page *page, const nd_pair *pair)
{
    print_kind(page, pair->kind, pair->similarity.jaccard);
    nd_page_shown(page, pair->a.p, pair->a.len_bytes);
    nd_page_put(page, "  ");
    nd_page_shown(page, pair->b.p, pair->b.len_bytes);
    if (pair->kind != ND_MATCH_EXACT)
        nd_page_printf(page, "  (%s of the first, %s of the second)",
                       nd_amount_percent(pair->similarity.a_in_b).text,
                       nd_amount_percent(pair->similarity.b_in_a).text);
    nd_page_put(page, "\n");
}

nd_status nd_match_writer_pair(void *ctx, const nd_pair *pair)
{
    nd_match_writer *const writer = ctx;
    writer->num_written++;
    if (writer->job->format == ND_FORMAT_JSONL)
        pair_as_json(&writer->page, pair);
    else if (writer->job->format == ND_FORMAT_TSV)
        pair_as_tsv(&writer->page, pair);
    else
        pair_as_text(&writer->page, pair);
    return nd_job_write(writer->job, &writer->page);
}

static void group_as_json(nd_page *page, const nd_group *group)
{
    nd_page_put(page, "{\"representative\":");
    nd_page_json(page, group->representative.p, group->representative.len_bytes);
    nd_page_printf(page, ",\"size\":%zu,\"members\":[", group->num_members + 1);
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        nd_page_put(page, i ? ",{\"id\":" : "{\"id\":");
        nd_page_json(page, member->id.p, member->id.len_bytes);
        nd_page_printf(page,
                       ",\"kind\":\"%s\",\"jaccard\":%.6f,\"in_representative\":%.6f"
                       ",\"representative_in\":%.6f}",
                       nd_match_kind_name(member->kind), member->similarity.jaccard,
                       member->similarity.a_in_b, member->similarity.b_in_a);
    }
    nd_page_put(page, "]}\n");
}

/* A line a member. */
static void group_as_tsv(nd_page *page, const nd_group *group)
{
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        nd_page_tsv(page, group->representative.p, group->representative.len_bytes);
        nd_page_printf(page, "\t%zu\t", group->num_members + 1);
        nd_page_tsv(page, member->id.p, member->id.len_bytes);
        nd_page_printf(page, "\t%s\t%.6f\t%.6f\t%.6f\n", nd_match_kind_name(member->kind),
                       member->similarity.jaccard, member->similarity.a_in_b,
                       member->similarity.b_in_a);
    }
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

/* news/bridge-agency.txt and 2 copies
     near        93 %  news/bridge-courier.txt  (96 % of it, 95 % of the first)
     contained   61 %  news/bridge-short.txt    (100 % of it, 61 % of the first)
   The shares are of shingles in common. */
static void group_as_text(const nd_job *job, nd_page *page, const nd_group *group)
{
    nd_page_put(page, nd_style(job, ND_STYLE_STRONG));
    nd_page_shown(page, group->representative.p, group->representative.len_bytes);
    nd_page_put(page, nd_style(job, ND_STYLE_PLAIN));
    nd_page_printf(page, " and %s %s\n", nd_amount_count(group->num_members).text,
                   group->num_members == 1 ? "copy" : "copies");
    const size_t widest = widest_id(group, job->columns / 2);
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        print_kind(page, member->kind, member->similarity.jaccard);
        const size_t columns = nd_page_shown(page, member->id.p, member->id.len_bytes);
        if (member->kind != ND_MATCH_EXACT) {
            nd_page_fill(page, ' ', columns < widest ? widest - columns : 0);
            nd_page_printf(page, "  (%s of it, %s of the first)",
                           nd_amount_percent(member->similarity.a_in_b).text,
                           nd_amount_percent(member->similarity.b_in_a).text);
        }
        nd_page_put(page, "\n");
    }
    nd_page_put(page, "\n");
}

nd_status nd_match_writer_group(void *ctx, const nd_group *group)
{
    nd_match_writer *const writer = ctx;
    writer->num_written++;
    if (writer->job->format == ND_FORMAT_JSONL)
        group_as_json(&writer->page, group);
    else if (writer->job->format == ND_FORMAT_TSV)
        group_as_tsv(&writer->page, group);
    else
        group_as_text(writer->job, &writer->page, group);
    return nd_job_write(writer->job, &writer->page);
}

void nd_match_writer_release(nd_match_writer *writer)
{
    nd_page_release(&writer->page);
}
