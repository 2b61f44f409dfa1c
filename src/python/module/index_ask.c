/* neardup.Index: rows on their way in, and what an index is asked. */
#include <stdlib.h>
#include <string.h>

#include "python/module/document_input.h"
#include "python/module/frame_python.h"
#include "python/module/index_python.h"

/* --- batches --- */

enum { BATCH_BYTES = 4 << 20 };

/* Rows on their way in. */
typedef struct batch_adding {
    nd_py_index *handle;
    int mode;
    nd_document_input *input;
    unsigned long long commit_documents, num_uncommitted, num;
    PyObject *progress; /* may be None */
    char *rows;         /* outcomes: num of them */
    size_t rows_capacity;
} batch_adding;

/* Times as whole numbers, or preferences that stand for them. */
static int64_t *times_of(const nd_block *block)
{
    int64_t *const times = calloc(block->texts.num + 1, sizeof *times);
    for (size_t i = 0; times && i < block->texts.num; i++) {
        const uint64_t given = block->times[i];
        const uint64_t most = INT64_MAX;
        if (given == UINT64_MAX) /* null */
            continue;
        times[i] = block->has_signed_times ? (int64_t)(given ^ UINT64_C(1) << 63)
                                           : (int64_t)(given < most ? given : most);
    }
    return times;
}

static nd_status add_batch(nd_index *index, nd_py_index_call *call)
{
    return nd_index_add_batch(index, call->batch, (nd_index_mode)call->mode, call->outcomes,
                              &call->error);
}

static int keep_rows(batch_adding *a, const nd_index_outcome *outcomes, size_t num)
{
    if (a->rows_capacity < a->num + num) {
        const size_t capacity = (a->num + num) * 2;
        char *const rows = realloc(a->rows, capacity);
        if (!rows) {
            PyErr_NoMemory();
            return -1;
        }
        a->rows = rows;
        a->rows_capacity = capacity;
    }
    for (size_t i = 0; i < num; i++)
        a->rows[a->num + i] = (char)outcomes[i];
    a->num += num;
    a->num_uncommitted += num;
    return 0;
}

static int add_block(batch_adding *a, const nd_block *block)
{
    const size_t num = block->texts.num;
    nd_index_outcome *const outcomes = calloc(num + 1, sizeof *outcomes);
    int64_t *const times = block->times ? times_of(block) : NULL;
    const nd_index_batch batch = {.texts = &block->texts,
                                  .ids = &block->ids,
                                  .sources = block->sources.num > 0 ? &block->sources : NULL,
                                  .times = times};
    nd_py_index_call call = {
        .handle = a->handle, .mode = a->mode, .batch = &batch, .outcomes = outcomes};
    int result = -1;
    if (!outcomes || (block->times && !times))
        PyErr_NoMemory();
    else if (nd_py_index_run(&call, add_batch) == 0)
        result = keep_rows(a, outcomes, num);
    free(outcomes);
    free(times);
    return result;
}

static int commit_batch(const batch_adding *a)
{
    nd_py_index_call call = {.handle = a->handle};
    return nd_py_index_run(&call, nd_py_index_commit);
}

/* Between two blocks. */
static int look_around(batch_adding *a)
{
    if (PyErr_CheckSignals() != 0)
        return -1;
    if (a->progress != Py_None) {
        PyObject *const result = PyObject_CallFunction(a->progress, "sKK", "add", a->num, 0ULL);
        Py_XDECREF(result);
        if (!result)
            return -1;
    }
    if (a->commit_documents == 0 || a->num_uncommitted < a->commit_documents)
        return 0;
    a->num_uncommitted = 0;
    return commit_batch(a);
}

static int add_all(batch_adding *a)
{
    nd_block block;
    int result;
    while ((result = nd_document_input_next(a->input, BATCH_BYTES, &block)) > 0) {
        result = add_block(a, &block);
        nd_block_release(&block);
        if (result == 0)
            result = look_around(a);
        if (result != 0)
            break;
    }
    if (result == 0 && a->commit_documents > 0)
        result = commit_batch(a);
    return result;
}

