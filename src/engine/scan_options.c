/* The presets, and a scan's options as they set them; and what the statistics of a scan count: a
 * new counter is a field of nd_scan_stats and a row here. */
#include <stdbool.h>
#include <stddef.h>

#include "engine/scan_state.h"
#include "neardup/scan.h"
#include "util/error.h"

/* --- options --- */

typedef struct preset_entry {
    const char *name, *summary;
    nd_scan_options options; /* the fields that presets differ in */
} preset_entry;

static const preset_entry presets[ND_NUM_PRESETS] = {
    [ND_PRESET_CORPUS] = {"corpus",
                          "texts that are nearly the same",
                          {.shingle = {ND_SHINGLE_WORD, 5}, .rule = {.jaccard = 0.8}}},
    [ND_PRESET_NEWS] = {"news",
                        "syndicated copies, cut, embedded, re-led or edited",
                        {.shingle = {ND_SHINGLE_WORD, 3},
                         .rule = {.jaccard = 0.9},
                         .score = 0.5,
                         .repairs = ND_REPAIR_ALL,
                         .folds = ND_FOLD_SAFE}},
};

void nd_scan_options_init_sized(nd_scan_options *options, size_t size_bytes, nd_preset preset)
{
    nd_scan_options full =
        presets[(unsigned)preset < ND_NUM_PRESETS ? preset : ND_PRESET_CORPUS].options;
    full.size_bytes = sizeof full;
    full.recall = 0.99;
    full.max_matches = 1000;
    full.output = ND_SCAN_GROUPS;
    full.num_preferences = 1;
    full.size_place = ND_MAX_PREFERENCES;
    nd_option_struct_init(options, size_bytes, &full);
}

const char *nd_preset_name(nd_preset preset)
{
    return (unsigned)preset < ND_NUM_PRESETS ? presets[preset].name : NULL;
}

const char *nd_preset_summary(nd_preset preset)
{
    return (unsigned)preset < ND_NUM_PRESETS ? presets[preset].summary : NULL;
}

_Static_assert(ND_SHINGLE_WIDTH_MAX == 64 && ND_MAX_PREFERENCES == 8, "the messages below");

/* What is wrong with them, or NULL. Written so that a NaN is out of range. */
static const char *find_fault(const nd_scan_options *o)
{
    const struct {
        bool is_right;
        const char *rule;
    } checks[] = {
        {o->shingle.kind == ND_SHINGLE_WORD || o->shingle.kind == ND_SHINGLE_CHAR,
         "'shingle.kind' must be words or characters"},
        {o->shingle.width >= 1 && o->shingle.width <= ND_SHINGLE_WIDTH_MAX,
         "'shingle.width' must be 1 to 64"},
        {o->rule.jaccard > 0 && o->rule.jaccard <= 1,
         "'rule.jaccard' must be above 0 and at most 1"},
        {o->rule.containment >= 0 && o->rule.containment <= 1, "'rule.containment' must be 0 to 1"},
        {o->coverage >= 0 && o->coverage <= 1, "'coverage' must be 0 to 1"},
        {o->score >= 0 && o->score <= 1, "'score' must be 0 to 1"},
        {o->recall > 0 && o->recall < 1, "'recall' must be above 0 and below 1"},
        {(o->repairs & ~(uint32_t)ND_REPAIR_ALL) == 0, "'repairs' has a flag that is none"},
        {(o->folds & ~(uint32_t)ND_FOLD_ALL) == 0, "'folds' has a flag that is none"},
        {o->output <= ND_SCAN_BOTH, "'output' must be pairs, groups or both"},
        {o->link == ND_LINK_ANCHORED || o->link == ND_LINK_SINGLE,
         "'link' must be anchored or single"},
        {o->representative <= ND_REPRESENTATIVE_FIRST_ID, "'representative' is no such policy"},
        {o->num_preferences >= 1 && o->num_preferences <= ND_MAX_PREFERENCES,
         "'num_preferences' must be 1 to 8"},
        {o->texts <= ND_TEXTS_KEEP, "'texts' must be kept or forgotten"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!checks[i].is_right)
            return checks[i].rule;
    return NULL;
}

nd_status nd_scan_settle(const nd_scan_options *options, nd_scan_options *full, nd_plan *plan,
                         nd_error *error)
{
    *plan = (nd_plan){0};
    nd_scan_options_init(full);
    if (nd_option_struct_copy(full, options) != ND_OK)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "the options were not initialised, or are of a later version");
    const char *const fault = find_fault(full);
    if (fault)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "%s", fault);
    if (nd_scan_options_has_coverage(full)) /* has no bands */
        return ND_OK;
    const nd_status status = nd_plan_for_rule(&full->rule, full->recall, plan);
    if (status != ND_OK)
        return nd_error_set(error, status, "no sketch reaches recall %g at jaccard %g",
                            full->recall, full->rule.jaccard);
    return ND_OK;
}

