/* The sketch behind neardup.compat.datasketch.MinHash, as a type that Python's class extends:
 * hashes of elements are kept until somebody looks at the slots, and then sketched at once. The
 * sketch of a union is slot by slot the smaller one (see src/sketch/round_hash.h), so that what is
 * sketched can grow. */
#include "python/module/minhash.h"

#include <stdlib.h>
#include <string.h>

#include "neardup/sketch.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { MOST_PENDING = 4096 };

struct nd_py_minhash {
    PyObject_HEAD;
    uint32_t num_visible; /* slots that Python sees: the first of num_slots */
    uint32_t num_slots;
    uint64_t seed;
    uint64_t *slots; /* [num_slots]; NULL: empty so far */
    uint64_t *pending;
    size_t num_pending, capacity;
};

static uint64_t element_hash(const nd_py_minhash *m, const void *p, size_t len_bytes)
{
    return XXH3_64bits_withSeed(p, len_bytes, m->seed);
}

/* --- the sketch --- */

static void take_smaller(uint64_t *slots, const uint64_t *others, uint32_t num)
{
    for (uint32_t i = 0; i < num; i++)
        if (others[i] < slots[i])
            slots[i] = others[i];
}

/* -1 with an exception. */
static int add_slots(nd_py_minhash *m, const uint64_t *slots)
{
    if (!m->slots) {
        m->slots = malloc(m->num_slots * sizeof *m->slots);
        if (!m->slots) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(m->slots, slots, m->num_slots * sizeof *m->slots);
        return 0;
    }
    take_smaller(m->slots, slots, m->num_slots);
    return 0;
}

/* Sketches what is pending. */
static int flush(nd_py_minhash *m)
{
    uint64_t slots[ND_SKETCH_MAX_SLOTS];
    if (m->num_pending == 0)
        return 0;
    if (nd_sketch_compute(m->pending, m->num_pending, m->num_slots, slots) != ND_OK) {
        nd_py_raise(ND_ERR_INVALID_ARGUMENT, NULL);
        return -1;
    }
    m->num_pending = 0;
    return add_slots(m, slots);
}

static int add_hash(nd_py_minhash *m, uint64_t hash)
{
    if (m->num_pending == MOST_PENDING && flush(m) != 0)
        return -1;
    if (m->num_pending == m->capacity) {
        const size_t capacity = m->capacity ? 4 * m->capacity : 16;
        uint64_t *const pending = realloc(m->pending, capacity * sizeof *pending);
        if (!pending) {
            PyErr_NoMemory();
            return -1;
        }
        m->pending = pending;
        m->capacity = capacity;
    }
    m->pending[m->num_pending++] = hash;
    return 0;
}

/* Bytes, or whatever has a buffer; a str is refused, as it has no bytes of its own. */
static int add_element(nd_py_minhash *m, PyObject *object)
{
    char *p;
    Py_ssize_t len;
    if (PyBytes_Check(object))
        return PyBytes_AsStringAndSize(object, &p, &len) == 0
                   ? add_hash(m, element_hash(m, p, (size_t)len))
                   : -1;
    PyObject *const view = PyMemoryView_FromObject(object);
    PyObject *const bytes = view ? PyBytes_FromObject(view) : NULL;
    int result = -1;
    if (bytes && PyBytes_AsStringAndSize(bytes, &p, &len) == 0)
        result = add_hash(m, element_hash(m, p, (size_t)len));
    Py_XDECREF(bytes);
    Py_XDECREF(view);
    return result;
}

/* --- the type --- */

static PyObject *minhash_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)arguments;
    (void)keywords;
    const allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return allocate(type, 0);
}

static void minhash_dealloc(PyObject *self)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    PyTypeObject *const type = Py_TYPE(self);
    free(m->slots);
    free(m->pending);
    const freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* _setup(num_perm, seed): empty, of so many slots */
static PyObject *setup(PyObject *self, PyObject *arguments)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    unsigned num;
    unsigned long long seed;
    if (!PyArg_ParseTuple(arguments, "IK", &num, &seed))
        return NULL;
    if (num < 1 || num > ND_SKETCH_MAX_SLOTS)
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT,
                                   "'num_perm' must be from 1 to %d, not %u", ND_SKETCH_MAX_SLOTS,
                                   num);
    free(m->slots);
    m->slots = NULL;
    m->num_pending = 0;
    m->num_visible = num;
    m->num_slots = num < ND_SKETCH_MIN_SLOTS ? ND_SKETCH_MIN_SLOTS : num;
    m->seed = seed;
    Py_RETURN_NONE;
}

static PyObject *update(PyObject *self, PyObject *element)
{
    if (add_element((nd_py_minhash *)self, element) != 0)
        return NULL;
    Py_RETURN_NONE;
}

