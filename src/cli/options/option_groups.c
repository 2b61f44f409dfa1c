#include "cli/options/option_groups.h"

#include "io/input.h"
#include "neardup/kernel.h"

static const nd_choice presets[] = {{"corpus", ND_PRESET_CORPUS}, {NULL, 0}};

static const nd_option preset_options[] = {
    {.name = "preset",
     .kind = ND_OPTION_CHOICE,
     .argument = "NAME",
     .help = "settings that go together; corpus: word:5, jaccard 0.8",
     .initial = "corpus",
     .offset = offsetof(nd_settings, preset),
     .choices = presets},
    {0},
};
const nd_option_group nd_options_preset = {"Matching", preset_options};

static const nd_choice scan_presets[] = {
    {"corpus", ND_PRESET_CORPUS},
    {"news", ND_PRESET_NEWS},
    {NULL, 0},
};

static const nd_option scan_preset_options[] = {
    {.name = "preset",
     .kind = ND_OPTION_CHOICE,
     .argument = "corpus|news",
     .help = "settings that go together; corpus: word:5, jaccard 0.8; news, for syndicated copies, "
             "cut, embedded or edited: word:3, coverage 0.4, and all repairs",
     .initial = "corpus",
     .offset = offsetof(nd_settings, preset),
     .choices = scan_presets},
    {0},
};
const nd_option_group nd_options_scan_preset = {"Matching", scan_preset_options};

static const nd_option shingle_options[] = {
    {.name = "shingle",
     .kind = ND_OPTION_SHINGLE,
     .argument = "word:N|char:N",
     .help = "what texts are compared by: runs of N words or of N characters",
     .initial = "word:5",
     .initial_news = "word:3",
     .offset = offsetof(nd_settings, shingle)},
    {0},
};
const nd_option_group nd_options_shingle = {NULL, shingle_options};

