/* neardup plan: what a scan with given thresholds costs and finds. */
#include "cli/commands/command.h"
#include "cli/job.h"
#include "cli/output/plan_writer.h"

static nd_status check(const nd_settings *settings, nd_error *error)
{
    nd_plan plan;
    return nd_settings_plan(settings, &plan, error);
}

static nd_status print_plan(nd_job *job, nd_error *error)
{
    nd_plan plan;
    nd_page page;
    nd_page_init(&page, job->allocator);
    nd_status status = nd_settings_plan(job->settings, &plan, error);
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
    .info.name = "plan",
    .info.summary = "bands, rows, S-curve, expected misses, memory for N documents",
    .info.operands = "",
    .info.max_operands = 0,
    .info.description =
        "Shows how a scan with these thresholds looks for candidates: the bands and rows it "
        "derives from the threshold and the recall asked for, the chance that a pair of a given "
        "similarity is found, and an estimate of the memory. What is found is then verified "
        "exactly, so pairs below the threshold cost time and are never reported.\n",
    .info.examples = "  neardup plan\n"
                     "  neardup plan --threshold 0.5 --recall 0.999\n"
                     "  neardup plan --documents 50000000 --mean-shingles 250\n",
    .info.options = {nd_tool_options, ND_COMMAND_PLAN},
    .check = check,
    .run = run,
};
