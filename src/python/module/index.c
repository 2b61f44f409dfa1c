/* neardup.Index: an index of a folder in a capsule. Whichever thread asks waits, without the GIL,
 * for the others to be through; what it is told is copied before the next one's turn. */
#include "python/module/index_python.h"

#include <pthread.h>
#include <stdlib.h>

#include "python/module/job.h"
#include "python/module/options.h"
#include "python/module/spec_python.h"

static const char NAME[] = "neardup.index";

struct nd_py_index {
    nd_index *index; /* NULL: closed */
    pthread_mutex_t lock;
};

static void destroy_index(PyObject *capsule)
{
    nd_py_index *const handle = PyCapsule_GetPointer(capsule, NAME);
    nd_index_free(handle->index);
    pthread_mutex_destroy(&handle->lock);
    free(handle);
}

/* --- calls --- */

nd_status nd_py_index_locked(nd_py_index_call *call, nd_py_index_fn fn)
{
    pthread_mutex_lock(&call->handle->lock);
    nd_status status = ND_ERR_INVALID_ARGUMENT;
    if (call->handle->index)
        status = fn(call->handle->index, call);
    else
        snprintf(call->error.message, sizeof call->error.message, "the index is closed");
    pthread_mutex_unlock(&call->handle->lock);
    return status;
}

int nd_py_index_run(nd_py_index_call *call, nd_py_index_fn fn)
{
    nd_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = nd_py_index_locked(call, fn);
    Py_END_ALLOW_THREADS;
    Py_XDECREF(call->id.owner);
    Py_XDECREF(call->text.owner);
    Py_XDECREF(call->source.owner);
    if (status != ND_OK)
        nd_py_raise(status, &call->error);
    return status == ND_OK ? 0 : -1;
}

nd_py_index *nd_py_index_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, NAME);
}

PyObject *nd_py_index_plainly(PyObject *capsule, nd_py_index_fn fn)
{
    nd_py_index_call call = {.handle = nd_py_index_of(capsule)};
    if (!call.handle || nd_py_index_run(&call, fn) != 0)
        return NULL;
    Py_RETURN_NONE;
}

int nd_py_index_string(PyObject *object, const char *what, nd_py_bytes *bytes)
{
    if (!PyUnicode_Check(object))
        return nd_py_bytes_get(object, what, bytes);
    PyObject *const encoded = PyUnicode_AsEncodedString(object, "utf-8", "surrogateescape");
    const int result = encoded ? nd_py_bytes_get(encoded, what, bytes) : -1;
    Py_XDECREF(encoded);
    return result;
}

int nd_py_index_id(PyObject *object, const char *what, nd_py_bytes *bytes)
{
    if (!PyLong_Check(object))
        return nd_py_index_string(object, what, bytes);
    PyObject *const decimal = PyObject_Str(object);
    const int result = decimal ? nd_py_bytes_get(decimal, what, bytes) : -1;
    Py_XDECREF(decimal);
    return result;
}

/* --- create, open and close --- */

/* index_create(path, options) */
static PyObject *index_create(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *path;
    PyObject *dict;
    nd_scan_options options;
    nd_error error = {0};
    if (!PyArg_ParseTuple(arguments, "yO!", &path, &PyDict_Type, &dict) ||
        nd_py_scan_options(dict, &options) != 0)
        return NULL;
    options.output = ND_SCAN_PAIRS;
    const nd_status status = nd_index_create(path, &options, NULL, &error);
    if (status != ND_OK)
        return nd_py_raise(status, &error);
    Py_RETURN_NONE;
}

static int read_open_options(PyObject *arguments, const char **path, nd_index_options *options,
                             nd_spec *spec)
{
    const char *line;
    int is_writer, is_synced;
    unsigned num_threads, wait_ms;
    nd_index_options_init(options);
    if (!PyArg_ParseTuple(arguments, "yppIIz", path, &is_writer, &is_synced, &num_threads, &wait_ms,
                          &line) ||
        (line && nd_py_spec_read(line, spec) != 0))
        return -1;
    options->access = is_writer ? ND_INDEX_WRITE : ND_INDEX_READ;
    options->durability = is_synced ? ND_INDEX_SYNCED : ND_INDEX_UNSYNCED;
    options->num_threads = num_threads;
    options->lock_wait_ms = wait_ms;
    options->spec = line ? spec : NULL;
    return 0;
}

