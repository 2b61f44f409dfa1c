#include "python/module/options.h"

#include <stdio.h>
#include <string.h>

/* --- tables --- */

static const char *const outputs[] = {"pairs", "groups", "both", NULL};
static const char *const links[] = {"anchored", "single", NULL};
static const char *const representatives[] = {"longest", "preferred", "first-id", NULL};

static const nd_named_flags repair_sets[] = {
    {"none", ND_REPAIR_NONE}, {"all", ND_REPAIR_ALL}, {NULL, 0}};
static const nd_named_flags fold_sets[] = {
    {"none", ND_FOLD_NONE}, {"all", ND_FOLD_ALL}, {"safe", ND_FOLD_SAFE}, {NULL, 0}};

#define AT(member) .offset = offsetof(nd_scan_options, member)

static const nd_py_option scan_options[] = {
    {"threshold", ND_OPTION_NUMBER, AT(rule.jaccard), .max = 1, .excludes_min = 1},
    {"containment", ND_OPTION_NUMBER, AT(rule.containment), .max = 1},
    {"coverage", ND_OPTION_NUMBER, AT(coverage), .max = 1},
    {"score", ND_OPTION_NUMBER, AT(score), .max = 1},
    {"recall", ND_OPTION_NUMBER, AT(recall), .max = 1, .excludes_min = 1, .excludes_max = 1},
    {"shingle", ND_OPTION_SHINGLE, AT(shingle)},
    {"repair", ND_OPTION_FLAGS, AT(repairs), .sets = repair_sets, .flag_name = nd_repair_name},
    {"fold", ND_OPTION_FLAGS, AT(folds), .sets = fold_sets, .flag_name = nd_fold_name},
    {"threads", ND_OPTION_COUNT, AT(num_threads)},
    {"max_matches", ND_OPTION_COUNT, AT(max_matches)},
    {"output", ND_OPTION_CHOICE, AT(output), .choices = outputs},
    {"link", ND_OPTION_CHOICE, AT(link), .choices = links},
    {"representative", ND_OPTION_CHOICE, AT(representative), .choices = representatives},
};

#undef AT
#define AT(member) .offset = offsetof(nd_passage_options, member)

static const nd_py_option passage_options[] = {
    {"similarity", ND_OPTION_NUMBER, AT(min_similarity), .max = 1, .excludes_min = 1},
    {"min_words", ND_OPTION_COUNT, AT(min_words), .min = 1},
    {"min_words_inside", ND_OPTION_COUNT, AT(min_words_unbound), .min = 1},
};

#undef AT

/* --- values --- */

static int refuse(const nd_py_option *option, PyObject *value, const char *wanted)
{
    PyObject *const shown = PyObject_Repr(value);
    if (shown)
        nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "'%s' must be %s, not %U", option->name,
                            wanted, shown);
    Py_XDECREF(shown);
    return -1;
}

static int refuse_type(const nd_py_option *option, const char *wanted)
{
    PyErr_Format(PyExc_TypeError, "'%s' must be %s", option->name, wanted);
    return -1;
}

static int read_number(const nd_py_option *o, PyObject *value, void *out)
{
    const double number = PyFloat_AsDouble(value);
    if (number == -1 && PyErr_Occurred())
        return refuse_type(o, "a number");
    const int is_in_range = (o->excludes_min ? number > o->min : number >= o->min) &&
                            (o->excludes_max ? number < o->max : number <= o->max);
    char range[64];
    snprintf(range, sizeof range, "%s %g and %s %g", o->excludes_min ? "above" : "at least", o->min,
             o->excludes_max ? "below" : "at most", o->max);
    if (!is_in_range) /* a NaN is not */
        return refuse(o, value, range);
    memcpy(out, &number, sizeof number);
    return 0;
}

static int read_count(const nd_py_option *o, PyObject *value, void *out)
{
    PyObject *const number = PyNumber_Index(value);
    if (!number)
        return refuse_type(o, "a whole number");
    const long long wide = PyLong_AsLongLong(number);
    Py_DECREF(number);
    PyErr_Clear(); /* an overflow gives -1 */
    if (wide < (long long)o->min || wide > UINT32_MAX) {
        char range[64];
        snprintf(range, sizeof range, "%g to 4294967295", o->min);
        return refuse(o, value, range);
    }
    const uint32_t count = (uint32_t)wide;
    memcpy(out, &count, sizeof count);
    return 0;
}

/* A new reference to the bytes of a str; NULL with TypeError. */
static PyObject *word_of(const nd_py_option *o, PyObject *value, const char **word)
{
    PyObject *const bytes = PyUnicode_Check(value) ? PyUnicode_AsUTF8String(value) : NULL;
    *word = bytes ? PyBytes_AsString(bytes) : NULL;
    if (*word)
        return bytes;
    Py_XDECREF(bytes);
    refuse_type(o, "a str");
    return NULL;
}

static int read_choice(const nd_py_option *o, PyObject *value, void *out)
{
    const char *word;
    char names[128] = "one of";
    PyObject *const owner = word_of(o, value, &word);
    if (!owner)
        return -1;
    int choice = 0;
    while (o->choices[choice] && strcmp(o->choices[choice], word) != 0) {
        const size_t len = strlen(names);
        snprintf(names + len, sizeof names - len, " '%s'", o->choices[choice]);
        choice++;
    }
    Py_DECREF(owner);
    if (!o->choices[choice])
        return refuse(o, value, names);
    memcpy(out, &choice, sizeof choice);
    return 0;
}

