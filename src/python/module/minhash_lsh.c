/* The buckets behind neardup.compat.datasketch.MinHashLSH: a table a band from the hash of its
 * slots to the entries that have it, a bucket a doubly linked list through its entries, so that
 * coming and going take one step at any size.
 *
 *   band:   tables[band]: | key, head | key, head | ...    open addressing, a power of 2
 *   entry:  keys[bands]   next[bands]   previous[bands]    and the caller's object
 *
 * Everything happens with the GIL held. */
#include <stdlib.h>
#include <string.h>

#include "python/module/minhash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_SIZE = 64, NO_ENTRY = -1, MOST_BANDS = 1024 };

typedef struct bucket {
    uint64_t key;
    int32_t head; /* NO_ENTRY: free, or empty meanwhile */
    bool is_used;
} bucket;

typedef struct table {
    bucket *buckets;
    size_t size; /* a power of 2 */
    size_t num_used;
} table;

typedef struct neighbours {
    int32_t next, previous;
} neighbours;

typedef struct lsh {
    PyObject_HEAD;
    PyTypeObject *sketch_type;
    uint32_t bands, rows;
    uint32_t num_slots; /* of the sketches that are taken */
    table *tables;      /* [bands] */
    PyObject **labels;  /* [capacity]: the caller's; NULL: free */
    uint64_t *keys;     /* [capacity][bands] */
    neighbours *links;  /* [capacity][bands] */
    uint32_t *marks;    /* [capacity]: the last query that met it */
    uint32_t query;
    int32_t num, capacity, first_free; /* free entries are linked by their first next */
} lsh;

/* --- tables --- */

static bucket *find(const table *t, uint64_t key)
{
    size_t at = key & (t->size - 1);
    while (t->buckets[at].is_used && t->buckets[at].key != key)
        at = (at + 1) & (t->size - 1);
    return &t->buckets[at];
}

static int grow_table(table *t)
{
    table larger = {.size = t->size ? 2 * t->size : FIRST_SIZE};
    larger.buckets = calloc(larger.size, sizeof *larger.buckets);
    if (!larger.buckets)
        return -1;
    for (size_t i = 0; i < t->size; i++)
        if (t->buckets[i].is_used && t->buckets[i].head != NO_ENTRY) {
            *find(&larger, t->buckets[i].key) = t->buckets[i];
            larger.num_used++;
        }
    free(t->buckets);
    *t = larger;
    return 0;
}

/* Room for one more key in each table: at most half of one is used. */
static int reserve_keys(lsh *l)
{
    for (uint32_t j = 0; j < l->bands; j++)
        if (2 * (l->tables[j].num_used + 1) > l->tables[j].size && grow_table(&l->tables[j]) != 0)
            return -1;
    return 0;
}

static int resize(void **array, size_t num, size_t size)
{
    void *const larger = realloc(*array, num * size);
    if (larger)
        *array = larger;
    return larger ? 0 : -1;
}

static int reserve_entry(lsh *l)
{
    if (l->first_free != NO_ENTRY || l->num < l->capacity)
        return 0;
    if (l->capacity > INT32_MAX / 2)
        return -1;
    const int32_t capacity = l->capacity ? 2 * l->capacity : FIRST_SIZE;
    const size_t wide = (size_t)capacity * l->bands;
    if (resize((void **)&l->labels, (size_t)capacity, sizeof *l->labels) != 0 ||
        resize((void **)&l->marks, (size_t)capacity, sizeof *l->marks) != 0 ||
        resize((void **)&l->keys, wide, sizeof *l->keys) != 0 ||
        resize((void **)&l->links, wide, sizeof *l->links) != 0)
        return -1;
    l->capacity = capacity;
    return 0;
}

static int32_t take_entry(lsh *l)
{
    const int32_t entry = l->first_free;
    if (entry == NO_ENTRY)
        return l->num++;
    l->first_free = l->links[(size_t)entry * l->bands].next;
    return entry;
}

static void link_entry(lsh *l, int32_t entry)
{
    for (uint32_t j = 0; j < l->bands; j++) {
        const size_t at = (size_t)entry * l->bands + j;
        bucket *const b = find(&l->tables[j], l->keys[at]);
        if (!b->is_used) {
            *b = (bucket){l->keys[at], NO_ENTRY, true};
            l->tables[j].num_used++;
        }
        l->links[at] = (neighbours){b->head, NO_ENTRY};
        if (b->head != NO_ENTRY)
            l->links[(size_t)b->head * l->bands + j].previous = entry;
        b->head = entry;
    }
}

