#include "cli/output/writers.h"

#include <stdio.h>
#include <string.h>

#include "cli/output/page.h"
#include "cli/output/screen.h"

/* --- pairs and groups --- */

/* Pairs of a part, on average: a page of them. */
enum { PAIRS_A_PART = 512 };

enum { KIND_COLUMNS = 9, PERCENT_COLUMNS = 5 };

/* What one thread writes matches with. */
typedef struct writer {
    nd_job *job;
    nd_page *page;
    nd_shown_columns shown;
    /* Of the match at work, where they are asked for. */
    nd_passage_list passages;
    nd_verdict_reader *reader;
    nd_explanation explanation;
    uint64_t num_written;

    uint32_t part; /* of pairs */
    nd_ordered_pages *pages;

    const nd_group *group; /* at work */
    nd_member_view member;
} writer;

static nd_shown_columns shown_columns(const nd_job *job)
{
    const nd_settings *const settings = job->settings;
    const bool lists_passages =
        settings->lists_passages || (settings->explains && job->format != ND_FORMAT_TSV);
    return (nd_scan_options_has_coverage(&settings->scan) ? ND_SHOW_COVERAGE : 0u) |
           (settings->scan.score > 0 ? ND_SHOW_SCORE : 0u) |
           (settings->explains ? ND_SHOW_EXPLANATION : 0u) |
           (lists_passages ? ND_SHOW_PASSAGES : 0u);
}

static nd_status writer_init(writer *w, nd_job *job, nd_page *page)
{
    *w = (writer){.job = job, .page = page, .shown = shown_columns(job)};
    const nd_scan_options *const scan = &job->settings->scan;
    nd_status status = ND_OK;
    if (w->shown & ND_SHOW_PASSAGES)
        status = nd_passage_list_init(&w->passages, job->settings, job->allocator);
    if (status == ND_OK && w->shown & ND_SHOW_EXPLANATION)
        status = nd_verdict_reader_new(scan->repairs, scan->folds, job->allocator, &w->reader);
    return status;
}

/* Finds out what else is told of a match than its figures. */
static nd_status look_into(writer *w, nd_id a_id, nd_kept_text a, nd_kept_text b)
{
    nd_status status = ND_OK;
    if (w->shown & ND_SHOW_PASSAGES)
        status = nd_passage_list_fill(&w->passages, a_id, a, b);
    if (status == ND_OK && w->shown & ND_SHOW_EXPLANATION)
        status = nd_explain(w->reader, a, b, &w->explanation);
    return status;
}

static nd_explanation_view explained(writer *w)
{
    return w->shown & ND_SHOW_EXPLANATION ? nd_explanation_items(&w->explanation)
                                          : (nd_explanation_view){.verdict = {0}};
}

/* Adds what the writer wrote, and lets go of it. */
static void writer_release(writer *w, nd_written *written)
{
    written->num += w->num_written;
    nd_capped_matches_merge(&written->capped, &w->passages.capped);
    nd_passage_list_release(&w->passages);
    nd_verdict_reader_free(w->reader);
}

/* --- text --- */

/* What is shown of a match: a pair's, or a member's and its representative's. */
typedef struct match {
    nd_match_kind kind;
    const nd_similarity *similarity;
    const nd_coverage *coverage;
} match;

void nd_match_print_kind(nd_page *page, nd_match_kind kind, const nd_similarity *similarity)
{
    /* Single links put documents together that are no match themselves. */
    const char *const name = kind == ND_MATCH_NONE ? "linked" : nd_match_kind_name(kind);
    nd_page_printf(page, "  %-*s %*s  ", KIND_COLUMNS, name, PERCENT_COLUMNS,
                   nd_amount_percent(similarity->jaccard).text);
}

/* Shares of shingles in common; of what is covered, where that decides. */
static void print_shares(const writer *w, const match *m, const char *of_a, const char *of_b)
{
    const bool covered = (w->shown & ND_SHOW_COVERAGE) != 0;
    const double a = covered ? m->coverage->a_in_b : m->similarity->a_in_b;
    const double b = covered ? m->coverage->b_in_a : m->similarity->b_in_a;
    nd_page_printf(w->page, "  (%s of %s, %s of %s)", nd_amount_percent(a).text, of_a,
                   nd_amount_percent(b).text, of_b);
}

