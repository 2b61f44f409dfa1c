/* neardup.within and neardup.compare: passages that stand twice in a text, or in two. */
#include "neardup/passages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/batch.h"
#include "neardup/document_map.h"
#include "neardup/match.h"
#include "neardup/spec.h"
#include "neardup/verdict.h"
#include "python/module/frame_python.h"
#include "python/module/job.h"
#include "python/module/options.h"
#include "python/module/spec_python.h"

/* --- rows --- */

static const nd_field place_fields[] = {
    {ND_FIELD(nd_place, start, "start", ND_CELL_COUNT)},
    {ND_FIELD(nd_place, end, "end", ND_CELL_COUNT)},
    {ND_FIELD(nd_place, line, "line", ND_CELL_COUNT)},
    {ND_FIELD(nd_place, end_line, "end_line", ND_CELL_COUNT)},
    {.name = NULL},
};

typedef struct repeat_row {
    double similarity;
    uint64_t words;
    nd_row_list places;
} repeat_row;

static const nd_field repeat_fields[] = {
    {ND_FIELD(repeat_row, similarity, "similarity", ND_CELL_RATIO)},
    {ND_FIELD(repeat_row, words, "words", ND_CELL_COUNT)},
    {ND_FIELD(repeat_row, places, "places", ND_CELL_LIST), .fields = place_fields},
    {.name = NULL},
};

typedef struct repeating_row {
    nd_id id;
    nd_row_list repeats;
} repeating_row;

static const nd_field repeating_fields[] = {
    {ND_FIELD(repeating_row, id, "id", ND_CELL_ID)},
    {ND_FIELD(repeating_row, id.tag, "row", ND_CELL_COUNT)},
    {ND_FIELD(repeating_row, repeats, "repeats", ND_CELL_LIST), .fields = repeat_fields},
    {.name = NULL},
};

static const nd_field passage_fields[] = {
    {ND_FIELD(nd_shared_passage, similarity, "similarity", ND_CELL_RATIO)},
    {ND_FIELD(nd_shared_passage, words, "words", ND_CELL_COUNT)},
    {ND_FIELD(nd_shared_passage, a, "a", ND_CELL_OBJECT), .fields = place_fields},
    {ND_FIELD(nd_shared_passage, b, "b", ND_CELL_OBJECT), .fields = place_fields},
    {.name = NULL},
};

/* --- offsets --- */

/* Bytes of a UTF-8 text to its characters, for offsets that ascend, or begin anew. A byte counts
 * where a character begins; so does each of what is no UTF-8, but for those like 10xxxxxx. */
typedef struct character_counter {
    const char *text;
    uint64_t bytes, characters; /* as far as was counted */
} character_counter;

static uint64_t count_to(character_counter *c, uint64_t offset)
{
    if (offset < c->bytes)
        c->bytes = c->characters = 0;
    for (; c->bytes < offset; c->bytes++)
        c->characters += ((unsigned char)c->text[c->bytes] & 0xc0) != 0x80;
    return c->characters;
}

static void count_place(character_counter *c, nd_place *place)
{
    place->start = count_to(c, place->start);
    place->end = count_to(c, place->end);
}

/* --- within --- */

/* What one document repeats, in one block with its id, repeats and places. */
typedef struct found {
    struct found *next;
    repeating_row row;
} found;

typedef struct tally {
    uint64_t documents, text_bytes, tokens, repeating, repeats, invalid_bytes, caps_reached;
    uint64_t too_long, invalid, capped; /* documents */
} tally;

typedef struct within_worker {
    nd_passage_finder *finder;
    found *found;
    tally tally;
} within_worker;

typedef struct within_run {
    nd_passage_options options;
    bool in_characters;
    within_worker *workers;
    uint32_t num_workers;
    nd_job *job;
    nd_frame *frame;
    tally sum;
} within_run;

