#include "cli/room.h"

#include <sys/statvfs.h>

#include "cli/output/screen.h"
#include "cli/process.h"
#include "io/output.h"

/* Of words with what separates them: see cmd_plan.c. */
static const double BYTES_A_WORD = 6, ID_BYTES = 24;

/* What a user may write there; false where that is not known. */
static bool find_room(const char *path, uint64_t *free_bytes)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0 || info.f_frsize == 0)
        return false;
    *free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return true;
}

static void warn(const nd_job *job, const char *what, const char *place, double bytes,
                 uint64_t free_bytes)
{
    if (job->settings->verbosity != ND_VERBOSITY_QUIET)
        nd_message("%s %s, and %s are free in '%s'", what, nd_amount_bytes(bytes).text,
                   nd_amount_bytes((double)free_bytes).text, place);
}

nd_status nd_room_check_output(const nd_job *job, nd_error *error)
{
    const char *const path =
        job->folder ? nd_output_folder_staging(job->folder).path : nd_output_temp_path(job->output);
    uint64_t input_bytes, free_bytes;
    const nd_status status = nd_input_list(job->input, &input_bytes, error);
    if (status == ND_OK && path && (job->folder || !nd_output_is_compressed(job->output)) &&
        find_room(path, &free_bytes) && free_bytes < input_bytes)
        warn(job, "the output may find no room: the input has", job->settings->output_path,
             (double)input_bytes, free_bytes);
    return status;
}

void nd_room_check_temp_files(const nd_job *job)
{
    const nd_settings *const settings = job->settings;
    nd_plan plan;
    uint64_t free_bytes;
    if (!job->budget || job->report.documents == 0 ||
        nd_settings_plan(settings, &plan, NULL) != ND_OK)
        return;
    const char *const folder = nd_process_temp_dir(settings->temp_dir);
    const double documents = (double)job->report.documents;
    const double words = (double)job->report.bytes / BYTES_A_WORD;
    const nd_plan_limit limit = nd_plan_estimate_limit(
        &plan, job->report.documents, words / documents, ID_BYTES, settings->memory_bytes);
    const uint64_t used = nd_budget_use_get(job->budget).disk_bytes;
    const double needed = limit.disk_bytes > used ? (double)(limit.disk_bytes - used) : 0;
    if (find_room(folder, &free_bytes) && (double)free_bytes < needed)
        warn(job, "temporary files may find no room: they may take", folder, needed, free_bytes);
}
