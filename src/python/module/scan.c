/* neardup.scan: a finished scan in a capsule, and what is asked of it. */
#include "neardup/scan.h"

#include <stdlib.h>
#include <string.h>

#include "neardup/counter.h"
#include "python/module/frame_python.h"
#include "python/module/job.h"
#include "python/module/options.h"

static const char NAME[] = "neardup.scan";

typedef struct scan_handle {
    nd_budget *budget; /* what the scan keeps within; may be NULL */
    nd_scan *scan;
    uint64_t num_rows;
    unsigned frame_flags;
} scan_handle;

static void scan_handle_free(scan_handle *handle)
{
    nd_scan_free(handle->scan);
    nd_budget_free(handle->budget);
    free(handle);
}

static void destroy_scan(PyObject *capsule)
{
    scan_handle_free(PyCapsule_GetPointer(capsule, NAME));
}

/* --- making --- */

/* An nd_job_fn. */
static nd_status run_scan(void *ctx, const nd_source *source, nd_error *error)
{
    scan_handle *const handle = ctx;
    const nd_status status = nd_scan_add_source(handle->scan, source, error);
    return status == ND_OK ? nd_scan_finish(handle->scan, error) : status;
}

/* A budget of what a scan itself takes: 0 is no limit. */
static nd_status open_budget(unsigned long long memory_bytes, const char *temp_dir, nd_budget **out,
                             nd_error *error)
{
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = memory_bytes / 10 * 9; /* what follows from it is not to the byte */
    options.most_bytes = memory_bytes;
    options.temp_dir = temp_dir;
    return memory_bytes > 0 ? nd_budget_new(&options, out, error) : ND_OK;
}

static int fill(scan_handle *handle, nd_document_input *input, nd_scan_options *options,
                PyObject *progress)
{
    nd_job *const job = nd_job_new(progress);
    if (!job)
        return -1;
    options->progress = nd_job_progress;
    options->progress_ctx = job;
    options->budget = handle->budget;
    const nd_allocator *const allocator =
        handle->budget ? nd_budget_allocator(handle->budget) : NULL;
    nd_error error = {0};
    const nd_status status = nd_scan_new(options, allocator, &handle->scan, &error);
    int result = -1;
    if (status != ND_OK)
        nd_py_raise(status, &error);
    else
        result = nd_job_run(job, input, run_scan, handle);
    handle->num_rows = nd_document_input_num_rows(input);
    handle->frame_flags = (nd_document_input_has_ids(input) ? 0 : ND_FRAME_ROW_IDS) |
                          (nd_scan_options_has_coverage(options) ? ND_FRAME_COVERAGE : 0) |
                          (options->score > 0 ? ND_FRAME_SCORE : 0);
    nd_job_free(job);
    return result;
}

/* The columns of a tuple that decide one after the other, and the size after so many of them. */
static int read_preferences(PyObject *tuple, unsigned size_place, nd_input_request *request,
                            nd_scan_options *options)
{
    const Py_ssize_t num = PyTuple_Size(tuple);
    if (num > ND_MAX_PREFERENCES) {
        nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "at most %d preferences decide, not %zd",
                            ND_MAX_PREFERENCES, num);
        return -1;
    }
    for (Py_ssize_t i = 0; i < num; i++)
        request->preferences[i] = PyTuple_GetItem(tuple, i);
    if (num > 0) {
        options->num_preferences = (uint32_t)num;
        options->size_place = size_place;
    }
    return 0;
}

/* scan(texts, ids, preferences, size_place, text_column, options, memory_bytes, temp_dir, progress)
 */
