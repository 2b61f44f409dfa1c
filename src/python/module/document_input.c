/* Several columns are read side by side. Each has a chunk at hand; a block is the rows that all of
 * them have left of theirs. Columns of one table share their chunks. */
#include "python/module/document_input.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 1024, /* of a block, and of a chunk made from an iterator */
    CHUNK_BYTES = 256 << 10,
};

typedef struct column {
    nd_column_use use;
    bool is_given, has_ended;
    const char *name;   /* "texts" */
    const char *what;   /* "text": one of them */
    PyObject *iterator; /* NULL: a stream, or nothing */
    struct ArrowArrayStream stream;
    struct ArrowArray array; /* the only chunk, of what has no stream */
    nd_column_type type;
    int64_t field;              /* of a table, else -1 */
    struct column *of_table;    /* the column that reads the table, where another one does */
    struct column *shared_with; /* the columns that read it along */

    /* the chunk at hand */
    nd_chunk_owner *owner;
    nd_text_batch batch;
    const uint64_t *preferences;
    size_t num, used;
    uint64_t num_rows; /* of all chunks so far */
} column;

struct nd_document_input {
    column columns[ND_NUM_INPUT_COLUMNS];
    uint64_t next_row;
};

static void fetch_next(column *c, struct ArrowArray *array, int *failure)
{
    Py_BEGIN_ALLOW_THREADS;
    *failure = c->stream.get_next(&c->stream, array);
    Py_END_ALLOW_THREADS;
}

/* --- chunks of iterators --- */

/* A chunk in the making. */
typedef struct list_chunk {
    char *data;
    size_t len, capacity;
    int64_t offsets[MOST_ROWS + 1];
    uint8_t validity[MOST_ROWS / 8];
    uint64_t preferences[MOST_ROWS];
    size_t num;
} list_chunk;

static int has_type_name(PyObject *object, const char *name)
{
    PyObject *const type_name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
    if (!type_name)
        return -1;
    const int is_equal = PyUnicode_CompareWithASCIIString(type_name, name) == 0;
    Py_DECREF(type_name);
    return is_equal;
}

/* None, or what pandas puts in its place: a NaN, or its NA. -1 with an exception. */
static int is_null(PyObject *object)
{
    if (object == Py_None)
        return 1;
    if (PyUnicode_Check(object) || PyBytes_Check(object) || PyLong_Check(object))
        return 0;
    if (PyFloat_Check(object)) {
        const double value = PyFloat_AsDouble(object);
        return value != value;
    }
    return has_type_name(object, "NAType");
}

static int add_bytes(list_chunk *chunk, const char *p, size_t len)
{
    if (chunk->capacity - chunk->len < len) {
        size_t capacity = chunk->capacity ? chunk->capacity : CHUNK_BYTES;
        while (capacity - chunk->len < len)
            capacity *= 2;
        char *const grown = realloc(chunk->data, capacity);
        if (!grown) {
            PyErr_NoMemory();
            return -1;
        }
        chunk->data = grown;
        chunk->capacity = capacity;
    }
    if (len > 0)
        memcpy(chunk->data + chunk->len, p, len);
    chunk->len += len;
    return 0;
}

/* A whole number as a new reference; NULL without an exception where the object is none. */
static PyObject *whole_number(PyObject *object)
{
    PyObject *const number = PyNumber_Index(object);
    if (!number && PyErr_ExceptionMatches(PyExc_TypeError))
        PyErr_Clear();
    return number;
}

static unsigned long long row_of(const list_chunk *chunk, const column *c)
{
    const uint64_t row = c->num_rows + chunk->num;
    return row;
}

static int add_text(list_chunk *chunk, const column *c, PyObject *object)
{
    PyObject *number = NULL, *decimal = NULL;
    if (c->use == ND_COLUMN_IDS && !PyUnicode_Check(object) && !PyBytes_Check(object)) {
        number = whole_number(object);
        if (number)
            decimal = PyObject_Str(number);
        Py_XDECREF(number);
        if (PyErr_Occurred())
            return -1;
    }
    char what[64];
    snprintf(what, sizeof what, "%s %llu", c->what, row_of(chunk, c));
    nd_py_bytes bytes;
    int result = nd_py_bytes_get(decimal ? decimal : object, what, &bytes);
    Py_XDECREF(decimal);
    if (result != 0)
        return -1;
    result = add_bytes(chunk, bytes.p, bytes.len_bytes);
    Py_DECREF(bytes.owner);
    return result;
}

