/* The building blocks: neardup.sketch, verify, rank and group. */
#include "neardup/batch.h"

#include <stdlib.h>
#include <string.h>

#include "neardup/date.h"
#include "neardup/group.h"
#include "neardup/verify.h"
#include "python/module/document_input.h"
#include "python/module/frame_python.h"
#include "python/module/options.h"
#include "python/module/spec_python.h"

/* --- input --- */

/* All chunks of a column of texts, and what stands behind them. */
typedef struct text_chunks {
    nd_document_input *input;
    nd_block *blocks;
    size_t num, capacity;
    size_t num_texts;
} text_chunks;

static void chunks_release(text_chunks *chunks)
{
    for (size_t i = 0; i < chunks->num; i++)
        nd_block_release(&chunks->blocks[i]);
    free(chunks->blocks);
    nd_document_input_free(chunks->input);
}

/* -1 with an exception. Release also then. */
static int chunks_read(PyObject *texts, const char *text_column, nd_column_use use,
                       text_chunks *chunks)
{
    const nd_input_request request = {.texts = texts, .text_column = text_column, .use = use};
    chunks->input = nd_document_input_new(&request);
    if (!chunks->input)
        return -1;
    for (;;) {
        if (chunks->num == chunks->capacity) {
            const size_t capacity = chunks->capacity ? chunks->capacity * 2 : 16;
            nd_block *const blocks = realloc(chunks->blocks, capacity * sizeof *blocks);
            if (!blocks) {
                PyErr_NoMemory();
                return -1;
            }
            chunks->blocks = blocks;
            chunks->capacity = capacity;
        }
        const int result = nd_document_input_next(chunks->input, 0, &chunks->blocks[chunks->num]);
        if (result <= 0)
            return result;
        chunks->num_texts += chunks->blocks[chunks->num++].texts.num;
    }
}

/* All texts as one batch of views into the chunks: 24 bytes a text. */
typedef struct one_batch {
    nd_text_batch batch;
    char *views;
    uint8_t *validity;
    const char **data;
} one_batch;

static void one_batch_release(one_batch *one)
{
    free(one->views);
    free(one->validity);
    free(one->data);
}

/* A text longer than 12 bytes stands in a buffer of its own: no search for windows is needed. */
static nd_status one_batch_make(const text_chunks *chunks, one_batch *one)
{
    enum { INLINE_BYTES = 12, VIEW_BYTES = 16 };
    const size_t num = chunks->num_texts;
    one->views = calloc(num + 1, VIEW_BYTES);
    one->validity = calloc(num / 8 + 1, 1);
    one->data = calloc(num + 1, sizeof *one->data);
    if (!one->views || !one->validity || !one->data)
        return ND_ERR_NO_MEMORY;
    if (num > UINT32_MAX)
        return ND_ERR_LIMIT;
    size_t at = 0;
    for (size_t c = 0; c < chunks->num; c++)
        for (size_t i = 0; i < chunks->blocks[c].texts.num; i++, at++) {
            const nd_batch_text text = nd_text_batch_get(&chunks->blocks[c].texts, i);
            if (text.len_bytes > UINT32_MAX)
                return ND_ERR_LIMIT;
            if (!text.p)
                continue;
            char *const view = one->views + at * VIEW_BYTES;
            const uint32_t len = (uint32_t)text.len_bytes, buffer = (uint32_t)at;
            one->validity[at / 8] |= (uint8_t)(1U << (at % 8));
            one->data[at] = text.p;
            memcpy(view, &len, sizeof len);
            if (len > INLINE_BYTES)
                memcpy(view + 8, &buffer, sizeof buffer);
            else if (len > 0)
                memcpy(view + 4, text.p, len);
        }
    one->batch = (nd_text_batch){.layout = ND_LAYOUT_VIEWS,
                                 .num = num,
                                 .validity = one->validity,
                                 .views = one->views,
                                 .view_data = one->data};
    return ND_OK;
}

