/* The page is written in this order:
 *
 *   head, figures
 *   the first groups as tables, below each the first comparisons    readable without a script
 *   comparisons of the others, each packed                          for the script
 *   the list of all groups, JSON Lines, packed where it is long     for the script
 *
 * Comparisons are made on all threads and written in order (nd_ordered_pages_run). */
#include "cli/report/reports.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/output/page.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "cli/report/html.h"
#include "cli/report/shown_groups.h"

/* What is readable without a script: groups and their members, and comparisons, of texts that are
 * not longer than so many bytes together. */
enum { PLAIN_GROUPS = 100, PLAIN_MEMBERS = 100, PLAIN_DETAILS = 30, PLAIN_DETAIL_BYTES = 1 << 16 };

/* A longer list is packed. */
enum { PLAIN_LIST_GROUPS = 200 };

/* What one thread makes comparisons with. */
typedef struct maker {
    nd_side_by_side sides;
    nd_passage_list passages;
    nd_verdict_reader *reader; /* where a score is asked for */
    nd_packer *packer;
    nd_page fragment;
} maker;

/* What the page is about. */
typedef struct wording {
    const char *title;
    const char *copies, *copy;            /* of a figure, and of one document */
    const char *kept, *in_kept, *kept_in; /* heads of columns */
    const char *one_kept;
} wording;

static const wording wordings[] = {
    [ND_GROUPS_FOUND] = {"Near-copies across documents", "copies", "copy", "representative",
                         "in the representative", "representative in it", "representative"},
    [ND_GROUPS_REMOVED] = {"Near-copies that were removed", "removed", "copy", "kept",
                           "in the one kept", "the one kept in it", "one kept"},
    [ND_GROUPS_REMOVABLE] = {"Near-copies that would be removed", "to be removed", "copy", "kept",
                             "in the one kept", "the one kept in it", "one kept"},
};

typedef struct report {
    nd_job *job;
    const wording *words;
    nd_output *output;
    bool is_write_failed;
    nd_shown_groups shown;
    size_t num_plain; /* groups */
    maker *makers;    /* of the threads */
} report;

static nd_status maker_init(maker *m, const report *r)
{
    const nd_job *const job = r->job;
    const nd_scan_options *const scan = &job->settings->scan;
    nd_status status = nd_side_by_side_init(&m->sides, job->settings, job->allocator);
    m->sides.names[0] = r->words->copy;
    m->sides.names[1] = r->words->kept;
    m->sides.edit_elements[0] = "ins";
    m->sides.edit_elements[1] = "del";
    nd_page_init(&m->fragment, job->allocator);
    if (status == ND_OK)
        status = nd_passage_list_init(&m->passages, job->settings, job->allocator);
    if (status == ND_OK && scan->score > 0)
        status = nd_verdict_reader_new(scan->repairs, scan->folds, job->allocator, &m->reader);
    return status == ND_OK ? nd_packer_new(job->allocator, &m->packer) : status;
}

static void maker_release(maker *m)
{
    nd_packer_free(m->packer);
    nd_verdict_reader_free(m->reader);
    nd_passage_list_release(&m->passages);
    nd_page_release(&m->fragment);
    nd_side_by_side_release(&m->sides);
}

/* --- one comparison --- */

static nd_document document_of(const nd_shown_document *d)
{
    return (nd_document){.id = d->id.p,
                         .id_len_bytes = d->id.len_bytes,
                         .text = d->text.p ? d->text.p : "",
                         .text_len_bytes = d->text.len_bytes};
}