static PyObject *scan(PyObject *module, PyObject *arguments)
{
    (void)module;
    nd_input_request request = {0};
    PyObject *preferences, *dict, *progress;
    unsigned size_place;
    unsigned long long memory_bytes;
    const char *temp_dir;
    nd_scan_options options;
    if (!PyArg_ParseTuple(arguments, "OOO!IsO!KzO", &request.texts, &request.ids, &PyTuple_Type,
                          &preferences, &size_place, &request.text_column, &PyDict_Type, &dict,
                          &memory_bytes, &temp_dir, &progress) ||
        nd_py_scan_options(dict, &options) != 0 ||
        read_preferences(preferences, size_place, &request, &options) != 0)
        return NULL;
    nd_document_input *const input = nd_document_input_new(&request);
    if (!input)
        return NULL;
    scan_handle *const handle = calloc(1, sizeof *handle);
    nd_error error = {0};
    nd_status status = handle ? ND_OK : ND_ERR_NO_MEMORY;
    if (status == ND_OK)
        status = open_budget(memory_bytes, temp_dir, &handle->budget, &error);
    PyObject *capsule = NULL;
    if (status != ND_OK)
        nd_py_raise(status, &error);
    else if (fill(handle, input, &options, progress) == 0)
        capsule = PyCapsule_New(handle, NAME, destroy_scan);
    if (handle && !capsule)
        scan_handle_free(handle);
    nd_document_input_free(input);
    return capsule;
}

static const scan_handle *handle_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, NAME);
}

/* --- pairs and groups --- */

static const nd_field pair_fields[] = {
    {ND_FIELD(nd_pair, a, "a", ND_CELL_ID)},
    {ND_FIELD(nd_pair, b, "b", ND_CELL_ID)},
    {ND_FIELD(nd_pair, a.tag, "a_row", ND_CELL_COUNT)},
    {ND_FIELD(nd_pair, b.tag, "b_row", ND_CELL_COUNT)},
    {ND_FIELD(nd_pair, kind, "kind", ND_CELL_KIND)},
    {ND_FIELD(nd_pair, similarity.jaccard, "jaccard", ND_CELL_RATIO)},
    {ND_FIELD(nd_pair, similarity.a_in_b, "a_in_b", ND_CELL_RATIO)},
    {ND_FIELD(nd_pair, similarity.b_in_a, "b_in_a", ND_CELL_RATIO)},
    {ND_FIELD(nd_pair, coverage.a_in_b, "a_covered", ND_CELL_RATIO), .when = ND_FRAME_COVERAGE},
    {ND_FIELD(nd_pair, coverage.b_in_a, "b_covered", ND_CELL_RATIO), .when = ND_FRAME_COVERAGE},
    {ND_FIELD(nd_pair, score, "score", ND_CELL_RATIO), .when = ND_FRAME_SCORE},
    {.name = NULL},
};

static const nd_field member_fields[] = {
    {ND_FIELD(nd_member, id, "id", ND_CELL_ID)},
    {ND_FIELD(nd_member, id.tag, "row", ND_CELL_COUNT)},
    {ND_FIELD(nd_member, kind, "kind", ND_CELL_KIND)},
    {ND_FIELD(nd_member, similarity.jaccard, "jaccard", ND_CELL_RATIO)},
    {ND_FIELD(nd_member, similarity.a_in_b, "in_representative", ND_CELL_RATIO)},
    {ND_FIELD(nd_member, similarity.b_in_a, "representative_in", ND_CELL_RATIO)},
    {ND_FIELD(nd_member, coverage.a_in_b, "covered", ND_CELL_RATIO), .when = ND_FRAME_COVERAGE},
    {ND_FIELD(nd_member, coverage.b_in_a, "representative_covered", ND_CELL_RATIO),
     .when = ND_FRAME_COVERAGE},
    {ND_FIELD(nd_member, score, "score", ND_CELL_RATIO), .when = ND_FRAME_SCORE},
    {.name = NULL},
};

typedef struct group_row {
    nd_id representative;
    uint64_t size;
    nd_row_list members;
} group_row;

static const nd_field group_fields[] = {
    {ND_FIELD(group_row, representative, "representative", ND_CELL_ID)},
    {ND_FIELD(group_row, representative.tag, "representative_row", ND_CELL_COUNT)},
    {ND_FIELD(group_row, size, "size", ND_CELL_COUNT)},
    {ND_FIELD(group_row, members, "members", ND_CELL_LIST), .fields = member_fields},
    {.name = NULL},
};

typedef struct renamed_row {
    nd_id name, id;
} renamed_row;

static const nd_field renamed_fields[] = {
    {ND_FIELD(renamed_row, name, "name", ND_CELL_ID)},
    {ND_FIELD(renamed_row, name.tag, "row", ND_CELL_COUNT)},
    {ND_FIELD(renamed_row, id, "id", ND_CELL_ID)},
    {.name = NULL},
};