/* Below a match: why it is one, and what the texts share. */
static void print_details(const writer *w, const char *const places[3])
{
    static const char indent[] = "                     ";
    if (w->shown & ND_SHOW_EXPLANATION) {
        nd_page_printf(w->page, "%sverdict %.2f, the least of three answers\n", indent,
                       w->explanation.verdict.score);
        nd_explanation_print_text(&w->explanation, indent, places, w->page);
    }
    nd_passage_list_print_text(&w->passages, w->page);
}

static void pair_as_text(const writer *w, const nd_pair *pair)
{
    static const char *const places[] = {"in both", "only in the first", "only in the second"};
    const match m = {pair->kind, &pair->similarity, &pair->coverage};
    nd_match_print_kind(w->page, m.kind, m.similarity);
    nd_page_shown(w->page, pair->a.p, pair->a.len_bytes);
    nd_page_put(w->page, "  ");
    nd_page_shown(w->page, pair->b.p, pair->b.len_bytes);
    if (pair->kind != ND_MATCH_EXACT)
        print_shares(w, &m, "the first", "the second");
    nd_page_put(w->page, "\n");
    print_details(w, places);
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

static void member_as_text(const writer *w, const nd_member *member, size_t widest)
{
    static const char *const places[] = {"in both", "only in it", "only in the first"};
    const match m = {member->kind, &member->similarity, &member->coverage};
    nd_match_print_kind(w->page, m.kind, m.similarity);
    const size_t columns = nd_page_shown(w->page, member->id.p, member->id.len_bytes);
    if (member->kind != ND_MATCH_EXACT) {
        nd_page_fill(w->page, ' ', columns < widest ? widest - columns : 0);
        print_shares(w, &m, "it", "the first");
    }
    nd_page_put(w->page, "\n");
    print_details(w, places);
}

static const void *next_member(void *ctx, size_t index, nd_page *page);

/* news/bridge-agency.txt and 2 copies
     near        93 %  news/bridge-courier.txt  (96 % of it, 95 % of the first)
     contained   61 %  news/bridge-short.txt    (100 % of it, 61 % of the first) */
static void group_as_text(writer *w, const nd_group *group)
{
    const nd_screen *const screen = &w->job->screen;
    nd_page *const page = w->page;
    nd_page_put(page, nd_style(screen, ND_STYLE_STRONG));
    nd_page_shown(page, group->representative.p, group->representative.len_bytes);
    nd_page_put(page, nd_style(screen, ND_STYLE_PLAIN));
    nd_page_printf(page, " and %s %s\n", nd_amount_count(group->num_members).text,
                   group->num_members == 1 ? "copy" : "copies");
    const size_t widest = widest_id(group, screen->columns / 2);
    for (size_t i = 0; i < group->num_members && page->status == ND_OK; i++)
        if (next_member(w, i, page))
            member_as_text(w, &group->members[i], widest);
    nd_page_put(page, "\n");
}

/* --- pairs --- */

void nd_pair_print_json(nd_page *page, nd_shown_columns shown, const nd_pair_view *pair)
{
    nd_record_json(page, &nd_pair_record, shown, pair);
    nd_page_put(page, "\n");
}

/* An nd_pair_fn. */
static nd_status write_pair(void *ctx, const nd_pair *pair)
{
    writer *const w = ctx;
    const nd_status status = look_into(w, pair->a, pair->a_text, pair->b_text);
    if (status != ND_OK)
        return status;
    w->num_written++;
    const nd_pair_view view = {*pair, nd_passage_list_items(&w->passages), explained(w)};
    if (w->job->format == ND_FORMAT_JSONL)
        nd_pair_print_json(w->page, w->shown, &view);
    else if (w->job->format == ND_FORMAT_TSV)
        nd_record_tsv(w->page, &nd_pair_record, w->shown, &view);
    else
        pair_as_text(w, pair);
    return nd_ordered_pages_flush(w->pages, w->part, w->page);
}

/* All pairs of a scan, put together by several threads. */
typedef struct pair_writing {
    const nd_scan *scan;
    nd_job *job;
    uint32_t num_parts;
    writer *writers; /* of the threads */
} pair_writing;

/* An nd_fill_part_fn. */
static nd_status write_part(void *ctx, uint32_t worker, uint32_t part, nd_page *page,
                            nd_ordered_pages *pages)
{
    const pair_writing *const writing = ctx;
    writer *const w = &writing->writers[worker];
    w->page = page;
    w->part = part;
    w->pages = pages;
    return nd_scan_each_pair_of_part(writing->scan, part, writing->num_parts, write_pair, w);
}

/* An nd_take_page_fn. */
static nd_status take_page(void *ctx, nd_page *page)
{
    const pair_writing *const writing = ctx;
    return nd_job_write(writing->job, page);
}

static nd_status write_parts(pair_writing *writing, nd_written *written)
{
    nd_job *const job = writing->job;
    nd_status status = ND_OK;
    for (uint32_t t = 0; t < job->num_threads && status == ND_OK; t++)
        status = writer_init(&writing->writers[t], job, NULL);
    const nd_ordered_job ordered = {job->allocator, job->num_threads, writing->num_parts,
                                    write_part,     take_page,        writing};
    if (status == ND_OK)
        status = nd_ordered_pages_run(&ordered);
    for (uint32_t t = 0; t < job->num_threads; t++)
        writer_release(&writing->writers[t], written);
    return status;
}

static nd_status write_pairs(nd_job *job, const nd_scan *scan, nd_written *written)
{
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    const uint64_t most = stats.documents < UINT32_MAX ? stats.documents : UINT32_MAX;
    const uint64_t wanted = stats.pairs / PAIRS_A_PART + 1;
    pair_writing writing = {
        .scan = scan, .job = job, .num_parts = (uint32_t)(wanted < most ? wanted : most)};
    writing.writers = nd_alloc_zeroed(job->allocator, job->num_threads, sizeof *writing.writers);
    if (!writing.writers)
        return ND_ERR_NO_MEMORY;
    const nd_status status = write_parts(&writing, written);
    nd_release(job->allocator, writing.writers);
    return status;
}

/* --- groups --- */

/* The nd_items.at of a group's members. A large group is written in pieces. */
static const void *next_member(void *ctx, size_t index, nd_page *page)
{
    writer *const w = ctx;
    const nd_member *const member = &w->group->members[index];
    nd_status status = ND_OK;
    if (page->bytes.len >= ND_PAGE_FULL_BYTES)
        status = nd_job_write(w->job, page);
    if (status == ND_OK)
        status = look_into(w, member->id, member->text, w->group->representative_text);
    if (status != ND_OK) {
        page->status = status;
        return NULL;
    }
    w->member = (nd_member_view){*member, nd_passage_list_items(&w->passages), explained(w)};
    return &w->member;
}

/* An nd_group_fn. */
static nd_status write_group(void *ctx, const nd_group *group)
{
    writer *const w = ctx;
    w->num_written++;
    w->group = group;
    const nd_group_view view = {
        group->representative, group->num_members + 1, {group->num_members, next_member, w}};
    if (w->job->format == ND_FORMAT_JSONL) {
        nd_record_json(w->page, &nd_group_record, w->shown, &view);
        nd_page_put(w->page, "\n");
    } else if (w->job->format == ND_FORMAT_TSV) {
        nd_record_tsv(w->page, &nd_group_record, w->shown, &view);
    } else {
        group_as_text(w, group);
    }
    return nd_job_write(w->job, w->page);
}

static nd_status write_groups(nd_job *job, const nd_scan *scan, nd_written *written)
{
    writer w;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_status status = writer_init(&w, job, &page);
    if (status == ND_OK)
        status = nd_scan_each_group(scan, write_group, &w);
    writer_release(&w, written);
    nd_page_release(&page);
    return status;
}

/* The header of a TSV. */
static nd_status write_header(nd_job *job)
{
    const bool is_pairs = job->settings->scan.output == ND_SCAN_PAIRS;
    if (job->format != ND_FORMAT_TSV)
        return ND_OK;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_record_tsv_header(&page, is_pairs ? &nd_pair_record : &nd_group_record, shown_columns(job),
                         NULL);
    const nd_status status = nd_job_write(job, &page);
    nd_page_release(&page);
    return status;
}

nd_status nd_matches_write(nd_job *job, const nd_scan *scan, nd_written *written)
{
    *written = (nd_written){0};
    const nd_status status = write_header(job);
    if (status != ND_OK)
        return status;
    return job->settings->scan.output == ND_SCAN_PAIRS ? write_pairs(job, scan, written)
                                                       : write_groups(job, scan, written);
}

/* --- the answers of an index --- */

static nd_shown_columns shown_of_index(const nd_index *index)
{
    return nd_index_score(index) > 0 ? ND_SHOW_COVERAGE | ND_SHOW_SCORE : 0u;
}

void nd_index_answer_print_header(const nd_job *job, nd_page *page, const nd_index *index)
{
    if (job->format == ND_FORMAT_TSV)
        nd_record_tsv_header(page, &nd_index_answer_record, shown_of_index(index), NULL);
}

/* wire-17 and 2 matches
     near        93 %  wire-4  (96 % of it, 95 % of the match) */
static void print_text(const nd_job *job, nd_page *page, bool covered,
                       const nd_index_answer *answer)
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
            nd_page_printf(
                page, "  (%s of it, %s of the match)",
                nd_amount_percent(covered ? m->coverage.a_in_b : m->similarity.a_in_b).text,
                nd_amount_percent(covered ? m->coverage.b_in_a : m->similarity.b_in_a).text);
        nd_page_put(page, "\n");
    }
}

