#include "cli/options/passage_settings.h"

#include "cli/commands/command.h"
#include "util/error.h"

nd_status nd_passage_settings_check(const nd_settings *settings, nd_error *error)
{
    if (nd_settings_given(settings, "min-words-inside") &&
        settings->min_words_inside < settings->min_words)
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "'--min-words-inside' is below '--min-words'");
    return ND_OK;
}

nd_passage_options nd_passage_settings(const nd_settings *settings)
{
    nd_passage_options options;
    nd_passage_options_init(&options);
    if (settings->shingle.kind == ND_SHINGLE_WORD) /* else compare by characters: the default */
        options.shingle = settings->shingle;
    options.min_similarity = settings->similarity;
    options.min_words = (uint32_t)settings->min_words;
    options.min_words_unbound =
        (uint32_t)(settings->min_words_inside > settings->min_words ? settings->min_words_inside
                                                                    : settings->min_words);
    return options;
}