/* read_numbers(numbers, column): int64 bytes of an iterable, a column, or that of a table; nulls
 * are the largest. */
static PyObject *read_numbers(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *numbers, *bytes = NULL;
    const char *name;
    text_chunks chunks = {0};
    if (!PyArg_ParseTuple(arguments, "Os", &numbers, &name))
        return NULL;
    if (chunks_read(numbers, name, ND_COLUMN_PREFERENCES, &chunks) == 0)
        bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(chunks.num_texts * sizeof(int64_t)));
    uint64_t *out = bytes ? (uint64_t *)(void *)PyBytes_AsString(bytes) : NULL; /* ours alone */
    for (size_t c = 0; out && c < chunks.num; c++)
        for (size_t i = 0; i < chunks.blocks[c].texts.num; i++)
            *out++ = chunks.blocks[c].preferences[0][i] ^ UINT64_C(1) << 63;
    chunks_release(&chunks);
    return bytes;
}

/* Smaller for what comes first, as a whole number with a sign; INT64_MAX for what cannot be read.
 */
static int64_t order_of(nd_batch_text text, int is_date)
{
    uint64_t order;
    const int is_read =
        text.p && (is_date ? nd_date_order : nd_number_order)(text.p, text.len_bytes, &order);
    return is_read ? (int64_t)(order ^ UINT64_C(1) << 63) : INT64_MAX;
}

/* read_orders(texts, column, is_date): int64 bytes, of dates or numbers in texts as the tool reads
 * them. */
static PyObject *read_orders(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *texts, *bytes = NULL;
    const char *name;
    int is_date;
    text_chunks chunks = {0};
    if (!PyArg_ParseTuple(arguments, "Osp", &texts, &name, &is_date))
        return NULL;
    if (chunks_read(texts, name, ND_COLUMN_TEXTS, &chunks) == 0)
        bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(chunks.num_texts * sizeof(int64_t)));
    int64_t *out = bytes ? (int64_t *)(void *)PyBytes_AsString(bytes) : NULL; /* ours alone */
    for (size_t c = 0; out && c < chunks.num; c++)
        for (size_t i = 0; i < chunks.blocks[c].texts.num; i++)
            *out++ = order_of(nd_text_batch_get(&chunks.blocks[c].texts, i), is_date);
    chunks_release(&chunks);
    return bytes;
}

/* --- sketch --- */

static const char *const outputs[] = {"digests", "num_tokens", "slots", "band_keys",
                                      "invalid_bytes"};
enum { DIGESTS = 0, NUM_TOKENS, SLOTS, BAND_KEYS, INVALID_BYTES, NUM_OUTPUTS };

typedef struct sketch_run {
    nd_spec spec;
    unsigned threads;
    int wanted[NUM_OUTPUTS];
    size_t row_bytes[NUM_OUTPUTS];
    PyObject *bytes[NUM_OUTPUTS];
    char *out[NUM_OUTPUTS];
    text_chunks chunks;
    nd_status status;
    nd_error error;
} sketch_run;

static int make_outputs(sketch_run *run)
{
    run->row_bytes[DIGESTS] = 2 * sizeof(uint64_t);
    run->row_bytes[NUM_TOKENS] = sizeof(uint32_t);
    run->row_bytes[SLOTS] = run->spec.slots * sizeof(uint64_t);
    run->row_bytes[BAND_KEYS] = run->spec.bands * sizeof(uint64_t);
    run->row_bytes[INVALID_BYTES] = sizeof(uint64_t);
    for (int i = 0; i < NUM_OUTPUTS; i++) {
        if (!run->wanted[i])
            continue;
        run->bytes[i] = PyBytes_FromStringAndSize(
            NULL, (Py_ssize_t)(run->chunks.num_texts * run->row_bytes[i]));
        if (!run->bytes[i])
            return -1;
        run->out[i] = PyBytes_AsString(run->bytes[i]); /* ours alone so far */
    }
    return 0;
}

static void *at_row(const sketch_run *run, int output, size_t row)
{
    return run->out[output] ? run->out[output] + row * run->row_bytes[output] : NULL;
}