/* Nothing of a batch that fails stays but what was committed; the exception does. */
static void give_up(const batch_adding *a)
{
    nd_py_index_call call = {.handle = a->handle};
    PyObject *exception[3];
    PyErr_Fetch(&exception[0], &exception[1], &exception[2]);
    if (nd_py_index_run(&call, nd_py_index_roll_back) != 0)
        PyErr_Clear();
    PyErr_Restore(exception[0], exception[1], exception[2]);
}

/* index_add_batch(index, texts, ids, sources, times, text_column, mode, commit_documents,
 * progress): bytes, the outcome's number for each row */
static PyObject *index_add_batch(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *result = NULL;
    nd_input_request request = {0};
    batch_adding a = {0};
    if (!PyArg_ParseTuple(arguments, "OOOOOsiKO", &capsule, &request.texts, &request.ids,
                          &request.sources, &request.times, &request.text_column, &a.mode,
                          &a.commit_documents, &a.progress))
        return NULL;
    a.handle = nd_py_index_of(capsule);
    a.input = a.handle ? nd_document_input_new(&request) : NULL;
    if (!a.input)
        return NULL;
    if (!nd_document_input_has_ids(a.input))
        PyErr_SetString(PyExc_TypeError, "documents need ids");
    else if (add_all(&a) == 0)
        result = PyBytes_FromStringAndSize(a.rows ? a.rows : "", (Py_ssize_t)a.num);
    else
        give_up(&a);
    nd_document_input_free(a.input);
    free(a.rows);
    return result;
}

/* --- ask --- */

/* Copies what belongs to the index. */
static nd_status keep_matches(nd_py_index_call *call, const nd_index_match *matches, size_t num)
{
    size_t bytes = (num + 1) * sizeof *matches;
    for (size_t i = 0; i < num; i++)
        bytes += matches[i].id_len_bytes + matches[i].source_len_bytes;
    call->matches = malloc(bytes);
    if (!call->matches)
        return ND_ERR_NO_MEMORY;
    char *strings = (char *)(call->matches + num + 1);
    for (size_t i = 0; i < num; i++) {
        nd_index_match *const match = &call->matches[i];
        *match = matches[i];
        memcpy(strings, match->id, match->id_len_bytes);
        match->id = strings;
        strings += match->id_len_bytes;
        if (!match->source)
            continue;
        memcpy(strings, match->source, match->source_len_bytes);
        match->source = strings;
        strings += match->source_len_bytes;
    }
    call->num_matches = num;
    return ND_OK;
}

/* A threshold that is not given is the index's. */
static void settle_rule(const nd_index *index, nd_match_rule *rule)
{
    const nd_match_rule own = nd_index_rule(index);
    if (!(rule->jaccard > 0))
        rule->jaccard = own.jaccard;
    if (!(rule->containment > 0))
        rule->containment = own.containment;
}

static nd_status query(nd_index *index, nd_py_index_call *call)
{
    const nd_index_match *matches;
    size_t num;
    settle_rule(index, &call->query.rule);
    call->is_judged = nd_index_score(index) > 0;
    const nd_status status = call->text.owner
                                 ? nd_index_query_text(index, call->text.p, call->text.len_bytes,
                                                       &call->query, &matches, &num, &call->error)
                                 : nd_index_query_id(index, call->id.p, call->id.len_bytes,
                                                     &call->query, &matches, &num, &call->error);
    return status == ND_OK ? keep_matches(call, matches, num) : status;
}

static PyObject *string_of(const char *p, size_t len)
{
    return PyUnicode_DecodeUTF8(p ? p : "", (Py_ssize_t)len, "surrogateescape");
}