void nd_index_answer_print(const nd_job *job, nd_page *page, const nd_index *index,
                           const nd_index_answer *answer)
{
    const nd_shown_columns shown = shown_of_index(index);
    nd_array array = {answer->matches, answer->num_matches, sizeof *answer->matches};
    const nd_index_answer_view view = {answer->id, nd_items_of(&array)};
    if (job->format == ND_FORMAT_TEXT) {
        print_text(job, page, (shown & ND_SHOW_COVERAGE) != 0, answer);
    } else if (job->format == ND_FORMAT_TSV) {
        nd_record_tsv(page, &nd_index_answer_record, shown, &view);
    } else {
        nd_record_json(page, &nd_index_answer_record, shown, &view);
        nd_page_put(page, "\n");
    }
}

/* --- stat --- */

static bool is_bytes(const nd_counter *counter)
{
    const size_t len = strlen(counter->name);
    return len >= 5 && strcmp(counter->name + len - 5, "bytes") == 0;
}

static void stats_as_text(nd_page *page, const char *spec, const nd_index *index,
                          const nd_index_stats *stats)
{
    const nd_match_rule rule = nd_index_rule(index);
    size_t num;
    const nd_counter *const counters = nd_index_counters(&num);
    nd_page_printf(page, "%s\n", spec);
    nd_page_printf(page, "matches: jaccard %g", rule.jaccard);
    if (rule.containment > 0)
        nd_page_printf(page, ", containment %g", rule.containment);
    if (nd_index_score(index) > 0)
        nd_page_printf(page, ", score %g", nd_index_score(index));
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
        stats_as_text(page, spec, index, stats);
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
                   is_json ? ",\"threshold\":%.6f,\"containment\":%.6f,\"score\":%.6f"
                           : "threshold\t%.6f\ncontainment\t%.6f\nscore\t%.6f\n",
                   rule.jaccard, rule.containment, nd_index_score(index));
    for (size_t i = 0; i < num; i++)
        nd_page_printf(page, is_json ? ",\"%s\":%llu" : "%s\t%llu\n", counters[i].name,
                       (unsigned long long)nd_counter_value(&counters[i], stats));
    if (is_json)
        nd_page_put(page, "}\n");
}