static void sketch_chunks(sketch_run *run)
{
    nd_sketcher *sketcher = NULL;
    size_t row = 0;
    run->status = nd_sketcher_new(&run->spec, run->threads, NULL, &sketcher, &run->error);
    for (size_t c = 0; c < run->chunks.num && run->status == ND_OK; c++) {
        const nd_text_batch *const texts = &run->chunks.blocks[c].texts;
        const nd_batch_output output = {.digests = at_row(run, DIGESTS, row),
                                        .num_tokens = at_row(run, NUM_TOKENS, row),
                                        .slots = at_row(run, SLOTS, row),
                                        .band_keys = at_row(run, BAND_KEYS, row),
                                        .invalid_bytes = at_row(run, INVALID_BYTES, row)};
        run->status = nd_sketcher_run(sketcher, texts, &output, &run->error);
        row += texts->num;
    }
    nd_sketcher_free(sketcher);
}

static PyObject *take_bytes(sketch_run *run, int output)
{
    PyObject *const bytes = run->bytes[output];
    run->bytes[output] = NULL;
    if (bytes)
        return bytes;
    Py_RETURN_NONE;
}

/* sketch(texts, text_column, spec line, names of outputs, threads): a tuple of bytes or None */
static PyObject *sketch(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *texts, *names, *result = NULL;
    const char *text_column, *line;
    sketch_run run = {0};
    if (!PyArg_ParseTuple(arguments, "OssO!I", &texts, &text_column, &line, &PyTuple_Type, &names,
                          &run.threads) ||
        nd_py_spec_read(line, &run.spec) != 0)
        return NULL;
    for (Py_ssize_t n = 0; n < PyTuple_Size(names); n++)
        for (int i = 0; i < NUM_OUTPUTS; i++)
            run.wanted[i] |=
                PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, n), outputs[i]) == 0;
    if (chunks_read(texts, text_column, ND_COLUMN_TEXTS, &run.chunks) == 0 &&
        make_outputs(&run) == 0) {
        Py_BEGIN_ALLOW_THREADS;
        sketch_chunks(&run);
        Py_END_ALLOW_THREADS;
        if (run.status == ND_OK)
            result = Py_BuildValue("(NNNNN)", take_bytes(&run, DIGESTS),
                                   take_bytes(&run, NUM_TOKENS), take_bytes(&run, SLOTS),
                                   take_bytes(&run, BAND_KEYS), take_bytes(&run, INVALID_BYTES));
        else
            nd_py_raise(run.status, &run.error);
    }
    for (int i = 0; i < NUM_OUTPUTS; i++)
        Py_XDECREF(run.bytes[i]);
    chunks_release(&run.chunks);
    return result;
}

/* --- verify --- */

typedef struct verified_row {
    uint64_t a, b;
    nd_matched_pair pair;
} verified_row;

static const nd_field verified_fields[] = {
    {ND_FIELD(verified_row, a, "a", ND_CELL_COUNT)},
    {ND_FIELD(verified_row, b, "b", ND_CELL_COUNT)},
    {ND_FIELD(verified_row, pair.kind, "kind", ND_CELL_KIND)},
    {ND_FIELD(verified_row, pair.similarity.jaccard, "jaccard", ND_CELL_RATIO)},
    {ND_FIELD(verified_row, pair.similarity.a_in_b, "a_in_b", ND_CELL_RATIO)},
    {ND_FIELD(verified_row, pair.similarity.b_in_a, "b_in_a", ND_CELL_RATIO)},
    {ND_FIELD(verified_row, pair.coverage.a_in_b, "a_covered", ND_CELL_RATIO),
     .when = ND_FRAME_SCORE},
    {ND_FIELD(verified_row, pair.coverage.b_in_a, "b_covered", ND_CELL_RATIO),
     .when = ND_FRAME_SCORE},
    {ND_FIELD(verified_row, pair.score, "score", ND_CELL_RATIO), .when = ND_FRAME_SCORE},
    {.name = NULL},
};

