/* Every option of the tool, declared once: parsing, initial values, help and statistics come from
 * these rows. What belongs to a struct of the library or of the reader is stored there, and has
 * that struct's initial value. */
#include "cli/options/settings.h"
#include "neardup/kernel.h"

enum {
    SCAN = ND_COMMAND_SCAN,
    WITHIN = ND_COMMAND_WITHIN,
    COMPARE = ND_COMMAND_COMPARE,
    PLAN = ND_COMMAND_PLAN,
    EVAL = ND_COMMAND_EVAL,
    DEDUP = ND_COMMAND_DEDUP,
    INDEX_CREATE = ND_COMMAND_INDEX_CREATE,
    INDEX_ADD = ND_COMMAND_INDEX_ADD,
    INDEX_QUERY = ND_COMMAND_INDEX_QUERY,
    INDEX_REMOVE = ND_COMMAND_INDEX_REMOVE,
    INDEX_STAT = ND_COMMAND_INDEX_STAT,
    INDEX_MERGE = ND_COMMAND_INDEX_MERGE,
    INDEX_QUIET = ND_COMMAND_INDEX_CHECK | ND_COMMAND_INDEX_COMPACT | ND_COMMAND_INDEX_COPY,
    INDEX_WRITERS = INDEX_ADD | INDEX_REMOVE | INDEX_MERGE | ND_COMMAND_INDEX_COMPACT,
    COMPARERS = SCAN | WITHIN | COMPARE | EVAL | DEDUP, /* of documents with each other */
    READERS = COMPARERS | INDEX_ADD | INDEX_QUERY,      /* of documents */
    SUMMARISERS = READERS | INDEX_CREATE | INDEX_REMOVE | INDEX_MERGE | INDEX_QUIET,
    PRINTERS = READERS | PLAN | INDEX_STAT,
    ALL = SUMMARISERS | PRINTERS,
    REPORTERS = SCAN | WITHIN | COMPARE | PLAN | EVAL,
};

static const char *preset_name(int preset)
{
    return nd_preset_name((nd_preset)preset);
}

static const char *preset_meaning(int preset)
{
    return nd_preset_summary((nd_preset)preset);
}

static const char *kernel_name(int kernel)
{
    return nd_kernel_name((nd_kernel)kernel);
}

static const nd_choice repairs[] = {
    {"none", ND_REPAIR_NONE},         {"all", ND_REPAIR_ALL},
    {"entities", ND_REPAIR_ENTITIES}, {"tags", ND_REPAIR_TAGS},
    {"mojibake", ND_REPAIR_MOJIBAKE}, {"hyphenation", ND_REPAIR_HYPHENATION},
    {"blobs", ND_REPAIR_BLOBS},       {NULL, 0},
};

static const nd_choice folds[] = {
    {"none", ND_FOLD_NONE},
    {"all", ND_FOLD_ALL},
    {"safe", ND_FOLD_SAFE},
    {"marks", ND_FOLD_MARKS},
    {"apostrophes", ND_FOLD_APOSTROPHES},
    {"yeh-kaf", ND_FOLD_YEH_KAF},
    {"digits", ND_FOLD_DIGITS},
    {"cedillas", ND_FOLD_CEDILLAS},
    {"dotted", ND_FOLD_DOTTED},
    {"strokes", ND_FOLD_STROKES},
    {"homoglyphs", ND_FOLD_HOMOGLYPHS},
    {"dotless", ND_FOLD_DOTLESS},
    {NULL, 0},
};

static const nd_choice links[] = {
    {"anchored", ND_LINK_ANCHORED},
    {"single", ND_LINK_SINGLE},
    {NULL, 0},
};

static const nd_choice keeps[] = {
    {"longest", ND_KEEP_LONGEST},     {"earliest", ND_KEEP_EARLIEST},
    {"preferred", ND_KEEP_PREFERRED}, {"first-id", ND_KEEP_FIRST_ID},
    {"first", ND_KEEP_FIRST},         {NULL, 0},
};

static const nd_choice withins[] = {
    {"keep", ND_WITHIN_KEEP},
    {"remove", ND_WITHIN_REMOVE},
    {NULL, 0},
};

static const nd_choice input_formats[] = {
    {"auto", ND_INPUT_AUTO},   {"text", ND_INPUT_TEXT},   {"html", ND_INPUT_HTML},
    {"jsonl", ND_INPUT_JSONL}, {"json", ND_INPUT_JSON},   {"csv", ND_INPUT_CSV},
    {"tsv", ND_INPUT_TSV},     {"lines", ND_INPUT_LINES}, {NULL, 0},
};

#define TEXT_FORMATS                                                                               \
    {"jsonl", ND_FORMAT_JSONL}, {"tsv", ND_FORMAT_TSV},                                            \
    {                                                                                              \
        "text", ND_FORMAT_TEXT                                                                     \
    }
