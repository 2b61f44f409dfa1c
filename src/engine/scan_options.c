/* The presets, and a scan's options as they set them. */
#include <stddef.h>

#include "neardup/scan.h"
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
                         .rule = {.jaccard = 0.8},
                         .coverage = 0.4,
                         .repairs = ND_REPAIR_ALL}},
};

void nd_scan_options_init_sized(nd_scan_options *options, size_t size_bytes, nd_preset preset)
{
    nd_scan_options full =
        presets[(unsigned)preset < ND_NUM_PRESETS ? preset : ND_PRESET_CORPUS].options;
    full.size_bytes = sizeof full;
    full.recall = 0.99;
    full.max_matches = 1000;
    full.output = ND_SCAN_GROUPS;
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
