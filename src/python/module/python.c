/* Exceptions, capsules and bytes. The exceptions are declared in neardup/_errors.py, in the order
 * of nd_status, and looked up when one is raised: so the module needs no state of its own. */
#include "python/module/python.h"

#include <stdarg.h>
#include <string.h>

/* A new reference; NULL with an exception. */
static PyObject *exception_of(nd_status status)
{
    PyObject *const errors = PyImport_ImportModule("neardup._errors");
    PyObject *const list = errors ? PyObject_GetAttrString(errors, "BY_STATUS") : NULL;
    PyObject *const found = list ? PySequence_GetItem(list, (Py_ssize_t)status) : NULL;
    Py_XDECREF(list);
    Py_XDECREF(errors);
    return found;
}

PyObject *nd_py_raise(nd_status status, const nd_error *error)
{
    const bool has_message = error && error->message[0];
    return nd_py_raise_message(status, "%s",
                               has_message ? error->message : nd_status_message(status));
}

PyObject *nd_py_raise_message(nd_status status, const char *format, ...)
{
    PyObject *const exception = exception_of(status);
    if (!exception)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    PyErr_FormatV(exception, format, arguments);
    va_end(arguments);
    Py_DECREF(exception);
    return NULL;
}

static void refuse_type(PyObject *object, const char *what, const char *wanted)
{
    PyObject *const name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
    if (name)
        PyErr_Format(PyExc_TypeError, "%s is of type '%U': it must be %s", what, name, wanted);
    Py_XDECREF(name);
}

int nd_py_bytes_get(PyObject *object, const char *what, nd_py_bytes *bytes)
{
    *bytes = (nd_py_bytes){0};
    char *p;
    Py_ssize_t len;
    if (PyByteArray_Check(object)) /* copied: it may change while threads read it */
        bytes->owner = PyBytes_FromObject(object);
    else if (PyUnicode_Check(object))
        bytes->owner = PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
    else if (PyBytes_Check(object)) {
        Py_INCREF(object);
        bytes->owner = object;
    } else
        refuse_type(object, what, "str or bytes");
    if (!bytes->owner)
        return -1;
    if (PyBytes_AsStringAndSize(bytes->owner, &p, &len) != 0) {
        Py_CLEAR(bytes->owner);
        return -1;
    }
    bytes->p = p;
    bytes->len_bytes = (size_t)len;
    return 0;
}

PyObject *nd_py_capsule(void *handle, const char *name, PyCapsule_Destructor destructor)
{
    PyObject *const capsule = handle ? PyCapsule_New(handle, name, destructor) : NULL;
    return capsule;
}

int nd_py_dict_set(PyObject *dict, const char *key, PyObject *value)
{
    if (!value)
        return -1;
    const int result = PyDict_SetItemString(dict, key, value);
    Py_DECREF(value);
    return result;
}