static const nd_choice formats[] = {
    TEXT_FORMATS,
    {NULL, 0},
};
static const nd_choice report_formats[] = {
    TEXT_FORMATS,
    {"html", ND_FORMAT_HTML},
    {NULL, 0},
};

#define FIELD(member) ND_FIELD(nd_settings, member)

#define KEEP_HELP(what)                                                                            \
    what ", by keys that decide one after the other: longest, first (in the input), "              \
         "earliest:FIELD, latest:FIELD, max:FIELD, min:FIELD, prefer:FIELD=A,B,... (names in the " \
         "order of preference, to the end; give the option again for what follows)"

#define DATE_HELP                                                                                  \
    "field with the date: ISO 8601 (2024-05-17T09:30:00+02:00), RFC 822 as in feeds (Fri, "        \
    "17 May 2024 09:30:00 +0200), or seconds since 1970; UTC if it names no zone"

#define WITH_PAIRS                                                                                 \
    {                                                                                              \
        .typed = "--pairs", .field = FIELD(scan.output), .values = 1u << ND_SCAN_PAIRS             \
    }
#define WITH_GROUPS                                                                                \
    {                                                                                              \
        .typed = "--groups", .field = FIELD(scan.output), .values = 1u << ND_SCAN_GROUPS           \
    }
#define WITH_EARLIEST                                                                              \
    {                                                                                              \
        .typed = "--representative earliest", .field = FIELD(keep),                                \
        .values = 1u << ND_KEEP_EARLIEST                                                           \
    }
#define WITH_OUTPUT                                                                                \
    {                                                                                              \
        .typed = "-o", .field = FIELD(output_path)                                                 \
    }
#define WITH_REMOVED                                                                               \
    {                                                                                              \
        .typed = "--removed", .field = FIELD(removed_path)                                         \
    }
/* Whether its name ends so: nd_settings_check_dedup. */
#define WITH_REMOVED_PAGE                                                                          \
    {                                                                                              \
        .typed = "--removed FILE.html", .field = FIELD(removed_path)                               \
    }
#define WITH_DRY_RUN                                                                               \
    {                                                                                              \
        .typed = "--dry-run", .field = FIELD(dry_run)                                              \
    }
#define WITH_PREFERRED                                                                             \
    {                                                                                              \
        .typed = "--representative preferred", .field = FIELD(keep),                               \
        .values = 1u << ND_KEEP_PREFERRED                                                          \
    }
#define WITH_FIELDS                                                                                \
    {                                                                                              \
        .typed = "--input-format auto|jsonl|json|csv|tsv", .field = FIELD(input.format),           \
        .values = 1u << ND_INPUT_AUTO | 1u << ND_INPUT_JSONL | 1u << ND_INPUT_JSON |               \
                  1u << ND_INPUT_CSV | 1u << ND_INPUT_TSV                                          \
    }
#define WITH_TSV                                                                                   \
    {                                                                                              \
        .typed = "--format tsv", .field = FIELD(format), .values = 1u << ND_FORMAT_TSV             \
    }
#define WITH_HTML                                                                                  \
    {                                                                                              \
        .typed = "--format html", .field = FIELD(format), .values = 1u << ND_FORMAT_HTML           \
    }
#define WITH_COVERAGE                                                                              \
    {                                                                                              \
        .typed = "--coverage", .field = FIELD(scan.coverage)                                       \
    }
#define WITH_SCORE                                                                                 \
    {                                                                                              \
        .typed = "--score", .field = FIELD(scan.score), .or_typed = "--preset news"                \
    }
#define WITH_TRUTH                                                                                 \
    {                                                                                              \
        .typed = "--truth", .field = FIELD(truth_path)                                             \
    }
#define WITH_KINDS                                                                                 \
    {                                                                                              \
        .typed = "--by-kind", .field = FIELD(by_kind)                                              \
    }
#define WITH_LABELS                                                                                \
    {                                                                                              \
        .typed = "--label-column", .field = FIELD(label_column)                                    \
    }
#define WITH_MEMORY                                                                                \
    {                                                                                              \
        .typed = "--memory", .field = FIELD(memory_bytes)                                          \
    }
#define WITH_SWEEP                                                                                 \
    {                                                                                              \
        .typed = "--sweep", .field = FIELD(sweep)                                                  \
    }

