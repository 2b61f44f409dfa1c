/* Python.h, held to the limited API of CPython 3.9, and what the module's files share: exceptions,
 * capsules and bytes out of Python objects. Everything here is called with the GIL held. */
#ifndef PYTHON_MODULE_PYTHON_H
#define PYTHON_MODULE_PYTHON_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>

#include <stdbool.h>

#include "neardup/status.h"

/* Raises the exception of neardup._errors that stands for the status, and returns NULL. `error` may
 * be NULL; its message, where it has one, is the exception's. */
PyObject *nd_py_raise(nd_status status, const nd_error *error);

/* The same with a message, printf-style as PyErr_Format has it. */
PyObject *nd_py_raise_message(nd_status status, const char *format, ...);

/* UTF-8 (for a str; lone surrogates as their three bytes, which are not valid UTF-8 and are counted
 * as such) or the bytes of a bytes or bytearray object. *owner, to be released, keeps them. Returns
 * -1 with TypeError where it is another object: `what` names it, as in "text 5". */
typedef struct nd_py_bytes {
    PyObject *owner;
    const char *p;
    size_t len_bytes;
} nd_py_bytes;
int nd_py_bytes_get(PyObject *object, const char *what, nd_py_bytes *bytes);

/* A handle of the library in a capsule that owns it: NULL, without an exception, if it is NULL. */
PyObject *nd_py_capsule(void *handle, const char *name, PyCapsule_Destructor destructor);

/* Steals `value`; -1 with an exception if it is NULL. */
int nd_py_dict_set(PyObject *dict, const char *key, PyObject *value);

/* Adds what a file of the module defines; -1 with an exception. Called once a module. */
int nd_py_add_frames(PyObject *module);
int nd_py_add_columns(PyObject *module);
int nd_py_add_scan(PyObject *module);
int nd_py_add_passages(PyObject *module);
int nd_py_add_spec(PyObject *module);
int nd_py_add_batch(PyObject *module);
int nd_py_add_table(PyObject *module);
int nd_py_add_index(PyObject *module);
int nd_py_add_index_ask(PyObject *module);
int nd_py_add_evaluate(PyObject *module);
int nd_py_add_minhash(PyObject *module);
int nd_py_add_minhash_lsh(PyObject *module);
int nd_py_add_rare(PyObject *module);

#endif