static void unlink_entry(lsh *l, int32_t entry)
{
    for (uint32_t j = 0; j < l->bands; j++) {
        const size_t at = (size_t)entry * l->bands + j;
        const neighbours links = l->links[at];
        if (links.previous != NO_ENTRY)
            l->links[(size_t)links.previous * l->bands + j].next = links.next;
        else
            find(&l->tables[j], l->keys[at])->head = links.next;
        if (links.next != NO_ENTRY)
            l->links[(size_t)links.next * l->bands + j].previous = links.previous;
    }
}

/* --- the type --- */

static PyObject *lsh_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    unsigned bands, rows, num_slots;
    PyObject *sketch_type;
    if (keywords || !PyArg_ParseTuple(arguments, "O!III", &PyType_Type, &sketch_type, &bands, &rows,
                                      &num_slots))
        return NULL;
    if (bands < 1 || bands > MOST_BANDS || rows < 1 || rows > num_slots / bands)
        return nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "there are not as many slots");
    const allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *const self = allocate(type, 0);
    lsh *const l = (lsh *)self;
    if (!l)
        return NULL;
    Py_INCREF(sketch_type);
    l->sketch_type = (PyTypeObject *)sketch_type;
    l->bands = bands;
    l->rows = rows;
    l->num_slots = num_slots;
    l->first_free = NO_ENTRY;
    l->tables = calloc(bands, sizeof *l->tables);
    if (l->tables)
        return self;
    Py_DECREF(self);
    return PyErr_NoMemory();
}

static int lsh_clear(PyObject *self)
{
    lsh *const l = (lsh *)self;
    const int32_t num = l->num;
    l->num = 0;
    for (int32_t i = 0; i < num; i++)
        Py_CLEAR(l->labels[i]);
    Py_CLEAR(l->sketch_type);
    return 0;
}