/* index_open(path, is_writer, is_synced, threads, wait_ms, spec line or None): the index, the line,
 * threshold and containment of its spec, and the score of its verdicts or 0 */
static PyObject *index_open(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *path;
    nd_index_options options;
    nd_spec spec;
    nd_error error = {0};
    char line[ND_SPEC_LINE_BYTES];
    if (read_open_options(arguments, &path, &options, &spec) != 0)
        return NULL;
    nd_py_index *const handle = calloc(1, sizeof *handle);
    if (!handle)
        return PyErr_NoMemory();
    pthread_mutex_init(&handle->lock, NULL);
    PyObject *const capsule = PyCapsule_New(handle, NAME, destroy_index);
    if (!capsule) {
        pthread_mutex_destroy(&handle->lock);
        free(handle);
        return NULL;
    }
    nd_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = nd_index_open(path, &options, NULL, &handle->index, &error);
    Py_END_ALLOW_THREADS;
    if (status != ND_OK) {
        Py_DECREF(capsule);
        return nd_py_raise(status, &error);
    }
    nd_spec_print(nd_index_spec(handle->index), line);
    const nd_match_rule rule = nd_index_rule(handle->index);
    return Py_BuildValue("(Nsddd)", capsule, line, rule.jaccard, rule.containment,
                         nd_index_score(handle->index));
}

/* index_close(index): drops what is not committed. */
static PyObject *index_close(PyObject *module, PyObject *capsule)
{
    (void)module;
    nd_py_index *const handle = nd_py_index_of(capsule);
    if (!handle)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    pthread_mutex_lock(&handle->lock);
    nd_index_free(handle->index);
    handle->index = NULL;
    pthread_mutex_unlock(&handle->lock);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

/* --- change --- */

static nd_status add(nd_index *index, nd_py_index_call *call)
{
    const nd_index_document document = {
        .id = call->id.p,
        .id_len_bytes = call->id.len_bytes,
        .text = call->text.p,
        .text_len_bytes = call->text.len_bytes,
        .source = call->source.p,
        .source_len_bytes = call->source.len_bytes,
        .time = call->time,
    };
    return nd_index_add(index, &document, (nd_index_mode)call->mode, &call->outcome, &call->error);
}

/* index_add(index, id, text, source or None, time, mode): the outcome's number */
static PyObject *index_add(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *id, *text, *source;
    nd_py_index_call call = {0};
    if (!PyArg_ParseTuple(arguments, "OOOOLi", &capsule, &id, &text, &source, &call.time,
                          &call.mode))
        return NULL;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle)
        return NULL;
    if (nd_py_index_id(id, "the id", &call.id) != 0 ||
        nd_py_bytes_get(text, "the text", &call.text) != 0 ||
        (source != Py_None && nd_py_index_string(source, "the source", &call.source) != 0)) {
        Py_XDECREF(call.id.owner);
        Py_XDECREF(call.text.owner);
        return NULL;
    }
    return nd_py_index_run(&call, add) == 0 ? PyLong_FromLong((long)call.outcome) : NULL;
}

nd_status nd_py_index_roll_back(nd_index *index, nd_py_index_call *call)
{
    return nd_index_roll_back(index, &call->error);
}

nd_status nd_py_index_commit(nd_index *index, nd_py_index_call *call)
{
    return nd_index_commit(index, &call->error);
}

static nd_status refresh(nd_index *index, nd_py_index_call *call)
{
    return nd_index_refresh(index, &call->error);
}

static PyObject *index_commit(PyObject *module, PyObject *capsule)
{
    (void)module;
    return nd_py_index_plainly(capsule, nd_py_index_commit);
}

static PyObject *index_roll_back(PyObject *module, PyObject *capsule)
{
    (void)module;
    return nd_py_index_plainly(capsule, nd_py_index_roll_back);
}

static PyObject *index_refresh(PyObject *module, PyObject *capsule)
{
    (void)module;
    return nd_py_index_plainly(capsule, refresh);
}

