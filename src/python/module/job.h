/* A long call of the library, made so that Python lives on: it runs in a thread of its own without
 * the GIL, while the calling thread feeds it documents, reports progress and looks for signals. So
 * Python code (iterables, the progress callback, signal handlers) runs in the calling thread alone,
 * and Ctrl-C ends the call as soon as the library asks for progress. */
#ifndef PYTHON_MODULE_JOB_H
#define PYTHON_MODULE_JOB_H

#include "neardup/document.h"
#include "python/module/document_input.h"
#include "python/module/python.h"

typedef struct nd_job nd_job;

/* What the thread runs; `source` gives the documents of the input. */
typedef nd_status (*nd_job_fn)(void *ctx, const nd_source *source, nd_error *error);

/* NULL with an exception. */
nd_job *nd_job_new(PyObject *progress);
void nd_job_free(nd_job *job); /* may be NULL */

/* For the library: an nd_progress_fn, whose ctx is the job. */
nd_status nd_job_progress(void *job, nd_phase phase, uint64_t done, uint64_t total);

/* Runs `run` to its end. 0, or -1 with an exception: that of the iterable, the callback or a signal
 * handler if there was one, else that of what `run` returned. */
int nd_job_run(nd_job *job, nd_document_input *input, nd_job_fn run, void *ctx);

#endif