static int lsh_traverse(PyObject *self, visitproc visit, void *arg)
{
    const lsh *const l = (const lsh *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(l->sketch_type);
    for (int32_t i = 0; i < l->num; i++)
        Py_VISIT(l->labels[i]);
    return 0;
}

static void lsh_dealloc(PyObject *self)
{
    lsh *const l = (lsh *)self;
    PyTypeObject *const type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    lsh_clear(self);
    for (uint32_t j = 0; l->tables && j < l->bands; j++)
        free(l->tables[j].buckets);
    free(l->tables);
    free(l->labels);
    free(l->keys);
    free(l->links);
    free(l->marks);
    const freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* --- calls --- */

/* The keys of a sketch's bands, of which there are `bands`. */
static int make_keys(const lsh *l, PyObject *sketch, uint32_t bands, uint64_t *keys)
{
    uint32_t num;
    if (!l->sketch_type || !PyType_IsSubtype(Py_TYPE(sketch), l->sketch_type)) {
        PyErr_SetString(PyExc_ValueError, "the index takes sketches of neardup.compat.datasketch");
        return -1;
    }
    const uint64_t *const slots = nd_py_minhash_slots(sketch, &num);
    if (!slots)
        return -1;
    if (num != l->num_slots) {
        PyErr_Format(PyExc_ValueError, "Expecting minhash with length %u, got %u",
                     (unsigned)l->num_slots, (unsigned)num);
        return -1;
    }
    for (uint32_t j = 0; j < bands; j++)
        keys[j] = XXH3_64bits(slots + (size_t)j * l->rows, l->rows * sizeof *slots);
    return 0;
}

static PyObject *add_entry(lsh *l, PyObject *label, const uint64_t *keys)
{
    if (reserve_entry(l) != 0 || reserve_keys(l) != 0)
        return PyErr_NoMemory();
    const int32_t entry = take_entry(l);
    memcpy(l->keys + (size_t)entry * l->bands, keys, l->bands * sizeof *keys);
    link_entry(l, entry);
    Py_INCREF(label);
    l->labels[entry] = label;
    l->marks[entry] = 0;
    return PyLong_FromLong(entry);
}

/* insert(label, sketch): its number */
static PyObject *insert(PyObject *self, PyObject *arguments)
{
    lsh *const l = (lsh *)self;
    PyObject *label, *sketch;
    uint64_t keys[MOST_BANDS];
    if (!PyArg_ParseTuple(arguments, "OO", &label, &sketch) ||
        make_keys(l, sketch, l->bands, keys) != 0)
        return NULL;
    return add_entry(l, label, keys);
}

/* insert_keys(label, bytes of keys): the same, as keys() gave them */
static PyObject *insert_keys(PyObject *self, PyObject *arguments)
{
    lsh *const l = (lsh *)self;
    PyObject *label;
    const char *p;
    Py_ssize_t len;
    uint64_t keys[MOST_BANDS];
    if (!PyArg_ParseTuple(arguments, "Oy#", &label, &p, &len))
        return NULL;
    if ((size_t)len != l->bands * sizeof *keys)
        return nd_py_raise_message(ND_ERR_FORMAT, "keys of another number of bands");
    memcpy(keys, p, (size_t)len);
    return add_entry(l, label, keys);
}

/* -1 with an exception if there is no such entry. */
static int32_t entry_of(const lsh *l, PyObject *number)
{
    const long entry = PyLong_AsLong(number);
    if (entry == -1 && PyErr_Occurred())
        return -1;
    if (entry >= 0 && entry < l->num && l->labels[entry])
        return (int32_t)entry;
    nd_py_raise_message(ND_ERR_NOT_FOUND, "there is no entry %ld", entry);
    return -1;
}

/* keys(number): the bytes of its bands' keys */
static PyObject *entry_keys(PyObject *self, PyObject *number)
{
    const lsh *const l = (const lsh *)self;
    const int32_t entry = entry_of(l, number);
    if (entry < 0)
        return NULL;
    return PyBytes_FromStringAndSize((const char *)(l->keys + (size_t)entry * l->bands),
                                     (Py_ssize_t)(l->bands * sizeof *l->keys));
}

static PyObject *remove_entry(PyObject *self, PyObject *number)
{
    lsh *const l = (lsh *)self;
    const int32_t entry = entry_of(l, number);
    if (entry < 0)
        return NULL;
    unlink_entry(l, entry);
    PyObject *const label = l->labels[entry];
    l->labels[entry] = NULL;
    l->links[(size_t)entry * l->bands].next = l->first_free;
    l->first_free = entry;
    Py_DECREF(label);
    Py_RETURN_NONE;
}

/* query(sketch, bands): the labels that share one of the first so many bands, each once. The list
 * is made before the search: making it may run code that changes the table, filling it does not. */
static PyObject *query(PyObject *self, PyObject *arguments)
{
    lsh *const l = (lsh *)self;
    PyObject *sketch;
    unsigned bands;
    uint64_t keys[MOST_BANDS];
    if (!PyArg_ParseTuple(arguments, "OI", &sketch, &bands))
        return NULL;
    if (bands > l->bands)
        bands = l->bands;
    if (make_keys(l, sketch, bands, keys) != 0)
        return NULL;
    PyObject *const found = PyList_New(0);
    if (++l->query == 0) { /* once in 2^32 queries */
        memset(l->marks, 0, (size_t)l->capacity * sizeof *l->marks);
        l->query = 1;
    }
    for (uint32_t j = 0; found && j < bands && l->num > 0; j++)
        for (int32_t entry = find(&l->tables[j], keys[j])->is_used
                                 ? find(&l->tables[j], keys[j])->head
                                 : NO_ENTRY;
             entry != NO_ENTRY; entry = l->links[(size_t)entry * l->bands + j].next) {
            if (l->marks[entry] == l->query)
                continue;
            l->marks[entry] = l->query;
            if (PyList_Append(found, l->labels[entry]) != 0) {
                Py_DECREF(found);
                return NULL;
            }
        }
    return found;
}

static PyMethodDef methods[] = {
    {"insert", insert, METH_VARARGS, NULL}, {"insert_keys", insert_keys, METH_VARARGS, NULL},
    {"keys", entry_keys, METH_O, NULL},     {"remove", remove_entry, METH_O, NULL},
    {"query", query, METH_VARARGS, NULL},   {NULL, NULL, 0, NULL},
};

static PyType_Slot slots_of_type[] = {
    {Py_tp_new, lsh_new},     {Py_tp_dealloc, lsh_dealloc}, {Py_tp_traverse, lsh_traverse},
    {Py_tp_clear, lsh_clear}, {Py_tp_methods, methods},     {0, NULL},
};

static PyType_Spec type_spec = {
    .name = "neardup._core.Buckets",
    .basicsize = sizeof(lsh),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots_of_type,
};

int nd_py_add_minhash_lsh(PyObject *module)
{
    PyObject *const type = PyType_FromSpec(&type_spec);
    if (!type)
        return -1;
    const int result = PyModule_AddObject(module, "Buckets", type);
    if (result != 0)
        Py_DECREF(type);
    return result;
}