static found *copy_found(const nd_document *document, const nd_repeat *repeats, size_t num,
                         bool in_characters)
{
    size_t num_places = 0;
    for (size_t i = 0; i < num; i++)
        num_places += repeats[i].num_places;
    const size_t id_len = document->id_len_bytes;
    found *const f =
        malloc(sizeof *f + num * sizeof(repeat_row) + num_places * sizeof(nd_place) + id_len);
    if (!f)
        return NULL;
    repeat_row *const rows = (repeat_row *)(void *)(f + 1);
    nd_place *places = (nd_place *)(void *)(rows + num);
    char *const id = (char *)(places + num_places);
    if (id_len > 0)
        memcpy(id, document->id, id_len);
    f->row.id = (nd_id){id, id_len, document->tag};
    f->row.repeats = (nd_row_list){rows, num, sizeof *rows};
    character_counter counter = {.text = document->text};
    for (size_t i = 0; i < num; i++) {
        const nd_repeat *const r = &repeats[i];
        memcpy(places, r->places, r->num_places * sizeof *places);
        for (size_t k = 0; in_characters && k < r->num_places; k++)
            count_place(&counter, &places[k]);
        rows[i] = (repeat_row){r->similarity, r->words, {places, r->num_places, sizeof *places}};
        places += r->num_places;
    }
    return f;
}

/* An nd_document_map_fn. */
static nd_status find_repeats(void *ctx, uint32_t worker, const nd_document *document)
{
    within_run *const run = ctx;
    within_worker *const w = &run->workers[worker];
    const nd_repeat *repeats;
    size_t num;
    const nd_status status = nd_passage_finder_repeats(w->finder, document->text,
                                                       document->text_len_bytes, &repeats, &num);
    w->tally.documents++;
    w->tally.text_bytes += document->text_len_bytes;
    if (status == ND_ERR_LIMIT) {
        w->tally.too_long++;
        return ND_OK;
    }
    if (status != ND_OK)
        return status;
    const nd_passage_stats stats = nd_passage_finder_stats(w->finder);
    w->tally.tokens += stats.tokens;
    w->tally.invalid_bytes += stats.invalid_bytes;
    w->tally.invalid += stats.invalid_bytes > 0;
    w->tally.caps_reached += stats.capped;
    w->tally.capped += stats.capped > 0;
    if (num == 0)
        return ND_OK;
    w->tally.repeating++;
    w->tally.repeats += num;
    found *const f = copy_found(document, repeats, num, run->in_characters);
    if (!f)
        return ND_ERR_NO_MEMORY;
    f->next = w->found;
    w->found = f;
    return ND_OK;
}

static int compare_found(const void *a, const void *b)
{
    const nd_id *const x = &(*(found *const *)a)->row.id, *const y = &(*(found *const *)b)->row.id;
    const size_t both = x->len_bytes < y->len_bytes ? x->len_bytes : y->len_bytes;
    const int order = both ? memcmp(x->p, y->p, both) : 0;
    if (order != 0)
        return order;
    if (x->len_bytes != y->len_bytes)
        return x->len_bytes < y->len_bytes ? -1 : 1;
    return (x->tag > y->tag) - (x->tag < y->tag);
}

/* In the order of ids, then of rows. */
static nd_status fill_frame(within_run *run)
{
    size_t num = 0;
    for (uint32_t w = 0; w < run->num_workers; w++)
        for (const found *f = run->workers[w].found; f; f = f->next)
            num++;
    found **const all = malloc((num + 1) * sizeof *all);
    if (!all)
        return ND_ERR_NO_MEMORY;
    num = 0;
    for (uint32_t w = 0; w < run->num_workers; w++)
        for (found *f = run->workers[w].found; f; f = f->next)
            all[num++] = f;
    qsort(all, num, sizeof *all, compare_found);
    nd_status status = ND_OK;
    for (size_t i = 0; i < num && status == ND_OK; i++)
        status = nd_frame_add(run->frame, &all[i]->row);
    free(all);
    return status;
}

