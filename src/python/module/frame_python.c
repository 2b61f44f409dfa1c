#include "python/module/frame_python.h"

#include <stdlib.h>
#include <string.h>

static const char NAME[] = "neardup.frame";

static void destroy_frame(PyObject *capsule)
{
    nd_frame_drop(PyCapsule_GetPointer(capsule, NAME));
}

PyObject *nd_py_frame(nd_frame *frame)
{
    if (!frame)
        return PyErr_NoMemory();
    PyObject *const capsule = PyCapsule_New(frame, NAME, destroy_frame);
    if (!capsule)
        nd_frame_drop(frame);
    return capsule;
}

static PyObject *struct_value(const nd_column *column, size_t row);

static PyObject *text_value(const nd_column *column, size_t row)
{
    const int32_t start = column->offsets[row], end = column->offsets[row + 1];
    return PyUnicode_FromStringAndSize((const char *)column->data + start, end - start);
}

static PyObject *list_value(const nd_column *column, size_t row)
{
    const size_t start = (size_t)column->offsets[row], end = (size_t)column->offsets[row + 1];
    PyObject *const list = PyList_New((Py_ssize_t)(end - start));
    for (size_t i = start; list && i < end; i++) {
        PyObject *const item = struct_value(column->children, i);
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, (Py_ssize_t)(i - start), item);
    }
    return list;
}

static PyObject *value(const nd_column *column, size_t row)
{
    const uint8_t *const bytes = column->data + row * 8;
    int64_t integer;
    double number;
    switch (column->format[0]) {
    case 'u':
        return text_value(column, row);
    case 'l':
        memcpy(&integer, bytes, sizeof integer);
        return PyLong_FromLongLong(integer);
    case 'g':
        memcpy(&number, bytes, sizeof number);
        return PyFloat_FromDouble(number);
    default:
        return column->format[1] == 'l' ? list_value(column, row) : struct_value(column, row);
    }
}

static PyObject *struct_value(const nd_column *column, size_t row)
{
    PyObject *const tuple = PyTuple_New((Py_ssize_t)column->num_children);
    for (size_t i = 0; tuple && i < column->num_children; i++) {
        PyObject *const item = value(&column->children[i], row);
        if (!item) {
            Py_DECREF(tuple);
            return NULL;
        }
        PyTuple_SetItem(tuple, (Py_ssize_t)i, item);
    }
    return tuple;
}

static nd_frame *frame_of(PyObject *argument)
{
    return PyCapsule_GetPointer(argument, NAME);
}

static PyObject *frame_len(PyObject *module, PyObject *argument)
{
    (void)module;
    const nd_frame *const frame = frame_of(argument);
    return frame ? PyLong_FromSize_t(nd_frame_num_rows(frame)) : NULL;
}

/* Rows [start, end) as a list of tuples. */
static PyObject *frame_rows(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    Py_ssize_t start, end;
    if (!PyArg_ParseTuple(arguments, "Onn", &capsule, &start, &end))
        return NULL;
    const nd_frame *const frame = frame_of(capsule);
    if (!frame)
        return NULL;
    if (start < 0 || end < start || (size_t)end > nd_frame_num_rows(frame)) {
        PyErr_SetString(PyExc_IndexError, "no such row");
        return NULL;
    }
    PyObject *const list = PyList_New(end - start);
    for (Py_ssize_t i = start; list && i < end; i++) {
        size_t row = (size_t)i;
        const nd_column *const batch = nd_frame_find(frame, &row);
        PyObject *const item = struct_value(batch, row);
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SetItem(list, i - start, item);
    }
    return list;
}

static PyObject *type_of(const nd_column *column)
{
    if (column->num_children == 0)
        return PyUnicode_FromString(column->format);
    PyObject *const fields = PyList_New(0);
    const nd_column *const of = column->format[1] == 'l' ? column->children : column;
    for (size_t i = 0; fields && i < of->num_children; i++) {
        PyObject *const type = type_of(&of->children[i]);
        PyObject *const pair =
            type ? Py_BuildValue("(sN)", of->children[i].field->name, type) : NULL;
        const int result = pair ? PyList_Append(fields, pair) : -1;
        Py_XDECREF(pair);
        if (result != 0) {
            Py_DECREF(fields);
            return NULL;
        }
    }
    return fields ? Py_BuildValue("(sN)", column->format, fields) : NULL;
}

/* Arrow's formats: ("+s", [(name, "u" | "l" | "g" | ("+l" or "+s", [...])), ...]). */
static PyObject *frame_type(PyObject *module, PyObject *argument)
{
    (void)module;
    const nd_frame *const frame = frame_of(argument);
    return frame ? type_of(nd_frame_batch(frame, 0)) : NULL;
}

static void destroy_schema(PyObject *capsule)
{
    struct ArrowSchema *const schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release)
        schema->release(schema);
    free(schema);
}

static void destroy_stream(PyObject *capsule)
{
    struct ArrowArrayStream *const stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release)
        stream->release(stream);
    free(stream);
}

static PyObject *frame_schema(PyObject *module, PyObject *argument)
{
    (void)module;
    const nd_frame *const frame = frame_of(argument);
    if (!frame)
        return NULL;
    struct ArrowSchema *const schema = calloc(1, sizeof *schema);
    if (!schema || nd_frame_export_schema(frame, schema) != 0) {
        free(schema);
        return PyErr_NoMemory();
    }
    PyObject *const capsule = PyCapsule_New(schema, "arrow_schema", destroy_schema);
    if (!capsule) {
        schema->release(schema);
        free(schema);
    }
    return capsule;
}

static PyObject *frame_stream(PyObject *module, PyObject *argument)
{
    (void)module;
    nd_frame *const frame = frame_of(argument);
    if (!frame)
        return NULL;
    struct ArrowArrayStream *const stream = calloc(1, sizeof *stream);
    if (!stream || nd_frame_export_stream(frame, stream) != 0) {
        free(stream);
        return PyErr_NoMemory();
    }
    PyObject *const capsule = PyCapsule_New(stream, "arrow_array_stream", destroy_stream);
    if (!capsule) {
        stream->release(stream);
        free(stream);
    }
    return capsule;
}

static PyMethodDef functions[] = {
    {"frame_len", frame_len, METH_O, NULL},       {"frame_rows", frame_rows, METH_VARARGS, NULL},
    {"frame_type", frame_type, METH_O, NULL},     {"frame_schema", frame_schema, METH_O, NULL},
    {"frame_stream", frame_stream, METH_O, NULL}, {NULL, NULL, 0, NULL},
};

int nd_py_add_frames(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