/* Appends the comparison of a member with its representative. */
static nd_status print_detail(const report *r, maker *m, nd_page *page, uint32_t number)
{
    const nd_shown_detail *const detail = &r->shown.details.items[number];
    const nd_shown_member *const member = &r->shown.members.items[detail->member];
    const nd_shown_document *const a = &r->shown.documents.items[member->document];
    const nd_shown_document *const b =
        &r->shown.documents.items[r->shown.groups.items[detail->group].representative];
    nd_comparison comparison = {.a = document_of(a),
                                .b = document_of(b),
                                .kind = member->kind,
                                .similarity = member->similarity};
    nd_explanation explained;
    nd_status status = nd_passage_list_fill(&m->passages, a->id, a->text, b->text);
    if (status == ND_OK && m->reader)
        status = nd_comparison_explain(&comparison, m->reader, &explained);
    if (status != ND_OK)
        return status;
    comparison.passages = m->passages.passages;
    comparison.num_passages = m->passages.num_passages;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "m%" PRIu32 "-", number);
    nd_side_by_side_print(&m->sides, page, &comparison, prefix, 4, r->job->settings->scan.score);
    return page->status;
}

/* --- one group, readable without a script --- */

static bool is_plain(const report *r, uint32_t number)
{
    const nd_shown_detail *const detail = &r->shown.details.items[number];
    const nd_shown_document *const documents = r->shown.documents.items;
    const size_t len_bytes =
        documents[r->shown.members.items[detail->member].document].text.len_bytes +
        documents[r->shown.groups.items[detail->group].representative].text.len_bytes;
    return number < PLAIN_DETAILS && len_bytes <= PLAIN_DETAIL_BYTES;
}

/* "2024-05-17 09:30", in UTC */
static void print_time(nd_page *page, int64_t microseconds)
{
    const time_t seconds = (time_t)(microseconds / 1000000);
    struct tm parts;
    char text[64];
    if (microseconds != 0 && gmtime_r(&seconds, &parts) &&
        strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts) > 0)
        nd_page_put(page, text);
}

static void print_document(nd_page *page, const nd_shown_document *d)
{
    nd_page_put(page, "<tr><td>");
    nd_report_name(page, d->id.p, d->id.len_bytes);
    nd_page_put(page, "<td><bdi>");
    nd_html_name(page, d->source, d->source_len_bytes);
    nd_page_put(page, "</bdi><td class=\"time\">");
    print_time(page, d->time);
}

static void print_member(nd_page *page, const report *r, const nd_shown_member *member)
{
    print_document(page, &r->shown.documents.items[member->document]);
    nd_page_printf(page, "<td>%s<td class=\"number\">%s",
                   member->kind == ND_MATCH_NONE ? "linked" : nd_match_kind_name(member->kind),
                   nd_amount_percent(member->similarity.jaccard).text);
    nd_page_printf(page, "<td class=\"number\">%s",
                   nd_amount_percent(member->similarity.a_in_b).text);
    nd_page_printf(page, "<td class=\"number\">%s\n",
                   nd_amount_percent(member->similarity.b_in_a).text);
}

static void print_table(nd_page *page, const report *r, const nd_shown_group *group)
{
    nd_page_printf(page,
                   "<table class=\"members\"><thead><tr><th scope=\"col\">document"
                   "<th scope=\"col\">source<th scope=\"col\">time<th scope=\"col\">kind"
                   "<th scope=\"col\">alike<th scope=\"col\">%s<th scope=\"col\">%s</thead>\n",
                   r->words->in_kept, r->words->kept_in);
    print_document(page, &r->shown.documents.items[group->representative]);
    nd_page_printf(page, "<td>%s<td><td><td>\n", r->words->kept);
    for (size_t i = 0; i < group->num_members && i < PLAIN_MEMBERS; i++)
        print_member(page, r, &r->shown.members.items[group->first_member + i]);
    nd_page_put(page, "</table>\n");
    if (group->num_members > PLAIN_MEMBERS)
        nd_page_printf(page, "<p>and %s more</p>\n",
                       nd_amount_count(group->num_members - PLAIN_MEMBERS).text);
}

static void print_plain_group(nd_page *page, const report *r, size_t number)
{
    const nd_shown_group *const group = &r->shown.groups.items[number];
    const nd_shown_document *const d = &r->shown.documents.items[group->representative];
    nd_page_put(page, "<article><h2>");
    nd_report_name(page, d->id.p, d->id.len_bytes);
    nd_page_printf(page, " and %s %s</h2>\n", nd_amount_count(group->num_members).text,
                   group->num_members == 1 ? "copy" : "copies");
    print_table(page, r, group);
}