static int add_preference(list_chunk *chunk, const column *c, PyObject *object)
{
    PyObject *const number = whole_number(object);
    if (!number) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "%s %llu is not a whole number", c->what,
                         row_of(chunk, c));
        return -1;
    }
    const long long value = PyLong_AsLongLong(number);
    Py_DECREF(number);
    if (value == -1 && PyErr_Occurred())
        return -1;
    chunk->preferences[chunk->num] = (uint64_t)value ^ UINT64_C(1) << 63;
    return 0;
}

static int add_object(list_chunk *chunk, const column *c, PyObject *object)
{
    const int null = is_null(object);
    if (null < 0)
        return -1;
    if (null)
        chunk->preferences[chunk->num] = UINT64_MAX;
    else if ((c->use == ND_COLUMN_PREFERENCES ? add_preference : add_text)(chunk, c, object) != 0)
        return -1;
    if (!null)
        chunk->validity[chunk->num / 8] |= (uint8_t)(1U << (chunk->num % 8));
    chunk->offsets[++chunk->num] = (int64_t)chunk->len;
    return 0;
}

/* Takes the chunk's memory over. */
static int adopt(column *c, const list_chunk *chunk)
{
    nd_chunk_owner *const owner = nd_chunk_owner_new(NULL);
    const bool is_text = c->use != ND_COLUMN_PREFERENCES;
    char *const data = owner ? nd_chunk_owner_allocate(owner, chunk->len + 1, 1) : NULL;
    uint64_t *const words = data ? nd_chunk_owner_allocate(owner, chunk->num + 1, 8) : NULL;
    uint8_t *const validity = words ? nd_chunk_owner_allocate(owner, MOST_ROWS / 8, 1) : NULL;
    if (!validity) {
        nd_chunk_owner_drop(owner);
        PyErr_NoMemory();
        return -1;
    }
    if (chunk->len > 0)
        memcpy(data, chunk->data, chunk->len);
    memcpy(validity, chunk->validity, sizeof chunk->validity);
    if (is_text)
        memcpy(words, chunk->offsets, (chunk->num + 1) * sizeof *chunk->offsets);
    else
        memcpy(words, chunk->preferences, chunk->num * sizeof *chunk->preferences);
    c->owner = owner;
    c->num = chunk->num;
    c->preferences = is_text ? NULL : words;
    c->batch = (nd_text_batch){.layout = ND_LAYOUT_OFFSETS_64,
                               .num = chunk->num,
                               .validity = validity,
                               .offsets = words,
                               .data = data};
    return 0;
}

static int read_iterator(column *c)
{
    list_chunk *const chunk = calloc(1, sizeof *chunk);
    if (!chunk) {
        PyErr_NoMemory();
        return -1;
    }
    int result = 0;
    while (result == 0 && chunk->num < MOST_ROWS && chunk->len < CHUNK_BYTES) {
        PyObject *const object = PyIter_Next(c->iterator);
        if (!object) {
            c->has_ended = true;
            result = PyErr_Occurred() ? -1 : 0;
            break;
        }
        result = add_object(chunk, c, object);
        Py_DECREF(object);
    }
    if (result == 0)
        result = adopt(c, chunk);
    free(chunk->data);
    free(chunk);
    return result;
}

/* --- chunks of Arrow --- */

static nd_status take_column(column *c, const struct ArrowArray *array, nd_chunk_owner *owner,
                             nd_error *error)
{
    const struct ArrowArray *parent = NULL;
    if (c->field >= 0) {
        if (array->n_children <= c->field)
            return ND_ERR_FORMAT;
        parent = array;
        array = array->children[c->field];
    }
    c->owner = nd_chunk_owner_hold(owner);
    nd_status status;
    if (c->use == ND_COLUMN_PREFERENCES)
        status =
            nd_array_preferences(array, parent, c->type, owner, &c->preferences, &c->num, error);
    else {
        status = nd_array_texts(array, parent, c->type, owner, &c->batch, error);
        c->num = c->batch.num;
    }
    return status;
}

/* The array is moved into an owner first: what is read points into the owner's copy. */
static int take_array(column *c, struct ArrowArray *array)
{
    struct ArrowArray moved = *array;
    nd_chunk_owner *const owner = nd_chunk_owner_new(array);
    if (!owner) {
        moved.release(&moved);
        PyErr_NoMemory();
        return -1;
    }
    moved.release = NULL;
    nd_error error = {0};
    nd_status status = take_column(c, &moved, owner, &error);
    for (column *other = c->shared_with; other && status == ND_OK; other = other->shared_with)
        status = take_column(other, &moved, owner, &error);
    nd_chunk_owner_drop(owner);
    if (status == ND_OK)
        return 0;
    nd_py_raise(status, &error);
    return -1;
}

