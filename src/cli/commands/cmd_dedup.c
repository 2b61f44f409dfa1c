/* neardup dedup: the input without its near-copies. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/kept_groups.h"
#include "cli/notes.h"
#include "cli/options/settings.h"
#include "cli/output/records.h"
#include "cli/output/screen.h"
#include "cli/output/writers.h"
#include "cli/report/reports.h"
#include "cli/room.h"
#include "io/record_copy.h"
#include "neardup/passages.h"
#include "util/alloc.h"

/* --- what a text repeats, for a copy to cut out --- */

/* Finds passages that are the same word for word; exclusive. */
typedef struct repeat_cutter {
    const nd_allocator *allocator;
    nd_passage_finder *finder;
    ND_VEC(nd_text_repeat) repeats;    /* of the last text */
    uint64_t num_capped, caps_reached; /* texts that repeat so much that the finder reached a cap */
    nd_repeat_cuts cuts;               /* what a copy is given; borrows this struct */
} repeat_cutter;

static int compare_repeats(const void *left, const void *right)
{
    const nd_text_repeat *const a = left, *const b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->end < b->end) - (a->end > b->end); /* the longer first */
}

/* Every place of a repeat but the first. */
static nd_status add_places(repeat_cutter *cutter, const nd_repeat *repeat)
{
    const nd_status status =
        ND_VEC_RESERVE(cutter->allocator, &cutter->repeats, repeat->num_places);
    for (size_t i = 1; status == ND_OK && i < repeat->num_places; i++)
        if (repeat->similarities[i] == 1)
            cutter->repeats.items[cutter->repeats.len++] =
                (nd_text_repeat){repeat->places[i].start, repeat->places[i].end,
                                 repeat->places[0].start, repeat->places[0].end};
    return status;
}

/* Of nd_repeat_cuts. */
static nd_status find(void *ctx, const char *text, size_t len_bytes, const nd_text_repeat **repeats,
                      size_t *num)
{
    repeat_cutter *const cutter = ctx;
    const nd_repeat *found;
    size_t num_found;
    cutter->repeats.len = 0;
    nd_status status =
        nd_passage_finder_repeats(cutter->finder, text, len_bytes, &found, &num_found);
    if (status == ND_ERR_LIMIT) { /* too long once it is normalised: the scan has counted it */
        status = ND_OK;
        num_found = 0;
    }
    for (size_t i = 0; status == ND_OK && i < num_found; i++)
        status = add_places(cutter, &found[i]);
    if (cutter->repeats.len > 1)
        qsort(cutter->repeats.items, cutter->repeats.len, sizeof *cutter->repeats.items,
              compare_repeats);
    const uint64_t capped = nd_passage_finder_stats(cutter->finder).capped;
    cutter->num_capped += capped > 0;
    cutter->caps_reached += capped;
    *repeats = cutter->repeats.items;
    *num = cutter->repeats.len;
    return status;
}

static nd_status repeat_cutter_init(repeat_cutter *cutter, const nd_settings *settings,
                                    const nd_allocator *allocator)
{
    nd_passage_options options = nd_settings_passage(settings);
    options.min_similarity = 1; /* what is said once stays */
    *cutter =
        (repeat_cutter){.allocator = allocator,
                        .cuts = {.ctx = cutter, .find = find, .min_words = options.min_words}};
    return nd_passage_finder_new(&options, allocator, &cutter->finder);
}

static void repeat_cutter_note(const repeat_cutter *cutter, nd_notes *notes)
{
    static const nd_counter counters[] = {
        ND_COUNTER_CAPPED_PASSAGES(repeat_cutter, num_capped, caps_reached, "documents that"),
        {.name = "uncut_invalid_utf8",
         .meaning = "JSON with invalid UTF-8, out of which nothing is cut",
         .offset = offsetof(repeat_cutter, cuts.not_utf8),
         .weight = ND_COUNTER_LOSS},
    };
    nd_notes_add_counters(notes, (nd_counter_list){counters, sizeof counters / sizeof *counters},
                          cutter, NULL, NULL);
}

static void repeat_cutter_release(repeat_cutter *cutter)
{
    nd_passage_finder_free(cutter->finder);
    if (cutter->allocator)
        ND_VEC_RELEASE(cutter->allocator, &cutter->repeats);
}

/* --- the command --- */

enum { NAMES_CHUNK_BYTES = 1 << 16 };

/* A document of a group, with what is said of it. */
typedef struct grouped {
    uint64_t tag;
    nd_annotation_view view;
} grouped;