static void sum_tallies(within_run *run)
{
    for (uint32_t w = 0; w < run->num_workers; w++) {
        const uint64_t *const part = (const uint64_t *)(const void *)&run->workers[w].tally;
        uint64_t *const sum = (uint64_t *)(void *)&run->sum;
        for (size_t i = 0; i < sizeof(tally) / sizeof *sum; i++)
            sum[i] += part[i];
    }
}

/* An nd_job_fn. */
static nd_status run_within(void *ctx, const nd_source *source, nd_error *error)
{
    within_run *const run = ctx;
    nd_status status = ND_OK;
    for (uint32_t w = 0; w < run->num_workers && status == ND_OK; w++)
        status = nd_passage_finder_new(&run->options, NULL, &run->workers[w].finder);
    nd_document_map_options options;
    nd_document_map_options_init(&options);
    options.num_threads = run->num_workers;
    options.progress = nd_job_progress;
    options.progress_ctx = run->job;
    if (status == ND_OK)
        status = nd_document_map(source, &options, find_repeats, run, error);
    if (status == ND_OK)
        status = fill_frame(run);
    sum_tallies(run);
    return status;
}

static void within_release(within_run *run)
{
    for (uint32_t w = 0; run->workers && w < run->num_workers; w++) {
        nd_passage_finder_free(run->workers[w].finder);
        while (run->workers[w].found) {
            found *const f = run->workers[w].found;
            run->workers[w].found = f->next;
            free(f);
        }
    }
    free(run->workers);
    nd_job_free(run->job);
}

static PyObject *stats_dict(const tally *t)
{
    return Py_BuildValue(
        "{s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "documents", (unsigned long long)t->documents,
        "text_bytes", (unsigned long long)t->text_bytes, "tokens", (unsigned long long)t->tokens,
        "repeating_documents", (unsigned long long)t->repeating, "repeats",
        (unsigned long long)t->repeats, "invalid_bytes", (unsigned long long)t->invalid_bytes,
        "caps_reached", (unsigned long long)t->caps_reached, "too_long_normalised",
        (unsigned long long)t->too_long, "invalid_utf8", (unsigned long long)t->invalid,
        "capped_passages", (unsigned long long)t->capped);
}

/* Takes the input over. The frame and the statistics. */
static PyObject *run_and_show(within_run *run, nd_document_input *input, PyObject *progress)
{
    PyObject *result = NULL;
    run->workers = calloc(run->num_workers, sizeof *run->workers);
    run->frame = nd_frame_new(repeating_fields,
                              nd_document_input_has_ids(input) ? ND_FRAME_PLAIN : ND_FRAME_ROW_IDS);
    run->job = nd_job_new(progress);
    if (!run->workers || !run->frame)
        PyErr_NoMemory();
    else if (run->job && nd_job_run(run->job, input, run_within, run) == 0) {
        result = Py_BuildValue("(NN)", nd_py_frame(run->frame), stats_dict(&run->sum));
        run->frame = NULL;
    }
    nd_frame_drop(run->frame);
    within_release(run);
    nd_document_input_free(input);
    return result;
}

/* within(texts, ids, text_column, scan options, passage options, threads, in_characters, progress)
 */
static PyObject *within(PyObject *module, PyObject *arguments)
{
    (void)module;
    nd_input_request request = {0};
    PyObject *scan_dict, *passage_dict, *progress;
    int in_characters;
    unsigned threads;
    nd_scan_options scan;
    within_run run = {0};
    if (!PyArg_ParseTuple(arguments, "OOsO!O!IpO", &request.texts, &request.ids,
                          &request.text_column, &PyDict_Type, &scan_dict, &PyDict_Type,
                          &passage_dict, &threads, &in_characters, &progress) ||
        nd_py_scan_options(scan_dict, &scan) != 0 ||
        nd_py_passage_options(passage_dict, &run.options) != 0)
        return NULL;
    run.options.repairs = scan.repairs;
    run.options.folds = scan.folds;
    nd_document_input *const input = nd_document_input_new(&request);
    if (!input)
        return NULL;
    run.in_characters = in_characters;
    run.num_workers = threads ? threads : nd_num_processors();
    return run_and_show(&run, input, progress);
}