static int read_stream(column *c)
{
    struct ArrowArray array = {0};
    int failure = 0;
    if (c->array.release) {
        array = c->array;
        c->array.release = NULL;
    } else if (c->stream.release)
        fetch_next(c, &array, &failure);
    if (failure != 0) {
        const char *const message = c->stream.get_last_error(&c->stream);
        if (!PyErr_Occurred())
            nd_py_raise_message(ND_ERR_IO, "%s cannot be read: %s", c->name,
                                message ? message : strerror(failure));
        return -1;
    }
    if (array.release)
        return take_array(c, &array);
    c->has_ended = true;
    for (column *other = c->shared_with; other; other = other->shared_with)
        other->has_ended = true;
    return 0;
}

/* Sees to it that there are rows at hand, unless the column has ended. */
static int refill(column *c)
{
    while (c->used == c->num && !c->has_ended && !c->of_table) {
        for (column *each = c; each; each = each->shared_with) {
            nd_chunk_owner_drop(each->owner);
            each->owner = NULL;
            each->used = each->num = 0;
            each->preferences = NULL;
        }
        if ((c->iterator ? read_iterator : read_stream)(c) != 0)
            return -1;
        for (column *each = c; each; each = each->shared_with)
            each->num_rows += each->num;
    }
    return 0;
}

/* --- opening --- */

/* `capsule` holds a struct of the interface, which is moved out of it. */
static void *in_capsule(PyObject *capsule, const char *name)
{
    return PyCapsule_GetPointer(capsule, name);
}

/* What a column is, of a schema that may be a table's. */
static int read_type(column *c, const struct ArrowSchema *schema, const char *name)
{
    nd_error error = {0};
    c->field = -1;
    if (nd_schema_is_struct(schema)) {
        c->field = nd_schema_find(schema, name);
        if (c->field < 0) {
            nd_py_raise_message(ND_ERR_NOT_FOUND, "the table has no column '%s'", name);
            return -1;
        }
        schema = schema->children[c->field];
    }
    const nd_status status = nd_column_type_read(schema, c->use, &c->type, &error);
    if (status == ND_OK)
        return 0;
    nd_py_raise(status, &error);
    return -1;
}

/* Columns of a table that others name. */
static int read_types(column *c, const struct ArrowSchema *schema, const char *name)
{
    if (read_type(c, schema, name) != 0)
        return -1;
    for (column *other = c->shared_with; other; other = other->shared_with) {
        if (!nd_schema_is_struct(schema)) {
            PyErr_Format(PyExc_TypeError, "%s are named '%s', but the texts are no table",
                         other->name, other->what);
            return -1;
        }
        if (read_type(other, schema, other->what) != 0)
            return -1;
    }
    return 0;
}

static int open_stream(column *c, PyObject *capsule, const char *name)
{
    struct ArrowArrayStream *const stream = in_capsule(capsule, "arrow_array_stream");
    if (!stream)
        return -1;
    c->stream = *stream;
    stream->release = NULL;
    struct ArrowSchema schema = {0};
    const int failure = c->stream.get_schema(&c->stream, &schema);
    if (failure != 0) {
        const char *const message = c->stream.get_last_error(&c->stream);
        nd_py_raise_message(ND_ERR_IO, "%s cannot be read: %s", c->name,
                            message ? message : strerror(failure));
        return -1;
    }
    const int result = read_types(c, &schema, name);
    schema.release(&schema);
    return result;
}

static int open_array(column *c, PyObject *pair, const char *name)
{
    PyObject *schema_capsule, *array_capsule;
    if (!PyArg_ParseTuple(pair, "OO", &schema_capsule, &array_capsule))
        return -1;
    const struct ArrowSchema *const schema = in_capsule(schema_capsule, "arrow_schema");
    struct ArrowArray *const array = in_capsule(array_capsule, "arrow_array");
    if (!schema || !array || read_types(c, schema, name) != 0)
        return -1;
    c->array = *array;
    array->release = NULL;
    return 0;
}

/* What the object's method gives; NULL without an exception where it has none, or where it needs a
 * library that is not there and the object can be iterated over instead. */
static PyObject *ask(PyObject *object, const char *method)
{
    PyObject *const bound = PyObject_GetAttrString(object, method);
    if (!bound) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_Clear();
        return NULL;
    }
    PyObject *const result = PyObject_CallObject(bound, NULL);
    Py_DECREF(bound);
    if (!result && PyErr_ExceptionMatches(PyExc_ImportError) &&
        !PyObject_HasAttrString(object, "columns"))
        PyErr_Clear();
    return result;
}