typedef struct deduplication {
    nd_job *job;
    nd_page page;             /* of the list of what is removed, or of one annotation */
    nd_passage_list passages; /* of the member at work, where they are asked for */
    bool is_list_failed;
    uint64_t num_groups;
    ND_VEC(uint64_t) removed; /* tags */
    ND_VEC(grouped) grouped;  /* --annotate: all documents of groups, by tag */
    size_t next_grouped;
    repeat_cutter cutter; /* --within-documents remove */
    nd_arena names;       /* of their representatives */
    nd_kept_groups kept;  /* --resume */
    bool keeps_groups;
} deduplication;

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* ---- what is removed ---- */

static nd_status list_member(deduplication *d, const nd_group *group, const nd_member *member)
{
    const nd_settings *const settings = d->job->settings;
    nd_shown_columns shown =
        (nd_scan_options_has_coverage(&settings->scan) ? ND_SHOW_COVERAGE : 0u) |
        (settings->scan.score > 0 ? ND_SHOW_SCORE : 0u);
    nd_status status = ND_OK;
    if (settings->lists_passages) {
        shown |= ND_SHOW_PASSAGES;
        status = nd_passage_list_fill(&d->passages, member->id, member->text,
                                      group->representative_text);
    }
    if (status != ND_OK)
        return status;
    const nd_removed_view view = {group->representative, *member,
                                  nd_passage_list_items(&d->passages)};
    nd_page_clear(&d->page);
    nd_record_json(&d->page, &nd_removed_record, shown, &view);
    nd_page_put(&d->page, "\n");
    if (d->page.status != ND_OK)
        return d->page.status;
    status = nd_output_write(d->job->removed, d->page.bytes.items, d->page.bytes.len);
    d->is_list_failed = status != ND_OK;
    return status;
}

/* An nd_group_fn. */
static nd_status remove_members(void *ctx, const nd_group *group)
{
    deduplication *const d = ctx;
    nd_status status = ND_VEC_RESERVE(d->job->allocator, &d->removed, group->num_members);
    for (size_t i = 0; status == ND_OK && i < group->num_members; i++) {
        d->removed.items[d->removed.len++] = group->members[i].id.tag;
        if (d->job->removed && !nd_settings_makes_page(d->job->settings))
            status = list_member(d, group, &group->members[i]);
    }
    return status;
}

static int compare_tags(const void *a, const void *b)
{
    return compare_u64(*(const uint64_t *)a, *(const uint64_t *)b);
}

/* The groups of the scan, or without one those that an earlier run has kept. */
static nd_status each_group(deduplication *d, const nd_scan *scan, nd_group_fn each,
                            nd_error *error)
{
    return scan ? nd_scan_each_group(scan, each, d) : nd_kept_groups_each(&d->kept, each, d, error);
}

static nd_status find_removed(deduplication *d, const nd_scan *scan, nd_error *error)
{
    nd_status status = each_group(d, scan, remove_members, error);
    if (d->removed.len)
        qsort(d->removed.items, d->removed.len, sizeof *d->removed.items, compare_tags);
    if (d->is_list_failed) /* for the message */
        status = nd_output_commit(d->job->removed, error);
    if (status == ND_OK && nd_settings_makes_page(d->job->settings))
        status = nd_groups_report_write(
            d->job, d->job->settings->dry_run ? ND_GROUPS_REMOVABLE : ND_GROUPS_REMOVED, scan,
            &d->passages.capped, error);
    nd_capped_matches_note(&d->passages.capped, &d->job->notes, d->job->input);
    return status;
}

/* ---- what is said of each document ---- */

/* An nd_group_fn. */
static nd_status annotate_group(void *ctx, const nd_group *group)
{
    deduplication *const d = ctx;
    const nd_id *const id = &group->representative;
    char *const name = nd_arena_alloc(&d->names, id->len_bytes); /* it holds for the call only */
    const nd_annotation_view view = {++d->num_groups, {name, id->len_bytes}, NULL, NAN};
    const nd_status status =
        name ? ND_VEC_RESERVE(d->job->allocator, &d->grouped, group->num_members + 1)
             : ND_ERR_NO_MEMORY;
    if (status != ND_OK)
        return status;
    if (id->len_bytes > 0)
        memcpy(name, id->p, id->len_bytes);
    d->grouped.items[d->grouped.len++] = (grouped){id->tag, view};
    for (size_t i = 0; i < group->num_members; i++) {
        const nd_member *const member = &group->members[i];
        grouped *const to = &d->grouped.items[d->grouped.len++];
        *to = (grouped){member->id.tag, view};
        to->view.kind = nd_match_kind_name(member->kind);
        to->view.similarity = member->similarity.jaccard;
    }
    return ND_OK;
}