static nd_status add_pair(void *frame, const nd_pair *pair)
{
    return nd_frame_add(frame, pair);
}

static nd_status add_group(void *frame, const nd_group *group)
{
    const group_row row = {group->representative,
                           group->num_members + 1,
                           {group->members, group->num_members, sizeof *group->members}};
    return nd_frame_add(frame, &row);
}

static nd_status add_renamed(void *frame, const nd_id *id, const nd_id *name)
{
    const renamed_row row = {*name, *id};
    return nd_frame_add(frame, &row);
}

static nd_status list_pairs(const nd_scan *scan, nd_frame *frame)
{
    return nd_scan_each_pair(scan, add_pair, frame);
}

static nd_status list_groups(const nd_scan *scan, nd_frame *frame)
{
    return nd_scan_each_group(scan, add_group, frame);
}

static nd_status list_renamed(const nd_scan *scan, nd_frame *frame)
{
    return nd_scan_each_renamed(scan, add_renamed, frame);
}

static PyObject *frame_from(PyObject *capsule, const nd_field *fields,
                            nd_status (*list)(const nd_scan *, nd_frame *), const char *refusal)
{
    const scan_handle *const handle = handle_of(capsule);
    if (!handle)
        return NULL;
    nd_frame *const frame = nd_frame_new(fields, handle->frame_flags);
    nd_status status = frame ? ND_OK : ND_ERR_NO_MEMORY;
    Py_BEGIN_ALLOW_THREADS;
    if (status == ND_OK)
        status = list(handle->scan, frame);
    Py_END_ALLOW_THREADS;
    if (status == ND_OK)
        return nd_py_frame(frame);
    nd_frame_drop(frame);
    if (status == ND_ERR_INVALID_ARGUMENT)
        return nd_py_raise_message(status, "%s", refusal);
    return nd_py_raise(status, NULL);
}

static PyObject *scan_pairs(PyObject *module, PyObject *capsule)
{
    (void)module;
    return frame_from(capsule, pair_fields, list_pairs, "the scan was not asked for pairs");
}

static PyObject *scan_groups(PyObject *module, PyObject *capsule)
{
    (void)module;
    return frame_from(capsule, group_fields, list_groups, "the scan was not asked for groups");
}

static PyObject *scan_renamed(PyObject *module, PyObject *capsule)
{
    (void)module;
    return frame_from(capsule, renamed_fields, list_renamed, "");
}

/* --- rows that represent --- */

/* What a row becomes by its group: an array over all rows, at `out`. */
typedef struct row_map {
    void *out;
    int keep; /* see keeps */
} row_map;

/* representative_of[row], an int64: the row itself for one alone. */
static nd_status map_representatives(void *ctx, const nd_group *group)
{
    const row_map *const map = ctx;
    int64_t *const representative_of = map->out;
    for (size_t i = 0; i < group->num_members; i++)
        representative_of[group->members[i].id.tag] = (int64_t)group->representative.tag;
    return ND_OK;
}

static const char *const keeps[] = {"representative", "first", "last", NULL};
enum { KEEP_REPRESENTATIVE = 0, KEEP_FIRST, KEEP_LAST };

/* is_kept[row], a byte: of a group one stays. */
static nd_status map_kept(void *ctx, const nd_group *group)
{
    const row_map *const map = ctx;
    char *const is_kept = map->out;
    uint64_t kept = group->representative.tag;
    is_kept[kept] = 0;
    for (size_t i = 0; i < group->num_members; i++) {
        const uint64_t row = group->members[i].id.tag;
        is_kept[row] = 0;
        if ((map->keep == KEEP_FIRST && row < kept) || (map->keep == KEEP_LAST && row > kept))
            kept = row;
    }
    is_kept[kept] = 1;
    return ND_OK;
}

/* The rows' values, as bytes: `out` is filled in for rows in no group already. */
static PyObject *map_rows(const scan_handle *handle, PyObject *bytes, nd_group_fn each,
                          row_map *map)
{
    nd_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = nd_scan_each_group(handle->scan, each, map);
    Py_END_ALLOW_THREADS;
    if (status == ND_OK)
        return bytes;
    Py_DECREF(bytes);
    if (status == ND_ERR_INVALID_ARGUMENT)
        return nd_py_raise_message(status, "the scan was not asked for groups");
    return nd_py_raise(status, NULL);
}

