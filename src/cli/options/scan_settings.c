#include "cli/options/scan_settings.h"

#include "cli/options/option_table.h"
#include "cli/options/plan_settings.h"
#include "io/input.h"
#include "util/error.h"

nd_scan_options nd_scan_settings(const nd_settings *settings, uint32_t num_threads,
                                 nd_progress_fn progress, void *progress_ctx)
{
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.shingle = settings->shingle;
    options.rule = (nd_match_rule){settings->threshold, settings->containment};
    options.coverage = settings->coverage;
    options.recall = settings->recall;
    options.repairs = (uint32_t)settings->repairs;
    options.num_threads = num_threads;
    options.max_matches = (uint32_t)settings->max_matches;
    options.output = (nd_scan_output)settings->scan_output;
    options.link = (nd_link)settings->link;
    options.representative = settings->keep == ND_KEEP_LONGEST    ? ND_REPRESENTATIVE_LONGEST
                             : settings->keep == ND_KEEP_FIRST_ID ? ND_REPRESENTATIVE_FIRST_ID
                                                                  : ND_REPRESENTATIVE_PREFERRED;
    options.texts = settings->passages ? ND_TEXTS_KEEP : ND_TEXTS_FORGET;
    options.progress = progress;
    options.progress_ctx = progress_ctx;
    return options;
}

nd_status nd_scan_settings_check(const nd_settings *settings, nd_error *error)
{
    const bool by_field = settings->keep == ND_KEEP_EARLIEST || settings->keep == ND_KEEP_PREFERRED;
    if (settings->keep == ND_KEEP_PREFERRED && settings->prefer.num_names == 0)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--representative preferred' needs '--prefer A,B,...'");
    if (by_field && settings->input_format == ND_INPUT_TEXT)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--representative %s' needs fields, which text files do not have",
                            settings->keep == ND_KEEP_EARLIEST ? "earliest" : "preferred");
    if (settings->coverage > 0 && nd_settings_given(settings, "recall"))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "option '--recall' has no effect with a coverage: there are no bands");
    nd_plan plan;
    return settings->coverage > 0 ? ND_OK : nd_plan_settings(settings, &plan, error);
}
