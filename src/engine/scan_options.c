/* The presets, and a scan's options as they set them. */
#include <stddef.h>

#include "engine/scan_options.h"
#include "util/option_struct.h"

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

/* Written so that a NaN is out of range. */
static nd_status check_options(const nd_scan_options *o)
{
    const int is_valid =
        o->shingle.width >= 1 && o->shingle.width <= ND_SHINGLE_WIDTH_MAX &&
        (o->shingle.kind == ND_SHINGLE_WORD || o->shingle.kind == ND_SHINGLE_CHAR) &&
        o->rule.jaccard > 0 && o->rule.jaccard <= 1 && o->rule.containment >= 0 &&
        o->rule.containment <= 1 && o->coverage >= 0 && o->coverage <= 1 && o->score >= 0 &&
        o->score <= 1 && (o->repairs & ~(uint32_t)ND_REPAIR_ALL) == 0 &&
        (o->folds & ~(uint32_t)ND_FOLD_ALL) == 0 && o->recall > 0 && o->recall < 1 &&
        o->output <= ND_SCAN_BOTH && (o->link == ND_LINK_ANCHORED || o->link == ND_LINK_SINGLE) &&
        o->representative <= ND_REPRESENTATIVE_FIRST_ID && o->num_preferences >= 1 &&
        o->num_preferences <= ND_MAX_PREFERENCES && o->texts <= ND_TEXTS_KEEP;
    return is_valid ? ND_OK : ND_ERR_INVALID_ARGUMENT;
}

/* With coverage or a score there are no bands. */
static nd_status plan_for(const nd_scan_options *o, nd_plan *plan)
{
    *plan = (nd_plan){0};
    return nd_scan_options_has_coverage(o) ? ND_OK : nd_plan_for_rule(&o->rule, o->recall, plan);
}

nd_status nd_scan_settle(const nd_scan_options *options, nd_scan_options *full, nd_plan *plan)
{
    nd_scan_options_init(full);
    nd_status status = nd_option_struct_copy(full, options);
    if (status == ND_OK)
        status = check_options(full);
    return status == ND_OK ? plan_for(full, plan) : status;
}