static int open_iterator(column *c, PyObject *object)
{
    if (PyUnicode_Check(object) || PyBytes_Check(object) || PyByteArray_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be many, as in a list, not one str or bytes",
                     c->name);
        return -1;
    }
    c->iterator = PyObject_GetIter(object);
    if (c->iterator)
        return 0;
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError,
                     "%s must be an iterable, or have __arrow_c_stream__ or __arrow_c_array__",
                     c->name);
    }
    return -1;
}

static int open_column(column *c, PyObject *object, const char *name)
{
    PyObject *exported = ask(object, "__arrow_c_stream__");
    int result = -1;
    if (exported)
        result = open_stream(c, exported, name);
    else if (!PyErr_Occurred() && (exported = ask(object, "__arrow_c_array__")) != NULL)
        result = open_array(c, exported, name);
    else if (!PyErr_Occurred() && c->shared_with)
        PyErr_Format(PyExc_TypeError, "%s are named '%s', but the texts are no table",
                     c->shared_with->name, c->shared_with->what);
    else if (!PyErr_Occurred())
        result = open_iterator(c, object);
    Py_XDECREF(exported);
    return result;
}

/* A column that is named is read along with the texts. Its name is kept in `what`. */
static int plan_column(nd_document_input *input, nd_input_column which, PyObject *object,
                       PyObject **name)
{
    column *const c = &input->columns[which];
    if (!object || object == Py_None)
        return 0;
    c->is_given = true;
    if (!PyUnicode_Check(object))
        return 0;
    *name = PyUnicode_AsUTF8String(object);
    if (!*name)
        return -1;
    c->what = PyBytes_AsString(*name);
    column *const texts = &input->columns[ND_INPUT_TEXTS];
    c->of_table = texts;
    c->shared_with = texts->shared_with;
    texts->shared_with = c;
    return 0;
}

static int open_columns(nd_document_input *input, const nd_input_request *request)
{
    PyObject *objects[ND_NUM_INPUT_COLUMNS] = {[ND_INPUT_TEXTS] = request->texts,
                                               [ND_INPUT_IDS] = request->ids,
                                               [ND_INPUT_SOURCES] = request->sources,
                                               [ND_INPUT_TIMES] = request->times};
    PyObject *names[ND_NUM_INPUT_COLUMNS] = {0};
    int result = 0;
    for (int i = 0; i < ND_MAX_PREFERENCES; i++)
        objects[ND_INPUT_PREFERENCES + i] = request->preferences[i];
    for (int i = ND_INPUT_IDS; i < ND_NUM_INPUT_COLUMNS && result == 0; i++)
        result = plan_column(input, (nd_input_column)i, objects[i], &names[i]);
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS && result == 0; i++) {
        column *const c = &input->columns[i];
        if (c->is_given && !c->of_table)
            result = open_column(c, objects[i], i == 0 ? request->text_column : c->name);
    }
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS; i++) {
        if (names[i])
            input->columns[i].what = input->columns[i].name;
        Py_XDECREF(names[i]);
    }
    return result;
}

nd_document_input *nd_document_input_new(const nd_input_request *request)
{
    static const column fresh[] = {
        [ND_INPUT_TEXTS] = {.use = ND_COLUMN_TEXTS, .name = "texts", .what = "text", .field = -1},
        [ND_INPUT_IDS] = {.use = ND_COLUMN_IDS, .name = "ids", .what = "id", .field = -1},
        [ND_INPUT_SOURCES] = {.use = ND_COLUMN_TEXTS,
                              .name = "sources",
                              .what = "source",
                              .field = -1},
        [ND_INPUT_TIMES] = {.use = ND_COLUMN_PREFERENCES,
                            .name = "times",
                            .what = "time",
                            .field = -1},
        [ND_INPUT_PREFERENCES] = {.use = ND_COLUMN_PREFERENCES,
                                  .name = "preferences",
                                  .what = "preference",
                                  .field = -1}};
    enum { NUM_FRESH = sizeof fresh / sizeof *fresh };
    nd_document_input *const input = calloc(1, sizeof *input);
    if (!input) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS; i++)
        input->columns[i] = fresh[i < NUM_FRESH ? i : ND_INPUT_PREFERENCES];
    column *const texts = &input->columns[ND_INPUT_TEXTS];
    texts->is_given = true;
    texts->use = request->use;
    if (request->use != ND_COLUMN_TEXTS) {
        const column *const like =
            &fresh[request->use == ND_COLUMN_IDS ? ND_INPUT_IDS : ND_INPUT_PREFERENCES];
        texts->name = like->name;
        texts->what = like->what;
    }
    if (open_columns(input, request) == 0)
        return input;
    nd_document_input_free(input);
    return NULL;
}

