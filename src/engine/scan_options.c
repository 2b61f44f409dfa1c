/* The presets, and a scan's options as they set them. */
#include <stdbool.h>
#include <stddef.h>

#include "engine/scan_options.h"
#include "util/error.h"

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
