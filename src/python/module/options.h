/* Options out of a dict of keyword arguments, by tables that declare them. */
#ifndef PYTHON_MODULE_OPTIONS_H
#define PYTHON_MODULE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/passages.h"
#include "neardup/scan.h"
#include "python/module/python.h"

typedef enum nd_option_kind {
    ND_OPTION_NUMBER = 0, /* double, in a range */
    ND_OPTION_COUNT,      /* uint32_t, from min on */
    ND_OPTION_CHOICE,     /* an enum, by name */
    ND_OPTION_SHINGLE,    /* nd_shingle_spec, as "word:5" or "char:7" */
    ND_OPTION_FLAGS,      /* uint32_t, by a name, or several */
} nd_option_kind;

/* Names of sets of flags, such as "all"; the last has none. */
typedef struct nd_named_flags {
    const char *name;
    uint32_t flags;
} nd_named_flags;

/* One option: its keyword, and where its value goes in a struct. */
typedef struct nd_py_option {
    const char *name;
    nd_option_kind kind;
    size_t offset;
    double min, max;
    int excludes_min, excludes_max;
    const char *const *choices; /* by their numbers, the last NULL */
    const nd_named_flags *sets;
    const char *(*flag_name)(unsigned index); /* of the flag 1 << index; NULL: no more */
} nd_py_option;

/* Sets what the dict has, leaves the rest (None counts as not given). -1 with TypeError where an
 * option is of another type or none of the table's, and InvalidArgument where it is out of range.
 */
int nd_py_options_read(PyObject *dict, const nd_py_option *options, size_t num, void *out);

/* Scan options: the preset's, then what the dict says. */
int nd_py_scan_options(PyObject *dict, nd_scan_options *options);
int nd_py_passage_options(PyObject *dict, nd_passage_options *options);

#endif