typedef struct verify_run {
    nd_spec spec;
    nd_scan_options options;
    int measures; /* also pairs that do not match */
    unsigned threads;
    const uint32_t *numbers; /* [num][2] */
    size_t num;
    text_chunks chunks;
    nd_frame *frame;
    nd_error error;
} verify_run;

/* Gives up early where nothing but the match is asked for. */
static nd_status compare_sets(verify_run *run, const nd_set_list *sets, nd_matched_pair *matched)
{
    nd_verified_pair *const verified = malloc((run->num + 1) * sizeof *verified);
    if (!verified)
        return ND_ERR_NO_MEMORY;
    const nd_status status =
        nd_verify_pairs(sets, (const nd_document_pair *)(const void *)run->numbers, run->num,
                        &run->options.rule, run->threads, NULL, verified);
    for (size_t i = 0; i < run->num && status == ND_OK; i++)
        matched[i] =
            (nd_matched_pair){.kind = verified[i].kind, .similarity = verified[i].similarity};
    free(verified);
    return status;
}

/* In full, with the verdict where a score is asked for. */
static nd_status match_texts(verify_run *run, nd_sketcher *sketcher, const nd_text_batch *batch,
                             const nd_set_list *sets, nd_matched_pair *matched)
{
    uint64_t *const digests = malloc((batch->num + 1) * 2 * sizeof *digests);
    const nd_batch_output output = {.digests = digests};
    const nd_matched_texts texts = {sets, batch, digests};
    nd_status status = digests ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_sketcher_run(sketcher, batch, &output, &run->error);
    if (status == ND_OK)
        status = nd_match_pairs(&texts, &run->options,
                                (const nd_document_pair *)(const void *)run->numbers, run->num,
                                NULL, matched, &run->error);
    free(digests);
    return status;
}

static nd_status verify_and_list(verify_run *run, nd_sketcher *sketcher, const nd_text_batch *batch)
{
    nd_set_list sets;
    nd_status status = nd_sketcher_sets(sketcher, batch, &sets, &run->error);
    if (status != ND_OK)
        return status;
    nd_matched_pair *const matched = malloc((run->num + 1) * sizeof *matched);
    if (!matched)
        return ND_ERR_NO_MEMORY;
    status = run->measures || run->options.score > 0
                 ? match_texts(run, sketcher, batch, &sets, matched)
                 : compare_sets(run, &sets, matched);
    for (size_t i = 0; i < run->num && status == ND_OK; i++) {
        const verified_row row = {run->numbers[i * 2], run->numbers[i * 2 + 1], matched[i]};
        status = nd_frame_add(run->frame, &row);
    }
    free(matched);
    return status;
}

static nd_status verify_texts(verify_run *run)
{
    one_batch one = {0};
    nd_sketcher *sketcher = NULL;
    run->frame =
        nd_frame_new(verified_fields, run->options.score > 0 ? ND_FRAME_SCORE : ND_FRAME_PLAIN);
    nd_status status = run->frame ? one_batch_make(&run->chunks, &one) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = nd_sketcher_new(&run->spec, run->threads, NULL, &sketcher, &run->error);
    if (status == ND_OK)
        status = verify_and_list(run, sketcher, &one.batch);
    nd_sketcher_free(sketcher);
    one_batch_release(&one);
    return status;
}

static int check_numbers(const uint32_t *numbers, size_t num, size_t limit)
{
    for (size_t i = 0; i < num; i++)
        if (numbers[i] >= limit) {
            nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "pair %zu names %lu: there are %zu rows",
                                i / 2, (unsigned long)numbers[i], limit);
            return -1;
        }
    return 0;
}

/* verify(texts, text_column, pairs as uint32 bytes, spec line, (threshold, containment, score),
 * whether also pairs that do not match are measured, threads) */
