/* neardup.Table: the online table in a capsule. Texts are read by whichever thread asks, with one
 * of the sketchers that are free; the table is written by one thread or asked by several. */
#include "neardup/table.h"

#include <pthread.h>
#include <stdlib.h>

#include "neardup/batch.h"
#include "neardup/plan.h"
#include "python/module/document_input.h"
#include "python/module/spec_python.h"

static const char NAME[] = "neardup.table";

/* A sketcher that a thread at a time uses. */
typedef struct reader {
    nd_sketcher *sketcher;
    struct reader *next;
} reader;

typedef struct table_handle {
    nd_table *table;
    nd_spec spec;
    pthread_rwlock_t table_lock;
    pthread_mutex_t free_lock;
    reader *free_readers;
} table_handle;

static void table_handle_free(table_handle *handle)
{
    nd_table_free(handle->table);
    while (handle->free_readers) {
        reader *const r = handle->free_readers;
        handle->free_readers = r->next;
        nd_sketcher_free(r->sketcher);
        free(r);
    }
    pthread_mutex_destroy(&handle->free_lock);
    pthread_rwlock_destroy(&handle->table_lock);
    free(handle);
}

static void destroy_table(PyObject *capsule)
{
    table_handle_free(PyCapsule_GetPointer(capsule, NAME));
}

static table_handle *handle_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, NAME);
}

/* --- readers --- */

static nd_status take_reader(table_handle *handle, reader **out, nd_error *error)
{
    pthread_mutex_lock(&handle->free_lock);
    *out = handle->free_readers;
    if (*out)
        handle->free_readers = (*out)->next;
    pthread_mutex_unlock(&handle->free_lock);
    if (*out)
        return ND_OK;
    reader *const made = calloc(1, sizeof *made);
    if (!made)
        return ND_ERR_NO_MEMORY;
    const nd_status status = nd_sketcher_new(&handle->spec, 1, NULL, &made->sketcher, error);
    if (status == ND_OK)
        *out = made;
    else
        free(made);
    return status;
}

static void give_reader(table_handle *handle, reader *given)
{
    if (!given)
        return;
    pthread_mutex_lock(&handle->free_lock);
    given->next = handle->free_readers;
    handle->free_readers = given;
    pthread_mutex_unlock(&handle->free_lock);
}

/* --- the table --- */

/* table_new(spec line, threshold, containment): the table, and the recall it has at the threshold
 */
static PyObject *table_new(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *line;
    nd_match_rule rule;
    nd_spec spec;
    if (!PyArg_ParseTuple(arguments, "sdd", &line, &rule.jaccard, &rule.containment) ||
        nd_py_spec_read(line, &spec) != 0)
        return NULL;
    if (spec.bands == 0)
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT,
                                   "a spec for coverage has no bands, which a table needs");
    table_handle *const handle = calloc(1, sizeof *handle);
    if (!handle)
        return PyErr_NoMemory();
    pthread_rwlock_init(&handle->table_lock, NULL);
    pthread_mutex_init(&handle->free_lock, NULL);
    handle->spec = spec;
    nd_plan plan = {.bands = spec.bands, .rows = spec.rows, .slots = spec.slots};
    plan.threshold = rule.containment > 0 && rule.jaccard > ND_CONTAINMENT_JACCARD
                         ? ND_CONTAINMENT_JACCARD
                         : rule.jaccard;
    plan.recall = nd_plan_probability(&plan, plan.threshold);
    reader *first;
    nd_error error = {0};
    nd_status status = take_reader(handle, &first, &error); /* refuses a spec of another version */
    if (status == ND_OK) {
        give_reader(handle, first);
        status = nd_table_new(&plan, &rule, NULL, &handle->table);
    }
    PyObject *const capsule =
        status == ND_OK ? PyCapsule_New(handle, NAME, destroy_table) : nd_py_raise(status, &error);
    if (!capsule) {
        table_handle_free(handle);
        return NULL;
    }
    return Py_BuildValue("(Nd)", capsule, plan.recall);
}

/* The set of one text. */
typedef struct text_set {
    const uint64_t *elements;
    size_t size;
} text_set;

typedef struct table_call {
    table_handle *handle;
    unsigned long long key, max_matches;
    nd_py_bytes text;
    nd_table_match *matches;
    size_t num_matches;
    nd_error error;
} table_call;