/* --- counters --- */

#define AT(member) offsetof(nd_scan_stats, member)

static const nd_counter counters[] = {
    {.name = "documents", .offset = AT(documents), .meaning = "documents"},
    {.name = "text_bytes", .offset = AT(text_bytes), .meaning = "bytes of text"},
    {.name = "tokens", .offset = AT(tokens), .meaning = "tokens"},
    {.name = "shingles",
     .offset = AT(shingles),
     .meaning = "distinct shingles of each document, where they were needed"},
    {.name = "invalid_bytes", .offset = AT(invalid_bytes), .meaning = "bytes that are not UTF-8"},
    {.name = "repaired_documents",
     .offset = AT(repaired_documents),
     .meaning = "documents that were repaired",
     .notices = 1u << ND_NOTICE_REPAIRED},
    {.name = "repairs", .offset = AT(repairs), .meaning = "repairs"},
    {.name = "blob_bytes",
     .offset = AT(blob_bytes),
     .meaning = "bytes left out that are no text: images in base64, minified scripts, hex dumps"},
    {.name = "exact_copies",
     .offset = AT(exact_copies),
     .meaning = "documents with the text of an earlier one"},
    {.name = "candidates", .offset = AT(candidates), .meaning = "pairs of texts compared exactly"},
    {.name = "matches", .offset = AT(matches), .meaning = "pairs of texts that match"},
    {.name = "pairs", .offset = AT(pairs), .meaning = "pairs of documents that match"},
    {.name = "groups", .offset = AT(groups), .meaning = "groups"},
    {.name = "group_members",
     .offset = AT(group_members),
     .meaning = "documents in groups, without the representatives"},
    {.name = "capped_comparisons",
     .offset = AT(capped_comparisons),
     .meaning = "comparisons left out by caps, at most"},
    {.name = "invalid_utf8",
     .offset = AT(documents_invalid_utf8),
     .meaning = "documents with invalid UTF-8, read as U+FFFD",
     .weight = ND_COUNTER_LOSS,
     .detail = " (%s)",
     .detail_noun = "byte",
     .detail_offset = AT(invalid_bytes),
     .notices = 1u << ND_NOTICE_INVALID_UTF8},
    {.name = "over_limit",
     .offset = AT(documents_over_limit),
     .meaning = "documents over a limit, left out",
     .weight = ND_COUNTER_LOSS,
     .notices = 1u << ND_NOTICE_OVER_LIMIT},
    {.name = "no_memory",
     .offset = AT(documents_no_memory),
     .meaning = "large documents that there was not enough memory for, left out",
     .weight = ND_COUNTER_LOSS,
     .notices = 1u << ND_NOTICE_NO_MEMORY},
    {.name = "no_words",
     .offset = AT(documents_no_tokens),
     .meaning = "documents without a word, which match nothing",
     .weight = ND_COUNTER_REMARK,
     .notices = 1u << ND_NOTICE_NO_TOKENS},
    {.name = "duplicate_ids",
     .offset = AT(duplicate_ids),
     .meaning = "documents with an id already used, called ID#2, ID#3, ...",
     .weight = ND_COUNTER_REMARK,
     .notices = 1u << ND_NOTICE_DUPLICATE_ID},
    {.name = "invalid_ids",
     .offset = AT(documents_invalid_id),
     .meaning = "documents with an id that is not UTF-8, shown with U+FFFD: two may look alike",
     .weight = ND_COUNTER_REMARK,
     .notices = 1u << ND_NOTICE_INVALID_ID},
    {.name = "capped_buckets",
     .offset = AT(capped_buckets),
     .meaning = "sets of candidates too large to compare all with each other",
     .weight = ND_COUNTER_CAP,
     .detail = " (at most %s left out)",
     .detail_noun = "comparison",
     .detail_offset = AT(capped_comparisons),
     .notices = 1u << ND_NOTICE_CAPPED_BUCKET},
    {.name = "common_documents",
     .offset = AT(common_documents),
     .meaning = "documents mostly of text that very many share, compared with some of those",
     .weight = ND_COUNTER_CAP,
     .notices = 1u << ND_NOTICE_COMMON},
    {.name = "capped_documents",
     .offset = AT(capped_documents),
     .meaning = "documents with more matches than max-matches allows, of which the best are kept",
     .weight = ND_COUNTER_CAP,
     .notices = 1u << ND_NOTICE_MANY_MATCHES},
};

const nd_counter *nd_scan_counters(size_t *num)
{
    *num = sizeof counters / sizeof *counters;
    return counters;
}
