/* Results on their way out: standard output, or a file that is whole or absent. */
#ifndef IO_OUTPUT_H
#define IO_OUTPUT_H

#include <stddef.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

/* A buffered writer; exclusive. After a failed write every further call returns that failure. */
typedef struct nd_output nd_output;

/* path NULL or "-": standard output. Otherwise a temporary file beside `path`, which takes its
 * place at nd_output_commit. */
ND_NODISCARD nd_status nd_output_new(const char *path, const nd_allocator *allocator,
                                     nd_output **out, nd_error *error);

ND_NODISCARD nd_status nd_output_write(nd_output *output, const void *bytes, size_t len_bytes);

/* Flushes; a file is synced and renamed. Returns ND_ERR_IO with a message in *error ("cannot write
 * ...: No space left on device"). */
ND_NODISCARD nd_status nd_output_commit(nd_output *output, nd_error *error);

/* Whether the reader of standard output went away (EPIPE): the command then ends quietly. */
int nd_output_is_closed(const nd_output *output);

/* Without a commit before it, removes the temporary file. */
void nd_output_free(nd_output *output);

#endif