/* Appends a comparison that opens by a click. */
static nd_status print_plain_detail(const report *r, maker *m, nd_page *page, uint32_t number)
{
    const nd_shown_detail *const detail = &r->shown.details.items[number];
    const nd_shown_document *const d =
        &r->shown.documents.items[r->shown.members.items[detail->member].document];
    nd_page_put(page, "<details><summary>");
    nd_report_name(page, d->id.p, d->id.len_bytes);
    nd_page_printf(page, " beside the %s</summary><div id=\"m%" PRIu32 "\">\n", r->words->one_kept,
                   number);
    const nd_status status = print_detail(r, m, page, number);
    nd_page_put(page, "</div></details>\n");
    return status;
}

static nd_status pack_detail(const report *r, maker *m, nd_page *page, uint32_t number)
{
    char id[32];
    snprintf(id, sizeof id, "m%" PRIu32, number);
    nd_page_clear(&m->fragment);
    const nd_status status = print_detail(r, m, &m->fragment, number);
    if (status != ND_OK)
        return status;
    nd_packer_begin(m->packer, page, id);
    nd_packer_add(m->packer, page, &m->fragment);
    nd_packer_end(m->packer, page);
    return page->status;
}

/* An nd_fill_part_fn: a part is a group, with the comparisons of its members. */
static nd_status fill_group(void *ctx, uint32_t worker, uint32_t part, nd_page *page,
                            nd_ordered_pages *pages)
{
    const report *const r = ctx;
    maker *const m = &r->makers[worker];
    const nd_shown_group *const group = &r->shown.groups.items[part];
    nd_status status = ND_OK;
    if (part < r->num_plain)
        print_plain_group(page, r, part);
    for (int is_packed = 0; is_packed < 2 && status == ND_OK; is_packed++) {
        for (size_t i = 0; i < group->num_members && status == ND_OK; i++) {
            const uint32_t number = r->shown.members.items[group->first_member + i].detail;
            if (number == UINT32_MAX || is_plain(r, number) == is_packed)
                continue;
            status = is_packed ? pack_detail(r, m, page, number)
                               : print_plain_detail(r, m, page, number);
            if (status == ND_OK)
                status = nd_ordered_pages_flush(pages, part, page);
        }
        if (!is_packed && part < r->num_plain)
            nd_page_put(page,
                        part + 1 == r->num_plain ? "</article>\n</section>\n" : "</article>\n");
    }
    return status == ND_OK ? page->status : status;
}

/* Writes the page's bytes, and empties it. An nd_take_page_fn. */
static nd_status take_page(void *ctx, nd_page *page)
{
    report *const r = ctx;
    if (page->status != ND_OK)
        return page->status;
    const nd_status status = nd_output_write(r->output, page->bytes.items, page->bytes.len);
    nd_page_clear(page);
    r->is_write_failed |= status != ND_OK;
    return status;
}

/* --- the list --- */

static void put_document(nd_page *page, const nd_shown_document *d)
{
    nd_page_put(page, "[");
    nd_html_json(page, d->id.p, d->id.len_bytes);
    nd_page_printf(page, ",%" PRId64 ",%" PRIu32, d->time / 1000000, d->source_number);
}

/* In ten-thousandths; all and nothing are only what is that. */
static void put_ratio(nd_page *page, double ratio)
{
    const int whole = (int)(ratio * 10000);
    nd_page_printf(page, ",%d", whole == 0 && ratio > 0 ? 1 : whole);
}

/* [id,time,source,[[id,time,source,kind,jaccard,in,of,score,detail],...]] */
static void put_group(nd_page *page, const nd_shown_groups *shown, const nd_shown_group *group)
{
    put_document(page, &shown->documents.items[group->representative]);
    nd_page_put(page, ",[");
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_shown_member *const member = &shown->members.items[group->first_member + i];
        nd_page_put(page, i ? "," : "");
        put_document(page, &shown->documents.items[member->document]);
        nd_page_printf(page, ",%d", (int)member->kind);
        put_ratio(page, member->similarity.jaccard);
        put_ratio(page, member->similarity.a_in_b);
        put_ratio(page, member->similarity.b_in_a);
        put_ratio(page, member->score);
        if (member->detail == UINT32_MAX)
            nd_page_put(page, ",-1]");
        else
            nd_page_printf(page, ",%" PRIu32 "]", member->detail);
    }
    nd_page_put(page, "]]\n");
}