static PyObject *verify(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *texts, *result = NULL;
    const char *text_column, *numbers, *line;
    Py_ssize_t len;
    verify_run run = {0};
    nd_scan_options_init(&run.options);
    if (!PyArg_ParseTuple(arguments, "Osy#s(ddd)pI", &texts, &text_column, &numbers, &len, &line,
                          &run.options.rule.jaccard, &run.options.rule.containment,
                          &run.options.score, &run.measures, &run.threads) ||
        nd_py_spec_read(line, &run.spec) != 0)
        return NULL;
    run.options.shingle = run.spec.shingle;
    run.options.repairs = run.spec.repairs;
    run.options.folds = run.spec.folds;
    run.options.num_threads = run.threads;
    run.numbers = (const uint32_t *)(const void *)numbers;
    run.num = (size_t)len / sizeof(nd_document_pair);
    if (chunks_read(texts, text_column, ND_COLUMN_TEXTS, &run.chunks) == 0 &&
        check_numbers(run.numbers, run.num * 2, run.chunks.num_texts) == 0) {
        nd_status status;
        Py_BEGIN_ALLOW_THREADS;
        status = verify_texts(&run);
        Py_END_ALLOW_THREADS;
        if (status == ND_OK)
            result = nd_py_frame(run.frame);
        else {
            nd_frame_drop(run.frame);
            nd_py_raise(status, &run.error);
        }
    }
    chunks_release(&run.chunks);
    return result;
}

/* --- rank and group --- */

/* Bytes of num items, or an exception. */
static int check_len(Py_ssize_t len, size_t num, size_t item_bytes, const char *what)
{
    if ((size_t)len == num * item_bytes)
        return 0;
    nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "there are not as many %s as documents", what);
    return -1;
}

/* group(pairs as uint32 bytes, num_documents, rank as uint32 bytes or None, link): int64 bytes */
static PyObject *group(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *numbers, *rank;
    Py_ssize_t len, rank_len, num_documents;
    int is_single;
    if (!PyArg_ParseTuple(arguments, "y#nz#p", &numbers, &len, &num_documents, &rank, &rank_len,
                          &is_single))
        return NULL;
    if (num_documents < 0 || num_documents > UINT32_MAX)
        return nd_py_raise_message(ND_ERR_LIMIT, "there can be 0 to 4294967295 documents");
    const size_t num = (size_t)num_documents;
    const nd_document_pair *const pairs = (const nd_document_pair *)(const void *)numbers;
    const size_t num_pairs = (size_t)len / sizeof *pairs;
    if (check_numbers((const uint32_t *)(const void *)numbers, num_pairs * 2, num) != 0 ||
        (rank && check_len(rank_len, num, sizeof(uint32_t), "ranks") != 0))
        return NULL;
    PyObject *const bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(num * sizeof(int64_t)));
    uint32_t *const representative_of = malloc((num + 1) * sizeof *representative_of);
    nd_status status = bytes && representative_of ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        int64_t *const out = (int64_t *)(void *)PyBytes_AsString(bytes); /* ours alone so far */
        Py_BEGIN_ALLOW_THREADS;
        status = nd_group_documents(pairs, num_pairs, num, (const uint32_t *)(const void *)rank,
                                    is_single ? ND_LINK_SINGLE : ND_LINK_ANCHORED, NULL,
                                    representative_of);
        for (size_t i = 0; i < num && status == ND_OK; i++)
            out[i] = representative_of[i];
        Py_END_ALLOW_THREADS;
    }
    free(representative_of);
    if (status == ND_OK)
        return bytes;
    Py_XDECREF(bytes);
    return PyErr_Occurred() ? NULL : nd_py_raise(status, NULL);
}

typedef struct rank_run {
    nd_rank_keys keys;
    size_t num;
    const char **ids;
    size_t *id_lens;
    uint32_t *rank_of;
    text_chunks chunks;
} rank_run;

