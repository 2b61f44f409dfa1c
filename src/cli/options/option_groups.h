/* The options that several commands share. A group without a title goes on with the one before. */
#ifndef CLI_OPTIONS_OPTION_GROUPS_H
#define CLI_OPTIONS_OPTION_GROUPS_H

#include "cli/options/option_table.h"

extern const nd_option_group nd_options_preset;      /* "Matching": --preset */
extern const nd_option_group nd_options_scan_preset; /* the same, with news */
extern const nd_option_group nd_options_coverage;    /* --coverage */
extern const nd_option_group nd_options_repair;      /* --repair */
extern const nd_option_group nd_options_shingle;     /* --shingle */
extern const nd_option_group nd_options_threshold;   /* --threshold, --containment */
extern const nd_option_group nd_options_recall;      /* --recall */
extern const nd_option_group nd_options_result;      /* --max-matches, --link, ... */
extern const nd_option_group nd_options_passages; /* "Passages": --min-words, --similarity, ... */
extern const nd_option_group nd_options_input;    /* "Input": --text-field, --input-format, ... */
extern const nd_option_group nd_options_output;   /* "Output": --format, --output */
extern const nd_option_group nd_options_report;   /* --stats, --strict, -q, -v */
extern const nd_option_group nd_options_progress; /* --progress, --no-progress */
extern const nd_option_group nd_options_threads;  /* "Running": --threads */
extern const nd_option_group nd_options_kernel;   /* --kernel */
extern const nd_option_group nd_options_help;     /* --help */

#endif