/* {"total":..,"scored":..,"kinds":[..],"used":[..],"sources":[..],"words":[..]}; `used` are numbers
 * of kinds */
static void put_list_head(nd_page *page, const report *r)
{
    bool is_used[ND_MATCH_PARTIAL + 1] = {false};
    for (size_t i = 0; i < r->shown.members.len; i++)
        is_used[r->shown.members.items[i].kind] = true;
    nd_page_printf(page, "{\"total\":%" PRIu64 ",\"scored\":%s,\"kinds\":[", r->shown.num_groups,
                   r->job->settings->scan.score > 0 ? "true" : "false");
    for (int kind = ND_MATCH_NONE; kind <= ND_MATCH_PARTIAL; kind++)
        nd_page_printf(page, "%s\"%s\"", kind ? "," : "",
                       kind ? nd_match_kind_name((nd_match_kind)kind) : "linked");
    nd_page_put(page, "],\"used\":[");
    const char *comma = "";
    for (int kind = ND_MATCH_NONE; kind <= ND_MATCH_PARTIAL; kind++) {
        if (!is_used[kind])
            continue;
        nd_page_printf(page, "%s%d", comma, kind);
        comma = ",";
    }
    nd_page_put(page, "],\"sources\":[");
    for (size_t i = 0; i < r->shown.sources.len; i++) {
        const nd_shown_document *const d = &r->shown.documents.items[r->shown.sources.items[i]];
        nd_page_put(page, i ? "," : "");
        nd_html_json(page, d->source, d->source_len_bytes);
    }
    nd_page_printf(page, "],\"words\":[\"%s\",\"%s\",\"%s\"]}\n", r->words->kept, r->words->in_kept,
                   r->words->kept_in);
}

/* Through `piece`, so that the list is never in memory as a whole. */
static nd_status write_list(report *r, nd_page *page, nd_page *piece)
{
    const size_t num = r->shown.groups.len;
    nd_packer *const packer = num > PLAIN_LIST_GROUPS ? r->makers[0].packer : NULL;
    nd_status status = ND_OK;
    if (packer)
        nd_packer_begin(packer, page, "groups");
    else
        nd_page_put(page, "<script type=\"application/x-ndjson\" id=\"groups\">");
    put_list_head(packer ? piece : page, r);
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        nd_page *const to = packer ? piece : page;
        put_group(to, &r->shown, &r->shown.groups.items[i]);
        if (packer && piece->bytes.len >= ND_PAGE_FULL_BYTES)
            nd_packer_add(packer, page, piece);
        if (page->bytes.len >= ND_PAGE_FULL_BYTES)
            status = take_page(r, page);
    }
    if (packer) {
        nd_packer_add(packer, page, piece);
        nd_packer_end(packer, page);
    } else {
        nd_page_put(page, "</script>\n");
    }
    return status == ND_OK ? take_page(r, page) : status;
}

/* --- the page --- */

static void print_head(nd_page *page, const report *r, const nd_scan_stats *stats)
{
    nd_report_begin(page, r->words->title);
    nd_page_put(page, "<dl class=\"figures\">");
    nd_report_figure(page, "documents", nd_amount_count(stats->documents).text);
    nd_report_figure(page, "groups", nd_amount_count(stats->groups).text);
    nd_report_figure(page, r->words->copies, nd_amount_count(stats->group_members).text);
    nd_page_put(page, "</dl>\n");
    if (r->shown.groups.len == 1 && stats->groups > 1)
        nd_page_put(page, "<p class=\"note\">The page lists the largest group.</p>\n");
    else if (r->shown.groups.len < stats->groups)
        nd_page_printf(page, "<p class=\"note\">The page lists the %s largest groups.</p>\n",
                       nd_amount_count(r->shown.groups.len).text);
    if (stats->groups == 0)
        nd_page_put(page, "<p>No document is a near-copy of another one.</p>\n");
    else
        nd_page_put(page, "<section id=\"plain\" aria-label=\"groups\">\n");
    if (r->num_plain < r->shown.groups.len)
        nd_page_printf(page,
                       "<p class=\"note\">Without its script, the page shows the %s largest "
                       "groups.</p>\n",
                       nd_amount_count(r->num_plain).text);
}