void nd_document_input_free(nd_document_input *input)
{
    if (!input)
        return;
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS; i++) {
        column *const c = &input->columns[i];
        nd_chunk_owner_drop(c->owner);
        Py_XDECREF(c->iterator);
        if (c->array.release)
            c->array.release(&c->array);
        if (c->stream.release)
            c->stream.release(&c->stream);
    }
    free(input);
}

bool nd_document_input_has_ids(const nd_document_input *input)
{
    return input->columns[ND_INPUT_IDS].is_given;
}

uint64_t nd_document_input_num_rows(const nd_document_input *input)
{
    return input->next_row;
}

/* --- blocks --- */

static nd_text_batch slice(const column *c, size_t num)
{
    nd_text_batch batch = c->batch;
    batch.first += c->used;
    batch.num = num;
    return batch;
}

/* How many of `num` texts make about max_bytes: one at least. */
static size_t rows_of_bytes(const column *texts, size_t num, size_t max_bytes)
{
    const nd_text_batch batch = slice(texts, num);
    size_t bytes = 0, rows = 0;
    while (rows < num && rows < MOST_ROWS && bytes < max_bytes)
        bytes += nd_text_batch_get(&batch, rows++).len_bytes;
    return rows;
}

static int refuse_lengths(const nd_document_input *input, const column *short_one)
{
    const column *const texts = &input->columns[ND_INPUT_TEXTS];
    if (texts->has_ended && texts->used == texts->num)
        nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "there are more %s than texts, which are %llu",
                            short_one->name, (unsigned long long)texts->num_rows);
    else
        nd_py_raise_message(ND_ERR_INVALID_ARGUMENT, "there are more texts than %s, which are %llu",
                            short_one->name, (unsigned long long)short_one->num_rows);
    return -1;
}

/* Rows that all columns have at hand; 0 at the end of all. -1 with an exception. */
static Py_ssize_t rows_at_hand(nd_document_input *input)
{
    const column *const texts = &input->columns[ND_INPUT_TEXTS];
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS; i++)
        if (input->columns[i].is_given && refill(&input->columns[i]) != 0)
            return -1;
    size_t num = texts->num - texts->used;
    for (int i = 1; i < ND_NUM_INPUT_COLUMNS; i++) {
        const column *const c = &input->columns[i];
        const size_t left = c->num - c->used;
        if (c->is_given && (left == 0) != (texts->num == texts->used))
            return refuse_lengths(input, c);
        if (c->is_given && left < num)
            num = left;
    }
    return (Py_ssize_t)num;
}

int nd_document_input_next(nd_document_input *input, size_t max_bytes, nd_block *block)
{
    *block = (nd_block){.first_row = input->next_row};
    const Py_ssize_t at_hand = rows_at_hand(input);
    if (at_hand <= 0)
        return (int)at_hand;
    column *const texts = &input->columns[ND_INPUT_TEXTS];
    size_t num = (size_t)at_hand;
    if (max_bytes > 0)
        num = rows_of_bytes(texts, num, max_bytes);
    block->texts = slice(texts, num);
    if (input->columns[ND_INPUT_IDS].is_given)
        block->ids = slice(&input->columns[ND_INPUT_IDS], num);
    if (input->columns[ND_INPUT_SOURCES].is_given)
        block->sources = slice(&input->columns[ND_INPUT_SOURCES], num);
    const column *const times = &input->columns[ND_INPUT_TIMES];
    if (times->is_given)
        block->times = times->preferences + times->used;
    block->has_signed_times = times->iterator || times->type.is_signed;
    if (texts->use == ND_COLUMN_PREFERENCES)
        block->preferences[0] = texts->preferences + texts->used;
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS; i++) {
        column *const c = &input->columns[i];
        if (!c->is_given)
            continue;
        if (i >= ND_INPUT_PREFERENCES)
            block->preferences[i - ND_INPUT_PREFERENCES] = c->preferences + c->used;
        block->owners[i] = nd_chunk_owner_hold(c->owner);
        c->used += num;
    }
    input->next_row += num;
    return 1;
}

void nd_block_release(nd_block *block)
{
    for (int i = 0; i < ND_NUM_INPUT_COLUMNS; i++)
        nd_chunk_owner_drop(block->owners[i]);
    *block = (nd_block){0};
}

nd_text_batch nd_batch_of_one(const nd_py_bytes *text, int64_t offsets[2])
{
    offsets[0] = 0;
    offsets[1] = (int64_t)text->len_bytes;
    return (nd_text_batch){
        .layout = ND_LAYOUT_OFFSETS_64, .num = 1, .offsets = offsets, .data = text->p};
}