static nd_status remove_id(nd_index *index, nd_py_index_call *call)
{
    return nd_index_remove(index, call->id.p, call->id.len_bytes, &call->error);
}

/* index_remove(index, id) */
static PyObject *index_remove(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *id;
    nd_py_index_call call = {0};
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &id))
        return NULL;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle || nd_py_index_id(id, "the id", &call.id) != 0 ||
        nd_py_index_run(&call, remove_id) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static nd_status remove_before(nd_index *index, nd_py_index_call *call)
{
    return nd_index_remove_before(index, call->time, &call->num, &call->error);
}

/* index_remove_before(index, time): how many were removed */
static PyObject *index_remove_before(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    nd_py_index_call call = {0};
    if (!PyArg_ParseTuple(arguments, "OL", &capsule, &call.time))
        return NULL;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle || nd_py_index_run(&call, remove_before) != 0)
        return NULL;
    return PyLong_FromUnsignedLongLong(call.num);
}

static nd_status merge(nd_index *index, nd_py_index_call *call)
{
    nd_index *from = NULL;
    nd_status status = nd_index_open(call->path, NULL, NULL, &from, &call->error);
    if (status == ND_OK)
        status = nd_index_merge(index, from, (nd_index_mode)call->mode, &call->num, &call->error);
    nd_index_free(from);
    return status;
}

/* index_merge(index, path, mode): how many were added */
static PyObject *index_merge(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    nd_py_index_call call = {0};
    if (!PyArg_ParseTuple(arguments, "Oyi", &capsule, &call.path, &call.mode))
        return NULL;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle || nd_py_index_run(&call, merge) != 0)
        return NULL;
    return PyLong_FromUnsignedLongLong(call.num);
}

/* --- keep --- */

typedef struct check_run {
    nd_py_index_call call;
    nd_job *job;
} check_run;

static nd_status check(nd_index *index, nd_py_index_call *call)
{
    const check_run *const run = (const check_run *)call; /* its first member */
    return nd_index_check(index, nd_job_progress, run->job, &call->error);
}

/* An nd_job_fn. */
static nd_status check_in_thread(void *ctx, const nd_source *source, nd_error *error)
{
    (void)source;
    check_run *const run = ctx;
    const nd_status status = nd_py_index_locked(&run->call, check);
    *error = run->call.error;
    return status;
}

/* index_check(index, progress) */
static PyObject *index_check(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *progress;
    check_run run = {0};
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &progress))
        return NULL;
    run.call.handle = nd_py_index_of(capsule);
    run.job = run.call.handle ? nd_job_new(progress) : NULL;
    if (!run.job)
        return NULL;
    const int result = nd_job_run(run.job, NULL, check_in_thread, &run);
    nd_job_free(run.job);
    if (result != 0)
        return NULL;
    Py_RETURN_NONE;
}

static nd_status compact(nd_index *index, nd_py_index_call *call)
{
    return nd_index_compact(index, &call->error);
}

static PyObject *index_compact(PyObject *module, PyObject *capsule)
{
    (void)module;
    return nd_py_index_plainly(capsule, compact);
}

static nd_status copy(nd_index *index, nd_py_index_call *call)
{
    return nd_index_copy(index, call->path, &call->error);
}

/* index_copy(index, path) */
static PyObject *index_copy(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    nd_py_index_call call = {0};
    if (!PyArg_ParseTuple(arguments, "Oy", &capsule, &call.path))
        return NULL;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle || nd_py_index_run(&call, copy) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"index_create", index_create, METH_VARARGS, NULL},
    {"index_open", index_open, METH_VARARGS, NULL},
    {"index_close", index_close, METH_O, NULL},
    {"index_add", index_add, METH_VARARGS, NULL},
    {"index_remove", index_remove, METH_VARARGS, NULL},
    {"index_remove_before", index_remove_before, METH_VARARGS, NULL},
    {"index_merge", index_merge, METH_VARARGS, NULL},
    {"index_commit", index_commit, METH_O, NULL},
    {"index_roll_back", index_roll_back, METH_O, NULL},
    {"index_refresh", index_refresh, METH_O, NULL},
    {"index_check", index_check, METH_VARARGS, NULL},
    {"index_compact", index_compact, METH_O, NULL},
    {"index_copy", index_copy, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_index(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