static int compare_grouped(const void *a, const void *b)
{
    return compare_u64(((const grouped *)a)->tag, ((const grouped *)b)->tag);
}

static nd_status find_grouped(deduplication *d, const nd_scan *scan, nd_error *error)
{
    const nd_status status = each_group(d, scan, annotate_group, error);
    if (d->grouped.len)
        qsort(d->grouped.items, d->grouped.len, sizeof *d->grouped.items, compare_grouped);
    return status;
}

/* Of nd_record_notes: what is said of the document with that tag. */
static nd_status add_annotation(void *ctx, nd_note_form form, uint64_t tag, char delimiter,
                                nd_byte_vec *out)
{
    deduplication *const d = ctx;
    const nd_annotation_view none = {.similarity = NAN}, *view = &none;
    while (d->next_grouped < d->grouped.len && d->grouped.items[d->next_grouped].tag < tag)
        d->next_grouped++;
    if (d->next_grouped < d->grouped.len && d->grouped.items[d->next_grouped].tag == tag)
        view = &d->grouped.items[d->next_grouped].view;
    nd_page_clear(&d->page);
    if (form == ND_NOTE_MEMBERS)
        nd_record_json_members(&d->page, &nd_annotation_record, 0, view);
    else
        nd_record_cells(&d->page, &nd_annotation_record, delimiter,
                        form == ND_NOTE_CELLS ? view : NULL);
    if (d->page.status != ND_OK)
        return d->page.status;
    const nd_allocator allocator = nd_allocator_or_default(NULL);
    return nd_bytes_append(&allocator, out, d->page.bytes.items, d->page.bytes.len);
}

/* ---- what stays ---- */

/* Looks whether the input can be written again, or writes it. */
static nd_status copy_input(deduplication *d, bool is_check, nd_error *error)
{
    nd_job *const job = d->job;
    const nd_record_notes notes = {d, ND_ANNOTATION_NAMES, add_annotation};
    nd_record_copy copy = {.removed = d->removed.items,
                           .num_removed = d->removed.len,
                           .output = job->output,
                           .folder = job->folder,
                           .parts_folder = job->parts_folder,
                           .notes = job->settings->annotates ? &notes : NULL,
                           .cuts = d->cutter.finder ? &d->cutter.cuts : NULL};
    if (is_check)
        return nd_input_copy_check(job->input, &copy, error);
    const nd_status status = nd_input_copy(job->input, &copy, error);
    job->is_write_failed = copy.is_write_failed;
    nd_job_lap(job, "writing");
    return status;
}

static void report(deduplication *d, const nd_scan_stats *stats)
{
    nd_job *const job = d->job;
    const uint64_t num_removed = d->removed.len, num_left = stats->documents - num_removed;
    nd_page_printf(&job->headline, "%s, ", nd_amount_of(stats->documents, "document").text);
    if (job->settings->annotates)
        nd_page_printf(&job->headline, "%s with %s %s", nd_amount_of(stats->groups, "group").text,
                       nd_amount_count(stats->group_members).text,
                       stats->group_members == 1 ? "copy" : "copies");
    else
        nd_page_printf(&job->headline, "%s %s: %s left", nd_amount_count(num_removed).text,
                       job->settings->dry_run ? "to be removed" : "removed",
                       nd_amount_count(num_left).text);
    const nd_repeat_cuts *const cuts = &d->cutter.cuts;
    if (cuts->documents > 0)
        nd_page_printf(&job->headline, ", %s cut by %s",
                       nd_amount_of(cuts->documents, "document").text,
                       nd_amount_bytes((double)cuts->bytes).text);
    if (d->cutter.finder)
        nd_page_printf(&job->stats, ",\"cut_documents\":%llu,\"cut_bytes\":%llu",
                       (unsigned long long)cuts->documents, (unsigned long long)cuts->bytes);
    nd_page_printf(&job->stats, ",\"removed\":%llu,\"left\":%llu", (unsigned long long)num_removed,
                   (unsigned long long)num_left);
}