static PyObject *scan_representatives(PyObject *module, PyObject *capsule)
{
    (void)module;
    const scan_handle *const handle = handle_of(capsule);
    PyObject *const bytes =
        handle ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(handle->num_rows * sizeof(int64_t)))
               : NULL;
    if (!bytes)
        return NULL;
    row_map map = {.out = PyBytes_AsString(bytes)}; /* ours alone so far */
    for (uint64_t row = 0; row < handle->num_rows; row++)
        ((int64_t *)map.out)[row] = (int64_t)row;
    return map_rows(handle, bytes, map_representatives, &map);
}

/* scan_keep(scan, keep) */
static PyObject *scan_keep(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    const char *keep;
    if (!PyArg_ParseTuple(arguments, "Os", &capsule, &keep))
        return NULL;
    const scan_handle *const handle = handle_of(capsule);
    PyObject *const bytes =
        handle ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)handle->num_rows) : NULL;
    if (!bytes)
        return NULL;
    row_map map = {.out = PyBytes_AsString(bytes)};
    while (keeps[map.keep] && strcmp(keeps[map.keep], keep) != 0)
        map.keep++;
    memset(map.out, 1, (size_t)handle->num_rows);
    return map_rows(handle, bytes, map_kept, &map);
}

/* --- statistics --- */

static PyObject *plan_dict(const nd_plan *plan)
{
    return Py_BuildValue("{s:d,s:d,s:I,s:I,s:I}", "threshold", plan->threshold, "recall",
                         plan->recall, "bands", (unsigned)plan->bands, "rows", (unsigned)plan->rows,
                         "slots", (unsigned)plan->slots);
}

static PyObject *scan_stats(PyObject *module, PyObject *capsule)
{
    (void)module;
    const scan_handle *const handle = handle_of(capsule);
    PyObject *const dict = handle ? PyDict_New() : NULL;
    if (!dict)
        return NULL;
    size_t num;
    const nd_counter *const counters = nd_scan_counters(&num);
    const nd_scan_stats stats = nd_scan_stats_get(handle->scan);
    int result = nd_py_dict_set(dict, "plan", plan_dict(&stats.plan));
    for (size_t i = 0; i < num && result == 0; i++)
        result =
            nd_py_dict_set(dict, counters[i].name,
                           PyLong_FromUnsignedLongLong(nd_counter_value(&counters[i], &stats)));
    if (result == 0)
        return dict;
    Py_DECREF(dict);
    return NULL;
}

/* What was left out or cut short, as (weight, text): one for each counter above 0 that says so. */
static PyObject *scan_losses(PyObject *module, PyObject *capsule)
{
    (void)module;
    const scan_handle *const handle = handle_of(capsule);
    PyObject *const list = handle ? PyList_New(0) : NULL;
    if (!list)
        return NULL;
    size_t num;
    const nd_counter *const counters = nd_scan_counters(&num);
    const nd_scan_stats stats = nd_scan_stats_get(handle->scan);
    for (size_t i = 0; i < num; i++) {
        const unsigned long long count = nd_counter_value(&counters[i], &stats);
        if (count == 0 || counters[i].weight < ND_COUNTER_LOSS)
            continue;
        PyObject *const text = PyUnicode_FromFormat("%s: %llu", counters[i].meaning, count);
        const int result = text ? PyList_Append(list, text) : -1;
        Py_XDECREF(text);
        if (result != 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyObject *scan_num_rows(PyObject *module, PyObject *capsule)
{
    (void)module;
    const scan_handle *const handle = handle_of(capsule);
    return handle ? PyLong_FromUnsignedLongLong(handle->num_rows) : NULL;
}

static PyMethodDef functions[] = {
    {"scan", scan, METH_VARARGS, NULL},
    {"scan_pairs", scan_pairs, METH_O, NULL},
    {"scan_groups", scan_groups, METH_O, NULL},
    {"scan_renamed", scan_renamed, METH_O, NULL},
    {"scan_keep", scan_keep, METH_VARARGS, NULL},
    {"scan_representatives", scan_representatives, METH_O, NULL},
    {"scan_stats", scan_stats, METH_O, NULL},
    {"scan_losses", scan_losses, METH_O, NULL},
    {"scan_num_rows", scan_num_rows, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_scan(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