/* None for NULL. */
static PyObject *source_of(const char *p, size_t len)
{
    if (p)
        return string_of(p, len);
    Py_RETURN_NONE;
}

/* What is covered of both, and the score; None where the index gives no verdicts. */
static PyObject *verdict_of(const nd_index_match *m, bool is_judged)
{
    return is_judged ? Py_BuildValue("(ddd)", m->coverage.a_in_b, m->coverage.b_in_a, m->score)
                     : Py_BuildValue("(OOO)", Py_None, Py_None, Py_None);
}

static PyObject *match_list(const nd_index_match *matches, size_t num, bool is_judged)
{
    PyObject *const list = PyList_New((Py_ssize_t)num);
    for (size_t i = 0; list && i < num; i++) {
        const nd_index_match *const m = &matches[i];
        const nd_similarity *const s = &m->similarity;
        PyObject *const match = Py_BuildValue(
            "(NsdddNNL)", string_of(m->id, m->id_len_bytes), nd_match_kind_name(m->kind),
            s->jaccard, s->a_in_b, s->b_in_a, verdict_of(m, is_judged),
            source_of(m->source, m->source_len_bytes), (long long)m->time);
        if (!match) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, (Py_ssize_t)i, match);
    }
    return list;
}

/* A text, and the id that it has in the index or None; or with by_id the id of a document alone. */
static int read_asked(nd_py_index_call *call, PyObject *text, PyObject *id, int by_id)
{
    if (by_id)
        return nd_py_index_id(id, "the id", &call->id);
    if (nd_py_bytes_get(text, "the text", &call->text) != 0 ||
        (id != Py_None && nd_py_index_id(id, "the id", &call->id) != 0))
        return -1;
    call->query.not_id = call->id.p;
    call->query.not_id_len_bytes = call->id.len_bytes;
    return 0;
}

/* index_query(index, text or None, id or None, by_id, most, threshold, containment, score, since,
 * before, not_source or None): [(id, kind, jaccard, query_in, match_in, (query_covered,
 * match_covered, score), source, time), ...] */
static PyObject *index_query(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *text, *id, *not_source;
    nd_py_index_call call = {0};
    nd_index_query *const q = &call.query;
    unsigned long long most;
    long long since, before;
    int by_id;
    nd_index_query_init(q);
    if (!PyArg_ParseTuple(arguments, "OOOpKdddLLO", &capsule, &text, &id, &by_id, &most,
                          &q->rule.jaccard, &q->rule.containment, &q->score, &since, &before,
                          &not_source))
        return NULL;
    q->max_matches = (size_t)most;
    q->since = since;
    q->before = before;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle)
        return NULL;
    if (read_asked(&call, text, id, by_id) != 0 ||
        (not_source != Py_None &&
         nd_py_index_string(not_source, "the source", &call.source) != 0)) {
        Py_XDECREF(call.id.owner);
        Py_XDECREF(call.text.owner);
        return NULL;
    }
    q->not_source = call.source.p;
    q->not_source_len_bytes = call.source.len_bytes;
    if (nd_py_index_run(&call, query) != 0)
        return NULL;
    PyObject *const list = match_list(call.matches, call.num_matches, call.is_judged);
    free(call.matches);
    return list;
}

/* --- look --- */

/* A document as a row of a frame. */
typedef struct entry_row {
    nd_id id, source;
    uint64_t time, text_bytes, words;
} entry_row;

static const nd_field entry_fields[] = {
    {ND_FIELD(entry_row, id, "id", ND_CELL_ID)},
    {ND_FIELD(entry_row, source, "source", ND_CELL_ID)},
    {ND_FIELD(entry_row, time, "time", ND_CELL_COUNT)},
    {ND_FIELD(entry_row, text_bytes, "text_bytes", ND_CELL_COUNT)},
    {ND_FIELD(entry_row, words, "words", ND_CELL_COUNT)},
    {.name = NULL},
};