/* An nd_scan_use_fn; NULL: the groups are kept. */
static nd_status use_groups(nd_job *job, const nd_scan *scan, void *ctx, nd_error *error)
{
    deduplication *const d = ctx;
    const nd_scan_stats stats = scan ? nd_scan_stats_get(scan) : d->kept.stats;
    nd_status status = ND_OK;
    if (d->keeps_groups && scan)
        status = nd_kept_groups_save(&d->kept, scan, error);
    if (status == ND_OK)
        status =
            job->settings->annotates ? find_grouped(d, scan, error) : find_removed(d, scan, error);
    if (status == ND_OK && !job->settings->dry_run)
        status = copy_input(d, false, error);
    if (d->cutter.finder)
        repeat_cutter_note(&d->cutter, &job->notes);
    if (status == ND_OK)
        report(d, &stats);
    return status == ND_OK ? nd_job_check_strict(job, error) : status;
}

/* Finds the groups, or takes those that an earlier run has found; a page and the list of passages
 * need their texts. */
static nd_status find_and_use_groups(deduplication *d, nd_error *error)
{
    nd_job *const job = d->job;
    bool found = false;
    nd_status status = ND_OK;
    d->keeps_groups =
        job->journal && !nd_settings_makes_page(job->settings) && !job->settings->lists_passages;
    if (d->keeps_groups)
        status = nd_kept_groups_find(&d->kept, job, &found, error);
    if (status != ND_OK || !found)
        return status == ND_OK ? nd_scan_run(job, use_groups, d, error) : status;
    nd_job_lap(job, "matching");
    status = nd_job_check_strict(job, error);
    return status == ND_OK ? use_groups(job, NULL, d, error) : status;
}

static nd_status dedup_inputs(nd_job *job, nd_error *error)
{
    deduplication d = {.job = job};
    nd_status status = ND_OK;
    nd_page_init(&d.page, job->allocator);
    nd_arena_init(&d.names, job->allocator, NAMES_CHUNK_BYTES);
    if (job->settings->lists_passages)
        status = nd_passage_list_init(&d.passages, job->settings, job->allocator);
    if (status == ND_OK && job->settings->within_documents == ND_WITHIN_REMOVE)
        status = repeat_cutter_init(&d.cutter, job->settings, job->allocator);
    if (status == ND_OK && !job->settings->dry_run)
        status = copy_input(&d, true, error);
    if (status == ND_OK && !job->settings->dry_run)
        status = nd_room_check_output(job, error);
    if (status == ND_OK)
        status = find_and_use_groups(&d, error);
    nd_kept_groups_release(&d.kept);
    nd_passage_list_release(&d.passages);
    repeat_cutter_release(&d.cutter);
    nd_page_release(&d.page);
    ND_VEC_RELEASE(job->allocator, &d.removed);
    ND_VEC_RELEASE(job->allocator, &d.grouped);
    nd_arena_release(&d.names);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_COPIES_OPERANDS, dedup_inputs);
}

const nd_command nd_command_dedup = {
    .info.name = "dedup",
    .info.summary = "the input without its near-copies",
    .info.operands = "INPUT...",
    .info.operands_missing = "no input: name files or folders",
    .info.min_operands = 1,
    .info.max_operands = SIZE_MAX,
    .info.description =
        "Finds groups of near-copies as 'scan' does, keeps one document of each, and writes "
        "everything else of the input as it is, byte for byte and in its order: also blank lines, "
        "and records that are left out of the comparison, which are counted. No document is "
        "removed that does not match the one that stays.\n\n"
        "The output is one file, into which the records of all inputs go if their formats are the "
        "same, or a folder ('-o FOLDER/'), in which each input file is written again under its "
        "name, compressed as that says. There a file that is one document, a text or a page, is "
        "copied or left out. A folder's files appear together, when all of them are written. An "
        "archive is written without the entries, or the records in them, that are removed; "
        "archives of one kind (tar, zip, WARC) go into one.\n\n"
        "Inputs are JSON, CSV and TSV, lines, and archives; plain or compressed. They are read "
        "twice, and must "
        "not change meanwhile; standard input ('-') is kept in a temporary file for that. "
        "Records in UTF-16 are refused.\n",
    .info.examples = "  neardup dedup -o clean.jsonl.zst --removed removed.jsonl part-*.jsonl.gz\n"
                     "  neardup dedup --representative first --threshold 0.7 -o clean.csv all.csv\n"
                     "  neardup dedup -o clean/ corpus/\n"
                     "  neardup dedup --annotate -o marked.jsonl corpus/*.jsonl\n"
                     "  neardup dedup --dry-run --removed removed.html corpus/\n",
    .info.options = {nd_tool_options, ND_COMMAND_DEDUP},
    .check = nd_settings_check_dedup,
    .run = run,
};
