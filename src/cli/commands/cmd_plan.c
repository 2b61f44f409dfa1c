/* neardup plan: what a scan with given thresholds costs and finds. */
#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/options/option_groups.h"
#include "cli/options/plan_settings.h"
#include "cli/output/plan_writer.h"

static const nd_option memory_options[] = {
    {.name = "documents",
     .kind = ND_OPTION_COUNT,
     .argument = "N",
     .help = "documents to estimate the memory for",
     .initial = "1000000",
     .offset = offsetof(nd_settings, documents),
     .min = 1,
     .max = 1e15},
    {.name = "mean-shingles",
     .kind = ND_OPTION_NUMBER,
     .argument = "N",
     .help = "distinct shingles a document has on average: for words about its words",
     .initial = "400",
     .offset = offsetof(nd_settings, mean_shingles),
     .min = 0,
     .max = 1e9},
    {.name = "mean-id-bytes",
     .kind = ND_OPTION_NUMBER,
     .argument = "N",
     .help = "bytes an id has on average",
     .initial = "24",
     .offset = offsetof(nd_settings, mean_id_bytes),
     .min = 0,
     .max = 1e6},
    {0},
};
static const nd_option_group memory_group = {"Memory", memory_options};

static nd_status check(const nd_settings *settings, nd_error *error)
{
    nd_plan plan;
    return nd_plan_settings(settings, &plan, error);
}

static nd_status print_plan(nd_job *job, nd_error *error)
{
    nd_plan plan;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_status status = nd_plan_settings(job->settings, &plan, error);
    if (status == ND_OK) {
        nd_plan_print(job, &page, &plan);
        status = nd_job_write(job, &page);
    }
    nd_page_release(&page);
    return status;
}

static int run(const nd_settings *settings)
{
    return nd_job_run(settings, ND_JOB_OPENS_NOTHING, print_plan);
}

const nd_command nd_command_plan = {
    .name = "plan",
    .summary = "bands, rows, S-curve, expected misses, memory for N documents",
    .operands = "",
    .max_operands = 0,
    .description =
        "Shows how a scan with these thresholds looks for candidates: the bands and rows it "
        "derives from the threshold and the recall asked for, the chance that a pair of a given "
        "similarity is found, and an estimate of the memory. What is found is then verified "
        "exactly, so pairs below the threshold cost time and are never reported.\n",
    .examples = "  neardup plan\n"
                "  neardup plan --threshold 0.5 --recall 0.999\n"
                "  neardup plan --documents 50000000 --mean-shingles 250\n",
    .groups = {&nd_options_preset, &nd_options_threshold, &nd_options_recall, &memory_group,
               &nd_options_output, &nd_options_help},
    .check = check,
    .run = run,
};