static const nd_option threshold_options[] = {
    {.name = "threshold",
     .kind = ND_OPTION_NUMBER,
     .argument = "J",
     .help = "jaccard similarity a match has at least: shingles in both texts over shingles in "
             "either",
     .initial = "0.8",
     .offset = offsetof(nd_settings, threshold),
     .min = 0,
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {.name = "containment",
     .kind = ND_OPTION_NUMBER,
     .argument = "C",
     .help = "also match where this share of one text's shingles stands in the other: cut copies, "
             "copies inside longer texts",
     .initial_help = "off",
     .offset = offsetof(nd_settings, containment),
     .min = 0,
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {0},
};
const nd_option_group nd_options_threshold = {NULL, threshold_options};

static const nd_option coverage_options[] = {
    {.name = "coverage",
     .kind = ND_OPTION_NUMBER,
     .argument = "C",
     .help = "also match where passages of this share of one text stand in the other, edits inside "
             "them included; text that many documents hold counts less",
     .initial_help = "off; with --preset news 0.4",
     .initial_news = "0.4",
     .offset = offsetof(nd_settings, coverage),
     .min = 0,
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {0},
};
const nd_option_group nd_options_coverage = {NULL, coverage_options};

static const nd_choice repairs[] = {
    {"none", ND_REPAIR_NONE},
    {"all", ND_REPAIR_ALL},
    {"entities", ND_REPAIR_ENTITIES},
    {"tags", ND_REPAIR_TAGS},
    {"mojibake", ND_REPAIR_MOJIBAKE},
    {"hyphenation", ND_REPAIR_HYPHENATION},
    {NULL, 0},
};

static const nd_option repair_options[] = {
    {.name = "repair",
     .kind = ND_OPTION_FLAGS,
     .argument = "KIND,...",
     .help = "undo what web sites do to text, before it is compared: none, all, or some of "
             "entities (&amp;), tags (<p>), mojibake (misread UTF-8) and hyphenation (words broken "
             "at the end of a line)",
     .initial_help = "none; with --preset news all",
     .initial = "none",
     .initial_news = "all",
     .offset = offsetof(nd_settings, repairs),
     .choices = repairs},
    {0},
};
const nd_option_group nd_options_repair = {NULL, repair_options};

static const nd_option recall_options[] = {
    {.name = "recall",
     .kind = ND_OPTION_NUMBER,
     .argument = "R",
     .help = "chance that a pair exactly at the threshold is found",
     .initial = "0.99",
     .offset = offsetof(nd_settings, recall),
     .min = 0,
     .max = 1,
     .bounds = ND_BOUNDS_OPEN},
    {0},
};
const nd_option_group nd_options_recall = {NULL, recall_options};

#define NEEDS_GROUPS                                                                               \
    {                                                                                              \
        "--groups", offsetof(nd_settings, scan_output), 1u << ND_SCAN_GROUPS                       \
    }

static const nd_choice links[] = {
    {"anchored", ND_LINK_ANCHORED},
    {"single", ND_LINK_SINGLE},
    {NULL, 0},
};

static const nd_choice keeps[] = {
    {"longest", ND_KEEP_LONGEST},
    {"earliest", ND_KEEP_EARLIEST},
    {"preferred", ND_KEEP_PREFERRED},
    {"first-id", ND_KEEP_FIRST_ID},
    {NULL, 0},
};

static const nd_option result_options[] = {
    {.name = "max-matches",
     .kind = ND_OPTION_COUNT,
     .argument = "N",
     .help = "keep the N best pairs of a document, and count the others; 0: all",
     .initial = "1000",
     .offset = offsetof(nd_settings, max_matches),
     .min = 0,
     .max = UINT32_MAX,
     .need = {"--pairs", offsetof(nd_settings, scan_output), 1u << ND_SCAN_PAIRS}},
    {.name = "link",
     .kind = ND_OPTION_CHOICE,
     .argument = "anchored|single",
     .help = "every member of a group matches its representative, or just some other member",
     .initial = "anchored",
     .offset = offsetof(nd_settings, link),
     .choices = links,
     .need = NEEDS_GROUPS},
    {.name = "representative",
     .kind = ND_OPTION_CHOICE,
     .argument = "WHICH",
     .help = "which document stands for a group: longest, earliest, preferred or first-id",
     .initial = "longest",
     .offset = offsetof(nd_settings, keep),
     .choices = keeps,
     .need = NEEDS_GROUPS},
    {.name = "date-field",
     .kind = ND_OPTION_STRING,
     .argument = "NAME",
     .help = "field with the date",
     .initial = "date",
     .offset = offsetof(nd_settings, date_field),
     .need = {"--representative earliest", offsetof(nd_settings, keep), 1u << ND_KEEP_EARLIEST}},
    {.name = "source-field",
     .kind = ND_OPTION_STRING,
     .argument = "NAME",
     .help = "field with the source",
     .initial = "source",
     .offset = offsetof(nd_settings, source_field),
     .need = {"--representative preferred", offsetof(nd_settings, keep), 1u << ND_KEEP_PREFERRED}},
    {.name = "prefer",
     .kind = ND_OPTION_LIST,
     .argument = "A,B,...",
     .help = "sources, the one to keep first of all; others come after them",
     .offset = offsetof(nd_settings, prefer),
     .need = {"--representative preferred", offsetof(nd_settings, keep), 1u << ND_KEEP_PREFERRED}},
    {0},
};
const nd_option_group nd_options_result = {NULL, result_options};

static const nd_option passage_options[] = {
    {.name = "min-words",
     .kind = ND_OPTION_COUNT,
     .argument = "N",
     .help = "shortest passage that is the same word for word and fills whole lines or sentences",
     .initial = "5",
     .offset = offsetof(nd_settings, min_words),
     .min = 1,
     .max = 1000000},
    {.name = "min-words-inside",
     .kind = ND_OPTION_COUNT,
     .argument = "N",
     .help = "shortest passage that begins or ends inside a sentence, or was edited; not below "
             "--min-words",
     .initial = "15",
     .offset = offsetof(nd_settings, min_words_inside),
     .min = 1,
     .max = 1000000},
    {.name = "similarity",
     .kind = ND_OPTION_NUMBER,
     .argument = "S",
     .help = "jaccard similarity an edited passage has at least",
     .initial = "0.5",
     .offset = offsetof(nd_settings, similarity),
     .min = 0,
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {0},
};
const nd_option_group nd_options_passages = {"Passages", passage_options};

static const nd_choice input_formats[] = {
    {"auto", ND_INPUT_AUTO},
    {"text", ND_INPUT_TEXT},
    {"jsonl", ND_INPUT_JSONL},
    {NULL, 0},
};

#define NEEDS_JSON_LINES                                                                           \
    {                                                                                              \
        "--input-format auto|jsonl", offsetof(nd_settings, input_format),                          \
            1u << ND_INPUT_AUTO | 1u << ND_INPUT_JSONL                                             \
    }

static const nd_option input_options[] = {
    {.name = "input-format",
     .kind = ND_OPTION_CHOICE,
     .argument = "auto|text|jsonl",
     .help = "one text a file, or JSON Lines: one text a line; auto looks at the content",
     .initial = "auto",
     .offset = offsetof(nd_settings, input_format),
     .choices = input_formats},
    {.name = "text-field",
     .kind = ND_OPTION_STRING,
     .argument = "NAME",
     .help = "field of a JSON line that holds the text",
     .initial = "text",
     .offset = offsetof(nd_settings, text_field),
     .need = NEEDS_JSON_LINES},
    {.name = "id-field",
     .kind = ND_OPTION_STRING,
     .argument = "NAME",
     .help = "field that holds the id; a line without it is left out, and counted",
     .initial_help = "id where there is one, else path:line",
     .offset = offsetof(nd_settings, id_field),
     .need = NEEDS_JSON_LINES},
    {.name = "hidden",
     .kind = ND_OPTION_SET,
     .help = "in folders, also read files and folders whose names begin with a dot",
     .offset = offsetof(nd_settings, hidden),
     .value = 1},
    {0},
};
const nd_option_group nd_options_input = {"Input", input_options};

static const nd_choice formats[] = {
    {"jsonl", ND_FORMAT_JSONL},
    {"tsv", ND_FORMAT_TSV},
    {"text", ND_FORMAT_TEXT},
    {NULL, 0},
};

static const nd_option output_options[] = {
    {.name = "format",
     .kind = ND_OPTION_CHOICE,
     .argument = "jsonl|tsv|text",
     .help = "JSON Lines, tab-separated values with a header, or text for people",
     .initial_help = "text on a terminal, else jsonl",
     .offset = offsetof(nd_settings, format),
     .choices = formats},
    {.name = "output",
     .letter = 'o',
     .kind = ND_OPTION_STRING,
     .argument = "FILE",
     .help = "write there: the file appears when it is whole",
     .initial_help = "standard output",
     .offset = offsetof(nd_settings, output_path)},
    {0},
};
const nd_option_group nd_options_output = {"Output", output_options};

static const nd_option report_options[] = {
    {.name = "stats",
     .kind = ND_OPTION_STRING,
     .argument = "FILE",
     .help = "write options, plan and every count as one JSON object",
     .offset = offsetof(nd_settings, stats_path)},
    {.name = "strict",
     .kind = ND_OPTION_SET,
     .help = "fail, without output, where anything is left out: skipped documents, invalid UTF-8, "
             "missing fields, caps",
     .offset = offsetof(nd_settings, strict),
     .value = 1},
    {.name = "quiet",
     .letter = 'q',
     .kind = ND_OPTION_SET,
     .help = "no summary",
     .offset = offsetof(nd_settings, verbosity),
     .value = ND_VERBOSITY_QUIET},
    {.name = "verbose",
     .letter = 'v',
     .kind = ND_OPTION_SET,
     .help = "times, kernel and throughput too",
     .offset = offsetof(nd_settings, verbosity),
     .value = ND_VERBOSITY_VERBOSE},
    {0},
};
const nd_option_group nd_options_report = {NULL, report_options};

static const nd_option progress_options[] = {
    {.name = "progress",
     .kind = ND_OPTION_SET,
     .help = "show progress, also where stderr is no terminal",
     .offset = offsetof(nd_settings, progress),
     .value = ND_PROGRESS_ALWAYS},
    {.name = "no-progress",
     .kind = ND_OPTION_SET,
     .help = "show none",
     .offset = offsetof(nd_settings, progress),
     .value = ND_PROGRESS_NEVER},
    {0},
};
const nd_option_group nd_options_progress = {NULL, progress_options};

static const nd_option thread_options[] = {
    {.name = "threads",
     .kind = ND_OPTION_COUNT,
     .argument = "N",
     .help = "threads to work with; the output is the same for any number",
     .initial_help = "one for each processor",
     .offset = offsetof(nd_settings, threads),
     .min = 1,
     .max = 1024},
    {0},
};
const nd_option_group nd_options_threads = {"Running", thread_options};

static const nd_choice kernels[] = {
    {"scalar", ND_KERNEL_SCALAR},
    {"avx2", ND_KERNEL_AVX2},
    {"avx512", ND_KERNEL_AVX512},
    {"neon", ND_KERNEL_NEON},
    {NULL, 0},
};

static const nd_option kernel_options[] = {
    {.name = "kernel",
     .kind = ND_OPTION_CHOICE,
     .argument = "NAME",
     .help = "instruction set to use, for tests: scalar, avx2, avx512 or neon; the output is the "
             "same for each",
     .initial_help = "the best there is",
     .offset = offsetof(nd_settings, kernel),
     .choices = kernels},
    {0},
};
const nd_option_group nd_options_kernel = {"Running", kernel_options};

static const nd_option help_options[] = {
    {.name = "help",
     .letter = 'h',
     .kind = ND_OPTION_SET,
     .help = "show this text",
     .offset = offsetof(nd_settings, help),
     .value = 1},
    {0},
};
const nd_option_group nd_options_help = {NULL, help_options};
