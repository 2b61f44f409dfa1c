/* Whether there is room on the disks for what a run will write, as far as that is known. */
#ifndef CLI_ROOM_H
#define CLI_ROOM_H

#include "cli/job.h"

/* Lists the input's files, and warns where they are larger than what is left for their copy; but
 * not of a compressed output, which takes a part of that. */
ND_NODISCARD nd_status nd_room_check_output(const nd_job *job, nd_error *error);

/* All documents are read: warns where the temporary files, as nd_plan_estimate_limit has them, will
 * be larger than what is left for them. */
void nd_room_check_temp_files(const nd_job *job);

#endif
