/* neardup.evaluate: how right a scan is, against what is known of its documents. */
#include "neardup/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "python/module/document_input.h"
#include "python/module/job.h"
#include "python/module/options.h"

typedef struct evaluate_run {
    nd_evaluator *evaluator;
    nd_scan_options options;
    nd_job *job;
    uint32_t num_threads;
    bool has_ids;
    nd_evaluation result;
    bool is_measured;
} evaluate_run;

/* --- ids --- */

/* An id as a str or bytes or, where documents have none, the number of a row: see job.c. */
typedef struct id_bytes {
    nd_py_bytes bytes;
    char row[8];
    nd_id id;
} id_bytes;

static void id_release(id_bytes *id)
{
    Py_XDECREF(id->bytes.owner);
}

static int id_of_row(PyObject *object, id_bytes *id)
{
    PyObject *const number = PyNumber_Index(object);
    const unsigned long long row = number ? PyLong_AsUnsignedLongLong(number) : 0;
    Py_XDECREF(number);
    if (PyErr_Occurred())
        return -1;
    for (int i = 0; i < 8; i++)
        id->row[i] = (char)(row >> (8 * (7 - i)));
    id->id = (nd_id){id->row, sizeof id->row, 0};
    return 0;
}

static int id_get(const evaluate_run *run, PyObject *object, id_bytes *id)
{
    id->bytes = (nd_py_bytes){0};
    if (!run->has_ids)
        return id_of_row(object, id);
    PyObject *const decimal =
        PyLong_Check(object) ? PyObject_Str(object) : (Py_INCREF(object), object);
    const int result = decimal ? nd_py_bytes_get(decimal, "an id", &id->bytes) : -1;
    Py_XDECREF(decimal);
    id->id = (nd_id){id->bytes.p, id->bytes.len_bytes, 0};
    return result;
}

/* --- what is known --- */

static int refuse_entry(nd_status status, PyObject *entry)
{
    PyObject *const shown = PyObject_Repr(entry);
    if (shown && status == ND_ERR_NOT_FOUND)
        nd_py_raise_message(status, "no document has an id of %U", shown);
    else if (shown && status == ND_ERR_EXISTS)
        nd_py_raise_message(status, "in two clusters: %U", shown);
    else if (shown && status == ND_ERR_INVALID_ARGUMENT)
        nd_py_raise_message(status, "not a pair of two documents: %U", shown);
    else if (shown)
        nd_py_raise(status, NULL);
    Py_XDECREF(shown);
    return -1;
}

/* (a, b), (a, b, kind) or, for labelled pairs, (a, b, is_true, weight, kind); kind may be None */
static int add_pair(evaluate_run *run, PyObject *entry, bool is_labelled)
{
    PyObject *a, *b, *kind = Py_None;
    int is_true = 1;
    double weight = 1;
    nd_py_bytes name = {0};
    if (!PyArg_ParseTuple(entry, is_labelled ? "OOp|dO" : "OO|O", &a, &b,
                          is_labelled ? (void *)&is_true : (void *)&kind, &weight, &kind))
        return -1;
    id_bytes ids[2] = {0};
    int result = kind != Py_None ? nd_py_bytes_get(kind, "a kind", &name) : 0;
    if (result == 0)
        result = id_get(run, a, &ids[0]);
    if (result == 0)
        result = id_get(run, b, &ids[1]);
    if (result == 0) {
        const nd_pair_label label = {name.owner ? name.p : NULL, name.len_bytes, is_true, weight};
        const nd_status status =
            nd_evaluator_add_pair(run->evaluator, ids[0].id, ids[1].id, &label);
        if (status != ND_OK)
            result = refuse_entry(status, entry);
    }
    id_release(&ids[0]);
    id_release(&ids[1]);
    Py_XDECREF(name.owner);
    return result;
}

static int add_true(evaluate_run *run, PyObject *entry)
{
    return add_pair(run, entry, false);
}

static int add_labelled(evaluate_run *run, PyObject *entry)
{
    return add_pair(run, entry, true);
}

/* (id, cluster) */
static int add_member(evaluate_run *run, PyObject *entry)
{
    PyObject *document, *cluster;
    nd_py_bytes name = {0};
    id_bytes id = {0};
    if (!PyArg_ParseTuple(entry, "OO", &document, &cluster))
        return -1;
    PyObject *const decimal =
        PyLong_Check(cluster) ? PyObject_Str(cluster) : (Py_INCREF(cluster), cluster);
    int result = decimal ? nd_py_bytes_get(decimal, "a cluster", &name) : -1;
    if (result == 0)
        result = id_get(run, document, &id);
    if (result == 0) {
        const nd_status status =
            nd_evaluator_add_member(run->evaluator, id.id, name.p, name.len_bytes, 0, NULL);
        if (status != ND_OK)
            result = refuse_entry(status, entry);
    }
    id_release(&id);
    Py_XDECREF(name.owner);
    Py_XDECREF(decimal);
    return result;
}