const nd_option nd_tool_options[] = {
    /* --- Matching --- */
    {.name = "preset",
     .kind = ND_OPTION_CHOICE,
     .commands = COMPARERS | PLAN | INDEX_CREATE,
     .section = "Matching",
     .help = "settings that go together",
     .field = FIELD(preset),
     .name_of = preset_name,
     .meaning_of = preset_meaning,
     .max = ND_NUM_PRESETS - 1},
    {.name = "shingle",
     .kind = ND_OPTION_SHINGLE,
     .commands = SCAN | COMPARE | EVAL | INDEX_CREATE | DEDUP,
     .section = "Matching",
     .argument = "word:N|char:N",
     .help = "what texts are compared by: runs of N words or of N characters",
     .field = FIELD(scan.shingle),
     .is_sweepable = true},
    {.name = "threshold",
     .kind = ND_OPTION_NUMBER,
     .commands = SCAN | COMPARE | PLAN | EVAL | INDEX_CREATE | DEDUP,
     .section = "Matching",
     .argument = "J",
     .help = "lowest Jaccard similarity of a match: shingles in both texts over shingles in either",
     .field = FIELD(scan.rule.jaccard),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN,
     .is_sweepable = true},
    {.name = "containment",
     .kind = ND_OPTION_NUMBER,
     .commands = SCAN | COMPARE | PLAN | EVAL | INDEX_CREATE | DEDUP,
     .section = "Matching",
     .argument = "C",
     .help = "also match if this share of one text's shingles appears in the other: finds cut "
             "copies, and copies inside longer texts",
     .unset = "off",
     .field = FIELD(scan.rule.containment),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN,
     .is_sweepable = true},
    {.name = "coverage",
     .kind = ND_OPTION_NUMBER,
     .commands = SCAN | PLAN | EVAL | DEDUP,
     .section = "Matching",
     .argument = "C",
     .help = "also match if passages that both texts share, edits inside them included, make up "
             "this share of one text; text that many documents have counts less",
     .unset = "off",
     .field = FIELD(scan.coverage),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN,
     .is_sweepable = true},
    {.name = "score",
     .kind = ND_OPTION_NUMBER,
     .commands = SCAN | COMPARE | PLAN | EVAL | INDEX_CREATE | DEDUP,
     .section = "Matching",
     .argument = "S",
     .help = "also match where the verdict on two texts reaches this score: passages, names, "
             "numbers and rare words in both, against those that differ; at 0.5 about four of "
             "five natural pairs are right",
     .unset = "off",
     .field = FIELD(scan.score),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN,
     .is_sweepable = true},
    {.name = "repair",
     .kind = ND_OPTION_FLAGS,
     .commands = COMPARERS | INDEX_CREATE,
     .section = "Matching",
     .argument = "KIND,...",
     .help = "before comparing, undo what web sites do to text: none, all, or some of entities "
             "(&amp;), tags (<p>), mojibake (misread UTF-8), hyphenation (words broken at the end "
             "of a line) and blobs (images in base64, minified scripts, hex dumps)",
     .field = FIELD(scan.repairs),
     .choices = repairs},
    {.name = "fold",
     .kind = ND_OPTION_FLAGS,
     .commands = COMPARERS | INDEX_CREATE,
     .section = "Matching",
     .argument = "KIND,...",
     .help = "ignore these differences of spelling: none, all, safe (all but dotless: those that "
             "never make two words of a language one), or some of marks (vowel marks of Arabic and "
             "Hebrew, tatweel), apostrophes (letters used as such), yeh-kaf (Persian or Arabic), "
             "digits (of other scripts), cedillas (for Romanian commas), dotted (I with a dot), "
             "strokes (laid over letters), homoglyphs (look-alike letters of another script in a "
             "word) and dotless (i without a dot)",
     .field = FIELD(scan.folds),
     .choices = folds},
    {.name = "recall",
     .kind = ND_OPTION_NUMBER,
     .commands = SCAN | PLAN | EVAL | INDEX_CREATE | DEDUP,
     .section = "Matching",
     .argument = "R",
     .help = "probability that a pair exactly at the threshold is found",
     .field = FIELD(scan.recall),
     .max = 1,
     .bounds = ND_BOUNDS_OPEN,
     .conflicts = {WITH_COVERAGE, WITH_SCORE},
     .is_sweepable = true},

    {.name = "threshold",
     .kind = ND_OPTION_NUMBER,
     .commands = INDEX_QUERY,
     .section = "Matching",
     .argument = "J",
     .help = "jaccard similarity a match has at least; not below the index's, unless that was made "
             "with a score",
     .unset = "the index's",
     .field = FIELD(asked_rule.jaccard),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {.name = "containment",
     .kind = ND_OPTION_NUMBER,
     .commands = INDEX_QUERY,
     .section = "Matching",
     .argument = "C",
     .help = "also match where this share of one text's shingles appears in the other; only where "
             "the index was made with one, and not below that, or with a score",
     .unset = "the index's",
     .field = FIELD(asked_rule.containment),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {.name = "score",
     .kind = ND_OPTION_NUMBER,
     .commands = INDEX_QUERY,
     .section = "Matching",
     .argument = "S",
     .help = "also match where the verdict on two texts reaches this score; only where the index "
             "was made with one, as with '--preset news'",
     .unset = "the index's",
     .field = FIELD(asked_score),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},

    /* --- Index --- */
    {.name = "report",
     .commands = INDEX_ADD,
     .section = "Index",
     .help = "write what each document matched in the index when it came",
     .field = FIELD(reports),
     .value = 1},
    {.name = "if-new",
     .commands = INDEX_ADD | INDEX_MERGE,
     .section = "Index",
     .help = "leave a document out, and count it, whose id is in the index: it is not replaced",
     .field = FIELD(index_mode),
     .value = ND_INDEX_IF_NEW},
    {.name = "if-unmatched",
     .commands = INDEX_ADD,
     .section = "Index",
     .help = "leave a document out, and count it, whose id is in the index or that matches one "
             "there",
     .field = FIELD(index_mode),
     .value = ND_INDEX_IF_UNMATCHED},
    {.name = "date-field",
     .kind = ND_OPTION_STRING,
     .commands = INDEX_ADD,
     .section = "Index",
     .argument = "NAME",
     .help = "field with the document's time: ISO 8601 (2024-05-17T09:30:00+02:00), RFC 822 as in "
             "feeds (Fri, 17 May 2024 09:30:00 +0200), or seconds since 1970; without a zone, UTC",
     .unset = "date where there is one",
     .field = FIELD(date_field)},
    {.name = "source-field",
     .kind = ND_OPTION_STRING,
     .commands = INDEX_ADD,
     .section = "Index",
     .argument = "NAME",
     .help = "field with the document's source",
     .unset = "source where there is one",
     .field = FIELD(source_field)},
    {.name = "no-sync",
     .commands = INDEX_ADD,
     .section = "Index",
     .help = "do not wait for the disk: a machine that stops may lose the last thousands of "
             "documents, a process that is killed none",
     .field = FIELD(is_unsynced),
     .value = 1},
    {.name = "id",
     .kind = ND_OPTION_STRING,
     .commands = INDEX_QUERY,
     .section = "Index",
     .argument = "ID",
     .help = "ask for a document of the index",
     .field = FIELD(asked_id)},
    {.name = "max-matches",
     .kind = ND_OPTION_COUNT,
     .commands = INDEX_QUERY,
     .section = "Index",
     .argument = "N",
     .help = "list the N best matches; 0: all",
     .field = FIELD(max_asked),
     .max = UINT32_MAX},
    {.name = "since",
     .kind = ND_OPTION_STRING,
     .commands = INDEX_QUERY,
     .section = "Index",
     .argument = "TIME",
     .help = "only documents of that time or later",
     .field = FIELD(since)},
    {.name = "before",
     .kind = ND_OPTION_STRING,
     .commands = INDEX_QUERY | INDEX_REMOVE,
     .section = "Index",
     .argument = "TIME",
     .help = "only documents before that time; those without a time are none",
     .field = FIELD(before)},
    {.name = "not-source",
     .kind = ND_OPTION_STRING,
     .commands = INDEX_QUERY,
     .section = "Index",
     .argument = "NAME",
     .help = "no documents of that source",
     .field = FIELD(not_source)},
    {.name = "wait",
     .kind = ND_OPTION_NUMBER,
     .commands = INDEX_WRITERS,
     .section = "Index",
     .argument = "SECONDS",
     .help = "wait so long for another process that writes to end",
     .field = FIELD(wait_seconds),
     .max = 1000000},

    /* --- Result --- */
    {.name = "groups",
     .commands = SCAN,
     .section = "Result",
     .help = "report groups of near-copies, each with the document to keep (the default)",
     .initial = "",
     .field = FIELD(scan.output),
     .value = ND_SCAN_GROUPS},
    {.name = "pairs",
     .commands = SCAN,
     .section = "Result",
     .help = "report every pair of near-copies",
     .field = FIELD(scan.output),
     .value = ND_SCAN_PAIRS,
     .conflicts = {WITH_HTML}},
    {.name = "passages",
     .commands = SCAN,
     .section = "Result",
     .help = "also list the passages that two texts share, by their bytes in both; keeps all texts "
             "in memory; a page shows them in any case",
     .field = FIELD(lists_passages),
     .value = 1,
     .conflicts = {WITH_TSV}},
    {.name = "explain",
     .commands = SCAN,
     .section = "Result",
     .help = "also tell why two texts are copies: the three answers of the verdict, and, except in "
             "TSV, the words and numbers that say most for it and against it, and the passages; "
             "keeps all texts in memory; a page tells it in any case",
     .field = FIELD(explains),
     .value = 1,
     .need = WITH_SCORE},
    {.name = "pairs",
     .commands = EVAL,
     .section = "Result",
     .help = "measure the pairs that 'scan --pairs' reports (the default)",
     .initial = "",
     .field = FIELD(scan.output),
     .value = ND_SCAN_PAIRS},
    {.name = "groups",
     .commands = EVAL,
     .section = "Result",
     .help = "measure the groups that 'scan --groups' reports: every pair within one is found",
     .field = FIELD(scan.output),
     .value = ND_SCAN_GROUPS},
    {.name = "max-matches",
     .kind = ND_OPTION_COUNT,
     .commands = SCAN | EVAL,
     .section = "Result",
     .argument = "N",
     .help = "keep the N best pairs of each document, and count the others; 0: keep all",
     .field = FIELD(scan.max_matches),
     .max = UINT32_MAX,
     .need = WITH_PAIRS,
     .is_sweepable = true},
    {.name = "link",
     .kind = ND_OPTION_CHOICE,
     .commands = SCAN | EVAL,
     .section = "Result",
     .help = "anchored: every member of a group matches its representative; single: it is enough "
             "to match any other member",
     .field = FIELD(scan.link),
     .choices = links,
     .need = WITH_GROUPS,
     .is_sweepable = true},
    {.name = "representative",
     .kind = ND_OPTION_CHOICE,
     .commands = SCAN | EVAL,
     .section = "Result",
     .argument = "WHICH",
     .help =
         "which document represents a group: longest, earliest (by --date-field), preferred (by "
         "--prefer) or first-id",
     .field = FIELD(keep),
     .one_of = "keep",
     .choices = keeps,
     .need = WITH_GROUPS,
     .is_sweepable = true},
    {.name = "representative",
     .kind = ND_OPTION_CHOICE,
     .commands = DEDUP,
     .section = "Result",
     .argument = "WHICH",
     .help =
         "which document of a group of near-copies stays: longest, earliest, preferred, first-id "
         "or first (in the input)",
     .field = FIELD(keep),
     .one_of = "keep",
     .choices = keeps},
    {.name = "keep",
     .kind = ND_OPTION_STRINGS,
     .commands = SCAN,
     .section = "Result",
     .argument = "KEY,...",
     .help = KEEP_HELP("which document represents a group"),
     .field = FIELD(keep_typed),
     .one_of = "keep",
     .need = WITH_GROUPS},
    {.name = "keep",
     .kind = ND_OPTION_STRINGS,
     .commands = DEDUP,
     .section = "Result",
     .argument = "KEY,...",
     .help = KEEP_HELP("which document of a group stays"),
     .field = FIELD(keep_typed),
     .one_of = "keep"},
    {.name = "date-field",
     .kind = ND_OPTION_STRING,
     .commands = SCAN,
     .section = "Result",
     .argument = "NAME",
     .help = DATE_HELP,
     .initial = "date",
     .field = FIELD(date_field),
     .need = WITH_EARLIEST,
     .or_need = WITH_HTML},
    {.name = "date-field",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Result",
     .argument = "NAME",
     .help = DATE_HELP,
     .initial = "date",
     .field = FIELD(date_field),
     .need = WITH_EARLIEST},
    {.name = "date-field",
     .kind = ND_OPTION_STRING,
     .commands = DEDUP,
     .section = "Result",
     .argument = "NAME",
     .help = DATE_HELP,
     .initial = "date",
     .field = FIELD(date_field),
     .need = WITH_EARLIEST,
     .or_need = WITH_REMOVED_PAGE},
    {.name = "source-field",
     .kind = ND_OPTION_STRING,
     .commands = SCAN,
     .section = "Result",
     .argument = "NAME",
     .help = "field with the source",
     .initial = "source",
     .field = FIELD(source_field),
     .need = WITH_PREFERRED,
     .or_need = WITH_HTML},
    {.name = "source-field",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Result",
     .argument = "NAME",
     .help = "field with the source",
     .initial = "source",
     .field = FIELD(source_field),
     .need = WITH_PREFERRED},
    {.name = "source-field",
     .kind = ND_OPTION_STRING,
     .commands = DEDUP,
     .section = "Result",
     .argument = "NAME",
     .help = "field with the source",
     .initial = "source",
     .field = FIELD(source_field),
     .need = WITH_PREFERRED,
     .or_need = WITH_REMOVED_PAGE},
    {.name = "prefer",
     .kind = ND_OPTION_LIST,
     .commands = SCAN | EVAL | DEDUP,
     .section = "Result",
     .argument = "A,B,...",
     .help = "sources in the order of preference; all others come after them",
     .field = FIELD(prefer),
     .need = WITH_PREFERRED},

    {.name = "removed",
     .kind = ND_OPTION_STRING,
     .commands = DEDUP,
     .section = "Result",
     .argument = "FILE",
     .help =
         "write there each document that is removed, with the one that stays for it and their "
         "similarity: as JSON Lines, or if the name ends in .html, as a page for a browser that "
         "shows the texts side by side",
     .field = FIELD(removed_path),
     .may_change = true},
    {.name = "passages",
     .commands = DEDUP,
     .section = "Result",
     .help = "in --removed, also list the passages that both share, by their bytes in the texts; "
             "keeps all texts in memory; a page shows them in any case",
     .field = FIELD(lists_passages),
     .value = 1,
     .need = WITH_REMOVED},
    {.name = "top",
     .kind = ND_OPTION_COUNT,
     .commands = DEDUP,
     .section = "Result",
     .argument = "N",
     .help = "list the N largest groups on the page of --removed; 0: as many as it has room for",
     .field = FIELD(report_top),
     .max = UINT32_MAX,
     .need = WITH_REMOVED_PAGE},
    {.name = "annotate",
     .commands = DEDUP,
     .section = "Result",
     .help = "remove nothing: write every document, with four fields or columns more: "
             "neardup_group, neardup_representative, neardup_kind and neardup_similarity, null for "
             "a document in no group, and the last two for a representative",
     .field = FIELD(annotates),
     .value = 1,
     .conflicts = {WITH_REMOVED, WITH_DRY_RUN},
     .may_change = true},
    {.name = "within-documents",
     .kind = ND_OPTION_CHOICE,
     .commands = DEDUP,
     .section = "Result",
     .help = "what becomes of passages of 5 words and more that a document repeats word for word: "
             "remove leaves each at its first place, and cuts whole lines and sentences alone",
     .field = FIELD(within_documents),
     .choices = withins,
     .conflicts = {WITH_DRY_RUN},
     .may_change = true},
    {.name = "dry-run",
     .commands = DEDUP,
     .section = "Result",
     .help = "write no documents: only count them, and list what would be removed",
     .field = FIELD(dry_run),
     .value = 1,
     .conflicts = {WITH_OUTPUT}},

    /* --- Passages --- */
    {.name = "min-words",
     .kind = ND_OPTION_COUNT,
     .commands = WITHIN | COMPARE,
     .section = "Passages",
     .argument = "N",
     .help =
         "shortest passage that is the same word for word and consists of whole lines or sentences",
     .field = FIELD(passage.min_words),
     .min = 1,
     .max = 1000000},
    {.name = "min-words-inside",
     .kind = ND_OPTION_COUNT,
     .commands = WITHIN | COMPARE,
     .section = "Passages",
     .argument = "N",
     .help = "shortest passage that begins or ends inside a sentence, or was edited; not below "
             "--min-words",
     .field = FIELD(passage.min_words_unbound),
     .min = 1,
     .max = 1000000},
    {.name = "similarity",
     .kind = ND_OPTION_NUMBER,
     .commands = WITHIN | COMPARE,
     .section = "Passages",
     .argument = "S",
     .help = "identity an edited passage has at least: words that both places have in the same "
             "order, by the words of the longer one",
     .field = FIELD(passage.min_similarity),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},

    /* --- Truth --- */
    {.name = "truth",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "FILE",
     .help = "true pairs: on each line two ids, in either order, separated by a tab; more columns "
             "may follow, and header lines at the beginning start with '#'",
     .field = FIELD(truth_path),
     .one_of = "truth"},
    {.name = "clusters",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "FILE",
     .help = "true clusters: on each line an id, a tab and the name of its cluster; all pairs "
             "within a cluster are true",
     .field = FIELD(clusters_path),
     .one_of = "truth"},
    {.name = "exact",
     .commands = EVAL,
     .section = "Truth",
     .help = "take as true all pairs that reach --threshold or --containment, found by an exact "
             "join: this measures the scan's own recall",
     .field = FIELD(exact),
     .value = 1,
     .one_of = "truth",
     .conflicts = {WITH_COVERAGE, WITH_SCORE}},
    {.name = "label-column",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "NAME",
     .help = "column of --truth that labels each pair as true or false (see --true-labels); pairs "
             "without a label are left out",
     .field = FIELD(label_column),
     .need = WITH_TRUTH},
    {.name = "true-labels",
     .kind = ND_OPTION_LIST,
     .commands = EVAL,
     .section = "Truth",
     .argument = "A,B,...",
     .help = "the labels that mean true",
     .field = FIELD(true_labels),
     .need = WITH_LABELS},
    {.name = "weight-column",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "NAME",
     .help = "column of --truth with the number of pairs that each one stands for: the scores are "
             "also given weighted by it",
     .field = FIELD(weight_column),
     .need = WITH_TRUTH},
    {.name = "unsure-column",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "NAME",
     .help = "leave out, and count, the pairs that have anything in this column of --truth",
     .field = FIELD(unsure_column),
     .need = WITH_TRUTH},
    {.name = "ignore",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "FILE",
     .help = "pairs that count neither as right nor as wrong; a file like that of --truth",
     .field = FIELD(ignore_path)},
    {.name = "by-kind",
     .commands = EVAL,
     .section = "Truth",
     .help = "also show the recall of each kind of true pair, by a column of --truth",
     .field = FIELD(by_kind),
     .value = 1,
     .need = WITH_TRUTH},
    {.name = "kind-column",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "NAME",
     .help = "name of that column in the header",
     .initial = "kind",
     .field = FIELD(kind_column),
     .need = WITH_KINDS},
    {.name = "sweep",
     .kind = ND_OPTION_STRING,
     .commands = EVAL,
     .section = "Truth",
     .argument = "NAME=FROM:TO:STEP",
     .help = "scan once with each of these values of an option above; or NAME=A,B,...",
     .field = FIELD(sweep)},
    {.name = "errors",
     .kind = ND_OPTION_COUNT,
     .commands = EVAL,
     .section = "Truth",
     .argument = "N",
     .help = "list the N least similar false pairs and the N most similar missed ones, with the "
             "passages they share",
     .field = FIELD(errors),
     .max = 1000000,
     .conflicts = {WITH_SWEEP, WITH_TSV}},

    /* --- Memory --- */
    {.name = "documents",
     .kind = ND_OPTION_COUNT,
     .commands = PLAN,
     .section = "Memory",
     .argument = "N",
     .help = "number of documents to estimate the memory for",
     .initial = "1000000",
     .field = FIELD(documents),
     .min = 1,
     .max = 1e15},
    {.name = "memory",
     .kind = ND_OPTION_SIZE,
     .commands = PLAN,
     .section = "Memory",
     .argument = "SIZE",
     .help = "estimate what a scan takes that keeps within this",
     .unset = "no limit",
     .field = FIELD(memory_bytes),
     .min = 64 << 20,
     .max = (double)(UINT64_C(1) << 53)},
    {.name = "mean-shingles",
     .kind = ND_OPTION_NUMBER,
     .commands = PLAN,
     .section = "Memory",
     .argument = "N",
     .help = "mean number of distinct shingles in a document: for words, about its number of words",
     .initial = "400",
     .field = FIELD(mean_shingles),
     .one_of = "mean",
     .max = 1e9},
    {.name = "mean-bytes",
     .kind = ND_OPTION_NUMBER,
     .commands = PLAN,
     .section = "Memory",
     .argument = "N",
     .help = "mean length of a document in bytes, in place of its shingles: 6 bytes are a word",
     .unset = "not given",
     .field = FIELD(mean_bytes),
     .one_of = "mean",
     .max = 1e10},
    {.name = "mean-id-bytes",
     .kind = ND_OPTION_NUMBER,
     .commands = PLAN,
     .section = "Memory",
     .argument = "N",
     .help = "mean length of an id in bytes",
     .initial = "24",
     .field = FIELD(mean_id_bytes),
     .max = 1e6},

    /* --- Input --- */
    {.name = "input-format",
     .kind = ND_OPTION_CHOICE,
     .commands = READERS,
     .section = "Input",
     .help = "what a file holds: one document (text, html), JSON objects (jsonl: one a line; json: "
             "wherever lines end), a table with a header and a document in each row (csv, tsv), or "
             "a document on each line (lines); auto decides by the content, then by the ending of "
             "the name",
     .field = FIELD(input.format),
     .choices = input_formats},
    {.name = "text-field",
     .kind = ND_OPTION_STRING,
     .commands = READERS,
     .section = "Input",
     .argument = "NAME,...",
     .help = "field or column with the text; the texts of several, such as title,body.text, are "
             "joined by a blank line; a dot leads inside an object",
     .initial = "text",
     .field = FIELD(input.text_field),
     .need = WITH_FIELDS},
    {.name = "id-field",
     .kind = ND_OPTION_STRING,
     .commands = READERS,
     .section = "Input",
     .argument = "NAME",
     .help = "field or column with the id; a record without it is left out, and counted",
     .unset = "id where there is one, else path:line",
     .field = FIELD(input.id_field),
     .need = WITH_FIELDS},
    {.name = "max-document-bytes",
     .kind = ND_OPTION_SIZE,
     .commands = READERS,
     .section = "Input",
     .argument = "SIZE",
     .help = "largest document or record to read, such as 64k, 300M or 1G; larger ones are left "
             "out, and counted",
     .initial = "256M",
     .field = FIELD(input.max_bytes),
     .min = 1,
     .max = 4294967294.0},
    {.name = "hidden",
     .commands = READERS,
     .section = "Input",
     .help = "in folders, also read files and folders whose names begin with a dot",
     .field = FIELD(input.reads_hidden),
     .value = 1},

    /* --- Output --- */
    {.name = "format",
     .kind = ND_OPTION_CHOICE,
     .commands = PRINTERS & ~DEDUP & ~REPORTERS,
     .section = "Output",
     .help = "output format: JSON Lines, tab-separated values with a header, or text for people",
     .unset = "text on a terminal, else jsonl",
     .field = FIELD(format),
     .choices = formats},
    {.name = "format",
     .kind = ND_OPTION_CHOICE,
     .commands = REPORTERS,
     .section = "Output",
     .help = "output format: JSON Lines, tab-separated values with a header, text for "
             "people, or a page for a browser that needs no other file and no network",
     .unset = "text on a terminal, else jsonl",
     .field = FIELD(format),
     .choices = report_formats},
    {.name = "top",
     .kind = ND_OPTION_COUNT,
     .commands = SCAN,
     .section = "Output",
     .argument = "N",
     .help = "list the N largest groups; 0: as many as a page has room for",
     .field = FIELD(report_top),
     .max = UINT32_MAX,
     .need = WITH_HTML},
    {.name = "output",
     .letter = 'o',
     .kind = ND_OPTION_STRING,
     .commands = PRINTERS,
     .section = "Output",
     .argument = "FILE",
     .help =
         "write to this file, which appears when it is complete; compressed if its name ends in "
         ".gz, .zst, .xz, .bz2 or .lz4",
     .unset = "standard output",
     .field = FIELD(output_path),
     .may_change = true},
    {.name = "stats",
     .kind = ND_OPTION_STRING,
     .commands = READERS,
     .section = "Output",
     .argument = "FILE",
     .help = "write the options, the plan and every count to this file, as one JSON object",
     .field = FIELD(stats_path),
     .may_change = true},
    {.name = "strict",
     .commands = COMPARERS,
     .section = "Output",
     .help = "fail, and write no results, if anything was left out: skipped documents, invalid "
             "UTF-8, missing fields, caps",
     .field = FIELD(strict),
     .value = 1,
     .may_change = true},
    {.name = "quiet",
     .letter = 'q',
     .commands = SUMMARISERS,
     .section = "Output",
     .help = "print no summary",
     .field = FIELD(verbosity),
     .value = ND_VERBOSITY_QUIET,
     .may_change = true},
    {.name = "verbose",
     .letter = 'v',
     .commands = SUMMARISERS,
     .section = "Output",
     .help = "also print times, kernel and throughput",
     .field = FIELD(verbosity),
     .value = ND_VERBOSITY_VERBOSE,
     .may_change = true},
    {.name = "progress",
     .commands = READERS | ND_COMMAND_INDEX_CHECK,
     .section = "Output",
     .help = "show progress even if stderr is not a terminal",
     .field = FIELD(progress),
     .value = ND_PROGRESS_ALWAYS,
     .may_change = true},
    {.name = "no-progress",
     .commands = READERS | ND_COMMAND_INDEX_CHECK,
     .section = "Output",
     .help = "never show progress",
     .field = FIELD(progress),
     .value = ND_PROGRESS_NEVER,
     .may_change = true},

    /* --- Running --- */
    {.name = "threads",
     .kind = ND_OPTION_COUNT,
     .commands = SCAN | WITHIN | EVAL | INDEX_ADD | DEDUP,
     .section = "Running",
     .argument = "N",
     .help = "number of threads; the output does not depend on it",
     .unset = "one for each processor",
     .field = FIELD(scan.num_threads),
     .min = 1,
     .max = 1024,
     .may_change = true},
    {.name = "memory",
     .kind = ND_OPTION_SIZE,
     .commands = SCAN | DEDUP,
     .section = "Running",
     .argument = "SIZE",
     .help = "use no more memory than this, and temporary files for the rest; the output does not "
             "depend on it",
     .unset = "no limit",
     .field = FIELD(memory_bytes),
     .min = 64 << 20,
     .max = (double)(UINT64_C(1) << 53),
     .may_change = true},
    {.name = "temp-dir",
     .kind = ND_OPTION_STRING,
     .commands = SCAN | DEDUP,
     .section = "Running",
     .argument = "DIR",
     .help = "folder for temporary files, which are gone when the run ends, however it ends",
     .unset = "$TMPDIR, or /tmp",
     .field = FIELD(temp_dir),
     .need = WITH_MEMORY,
     .may_change = true},
    {.name = "resume",
     .commands = SCAN | DEDUP,
     .section = "Running",
     .help = "keep in OUT.resume what is read and found, and go on from there if a run with these "
             "options was interrupted; the output does not depend on it",
     .field = FIELD(resumes),
     .value = 1,
     .need = WITH_OUTPUT,
     .may_change = true},
    {.name = "kernel",
     .kind = ND_OPTION_CHOICE,
     .commands = READERS,
     .section = "Running",
     .argument = "NAME",
     .help = "instruction set to use, for tests: scalar, avx2, avx512 or neon; the output does not "
             "depend on it",
     .unset = "the best there is",
     .field = FIELD(kernel),
     .name_of = kernel_name,
     .max = ND_KERNEL_NEON,
     .may_change = true},
    {.name = "help",
     .letter = 'h',
     .commands = ALL,
     .section = "Running",
     .help = "show this text",
     .field = FIELD(help),
     .value = 1,
     .may_change = true},
    {.name = NULL},
};