static nd_status write_groups(report *r, nd_page *page)
{
    const uint32_t num_threads = r->job->num_threads;
    /* Groups past the last one with a comparison are in the list alone. */
    const size_t num_details = r->shown.details.len;
    size_t num_parts = num_details ? r->shown.details.items[num_details - 1].group + 1 : 0;
    num_parts = num_parts > r->num_plain ? num_parts : r->num_plain;
    const nd_ordered_job ordered = {r->job->allocator, num_threads, (uint32_t)num_parts,
                                    fill_group,        take_page,   r};
    nd_status status = take_page(r, page);
    if (status == ND_OK && num_parts > 0)
        status = nd_ordered_pages_run(&ordered);
    return status;
}

static nd_status write_page(report *r, const nd_scan *scan)
{
    const nd_scan_stats stats = nd_scan_stats_get(scan);
    nd_page page, piece;
    nd_page_init(&page, r->job->allocator);
    nd_page_init(&piece, r->job->allocator);
    r->num_plain = r->shown.groups.len < PLAIN_GROUPS ? r->shown.groups.len : PLAIN_GROUPS;
    print_head(&page, r, &stats);
    nd_status status = write_groups(r, &page);
    if (status == ND_OK && r->shown.groups.len > 0)
        status = write_list(r, &page, &piece);
    nd_report_end(&page);
    if (status == ND_OK)
        status = take_page(r, &page);
    nd_page_release(&page);
    nd_page_release(&piece);
    return status;
}

static void add_notes(nd_job *job, const nd_shown_groups *shown)
{
    static const nd_counter counter = {
        .name = "groups_left_out_of_report",
        .offset = 0,
        .meaning = "groups that the page has no room for",
        .weight = ND_COUNTER_CAP,
    };
    const uint64_t most = job->settings->report_top;
    const uint64_t wanted = most > 0 && most < shown->num_groups ? most : shown->num_groups;
    const uint64_t num_left_out = wanted - shown->groups.len;
    nd_notes_add_counters(&job->notes, (nd_counter_list){&counter, 1}, &num_left_out, NULL, NULL);
}

nd_status nd_groups_report_write(nd_job *job, nd_groups_report_kind kind, const nd_scan *scan,
                                 nd_capped_matches *capped, nd_error *error)
{
    report r = {.job = job,
                .words = &wordings[kind],
                .output = kind == ND_GROUPS_FOUND ? job->output : job->removed};
    nd_status status = nd_shown_groups_init(&r.shown, job, scan, job->settings->report_top, error);
    nd_job_lap(job, "reading again");
    r.makers = nd_alloc_zeroed(job->allocator, job->num_threads, sizeof *r.makers);
    if (status == ND_OK && !r.makers)
        status = ND_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < job->num_threads && status == ND_OK; i++)
        status = maker_init(&r.makers[i], &r);
    if (status == ND_OK)
        status = write_page(&r, scan);
    for (uint32_t i = 0; r.makers && i < job->num_threads; i++) {
        nd_capped_matches_merge(capped, &r.makers[i].passages.capped);
        maker_release(&r.makers[i]);
    }
    nd_release(job->allocator, r.makers);
    if (status == ND_OK)
        add_notes(job, &r.shown);
    if (r.is_write_failed && r.output == job->removed)
        status = nd_output_commit(r.output, error); /* for the message */
    job->is_write_failed |= r.is_write_failed && r.output == job->output;
    nd_shown_groups_release(&r.shown);
    return status;
}