/* The number that a hash function of the caller's gave. */
static PyObject *update_hash(PyObject *self, PyObject *number)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    PyObject *const index = PyNumber_Index(number);
    const unsigned long long hash = index ? PyLong_AsUnsignedLongLong(index) : 0;
    Py_XDECREF(index);
    if (PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Clear();
            PyErr_SetString(PyExc_ValueError, "hashfunc must return a number of 64 bits");
        }
        return NULL;
    }
    const uint64_t value = hash;
    if (add_hash(m, element_hash(m, &value, sizeof value)) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *update_batch(PyObject *self, PyObject *elements)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    PyObject *const iterator = PyObject_GetIter(elements);
    if (!iterator)
        return NULL;
    PyObject *element;
    int result = 0;
    while (result == 0 && (element = PyIter_Next(iterator))) {
        result = add_element(m, element);
        Py_DECREF(element);
    }
    Py_DECREF(iterator);
    if (result != 0 || PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* All slots as bytes, those Python does not see too. */
static PyObject *get_slots(PyObject *self, PyObject *unused)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    (void)unused;
    if (flush(m) != 0)
        return NULL;
    PyObject *const bytes =
        PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(m->num_slots * sizeof(uint64_t)));
    char *const out = bytes ? PyBytes_AsString(bytes) : NULL;
    if (out && m->slots)
        memcpy(out, m->slots, m->num_slots * sizeof *m->slots);
    else if (out)
        memset(out, 0xff, m->num_slots * sizeof(uint64_t)); /* ND_SLOT_EMPTY */
    return bytes;
}

/* Bytes of all slots, or of those that Python sees. */
static PyObject *set_slots(PyObject *self, PyObject *bytes)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    uint64_t slots[ND_SKETCH_MAX_SLOTS];
    char *p;
    Py_ssize_t len;
    if (PyBytes_AsStringAndSize(bytes, &p, &len) != 0)
        return NULL;
    if ((size_t)len != m->num_slots * sizeof *slots &&
        (size_t)len != m->num_visible * sizeof *slots)
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "there must be %lu hash values",
                                   (unsigned long)m->num_visible);
    memset(slots, 0xff, m->num_slots * sizeof *slots);
    memcpy(slots, p, (size_t)len);
    m->num_pending = 0;
    free(m->slots);
    m->slots = NULL;
    bool is_empty = true;
    for (uint32_t i = 0; i < m->num_visible; i++)
        is_empty = is_empty && slots[i] == ND_SLOT_EMPTY;
    if (!is_empty && add_slots(m, slots) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *is_empty(PyObject *self, PyObject *unused)
{
    const nd_py_minhash *const m = (const nd_py_minhash *)self;
    (void)unused;
    return PyBool_FromLong(!m->slots && m->num_pending == 0);
}

const uint64_t *nd_py_minhash_slots(PyObject *object, uint32_t *num)
{
    static const uint64_t empty[ND_SKETCH_MAX_SLOTS] = {0};
    nd_py_minhash *const m = (nd_py_minhash *)object;
    if (flush(m) != 0)
        return NULL;
    *num = m->num_visible;
    return m->slots ? m->slots : empty;
}

/* Both are of the type: Python's class saw to that. _num_equal(other): slots that agree */
static PyObject *num_equal(PyObject *self, PyObject *other)
{
    nd_py_minhash *const a = (nd_py_minhash *)self, *const b = (nd_py_minhash *)other;
    if (flush(a) != 0 || flush(b) != 0)
        return NULL;
    unsigned long num = 0;
    if (!a->slots || !b->slots)
        num = !a->slots && !b->slots ? a->num_visible : 0;
    else
        for (uint32_t i = 0; i < a->num_visible; i++)
            num += a->slots[i] == b->slots[i];
    return PyLong_FromUnsignedLong(num);
}

static PyObject *take(PyObject *self, PyObject *other)
{
    nd_py_minhash *const a = (nd_py_minhash *)self, *const b = (nd_py_minhash *)other;
    if (flush(a) != 0 || flush(b) != 0 || (b->slots && add_slots(a, b->slots) != 0))
        return NULL;
    Py_RETURN_NONE;
}

/* How many different elements there were. An element falls into one slot of k in each of the rounds
 * 0 .. k-1, at a time in the round that is spread evenly, and into every slot after those: so what
 * a slot waits for its first one is exponential with the rate n / k, cut off at k, whose likelihood
 * is largest at (slots that did not wait that long) / (sum of all waiting). */
static PyObject *count(PyObject *self, PyObject *unused)
{
    nd_py_minhash *const m = (nd_py_minhash *)self;
    (void)unused;
    if (flush(m) != 0)
        return NULL;
    if (!m->slots)
        return PyFloat_FromDouble(0);
    const double k = m->num_slots;
    double waited = 0, met = 0;
    for (uint32_t i = 0; i < m->num_slots; i++) {
        const double round = (double)(m->slots[i] >> 48);
        const double within = (double)(m->slots[i] & ((UINT64_C(1) << 48) - 1)) / 281474976710656.0;
        met += round < k;
        waited += round < k ? round + within : k;
    }
    return PyFloat_FromDouble(k * met / waited);
}

static PyMethodDef methods[] = {
    {"_setup", setup, METH_VARARGS, NULL},
    {"_update", update, METH_O, NULL},
    {"_update_hash", update_hash, METH_O, NULL},
    {"_update_batch", update_batch, METH_O, NULL},
    {"_slots", get_slots, METH_NOARGS, NULL},
    {"_set_slots", set_slots, METH_O, NULL},
    {"_is_empty", is_empty, METH_NOARGS, NULL},
    {"_num_equal", num_equal, METH_O, NULL},
    {"_take", take, METH_O, NULL},
    {"_count", count, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots_of_type[] = {
    {Py_tp_new, minhash_new},
    {Py_tp_dealloc, minhash_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec type_spec = {
    .name = "neardup._core.Sketch",
    .basicsize = sizeof(nd_py_minhash),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots_of_type,
};

int nd_py_add_minhash(PyObject *module)
{
    PyObject *const type = PyType_FromSpec(&type_spec);
    if (!type)
        return -1;
    const int result = PyModule_AddObject(module, "Sketch", type);
    if (result != 0)
        Py_DECREF(type);
    return result;
}