/* --- compare --- */

typedef struct comparison {
    nd_py_bytes texts[2];
    nd_match_rule rule;
    nd_spec spec;
    nd_passage_options options;
    bool in_characters;
    double score; /* 0: no verdict is asked for */
    nd_similarity similarity;
    nd_match_kind kind;
    nd_frame *frame;
    nd_verdict_reader *reader;
    nd_verdict verdict;
} comparison;

static nd_status compare_sets(comparison *c)
{
    nd_sketcher *sketchers[2] = {NULL, NULL}; /* sets hold until the sketcher's next call */
    nd_set_list sets[2] = {{0}};
    nd_status status = ND_OK;
    for (int i = 0; i < 2 && status == ND_OK; i++) {
        int64_t offsets[2];
        const nd_text_batch batch = nd_batch_of_one(&c->texts[i], offsets);
        status = nd_sketcher_new(&c->spec, 1, NULL, &sketchers[i], NULL);
        if (status == ND_OK)
            status = nd_sketcher_sets(sketchers[i], &batch, &sets[i], NULL);
    }
    if (status == ND_OK) {
        c->similarity = nd_similarity_compute(sets[0].elements, sets[0].starts[1], sets[1].elements,
                                              sets[1].starts[1]);
        c->kind = nd_match_classify(&c->similarity, &c->rule);
    }
    nd_sketcher_free(sketchers[0]);
    nd_sketcher_free(sketchers[1]);
    return status;
}

/* Where the rule says no, the verdict decides. */
static nd_status judge(comparison *c)
{
    if (c->score == 0)
        return ND_OK;
    nd_status status = nd_verdict_reader_new(c->spec.repairs, c->spec.folds, NULL, &c->reader);
    if (status == ND_OK)
        status = nd_verdict_reader_judge(c->reader, c->texts[0].p, c->texts[0].len_bytes,
                                         c->texts[1].p, c->texts[1].len_bytes, &c->verdict);
    if (status == ND_OK && c->kind == ND_MATCH_NONE && c->verdict.score >= c->score) {
        const nd_coverage coverage = {c->verdict.a_covered, c->verdict.b_covered};
        c->kind = nd_match_classify_covered(&c->similarity, &c->rule, &coverage, 0);
    }
    return status;
}

static nd_status find_shared(comparison *c)
{
    nd_passage_finder *finder = NULL;
    const nd_shared_passage *passages;
    size_t num = 0;
    nd_status status = nd_passage_finder_new(&c->options, NULL, &finder);
    if (status == ND_OK)
        status = nd_passage_finder_shared(finder, c->texts[0].p, c->texts[0].len_bytes,
                                          c->texts[1].p, c->texts[1].len_bytes, &passages, &num);
    character_counter a = {.text = c->texts[0].p}, b = {.text = c->texts[1].p};
    for (size_t i = 0; i < num && status == ND_OK; i++) {
        nd_shared_passage passage = passages[i];
        if (c->in_characters) {
            count_place(&a, &passage.a);
            count_place(&b, &passage.b);
        }
        status = nd_frame_add(c->frame, &passage);
    }
    if (c->kind == ND_MATCH_NONE && num > 0)
        c->kind = ND_MATCH_PARTIAL;
    nd_passage_finder_free(finder);
    return status;
}