/* An nd_index_entry_fn; ctx is a frame. */
static nd_status take_entry(void *ctx, const nd_index_entry *entry)
{
    const entry_row row = {
        .id = {entry->id, entry->id_len_bytes, 0},
        .source = {entry->source ? entry->source : "", entry->source_len_bytes, 0},
        .time = (uint64_t)entry->time,
        .text_bytes = entry->text_bytes,
        .words = entry->num_tokens,
    };
    return nd_frame_add(ctx, &row);
}

static nd_status list_documents(nd_index *index, nd_py_index_call *call)
{
    call->frame = nd_frame_new(entry_fields, ND_FRAME_PLAIN);
    if (!call->frame)
        return ND_ERR_NO_MEMORY;
    return nd_index_each(index, take_entry, call->frame, &call->error);
}

static nd_status find_document(nd_index *index, nd_py_index_call *call)
{
    nd_index_entry entry;
    call->frame = nd_frame_new(entry_fields, ND_FRAME_PLAIN);
    if (!call->frame)
        return ND_ERR_NO_MEMORY;
    const nd_status status =
        nd_index_get(index, call->id.p, call->id.len_bytes, &entry, &call->error);
    return status == ND_OK ? take_entry(call->frame, &entry) : status;
}

static PyObject *frame_of_call(nd_py_index_call *call, nd_py_index_fn fn)
{
    if (nd_py_index_run(call, fn) == 0)
        return nd_py_frame(call->frame);
    nd_frame_drop(call->frame);
    return NULL;
}

/* index_documents(index): a frame of all */
static PyObject *index_documents(PyObject *module, PyObject *capsule)
{
    (void)module;
    nd_py_index_call call = {.handle = nd_py_index_of(capsule)};
    return call.handle ? frame_of_call(&call, list_documents) : NULL;
}

/* index_get(index, id): a frame of one row */
static PyObject *index_get(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *id;
    nd_py_index_call call = {0};
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &id))
        return NULL;
    call.handle = nd_py_index_of(capsule);
    if (!call.handle || nd_py_index_id(id, "the id", &call.id) != 0)
        return NULL;
    return frame_of_call(&call, find_document);
}

static nd_status count_documents(nd_index *index, nd_py_index_call *call)
{
    call->num = nd_index_num_documents(index);
    return ND_OK;
}

/* index_len(index) */
static PyObject *index_len(PyObject *module, PyObject *capsule)
{
    (void)module;
    nd_py_index_call call = {.handle = nd_py_index_of(capsule)};
    if (!call.handle || nd_py_index_run(&call, count_documents) != 0)
        return NULL;
    return PyLong_FromUnsignedLongLong(call.num);
}

static nd_status get_stats(nd_index *index, nd_py_index_call *call)
{
    return nd_index_stats_get(index, &call->stats, &call->error);
}

/* index_stat(index): a dict */
static PyObject *index_stat(PyObject *module, PyObject *capsule)
{
    (void)module;
    nd_py_index_call call = {.handle = nd_py_index_of(capsule)};
    size_t num;
    const nd_counter *const counters = nd_index_counters(&num);
    if (!call.handle || nd_py_index_run(&call, get_stats) != 0)
        return NULL;
    PyObject *const dict = PyDict_New();
    for (size_t i = 0; dict && i < num; i++) {
        const unsigned long long value = nd_counter_value(&counters[i], &call.stats);
        if (nd_py_dict_set(dict, counters[i].name, PyLong_FromUnsignedLongLong(value)) != 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

static PyMethodDef functions[] = {
    {"index_add_batch", index_add_batch, METH_VARARGS, NULL},
    {"index_query", index_query, METH_VARARGS, NULL},
    {"index_documents", index_documents, METH_O, NULL},
    {"index_get", index_get, METH_VARARGS, NULL},
    {"index_len", index_len, METH_O, NULL},
    {"index_stat", index_stat, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_index_ask(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
