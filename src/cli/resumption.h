/* --resume: what a run keeps for the case that it is interrupted, and says of it. */
#ifndef CLI_RESUMPTION_H
#define CLI_RESUMPTION_H

#include "cli/job.h"

/* Opens the journal beside the output, OUT.resume, where the settings ask for one; a signal says
 * from now on how to go on. ND_ERR_INVALID_ARGUMENT with a message: there is no place beside it. */
ND_NODISCARD nd_status nd_resumption_open(nd_job *job, nd_error *error);

/* The documents are read: says what of an earlier run could not be used. */
void nd_resumption_reading_done(const nd_job *job);

/* The job has ended with that status: removes the journal, or says what it is good for. */
void nd_resumption_close(nd_job *job, nd_status status);

#endif
