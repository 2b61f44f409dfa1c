/* Plans and specs: neardup.plan, neardup.Spec. A spec goes between Python and here as its line. */
#include "neardup/spec.h"

#include <string.h>

#include "python/module/options.h"
#include "python/module/spec_python.h"

int nd_py_spec_read(const char *line, nd_spec *spec)
{
    nd_error error = {0};
    const nd_status status = nd_spec_parse(line, strlen(line), spec, &error);
    if (status != ND_OK)
        nd_py_raise(status, &error);
    return status == ND_OK ? 0 : -1;
}

static PyObject *plan_tuple(const nd_plan *plan)
{
    return Py_BuildValue("(ddIII)", plan->threshold, plan->recall, (unsigned)plan->bands,
                         (unsigned)plan->rows, (unsigned)plan->slots);
}

PyObject *nd_py_raise_plan(nd_status status)
{
    if (status == ND_ERR_LIMIT)
        return nd_py_raise_message(status,
                                   "no sketch reaches a recall that high at a threshold that low");
    return nd_py_raise(status, NULL);
}

/* plan(options): (threshold, recall, bands, rows, slots) */
static PyObject *plan(PyObject *module, PyObject *dict)
{
    (void)module;
    nd_scan_options options;
    nd_plan made;
    if (nd_py_scan_options(dict, &options) != 0)
        return NULL;
    const nd_status status = nd_plan_for_rule(&options.rule, options.recall, &made);
    return status == ND_OK ? plan_tuple(&made) : nd_py_raise_plan(status);
}

static int read_plan(PyObject *arguments, nd_plan *plan, double *a, double *b, double *c)
{
    unsigned bands, rows, slots;
    if (!PyArg_ParseTuple(arguments, "(ddIII)d|dd", &plan->threshold, &plan->recall, &bands, &rows,
                          &slots, a, b, c))
        return -1;
    plan->bands = bands;
    plan->rows = rows;
    plan->slots = slots;
    return 0;
}

/* plan_probability(plan, jaccard) */
static PyObject *plan_probability(PyObject *module, PyObject *arguments)
{
    (void)module;
    nd_plan plan;
    double jaccard, unused;
    if (read_plan(arguments, &plan, &jaccard, &unused, &unused) != 0)
        return NULL;
    if (!(jaccard >= 0 && jaccard <= 1))
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "'jaccard' must be from 0 to 1");
    return PyFloat_FromDouble(nd_plan_probability(&plan, jaccard));
}

/* plan_memory(plan, documents, mean_shingles, mean_id_bytes): (index bytes, set bytes) */
static PyObject *plan_memory(PyObject *module, PyObject *arguments)
{
    (void)module;
    nd_plan plan;
    double documents, mean_shingles = 0, mean_id_bytes = 0;
    if (read_plan(arguments, &plan, &documents, &mean_shingles, &mean_id_bytes) != 0)
        return NULL;
    if (!(documents >= 0 && documents <= 1e15 && mean_shingles >= 0 && mean_shingles <= 1e9 &&
          mean_id_bytes >= 0 && mean_id_bytes <= 1e9))
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT,
                                   "numbers of documents, shingles and bytes are 0 or more");
    const nd_plan_memory memory =
        nd_plan_estimate_memory(&plan, (uint64_t)documents, mean_shingles, mean_id_bytes);
    return Py_BuildValue("(KK)", (unsigned long long)memory.index_bytes,
                         (unsigned long long)memory.set_bytes);
}

/* rule_check(options): (threshold, containment, score), or InvalidArgument */
static PyObject *rule_check(PyObject *module, PyObject *dict)
{
    (void)module;
    nd_scan_options options;
    if (nd_py_scan_options(dict, &options) != 0)
        return NULL;
    return Py_BuildValue("(ddd)", options.rule.jaccard, options.rule.containment, options.score);
}

/* spec_make(options): (line, (threshold, containment, score, coverage), recall) */
static PyObject *spec_make(PyObject *module, PyObject *dict)
{
    (void)module;
    nd_scan_options options;
    nd_spec spec;
    char line[ND_SPEC_LINE_BYTES];
    if (nd_py_scan_options(dict, &options) != 0)
        return NULL;
    const nd_status status = nd_spec_from_options(&options, &spec);
    if (status != ND_OK)
        return nd_py_raise_plan(status);
    nd_spec_print(&spec, line);
    return Py_BuildValue("(s(dddd)d)", line, options.rule.jaccard, options.rule.containment,
                         options.score, options.coverage, options.recall);
}

static PyObject *names_of(uint32_t flags, const char *(*name)(unsigned))
{
    PyObject *const list = PyList_New(0);
    for (unsigned i = 0; list && name(i); i++) {
        if (!(flags >> i & 1))
            continue;
        PyObject *const text = PyUnicode_FromString(name(i));
        const int result = text ? PyList_Append(list, text) : -1;
        Py_XDECREF(text);
        if (result != 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

/* spec_fields(line): a dict, with the line as this library prints it */
static PyObject *spec_fields(PyObject *module, PyObject *argument)
{
    (void)module;
    nd_py_bytes bytes;
    nd_spec spec;
    nd_error error = {0};
    char line[ND_SPEC_LINE_BYTES], shingle[16];
    if (nd_py_bytes_get(argument, "the line", &bytes) != 0)
        return NULL;
    const nd_status status = nd_spec_parse(bytes.p, bytes.len_bytes, &spec, &error);
    Py_DECREF(bytes.owner);
    if (status != ND_OK)
        return nd_py_raise(status, &error);
    nd_spec_print(&spec, line);
    snprintf(shingle, sizeof shingle, "%s:%u",
             spec.shingle.kind == ND_SHINGLE_CHAR ? "char" : "word", (unsigned)spec.shingle.width);
    return Py_BuildValue("{s:s,s:s,s:N,s:N,s:I,s:I,s:I,s:I,s:s}", "line", line, "shingle", shingle,
                         "repair", names_of(spec.repairs, nd_repair_name), "fold",
                         names_of(spec.folds, nd_fold_name), "bands", (unsigned)spec.bands, "rows",
                         (unsigned)spec.rows, "slots", (unsigned)spec.slots, "hash",
                         (unsigned)spec.hash_spec_version, "unicode", spec.unicode);
}

/* spec_check(wanted line, found line): None, or VersionError */
static PyObject *spec_check(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *wanted_line, *found_line;
    nd_spec wanted, found;
    nd_error error = {0};
    if (!PyArg_ParseTuple(arguments, "ss", &wanted_line, &found_line) ||
        nd_py_spec_read(wanted_line, &wanted) != 0 || nd_py_spec_read(found_line, &found) != 0)
        return NULL;
    const nd_status status = nd_spec_check(&wanted, &found, &error);
    if (status != ND_OK)
        return nd_py_raise(status, &error);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"plan", plan, METH_O, NULL},
    {"plan_probability", plan_probability, METH_VARARGS, NULL},
    {"plan_memory", plan_memory, METH_VARARGS, NULL},
    {"rule_check", rule_check, METH_O, NULL},
    {"spec_make", spec_make, METH_O, NULL},
    {"spec_fields", spec_fields, METH_O, NULL},
    {"spec_check", spec_check, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_spec(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
