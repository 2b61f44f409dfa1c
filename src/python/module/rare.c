/* What neardup.spark finds candidates by where a score decides: samples of texts, and the rule on
 * them (neardup/candidates.h). */
#include "neardup/candidates.h"

#include <stdlib.h>

#include "neardup/batch.h"
#include "python/module/document_input.h"
#include "python/module/spec_python.h"

/* --- samples --- */

/* What is sampled of texts, so far. */
typedef struct sampled_texts {
    uint32_t *num_shingles; /* [num] */
    uint8_t *shifts;        /* likewise */
    uint64_t *ends;         /* likewise: in samples */
    uint64_t *samples;      /* of each text ascending */
    size_t num, num_samples, capacity;
} sampled_texts;

static void sampled_texts_release(sampled_texts *t)
{
    free(t->num_shingles);
    free(t->shifts);
    free(t->ends);
    free(t->samples);
}

/* Room for so many texts in all. */
static nd_status reserve_texts(sampled_texts *t, size_t num)
{
    uint32_t *const numbers = realloc(t->num_shingles, num * sizeof *numbers);
    t->num_shingles = numbers ? numbers : t->num_shingles;
    uint8_t *const shifts = realloc(t->shifts, num * sizeof *shifts);
    t->shifts = shifts ? shifts : t->shifts;
    uint64_t *const ends = realloc(t->ends, num * sizeof *ends);
    t->ends = ends ? ends : t->ends;
    return numbers && shifts && ends ? ND_OK : ND_ERR_NO_MEMORY;
}

/* Where so many more samples go; NULL where there is no memory. */
static uint64_t *reserve_samples(sampled_texts *t, size_t more)
{
    if (!t->samples || t->num_samples + more > t->capacity) {
        const size_t capacity = (t->num_samples + more) * 2 + 1;
        uint64_t *const samples = realloc(t->samples, capacity * sizeof *samples);
        if (!samples)
            return NULL;
        t->samples = samples;
        t->capacity = capacity;
    }
    return t->samples + t->num_samples;
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static nd_status add_text(sampled_texts *t, const uint64_t *shingles, size_t num)
{
    const nd_sequence_sample sample = nd_sample_sequence(shingles, num);
    uint64_t *const own = reserve_samples(t, sample.num_samples);
    size_t num_own = 0;
    if (!own)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < num; i++)
        if (shingles[i] <= sample.up_to)
            own[num_own++] = shingles[i];
    if (num_own > 0)
        qsort(own, num_own, sizeof *own, compare_u64);
    t->num_samples += num_own;
    t->num_shingles[t->num] = (uint32_t)num;
    t->shifts[t->num] = (uint8_t)sample.shift;
    t->ends[t->num++] = t->num_samples;
    return ND_OK;
}

static nd_status add_block(sampled_texts *t, nd_sketcher *sketcher, const nd_block *block,
                           nd_error *error)
{
    nd_set_list sequences;
    nd_status status = reserve_texts(t, t->num + block->texts.num + 1);
    if (status == ND_OK)
        status = nd_sketcher_sequences(sketcher, &block->texts, &sequences, error);
    for (size_t i = 0; i < block->texts.num && status == ND_OK; i++)
        status = add_text(t, sequences.elements + sequences.starts[i],
                          sequences.starts[i + 1] - sequences.starts[i]);
    return status;
}

/* 0, or -1 with an exception. */
static int add_all(sampled_texts *t, nd_sketcher *sketcher, nd_document_input *input)
{
    nd_block block;
    int result;
    while ((result = nd_document_input_next(input, 0, &block)) > 0) {
        nd_error error = {0};
        nd_status status;
        Py_BEGIN_ALLOW_THREADS;
        status = add_block(t, sketcher, &block, &error);
        nd_block_release(&block);
        Py_END_ALLOW_THREADS;
        if (status != ND_OK) {
            nd_py_raise(status, &error);
            return -1;
        }
    }
    return result;
}

