/* Specs out of the lines in which Python holds them. */
#ifndef PYTHON_MODULE_SPEC_PYTHON_H
#define PYTHON_MODULE_SPEC_PYTHON_H

#include "neardup/spec.h"
#include "python/module/python.h"

/* -1 with FormatError. */
int nd_py_spec_read(const char *line, nd_spec *spec);

/* Raises what a plan that cannot be made means. */
PyObject *nd_py_raise_plan(nd_status status);

#endif
