#include "bench_settings.h"

#include "cli/process.h"
#include "neardup/document_map.h"
#include "neardup/kernel.h"
#include "neardup/scan.h"
#include "util/error.h"

enum {
    STAGES = BENCH_STAGES,
    SCAN = BENCH_SCAN,
    SCALE = BENCH_SCALE,
    ACCURACY = BENCH_ACCURACY,
    GEN = BENCH_GEN,
    JOIN = BENCH_JOIN,
    INDEX = BENCH_INDEX,
    MEASURES = STAGES | SCAN | SCALE | ACCURACY | INDEX,
    ALL = MEASURES | GEN | JOIN,
};

static const char *script_name(int script)
{
    return bench_script_name((bench_script)script);
}

static const char *kernel_name(int kernel)
{
    return nd_kernel_name((nd_kernel)kernel);
}

static const char *preset_name(int preset)
{
    return nd_preset_name((nd_preset)preset);
}

#define FIELD(member) ND_FIELD(bench_settings, member)

const nd_option bench_options[] = {
    /* --- Data --- */
    {.name = "documents",
     .kind = ND_OPTION_COUNT,
     .commands = GEN,
     .section = "Data",
     .argument = "N",
     .help = "how many to make, also as 10k or 5m",
     .field = FIELD(corpus.num_documents),
     .min = 1,
     .max = 9999999999.0},
    {.name = "bytes",
     .kind = ND_OPTION_SIZE,
     .commands = GEN,
     .section = "Data",
     .argument = "SIZE",
     .help = "about so much text instead, also as 300M or 1G",
     .unset = "by --documents",
     .field = FIELD(size_bytes),
     .min = 1,
     .max = 1e15},
    {.name = "bytes",
     .kind = ND_OPTION_SIZE,
     .commands = STAGES | SCAN | INDEX,
     .section = "Data",
     .argument = "SIZE",
     .help = "make up a corpus of about so much text, where no file is named",
     .field = FIELD(workload.size_bytes),
     .min = 1,
     .max = 1e15},
    {.name = "mean-bytes",
     .kind = ND_OPTION_SIZE,
     .commands = STAGES | SCAN | SCALE | INDEX | GEN,
     .section = "Data",
     .argument = "N",
     .help = "mean length of a text that is made up",
     .field = FIELD(workload.mean_bytes),
     .min = 50,
     .max = 1 << 24},
    {.name = "script",
     .kind = ND_OPTION_CHOICE,
     .commands = STAGES | SCAN | SCALE | INDEX,
     .section = "Data",
     .argument = "NAME",
     .help = "script of a made-up corpus: ascii, latin, cyrillic, greek, arabic, hebrew, "
             "devanagari, hangul, han or thai",
     .field = FIELD(workload.script),
     .name_of = script_name,
     .max = BENCH_NUM_SCRIPTS - 1},
    {.name = "scripts",
     .kind = ND_OPTION_LIST,
     .commands = GEN,
     .section = "Data",
     .argument = "LIST",
     .help = "scripts to write in, with commas between: ascii, latin, cyrillic, greek, arabic, "
             "hebrew, devanagari, hangul, han, thai, or all",
     .initial = "latin",
     .field = FIELD(scripts)},
    {.name = "seed",
     .kind = ND_OPTION_COUNT,
     .commands = MEASURES | GEN,
     .section = "Data",
     .argument = "N",
     .help = "another number gives other data of the same kind",
     .field = FIELD(workload.seed),
     .max = 1e18},
    {.name = "copies",
     .kind = ND_OPTION_NUMBER,
     .commands = GEN,
     .section = "Data",
     .argument = "F",
     .help = "share of the documents that copy another",
     .field = FIELD(corpus.copies),
     .max = 1},
    {.name = "edits",
     .kind = ND_OPTION_LIST,
     .commands = GEN,
     .section = "Data",
     .argument = "LIST",
     .help = "share of the words changed in a copy, one of these",
     .initial = "0,0.005,0.01,0.02,0.05,0.1,0.2",
     .field = FIELD(edits)},
    {.name = "contained",
     .kind = ND_OPTION_NUMBER,
     .commands = GEN,
     .section = "Data",
     .argument = "F",
     .help = "share of the documents that hold another whole",
     .field = FIELD(corpus.contained),
     .max = 1},
    {.name = "variants",
     .kind = ND_OPTION_NUMBER,
     .commands = GEN,
     .section = "Data",
     .argument = "F",
     .help = "share of the documents that are another one as other sites print it: cut, "
             "re-led, embedded, edited, misspelled",
     .field = FIELD(corpus.variants),
     .max = 1},
    {.name = "footer",
     .kind = ND_OPTION_NUMBER,
     .commands = GEN,
     .section = "Data",
     .argument = "F",
     .help = "share of the documents under a shared footer",
     .field = FIELD(corpus.footers),
     .max = 1},
    {.name = "from",
     .kind = ND_OPTION_COUNT,
     .commands = SCALE,
     .section = "Data",
     .argument = "N",
     .help = "documents at first",
     .initial = "10k",
     .field = FIELD(from),
     .min = 1,
     .max = 4e9},
    {.name = "to",
     .kind = ND_OPTION_COUNT,
     .commands = SCALE,
     .section = "Data",
     .argument = "N",
     .help = "in steps of 10 times up to so many",
     .initial = "10m",
     .field = FIELD(to),
     .min = 1,
     .max = 4e9},
    {.name = "sets",
     .commands = JOIN,
     .section = "Data",
     .help = "the input holds sets of numbers: see cmd_join.c",
     .field = FIELD(is_of_sets),
     .value = 1},

    /* --- Measuring --- */
    {.name = "preset",
     .kind = ND_OPTION_CHOICE,
     .commands = INDEX,
     .section = "Measuring",
     .help = "the index's; of the news one the threshold is its own",
     .field = FIELD(preset),
     .name_of = preset_name,
     .max = ND_NUM_PRESETS - 1},
    {.name = "threshold",
     .kind = ND_OPTION_NUMBER,
     .commands = MEASURES | JOIN,
     .section = "Measuring",
     .argument = "J",
     .help = "jaccard threshold",
     .initial = "0.8",
     .field = FIELD(threshold),
     .max = 1,
     .bounds = ND_BOUNDS_ABOVE_MIN},
    {.name = "groups",
     .commands = SCAN,
     .section = "Measuring",
     .help = "groups in place of pairs; no recall",
     .field = FIELD(is_groups),
     .value = 1},
    {.name = "threads",
     .kind = ND_OPTION_COUNT,
     .commands = SCAN,
     .section = "Measuring",
     .argument = "N",
     .help = "from 1 thread to N",
     .unset = "all processors",
     .field = FIELD(threads),
     .min = 1,
     .max = 1024},
    {.name = "threads",
     .kind = ND_OPTION_COUNT,
     .commands = SCALE | INDEX,
     .section = "Measuring",
     .argument = "N",
     .help = "threads to work with",
     .unset = "all processors",
     .field = FIELD(threads),
     .min = 1,
     .max = 1024},
    {.name = "memory",
     .kind = ND_OPTION_SIZE,
     .commands = SCALE,
     .section = "Measuring",
     .argument = "SIZE",
     .help = "keep within so much memory, as the tool's --memory does",
     .unset = "no limit",
     .field = FIELD(memory_bytes),
     .min = 64 << 20,
     .max = (double)(UINT64_C(1) << 53)},
    {.name = "runs",
     .kind = ND_OPTION_COUNT,
     .commands = SCAN | SCALE,
     .section = "Measuring",
     .argument = "N",
     .help = "runs each: scan takes the median, scale the quickest",
     .initial = "3",
     .field = FIELD(runs),
     .min = 1,
     .max = 99},
    {.name = "queries",
     .kind = ND_OPTION_COUNT,
     .commands = INDEX,
     .section = "Measuring",
     .argument = "N",
     .help = "how many to ask a row",
     .initial = "10000",
     .field = FIELD(queries),
     .min = 4,
     .max = 1e9},
    {.name = "sample",
     .kind = ND_OPTION_COUNT,
     .commands = SCAN,
     .section = "Measuring",
     .argument = "N",
     .help = "recall on one document in N; 0: none",
     .initial = "1",
     .field = FIELD(one_in),
     .max = UINT32_MAX},
    {.name = "only",
     .kind = ND_OPTION_STRING,
     .commands = STAGES,
     .section = "Measuring",
     .argument = "LIST",
     .help = "stages, such as tokenise,text-to-sketch",
     .unset = "all",
     .field = FIELD(only)},
    {.name = "passes",
     .kind = ND_OPTION_COUNT,
     .commands = STAGES,
     .section = "Measuring",
     .argument = "N",
     .help = "at least so many a stage",
     .initial = "5",
     .field = FIELD(passes),
     .min = 1,
     .max = 1000},
    {.name = "millis",
     .kind = ND_OPTION_COUNT,
     .commands = STAGES,
     .section = "Measuring",
     .argument = "MS",
     .help = "at least so long a stage",
     .initial = "1000",
     .field = FIELD(millis),
     .max = 1e9},
    {.name = "trials",
     .kind = ND_OPTION_COUNT,
     .commands = ACCURACY,
     .section = "Measuring",
     .argument = "N",
     .help = "pairs of sets a row",
     .initial = "1000",
     .field = FIELD(trials),
     .min = 1,
     .max = 1e9},
    {.name = "kernel",
     .kind = ND_OPTION_CHOICE,
     .commands = MEASURES,
     .section = "Measuring",
     .argument = "NAME",
     .help = "scalar, avx2, avx512 or neon",
     .unset = "the best there is",
     .field = FIELD(kernel),
     .name_of = kernel_name,
     .max = ND_KERNEL_NEON},

    /* --- Output --- */
    {.name = "truth",
     .kind = ND_OPTION_STRING,
     .commands = GEN,
     .section = "Output",
     .argument = "FILE",
     .help = "write the planted pairs there: ids, kind, exact similarities",
     .field = FIELD(truth)},
    {.name = "output",
     .letter = 'o',
     .kind = ND_OPTION_STRING,
     .commands = GEN,
     .section = "Output",
     .argument = "FILE",
     .help = "write the documents there",
     .unset = "standard output",
     .field = FIELD(output)},
    {.name = "json",
     .commands = MEASURES,
     .section = "Output",
     .help = "a JSON object a line, in place of the table",
     .field = FIELD(is_json),
     .value = 1},
    {.name = "svg",
     .kind = ND_OPTION_STRING,
     .commands = STAGES | SCALE,
     .section = "Output",
     .argument = "FILE",
     .help = "also draw the table there; needs Python with matplotlib",
     .field = FIELD(svg)},
    {.name = "help",
     .letter = 'h',
     .commands = ALL,
     .section = "Output",
     .help = "show this text",
     .field = FIELD(help),
     .value = 1},
    {.name = NULL},
};