/* (a, b) */
static int add_ignored(evaluate_run *run, PyObject *entry)
{
    PyObject *a, *b;
    id_bytes ids[2] = {0};
    if (!PyArg_ParseTuple(entry, "OO", &a, &b))
        return -1;
    int result = id_get(run, a, &ids[0]);
    if (result == 0)
        result = id_get(run, b, &ids[1]);
    if (result == 0) {
        const nd_status status = nd_evaluator_ignore_pair(run->evaluator, ids[0].id, ids[1].id);
        if (status != ND_OK)
            result = refuse_entry(status, entry);
    }
    id_release(&ids[0]);
    id_release(&ids[1]);
    return result;
}

/* Entries are tuples, or become ones. */
static int add_each(evaluate_run *run, PyObject *entries,
                    int (*add)(evaluate_run *run, PyObject *entry))
{
    if (entries == Py_None)
        return 0;
    PyObject *const iterator = PyObject_GetIter(entries);
    int result = iterator ? 0 : -1;
    while (result == 0) {
        PyObject *const given = PyIter_Next(iterator);
        if (!given)
            break;
        PyObject *const entry = PySequence_Tuple(given);
        result = entry ? add(run, entry) : -1;
        Py_XDECREF(entry);
        Py_DECREF(given);
    }
    Py_XDECREF(iterator);
    return result == 0 && !PyErr_Occurred() ? 0 : -1;
}

/* --- running --- */

/* nd_job_fn's. */
static nd_status read_documents(void *ctx, const nd_source *source, nd_error *error)
{
    evaluate_run *const run = ctx;
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    options.num_threads = run->num_threads;
    options.progress = nd_job_progress;
    options.progress_ctx = run->job;
    const nd_status status = nd_evaluator_add_source(run->evaluator, source, &options, error);
    return status == ND_OK ? nd_evaluator_seal(run->evaluator) : status;
}

static nd_status scan_documents(void *ctx, const nd_source *source, nd_error *error)
{
    evaluate_run *const run = ctx;
    (void)source;
    const nd_status status = nd_evaluator_scan(run->evaluator, &run->options, &run->result, error);
    run->is_measured = status == ND_OK;
    return status;
}

static const char *const truths[] = {"pairs", "labelled", "clusters", "exact", NULL};

static int run_all(evaluate_run *run, nd_document_input *input, nd_truth truth, PyObject *known,
                   PyObject *ignored)
{
    static int (*const adders[])(evaluate_run *, PyObject *) = {
        [ND_TRUTH_PAIRS] = add_true,
        [ND_TRUTH_LABELLED] = add_labelled,
        [ND_TRUTH_CLUSTERS] = add_member,
        [ND_TRUTH_EXACT] = add_true /* never called: nothing is told */};
    nd_error error = {0};
    const nd_status status = nd_evaluator_new(truth, ND_TEXTS_KEEP, NULL, &run->evaluator, &error);
    if (status != ND_OK) {
        nd_py_raise(status, &error);
        return -1;
    }
    run->options.progress = nd_job_progress;
    run->options.progress_ctx = run->job;
    run->num_threads = run->options.num_threads ? run->options.num_threads : nd_num_processors();
    run->has_ids = nd_document_input_has_ids(input);
    if (nd_job_run(run->job, input, read_documents, run) != 0 ||
        add_each(run, known, adders[truth]) != 0 || add_each(run, ignored, add_ignored) != 0)
        return -1;
    return nd_job_run(run->job, NULL, scan_documents, run);
}

/* --- the result --- */