/* Ids are read as texts are. Without them the numbers of rows, in the order of bytes. */
static int read_rank_ids(rank_run *run, PyObject *ids, char (*row_ids)[8])
{
    run->ids = calloc(run->num + 1, sizeof *run->ids);
    run->id_lens = calloc(run->num + 1, sizeof *run->id_lens);
    if (!run->ids || !run->id_lens || !row_ids) {
        PyErr_NoMemory();
        return -1;
    }
    run->keys.ids = run->ids;
    run->keys.id_lens_bytes = run->id_lens;
    for (size_t i = 0; i < run->num && ids == Py_None; i++) {
        for (int k = 0; k < 8; k++)
            row_ids[i][k] = (char)((uint64_t)i >> (8 * (7 - k)));
        run->ids[i] = row_ids[i];
        run->id_lens[i] = 8;
    }
    if (ids == Py_None)
        return 0;
    if (chunks_read(ids, "id", ND_COLUMN_IDS, &run->chunks) != 0 ||
        check_len((Py_ssize_t)run->chunks.num_texts, run->num, 1, "ids") != 0)
        return -1;
    size_t at = 0;
    for (size_t c = 0; c < run->chunks.num; c++)
        for (size_t i = 0; i < run->chunks.blocks[c].texts.num; i++, at++) {
            const nd_batch_text id = nd_text_batch_get(&run->chunks.blocks[c].texts, i);
            run->ids[at] = id.p ? id.p : "";
            run->id_lens[at] = id.len_bytes;
        }
    return 0;
}

static nd_representative policy_of(const char *name)
{
    return strcmp(name, "preferred") == 0  ? ND_REPRESENTATIVE_PREFERRED
           : strcmp(name, "first-id") == 0 ? ND_REPRESENTATIVE_FIRST_ID
                                           : ND_REPRESENTATIVE_LONGEST;
}

/* rank(num_tokens, digests, ids, preferences as uint64 bytes or None, policy): uint32 bytes */
static PyObject *rank(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *tokens, *digests, *preferences, *policy;
    Py_ssize_t tokens_len, digests_len, preferences_len;
    PyObject *ids, *result = NULL;
    rank_run run = {0};
    if (!PyArg_ParseTuple(arguments, "y#y#Oz#s", &tokens, &tokens_len, &digests, &digests_len, &ids,
                          &preferences, &preferences_len, &policy))
        return NULL;
    run.num = (size_t)tokens_len / sizeof(uint32_t);
    if (check_len(digests_len, run.num, 16, "digests") != 0 ||
        (preferences && check_len(preferences_len, run.num, 8, "preferences") != 0))
        return NULL;
    run.keys.num_tokens = (const uint32_t *)(const void *)tokens;
    run.keys.digests = (const uint64_t *)(const void *)digests;
    run.keys.preferences = (const uint64_t *)(const void *)preferences;
    char(*const row_ids)[8] = malloc((run.num + 1) * sizeof *row_ids);
    run.rank_of = malloc((run.num + 1) * sizeof *run.rank_of);
    if (read_rank_ids(&run, ids, row_ids) == 0 && run.rank_of) {
        nd_status status;
        Py_BEGIN_ALLOW_THREADS;
        status = nd_rank_documents(&run.keys, run.num, policy_of(policy), NULL, run.rank_of);
        Py_END_ALLOW_THREADS;
        result = status == ND_OK
                     ? PyBytes_FromStringAndSize((const char *)run.rank_of,
                                                 (Py_ssize_t)(run.num * sizeof *run.rank_of))
                     : nd_py_raise(status, NULL);
    } else if (!PyErr_Occurred())
        PyErr_NoMemory();
    free(row_ids);
    free(run.rank_of);
    free(run.ids);
    free(run.id_lens);
    chunks_release(&run.chunks);
    return result;
}

static PyMethodDef functions[] = {
    {"read_numbers", read_numbers, METH_VARARGS, NULL},
    {"read_orders", read_orders, METH_VARARGS, NULL},
    {"sketch", sketch, METH_VARARGS, NULL},
    {"verify", verify, METH_VARARGS, NULL},
    {"group", group, METH_VARARGS, NULL},
    {"rank", rank, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_batch(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