static PyObject *bytes_of(const void *items, size_t num, size_t item_bytes)
{
    return PyBytes_FromStringAndSize(num > 0 ? items : "", (Py_ssize_t)(num * item_bytes));
}

/* samples(texts, text_column, spec line, threads): bytes of the number of shingles of each text
 * (uint32), its shift (uint8), where its samples end (uint64), and all samples (uint64, of a text
 * ascending). */
static PyObject *samples(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *result = NULL;
    const char *line;
    unsigned threads;
    nd_spec spec;
    nd_error error = {0};
    nd_sketcher *sketcher = NULL;
    sampled_texts t = {0};
    nd_input_request request = {.use = ND_COLUMN_TEXTS};
    if (!PyArg_ParseTuple(arguments, "OssI", &request.texts, &request.text_column, &line,
                          &threads) ||
        nd_py_spec_read(line, &spec) != 0)
        return NULL;
    const nd_status status = nd_sketcher_new(&spec, threads, NULL, &sketcher, &error);
    if (status != ND_OK)
        return nd_py_raise(status, &error);
    nd_document_input *const input = nd_document_input_new(&request);
    if (input && add_all(&t, sketcher, input) == 0)
        result = Py_BuildValue("(NNNN)", bytes_of(t.num_shingles, t.num, sizeof *t.num_shingles),
                               bytes_of(t.shifts, t.num, sizeof *t.shifts),
                               bytes_of(t.ends, t.num, sizeof *t.ends),
                               bytes_of(t.samples, t.num_samples, sizeof *t.samples));
    nd_document_input_free(input);
    nd_sketcher_free(sketcher);
    sampled_texts_release(&t);
    return result;
}

/* --- the rule --- */

/* rare_needed(numbers of shingles as uint32 bytes, shifts as uint8 bytes): uint64 bytes, the weight
 * that each pair needs to share. */
static PyObject *rare_needed(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *numbers, *shifts;
    Py_ssize_t len, num;
    if (!PyArg_ParseTuple(arguments, "y#y#", &numbers, &len, &shifts, &num))
        return NULL;
    if (len != num * (Py_ssize_t)sizeof(uint32_t))
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT,
                                   "there are not as many numbers as shifts");
    PyObject *const bytes = PyBytes_FromStringAndSize(NULL, num * (Py_ssize_t)sizeof(uint64_t));
    uint64_t *const out = bytes ? (uint64_t *)(void *)PyBytes_AsString(bytes) : NULL;
    for (Py_ssize_t i = 0; out && i < num; i++)
        out[i] =
            nd_rare_weight_needed(((const uint32_t *)(const void *)numbers)[i], (uint8_t)shifts[i]);
    return bytes;
}

static PyObject *weights(void)
{
    PyObject *const list = PyList_New(ND_RARE_FREQUENCY);
    for (uint32_t df = 1; list && df <= ND_RARE_FREQUENCY; df++)
        if (PyList_SetItem(list, (Py_ssize_t)df - 1,
                           PyLong_FromUnsignedLong(nd_shingle_weight(df))) != 0) {
            Py_DECREF(list);
            return NULL;
        }
    return list;
}

/* rare_rule(): the numbers of the rule, and the weight of each frequency up to the rare one. */
static PyObject *rare_rule(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PyObject *const list = weights();
    return list ? Py_BuildValue("{s:i,s:i,s:i,s:i,s:i,s:i,s:N}", "rare", ND_RARE_FREQUENCY, "hot",
                                ND_HOT_FREQUENCY, "picks", ND_PICKS, "followed", ND_PICKS_FOLLOWED,
                                "leaders", ND_PICK_LEADERS, "neighbours", ND_PICK_NEIGHBOURS,
                                "weights", list)
                : NULL;
}

static PyMethodDef functions[] = {
    {"samples", samples, METH_VARARGS, NULL},
    {"rare_needed", rare_needed, METH_VARARGS, NULL},
    {"rare_rule", rare_rule, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_rare(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
