/* One column of numbers as Arrow's C structs, from the bytes of a Python object, which are copied:
 * so that a consumer may release them without the GIL, whenever it likes. */
#include <stdlib.h>
#include <string.h>

#include "python/module/arrow_abi.h"
#include "python/module/python.h"

/* The memory of an array and its child, in one block: freed when both are released. */
typedef struct exported {
    int references;
    const void *buffers[2];
    const void *child_buffers[2];
    struct ArrowArray child;
    struct ArrowArray *children[1];
    _Alignas(64) unsigned char bytes[];
} exported;

static void array_release(struct ArrowArray *array)
{
    exported *const own = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    array->release = NULL;
    if (__atomic_sub_fetch(&own->references, 1, __ATOMIC_ACQ_REL) == 0)
        free(own);
}

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free((void *)schema->format);
    schema->release = NULL;
}

static int make_schema(struct ArrowSchema *out, const char *format, unsigned width)
{
    char list_format[32];
    snprintf(list_format, sizeof list_format, "+w:%u", width);
    *out = (struct ArrowSchema){.name = "", .release = schema_release};
    out->format = strdup(width ? list_format : format);
    out->children = width ? calloc(1, sizeof(struct ArrowSchema *)) : NULL;
    if (!out->format || (width && !out->children))
        return -1;
    if (!width)
        return 0;
    out->children[0] = calloc(1, sizeof(struct ArrowSchema));
    if (!out->children[0] || make_schema(out->children[0], format, 0) != 0) {
        free(out->children[0]);
        return -1;
    }
    out->children[0]->name = "item";
    out->n_children = 1;
    return 0;
}

/* Bytes of 0 and 1 become bits. */
static void copy_values(unsigned char *out, const char *p, size_t len, bool is_bool)
{
    if (!is_bool && len > 0)
        memcpy(out, p, len);
    for (size_t i = 0; is_bool && i < len; i++)
        out[i / 8] |= (unsigned char)((p[i] != 0) << (i % 8));
}

static int make_array(struct ArrowArray *out, const char *p, size_t len, size_t item_bytes,
                      unsigned width)
{
    const bool is_bool = item_bytes == 1;
    exported *const own = calloc(1, sizeof *own + (is_bool ? len / 8 + 1 : len));
    if (!own)
        return -1;
    copy_values(own->bytes, p, len, is_bool);
    const int64_t num = (int64_t)(len / item_bytes);
    struct ArrowArray *const values = width ? &own->child : out;
    own->references = width ? 2 : 1;
    own->child_buffers[1] = own->bytes;
    *values = (struct ArrowArray){.length = num,
                                  .n_buffers = 2,
                                  .buffers = own->child_buffers,
                                  .release = array_release,
                                  .private_data = own};
    own->children[0] = &own->child;
    if (width)
        *out = (struct ArrowArray){.length = num / width,
                                   .n_buffers = 1,
                                   .buffers = own->buffers,
                                   .n_children = 1,
                                   .children = own->children,
                                   .release = array_release,
                                   .private_data = own};
    return 0;
}

static void destroy_schema(PyObject *capsule)
{
    struct ArrowSchema *const schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release)
        schema->release(schema);
    free(schema);
}

static void destroy_array(PyObject *capsule)
{
    struct ArrowArray *const array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release)
        array->release(array);
    free(array);
}

static PyObject *schema_capsule(const char *format, unsigned width)
{
    struct ArrowSchema *const schema = calloc(1, sizeof *schema);
    if (!schema || make_schema(schema, format, width) != 0) {
        if (schema)
            schema_release(schema);
        free(schema);
        return PyErr_NoMemory();
    }
    PyObject *const capsule = PyCapsule_New(schema, "arrow_schema", destroy_schema);
    if (!capsule) {
        schema_release(schema);
        free(schema);
    }
    return capsule;
}

static PyObject *array_capsule(const char *p, size_t len, size_t item_bytes, unsigned width)
{
    struct ArrowArray *const array = calloc(1, sizeof *array);
    if (!array || make_array(array, p, len, item_bytes, width) != 0) {
        free(array);
        return PyErr_NoMemory();
    }
    PyObject *const capsule = PyCapsule_New(array, "arrow_array", destroy_array);
    if (!capsule) {
        array->release(array);
        free(array);
    }
    return capsule;
}

/* export_column(bytes, kind, width): capsules of a schema and an array. width 0: no lists. */
static PyObject *export_column(PyObject *module, PyObject *arguments)
{
    static const struct {
        const char *kind, *format;
        size_t item_bytes;
    } kinds[] = {{"bool", "b", 1}, {"int64", "l", 8}, {"uint64", "L", 8}, {"uint32", "I", 4}};
    (void)module;
    const char *p, *kind;
    Py_ssize_t len;
    unsigned width;
    if (!PyArg_ParseTuple(arguments, "y#sI", &p, &len, &kind, &width))
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return Py_BuildValue("(NN)", schema_capsule(kinds[i].format, width),
                                 array_capsule(p, (size_t)len, kinds[i].item_bytes, width));
    return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "no column is of kind '%s'", kind);
}

static PyMethodDef functions[] = {
    {"export_column", export_column, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int nd_py_add_columns(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