static nd_status init(const bench_command *command, bench_settings *settings, nd_error *error)
{
    *settings = (bench_settings){.kernel = -1};
    bench_workload_options_init(&settings->workload);
    bench_corpus_spec_init(&settings->corpus);
    if (command->info.options.command == SCALE)
        settings->workload.mean_bytes = 500;
    return nd_options_init(&command->info.options, nd_tool_allocator(), settings, error);
}

static nd_status select_kernel(int kernel, nd_error *error)
{
    if (kernel < 0 || nd_kernel_select((nd_kernel)kernel) == ND_OK)
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "this machine has no kernel '%s'",
                        nd_kernel_name((nd_kernel)kernel));
}

nd_status bench_settings_parse(const bench_command *command, int argc, char **argv,
                               bench_settings *settings, nd_error *error)
{
    const nd_option_list *const options = &command->info.options;
    nd_status status = init(command, settings, error);
    if (status == ND_OK)
        status = nd_options_parse(options, argc, argv, nd_tool_allocator(), settings,
                                  &settings->line, error);
    if (status != ND_OK || settings->help)
        return status;
    status = nd_options_check(options, &settings->line, settings, error);
    if (status == ND_OK)
        status = nd_operands_check(&command->info, &settings->line, error);
    if (status == ND_OK)
        status = select_kernel(settings->kernel, error);
    if (settings->threads == 0)
        settings->threads = nd_num_processors();
    settings->workload.paths = settings->line.operands;
    settings->workload.num_paths = settings->line.num_operands;
    if (status == ND_OK && command->check)
        status = command->check(settings, error);
    return status == ND_OK && settings->svg ? bench_plot_check(settings->svg, error) : status;
}

void bench_settings_release(const bench_command *command, bench_settings *settings)
{
    nd_options_release(&command->info.options, nd_tool_allocator(), settings);
}

void bench_settings_print_help(const bench_command *command, nd_page *page)
{
    bench_settings initial;
    const nd_status status = init(command, &initial, NULL);
    if (status == ND_OK)
        nd_command_print_help(&command->info, "neardup-bench", &initial, NULL, 0, page);
    else
        page->status = status;
    bench_settings_release(command, &initial);
}

void bench_settings_begin_report(const bench_settings *settings, const bench_workload *workload,
                                 const char *options, bench_report *report)
{
    const bench_context context = {.data = workload->name,
                                   .options = options,
                                   .machine = bench_machine(),
                                   .kernel = nd_kernel_name(nd_kernel_current())};
    bench_report_begin(report, settings->is_json ? BENCH_FORMAT_JSON : BENCH_FORMAT_TABLE, &context,
                       settings->svg);
}