static PyObject *bands_of(const nd_evaluation *e)
{
    PyObject *const list = PyList_New(0);
    for (int i = 0; list && i < ND_NUM_BANDS; i++) {
        PyObject *const band = Py_BuildValue("(ddKK)", nd_band_begin(i), nd_band_begin(i - 1),
                                             (unsigned long long)e->bands[i].pairs_true,
                                             (unsigned long long)e->bands[i].true_positives);
        const int result = band ? PyList_Append(list, band) : -1;
        Py_XDECREF(band);
        if (result != 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyObject *kinds_of(const nd_evaluation *e)
{
    PyObject *const list = PyList_New(0);
    for (size_t i = 0; list && i < e->num_kinds; i++) {
        const nd_kind_count *const k = &e->kinds[i];
        PyObject *const name =
            PyUnicode_DecodeUTF8(k->kind, (Py_ssize_t)k->kind_len_bytes, "replace");
        PyObject *const kind = name ? Py_BuildValue("(NKK)", name, (unsigned long long)k->pairs,
                                                    (unsigned long long)k->found)
                                    : NULL;
        const int result = kind ? PyList_Append(list, kind) : -1;
        Py_XDECREF(kind);
        if (result != 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

/* An id as Python shows it. */
static PyObject *show_id(const evaluate_run *run, const nd_document *document)
{
    uint64_t row = 0;
    if (run->has_ids)
        return PyUnicode_DecodeUTF8(document->id, (Py_ssize_t)document->id_len_bytes, "replace");
    for (int i = 0; i < 8; i++)
        row = row << 8 | (unsigned char)document->id[i];
    return PyLong_FromUnsignedLongLong(row);
}

typedef struct wrong_list {
    const evaluate_run *run;
    PyObject *list;
} wrong_list;

/* An nd_wrong_pair_fn, with the GIL. */
static nd_status add_wrong(void *ctx, const nd_wrong_pair *pair)
{
    const wrong_list *const wrong = ctx;
    PyObject *const kind =
        pair->kind ? PyUnicode_DecodeUTF8(pair->kind, (Py_ssize_t)pair->kind_len_bytes, "replace")
                   : (Py_INCREF(Py_None), Py_None);
    PyObject *const entry =
        kind ? Py_BuildValue("(NNdddN)", show_id(wrong->run, pair->a), show_id(wrong->run, pair->b),
                             pair->similarity.jaccard, pair->similarity.a_in_b,
                             pair->similarity.b_in_a, kind)
             : NULL;
    const int result = entry ? PyList_Append(wrong->list, entry) : -1;
    Py_XDECREF(entry);
    return result == 0 ? ND_OK : ND_ERR_NO_MEMORY;
}

static PyObject *wrong_pairs(const evaluate_run *run, nd_wrong which, size_t most)
{
    const wrong_list wrong = {run, PyList_New(0)};
    if (!wrong.list)
        return NULL;
    const nd_status status =
        nd_evaluator_each_wrong(run->evaluator, which, most, add_wrong, (void *)&wrong);
    if (status == ND_OK)
        return wrong.list;
    Py_DECREF(wrong.list);
    return PyErr_Occurred() ? NULL : nd_py_raise(status, NULL);
}

static PyObject *result_of(const evaluate_run *run, size_t errors)
{
    const nd_evaluation *const e = &run->result;
    return Py_BuildValue("(KKKKdddddddNNNN)", (unsigned long long)e->pairs_true,
                         (unsigned long long)e->pairs_found, (unsigned long long)e->true_positives,
                         (unsigned long long)e->pairs_ignored, e->precision, e->recall, e->f1,
                         e->weighted_precision, e->weighted_recall, e->weighted_f1, e->ari,
                         bands_of(e), kinds_of(e), wrong_pairs(run, ND_WRONG_FALSE, errors),
                         wrong_pairs(run, ND_WRONG_MISSED, errors));
}

/* evaluate(texts, ids, preferences, text_column, truth, known, ignored, options, errors, progress)
 */
static PyObject *evaluate(PyObject *module, PyObject *arguments)
{
    (void)module;
    nd_input_request request = {0};
    PyObject *known, *ignored, *dict, *progress, *result = NULL;
    const char *truth_name;
    Py_ssize_t errors;
    evaluate_run run = {0};
    if (!PyArg_ParseTuple(arguments, "OOOssOOO!nO", &request.texts, &request.ids,
                          &request.preferences[0], &request.text_column, &truth_name, &known,
                          &ignored, &PyDict_Type, &dict, &errors, &progress) ||
        nd_py_scan_options(dict, &run.options) != 0)
        return NULL;
    int truth = 0;
    while (truths[truth + 1] && strcmp(truths[truth], truth_name) != 0)
        truth++;
    nd_document_input *const input = nd_document_input_new(&request);
    if (!input)
        return NULL;
    run.job = nd_job_new(progress);
    if (run.job && run_all(&run, input, (nd_truth)truth, known, ignored) == 0)
        result = result_of(&run, (size_t)errors);
    if (run.is_measured)
        nd_evaluation_release(run.evaluator, &run.result);
    nd_evaluator_free(run.evaluator);
    nd_job_free(run.job);
    nd_document_input_free(input);
    return result;
}

static PyMethodDef functions[] = {
    {"evaluate", evaluate, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_evaluate(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