/* [(text, bits, is number), ...] of the strongest */
static PyObject *show_evidence(const comparison *c, nd_evidence_place place)
{
    enum { MOST_EVIDENCE = 8 };
    const nd_evidence *evidence;
    size_t num;
    const nd_status status =
        nd_verdict_reader_evidence(c->reader, place, MOST_EVIDENCE, &evidence, &num);
    if (status != ND_OK)
        return nd_py_raise(status, NULL);
    PyObject *const list = PyList_New((Py_ssize_t)num);
    for (size_t i = 0; list && i < num; i++) {
        PyObject *const text =
            PyUnicode_DecodeUTF8(evidence[i].text, (Py_ssize_t)evidence[i].len_bytes, "replace");
        PyObject *const entry = text ? Py_BuildValue("(NdN)", text, evidence[i].bits,
                                                     PyBool_FromLong(evidence[i].is_number))
                                     : NULL;
        if (!entry) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, (Py_ssize_t)i, entry);
    }
    return list;
}

/* None, or (score, held, edited, own, a_covered, b_covered, in both, only in a, only in b) */
static PyObject *show_verdict(const comparison *c)
{
    const nd_verdict *const v = &c->verdict;
    if (!c->reader)
        Py_RETURN_NONE;
    return Py_BuildValue("(ddddddNNN)", v->score, v->held, v->edited, v->own, v->a_covered,
                         v->b_covered, show_evidence(c, ND_EVIDENCE_IN_BOTH),
                         show_evidence(c, ND_EVIDENCE_ONLY_IN_A),
                         show_evidence(c, ND_EVIDENCE_ONLY_IN_B));
}

static PyObject *show_comparison(const comparison *c)
{
    const nd_similarity *const s = &c->similarity;
    return Py_BuildValue("(sdddKKKNN)", nd_match_kind_name(c->kind), s->jaccard, s->a_in_b,
                         s->b_in_a, (unsigned long long)s->size_a, (unsigned long long)s->size_b,
                         (unsigned long long)s->common, show_verdict(c), nd_py_frame(c->frame));
}

static PyObject *run_comparison(comparison *c)
{
    nd_status status;
    c->frame = nd_frame_new(passage_fields, ND_FRAME_PLAIN);
    Py_BEGIN_ALLOW_THREADS;
    status = c->frame ? compare_sets(c) : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = judge(c);
    if (status == ND_OK)
        status = find_shared(c);
    Py_END_ALLOW_THREADS;
    if (status == ND_OK)
        return show_comparison(c);
    nd_frame_drop(c->frame);
    return nd_py_raise(status, NULL);
}

/* compare(a, b, scan options, passage options, in_characters) */
static PyObject *compare(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *a, *b, *scan_dict, *passage_dict;
    int in_characters;
    nd_scan_options scan;
    comparison c = {0};
    if (!PyArg_ParseTuple(arguments, "OOO!O!p", &a, &b, &PyDict_Type, &scan_dict, &PyDict_Type,
                          &passage_dict, &in_characters) ||
        nd_py_scan_options(scan_dict, &scan) != 0 ||
        nd_py_passage_options(passage_dict, &c.options) != 0)
        return NULL;
    c.rule = scan.rule;
    c.score = scan.score;
    c.options.repairs = scan.repairs;
    c.options.folds = scan.folds;
    scan.rule.jaccard = 1; /* a spec has bands, which nobody asks for here */
    scan.rule.containment = scan.coverage = scan.score = 0;
    if (nd_spec_from_options(&scan, &c.spec) != ND_OK)
        return nd_py_raise(ND_ERR_INVALID_ARGUMENT, NULL);
    c.in_characters = in_characters;
    PyObject *result = NULL;
    if (nd_py_bytes_get(a, "the first text", &c.texts[0]) == 0 &&
        nd_py_bytes_get(b, "the second text", &c.texts[1]) == 0)
        result = run_comparison(&c);
    nd_verdict_reader_free(c.reader);
    Py_XDECREF(c.texts[0].owner);
    Py_XDECREF(c.texts[1].owner);
    return result;
}

static PyMethodDef functions[] = {
    {"within", within, METH_VARARGS, NULL},
    {"compare", compare, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_passages(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
