/* What the files of neardup.Index share: the handle in a capsule, and calls of it. */
#ifndef PYTHON_MODULE_INDEX_PYTHON_H
#define PYTHON_MODULE_INDEX_PYTHON_H

#include "neardup/index.h"
#include "python/module/frame.h"
#include "python/module/python.h"

typedef struct nd_py_index nd_py_index;

/* NULL with an exception where the capsule is none of an index. */
nd_py_index *nd_py_index_of(PyObject *capsule);

/* One call: what goes in, and what comes out of it. Zero what is not used. */
typedef struct nd_py_index_call {
    nd_py_index *handle;
    nd_py_bytes id, text, source; /* released by the call */
    const char *path;
    long long time;
    int mode;
    nd_index_query query;
    const nd_index_batch *batch;
    nd_index_outcome outcome;
    nd_index_outcome *outcomes;
    uint64_t num;
    nd_index_stats stats;
    nd_frame *frame;
    nd_index_match *matches; /* with their strings, in one piece of memory */
    size_t num_matches;
    bool is_judged; /* they have verdicts */
    nd_error error;
} nd_py_index_call;

typedef nd_status (*nd_py_index_fn)(nd_index *index, nd_py_index_call *call);

/* Waits for the calls of other threads to be through. Called without the GIL. */
nd_status nd_py_index_locked(nd_py_index_call *call, nd_py_index_fn fn);

/* The same with the GIL, which is released meanwhile. -1 with an exception. */
int nd_py_index_run(nd_py_index_call *call, nd_py_index_fn fn);

/* A call of nothing but the index, in a capsule: None. */
PyObject *nd_py_index_plainly(PyObject *capsule, nd_py_index_fn fn);

nd_status nd_py_index_commit(nd_index *index, nd_py_index_call *call);
nd_status nd_py_index_roll_back(nd_index *index, nd_py_index_call *call);

/* A str, in which surrogates stand for bytes that are not UTF-8, or bytes; of an id a whole number
 * too. -1 with an exception. */
int nd_py_index_string(PyObject *object, const char *what, nd_py_bytes *bytes);
int nd_py_index_id(PyObject *object, const char *what, nd_py_bytes *bytes);

#endif