static int read_shingle(const nd_py_option *o, PyObject *value, void *out)
{
    const char *word;
    PyObject *const owner = word_of(o, value, &word);
    if (!owner)
        return -1;
    unsigned width = 0;
    int end = 0;
    nd_shingle_spec spec = {strncmp(word, "char", 4) == 0 ? ND_SHINGLE_CHAR : ND_SHINGLE_WORD, 0};
    const int is_kind = strncmp(word, "char:", 5) == 0 || strncmp(word, "word:", 5) == 0;
    const int is_read = is_kind && word[5] >= '1' && word[5] <= '9' && strlen(word) <= 7 &&
                        sscanf(word + 5, "%u%n", &width, &end) == 1 && word[5 + end] == '\0' &&
                        width <= ND_SHINGLE_WIDTH_MAX;
    Py_DECREF(owner);
    if (!is_read)
        return refuse(o, value, "'word:N' or 'char:N' with N from 1 to 64");
    spec.width = width;
    memcpy(out, &spec, sizeof spec);
    return 0;
}

/* The flags of a name. False: it is none. */
static int find_flags(const nd_py_option *o, const char *name, size_t len, uint32_t *flags)
{
    for (const nd_named_flags *set = o->sets; set->name; set++)
        if (strlen(set->name) == len && strncmp(set->name, name, len) == 0) {
            *flags = set->flags;
            return 1;
        }
    for (unsigned i = 0; o->flag_name(i); i++)
        if (strlen(o->flag_name(i)) == len && strncmp(o->flag_name(i), name, len) == 0) {
            *flags = UINT32_C(1) << i;
            return 1;
        }
    return 0;
}

static int refuse_flags(const nd_py_option *o, PyObject *value)
{
    char names[256] = "some of";
    for (const nd_named_flags *set = o->sets; set->name; set++)
        snprintf(names + strlen(names), sizeof names - strlen(names), " '%s'", set->name);
    for (unsigned i = 0; o->flag_name(i); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), " '%s'", o->flag_name(i));
    return refuse(o, value, names);
}

/* One name, or several parted by commas as the tool has them. */
static int add_flags(const nd_py_option *o, PyObject *value, uint32_t *flags)
{
    const char *word;
    PyObject *const owner = word_of(o, value, &word);
    if (!owner)
        return -1;
    int is_known = *word != '\0';
    while (is_known && *word) {
        const size_t len = strcspn(word, ",");
        uint32_t named;
        is_known = find_flags(o, word, len, &named);
        if (is_known)
            *flags |= named;
        word += len + (word[len] == ',');
    }
    Py_DECREF(owner);
    return is_known ? 0 : refuse_flags(o, value);
}

static int read_flags(const nd_py_option *o, PyObject *value, void *out)
{
    uint32_t flags = 0;
    if (PyUnicode_Check(value)) {
        if (add_flags(o, value, &flags) != 0)
            return -1;
    } else {
        PyObject *const names = PySequence_List(value);
        if (!names)
            return refuse_type(o, "a str, or a list of them");
        int result = 0;
        for (Py_ssize_t i = 0; i < PyList_Size(names) && result == 0; i++)
            result = add_flags(o, PyList_GetItem(names, i), &flags);
        Py_DECREF(names);
        if (result != 0)
            return -1;
    }
    memcpy(out, &flags, sizeof flags);
    return 0;
}

static int read_option(const nd_py_option *option, PyObject *value, void *out)
{
    static int (*const readers[])(const nd_py_option *, PyObject *, void *) = {
        [ND_OPTION_NUMBER] = read_number, [ND_OPTION_COUNT] = read_count,
        [ND_OPTION_CHOICE] = read_choice, [ND_OPTION_SHINGLE] = read_shingle,
        [ND_OPTION_FLAGS] = read_flags,
    };
    return readers[option->kind](option, value, (char *)out + option->offset);
}

int nd_py_options_read(PyObject *dict, const nd_py_option *options, size_t num, void *out)
{
    Py_ssize_t at = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &at, &key, &value)) {
        size_t i = 0;
        while (i < num && PyUnicode_CompareWithASCIIString(key, options[i].name) != 0)
            i++;
        if (i == num) {
            PyErr_Format(PyExc_TypeError, "there is no option '%U' here", key);
            return -1;
        }
        if (value != Py_None && read_option(&options[i], value, out) != 0)
            return -1;
    }
    return 0;
}

/* --- the library's structs --- */

static int read_preset(PyObject *value, nd_preset *preset)
{
    static const char *names[ND_NUM_PRESETS + 1];
    for (int i = 0; i < ND_NUM_PRESETS; i++)
        names[i] = nd_preset_name((nd_preset)i);
    const nd_py_option option = {"preset", ND_OPTION_CHOICE, .choices = names};
    return value && value != Py_None ? read_choice(&option, value, preset) : 0;
}

int nd_py_scan_options(PyObject *dict, nd_scan_options *options)
{
    nd_preset preset = ND_PRESET_CORPUS;
    PyObject *const rest = PyDict_Copy(dict);
    if (!rest)
        return -1;
    PyObject *const name = PyDict_GetItemString(rest, "preset");
    int result = read_preset(name, &preset);
    if (result == 0 && name)
        result = PyDict_DelItemString(rest, "preset");
    nd_scan_options_init_preset(options, preset);
    options->output = ND_SCAN_BOTH;
    if (result == 0)
        result = nd_py_options_read(rest, scan_options, sizeof scan_options / sizeof *scan_options,
                                    options);
    Py_DECREF(rest);
    return result;
}

int nd_py_passage_options(PyObject *dict, nd_passage_options *options)
{
    nd_passage_options_init(options);
    const int result = nd_py_options_read(
        dict, passage_options, sizeof passage_options / sizeof *passage_options, options);
    if (options->min_words_unbound < options->min_words)
        options->min_words_unbound = options->min_words;
    return result;
}