static nd_status insert(table_call *call, text_set set)
{
    pthread_rwlock_wrlock(&call->handle->table_lock);
    const nd_status status =
        nd_table_insert(call->handle->table, call->key, set.elements, set.size);
    pthread_rwlock_unlock(&call->handle->table_lock);
    return status;
}

static nd_status query(table_call *call, text_set set)
{
    pthread_rwlock_rdlock(&call->handle->table_lock);
    const nd_status status =
        nd_table_query(call->handle->table, set.elements, set.size, (size_t)call->max_matches,
                       &call->matches, &call->num_matches);
    pthread_rwlock_unlock(&call->handle->table_lock);
    return status;
}

/* Without the GIL. */
static nd_status read_and(table_call *call, nd_status (*then)(table_call *, text_set))
{
    reader *r = NULL;
    nd_set_list sets;
    int64_t offsets[2];
    const nd_text_batch batch = nd_batch_of_one(&call->text, offsets);
    nd_status status = take_reader(call->handle, &r, &call->error);
    if (status == ND_OK)
        status = nd_sketcher_sets(r->sketcher, &batch, &sets, &call->error);
    if (status == ND_OK)
        status = then(call, (text_set){sets.elements, sets.starts[1]});
    give_reader(call->handle, r);
    return status;
}

static int run_call(table_call *call, nd_status (*then)(table_call *, text_set))
{
    nd_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = read_and(call, then);
    Py_END_ALLOW_THREADS;
    Py_DECREF(call->text.owner);
    if (status != ND_OK)
        nd_py_raise(status, &call->error);
    return status == ND_OK ? 0 : -1;
}

/* table_insert(table, key number, text) */
static PyObject *table_insert(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *text;
    table_call call = {0};
    if (!PyArg_ParseTuple(arguments, "OKO", &capsule, &call.key, &text))
        return NULL;
    call.handle = handle_of(capsule);
    if (!call.handle || nd_py_bytes_get(text, "the text", &call.text) != 0 ||
        run_call(&call, insert) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *match_list(const nd_table_match *matches, size_t num)
{
    PyObject *const list = PyList_New((Py_ssize_t)num);
    for (size_t i = 0; list && i < num; i++) {
        const nd_similarity *const s = &matches[i].similarity;
        PyObject *const match =
            Py_BuildValue("(Ksddd)", (unsigned long long)matches[i].key,
                          nd_match_kind_name(matches[i].kind), s->jaccard, s->a_in_b, s->b_in_a);
        if (!match) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, (Py_ssize_t)i, match);
    }
    return list;
}

/* table_query(table, text, max_matches): [(key number, kind, jaccard, query_in, match_in), ...] */
static PyObject *table_query(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *text;
    table_call call = {0};
    if (!PyArg_ParseTuple(arguments, "OOK", &capsule, &text, &call.max_matches))
        return NULL;
    call.handle = handle_of(capsule);
    if (!call.handle || nd_py_bytes_get(text, "the text", &call.text) != 0 ||
        run_call(&call, query) != 0)
        return NULL;
    PyObject *const list = match_list(call.matches, call.num_matches);
    nd_table_matches_free(call.handle->table, call.matches);
    return list;
}

/* table_remove(table, key number) */
static PyObject *table_remove(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    unsigned long long key;
    if (!PyArg_ParseTuple(arguments, "OK", &capsule, &key))
        return NULL;
    table_handle *const handle = handle_of(capsule);
    if (!handle)
        return NULL;
    nd_status status;
    Py_BEGIN_ALLOW_THREADS;
    pthread_rwlock_wrlock(&handle->table_lock);
    status = nd_table_remove(handle->table, key);
    pthread_rwlock_unlock(&handle->table_lock);
    Py_END_ALLOW_THREADS;
    if (status != ND_OK)
        return nd_py_raise(status, NULL);
    Py_RETURN_NONE;
}

/* table_capped(table): queries that met a bucket of more members than are looked at */
static PyObject *table_capped(PyObject *module, PyObject *capsule)
{
    (void)module;
    const table_handle *const handle = handle_of(capsule);
    return handle ? PyLong_FromUnsignedLongLong(nd_table_num_capped_queries(handle->table)) : NULL;
}

static PyMethodDef functions[] = {
    {"table_new", table_new, METH_VARARGS, NULL},
    {"table_insert", table_insert, METH_VARARGS, NULL},
    {"table_query", table_query, METH_VARARGS, NULL},
    {"table_remove", table_remove, METH_VARARGS, NULL},
    {"table_capped", table_capped, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_table(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
