/* Whatever the encoding, a chunk becomes an nd_text_batch. Plain texts are used where they lie. Of
 * a dictionary views are made, 16 bytes a row, into the dictionary's bytes: so a text that stands
 * in many rows stays one. Sizes of buffers are not told by the interface (but for those of views),
 * so offsets can be checked for their order alone. */
#include "python/module/arrow_import.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- owners --- */

typedef struct owned_block {
    struct owned_block *next;
    _Alignas(16) unsigned char bytes[];
} owned_block;

struct nd_chunk_owner {
    _Atomic size_t references;
    struct ArrowArray array;
    owned_block *blocks;
};

nd_chunk_owner *nd_chunk_owner_new(struct ArrowArray *array)
{
    nd_chunk_owner *const owner = calloc(1, sizeof *owner);
    if (!owner)
        return NULL;
    atomic_init(&owner->references, 1);
    if (array) {
        owner->array = *array;
        array->release = NULL;
    }
    return owner;
}

nd_chunk_owner *nd_chunk_owner_hold(nd_chunk_owner *owner)
{
    atomic_fetch_add(&owner->references, 1);
    return owner;
}

void nd_chunk_owner_drop(nd_chunk_owner *owner)
{
    if (!owner || atomic_fetch_sub(&owner->references, 1) > 1)
        return;
    if (owner->array.release)
        owner->array.release(&owner->array);
    while (owner->blocks) {
        owned_block *const block = owner->blocks;
        owner->blocks = block->next;
        free(block);
    }
    free(owner);
}

void *nd_chunk_owner_allocate(nd_chunk_owner *owner, size_t num, size_t size)
{
    if (num > (SIZE_MAX - sizeof(owned_block)) / size)
        return NULL;
    owned_block *const block = calloc(1, sizeof *block + num * size);
    if (!block)
        return NULL;
    block->next = owner->blocks;
    owner->blocks = block;
    return block->bytes;
}

/* --- types --- */

static nd_status fail(nd_error *error, nd_status status, const char *message, const char *subject)
{
    *error = (nd_error){.code = status};
    snprintf(error->message, sizeof error->message, message, subject);
    return status;
}

static bool read_integer(const char *format, nd_column_type *type)
{
    static const char formats[] = "cCsSiIlL"; /* int8, uint8, int16, ... */
    const char *const found = format[0] ? strchr(formats, format[0]) : NULL;
    if (!found || format[1])
        return false;
    type->width = 1U << ((found - formats) / 2);
    type->is_signed = (found - formats) % 2 == 0;
    return true;
}

/* Timestamps: "tsu:UTC", and with s, m or n in place of u. */
static bool read_timestamp(const char *format, nd_column_type *type)
{
    static const char units[] = "smun";
    const char *const found =
        strncmp(format, "ts", 2) == 0 && format[2] ? strchr(units, format[2]) : NULL;
    if (!found || format[3] != ':')
        return false;
    type->width = 8;
    type->is_signed = true;
    type->a_second = 1;
    for (const char *unit = units; unit < found; unit++)
        type->a_second *= 1000;
    return true;
}

static bool read_layout(const char *format, nd_text_layout *layout)
{
    static const struct {
        const char *format;
        nd_text_layout layout;
    } layouts[] = {{"u", ND_LAYOUT_OFFSETS_32}, {"z", ND_LAYOUT_OFFSETS_32},
                   {"U", ND_LAYOUT_OFFSETS_64}, {"Z", ND_LAYOUT_OFFSETS_64},
                   {"vu", ND_LAYOUT_VIEWS},     {"vz", ND_LAYOUT_VIEWS}};
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(format, layouts[i].format) == 0) {
            *layout = layouts[i].layout;
            return true;
        }
    return false;
}

nd_status nd_column_type_read(const struct ArrowSchema *schema, nd_column_use use,
                              nd_column_type *type, nd_error *error)
{
    static const char *const wanted[] = {
        [ND_COLUMN_TEXTS] = "texts must be a column of strings or binary, not of Arrow type '%s'",
        [ND_COLUMN_IDS] =
            "ids must be a column of strings or whole numbers, not of Arrow type '%s'",
        [ND_COLUMN_PREFERENCES] =
            "numbers must be a column of whole numbers or timestamps, not of Arrow type '%s'"};
    const char *const format = schema->format ? schema->format : "";
    const bool is_integer = read_integer(format, type) ||
                            (use == ND_COLUMN_PREFERENCES && read_timestamp(format, type));
    if (is_integer && schema->dictionary) {
        type->encoding = ND_ENCODED_DICTIONARY;
        const char *const of = schema->dictionary->format ? schema->dictionary->format : "";
        if (use != ND_COLUMN_PREFERENCES && read_layout(of, &type->layout))
            return ND_OK;
        return fail(error, ND_ERR_UNSUPPORTED, wanted[use], of);
    }
    type->encoding = is_integer                 ? ND_ENCODED_INTEGER
                     : strcmp(format, "n") == 0 ? ND_ENCODED_NULL
                                                : ND_ENCODED_PLAIN;
    if (is_integer ? use != ND_COLUMN_TEXTS
                   : type->encoding == ND_ENCODED_NULL ||
                         (use != ND_COLUMN_PREFERENCES && read_layout(format, &type->layout)))
        return ND_OK;
    return fail(error, ND_ERR_UNSUPPORTED, wanted[use], format);
}

bool nd_schema_is_struct(const struct ArrowSchema *schema)
{
    return schema->format && strcmp(schema->format, "+s") == 0;
}

int64_t nd_schema_find(const struct ArrowSchema *schema, const char *name)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->name && strcmp(schema->children[i]->name, name) == 0)
            return i;
    return -1;
}

/* --- rows --- */

/* The rows that are wanted of an array: those of its parent, where it has one. */
typedef struct rows {
    const struct ArrowArray *array;
    size_t first, num;
    const uint8_t *validity; /* from `first`, as that of an nd_text_batch */
} rows;

static bool bit(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

static const uint8_t *validity_of(const struct ArrowArray *array)
{
    return array->n_buffers > 0 && array->null_count != 0 ? array->buffers[0] : NULL;
}

/* A row is null where the parent is, or the child. */
static nd_status join_validity(const struct ArrowArray *array, const struct ArrowArray *parent,
                               nd_chunk_owner *owner, rows *r)
{
    r->validity = validity_of(array);
    const uint8_t *const outer = parent ? validity_of(parent) : NULL;
    if (!outer)
        return ND_OK;
    uint8_t *const joined = nd_chunk_owner_allocate(owner, (r->first + r->num) / 8 + 1, 1);
    if (!joined)
        return ND_ERR_NO_MEMORY;
    for (size_t i = 0; i < r->num; i++)
        if (bit(outer, (size_t)parent->offset + i) &&
            (!r->validity || bit(r->validity, r->first + i)))
            joined[(r->first + i) / 8] |= (uint8_t)(1U << ((r->first + i) % 8));
    r->validity = joined;
    return ND_OK;
}

static nd_status find_rows(const struct ArrowArray *array, const struct ArrowArray *parent,
                           int64_t least_buffers, nd_chunk_owner *owner, rows *r, nd_error *error)
{
    const int64_t start = parent ? parent->offset : 0;
    const int64_t num = parent ? parent->length : array->length;
    if (array->length < 0 || array->offset < 0 || start < 0 || num < 0 || start > array->length ||
        num > array->length - start || array->offset > INT64_MAX / 16 - array->length)
        return fail(error, ND_ERR_FORMAT, "an Arrow array has a length or an offset of '%s'",
                    "out of range");
    if (array->n_buffers < least_buffers || (least_buffers > 0 && !array->buffers))
        return fail(error, ND_ERR_FORMAT, "an Arrow array has '%s'", "too few buffers");
    *r = (rows){.array = array, .first = (size_t)(array->offset + start), .num = (size_t)num};
    if (join_validity(array, parent, owner, r) != ND_OK)
        return fail(error, ND_ERR_NO_MEMORY, "%s", "out of memory");
    return ND_OK;
}

static nd_status no_buffer(nd_error *error)
{
    return fail(error, ND_ERR_FORMAT, "an Arrow array lacks '%s'", "a buffer");
}

/* --- texts --- */

static int64_t offset_at(const nd_text_batch *batch, size_t i)
{
    return batch->layout == ND_LAYOUT_OFFSETS_64 ? ((const int64_t *)batch->offsets)[i]
                                                 : ((const int32_t *)batch->offsets)[i];
}

static nd_status take_offsets(const rows *r, nd_text_batch *batch, nd_error *error)
{
    batch->offsets = r->array->buffers[1];
    batch->data = r->array->buffers[2];
    if (r->num == 0)
        return ND_OK;
    if (!batch->offsets)
        return no_buffer(error);
    int64_t before = offset_at(batch, r->first);
    bool is_in_order = before >= 0;
    for (size_t i = 1; i <= r->num && is_in_order; i++) {
        const int64_t next = offset_at(batch, r->first + i);
        is_in_order = next >= before;
        before = next;
    }
    if (!is_in_order)
        return fail(error, ND_ERR_FORMAT, "an Arrow array has '%s'", "offsets out of order");
    if (!batch->data && before > 0)
        return no_buffer(error);
    if (!batch->data)
        batch->data = "";
    return ND_OK;
}

/*  | length, 4 bytes | the text, up to 12 |
 *  | length, 4 | prefix, 4 | buffer, 4 | offset, 4 |      longer ones */
typedef struct view {
    int32_t len;
    int32_t prefix;
    int32_t buffer;
    int32_t offset;
} view;
enum { INLINE_BYTES = 12 };

static nd_status take_views(const rows *r, nd_text_batch *batch, nd_error *error)
{
    const struct ArrowArray *const array = r->array;
    const int64_t num_buffers = array->n_buffers - 3; /* validity, views .. sizes */
    const int64_t *const sizes = array->buffers[array->n_buffers - 1];
    batch->views = array->buffers[1];
    batch->view_data = (const char *const *)(array->buffers + 2);
    if (r->num > 0 && (!batch->views || (num_buffers > 0 && !sizes)))
        return no_buffer(error);
    for (size_t i = 0; i < r->num; i++) {
        if (r->validity && !bit(r->validity, r->first + i))
            continue;
        view v;
        memcpy(&v, (const char *)batch->views + (r->first + i) * sizeof v, sizeof v);
        const bool is_inside =
            v.len >= 0 && (v.len <= INLINE_BYTES ||
                           (v.buffer >= 0 && v.buffer < num_buffers && v.offset >= 0 &&
                            v.offset <= sizes[v.buffer] && v.len <= sizes[v.buffer] - v.offset));
        if (!is_inside)
            return fail(error, ND_ERR_FORMAT, "an Arrow array has '%s'", "a view out of range");
    }
    return ND_OK;
}

static nd_status take_plain(const rows *r, nd_text_layout layout, nd_text_batch *batch,
                            nd_error *error)
{
    *batch = (nd_text_batch){
        .layout = layout, .num = r->num, .first = r->first, .validity = r->validity};
    return layout == ND_LAYOUT_VIEWS ? take_views(r, batch, error) : take_offsets(r, batch, error);
}

/* Nothing but nulls. */
static nd_status take_nulls(const rows *r, nd_chunk_owner *owner, nd_text_batch *batch,
                            nd_error *error)
{
    *batch = (nd_text_batch){.layout = ND_LAYOUT_OFFSETS_32, .num = r->num, .data = ""};
    batch->offsets = nd_chunk_owner_allocate(owner, r->num + 1, sizeof(int32_t));
    batch->validity = nd_chunk_owner_allocate(owner, r->num / 8 + 1, 1);
    if (!batch->offsets || !batch->validity)
        return fail(error, ND_ERR_NO_MEMORY, "%s", "out of memory");
    return ND_OK;
}

/* The number in row i, its bits in a uint64_t, sign-extended where it has a sign. */
static uint64_t integer_at(const void *buffer, nd_column_type type, size_t i)
{
    switch (type.width) {
    case 1:
        return type.is_signed ? (uint64_t)((const int8_t *)buffer)[i]
                              : ((const uint8_t *)buffer)[i];
    case 2:
        return type.is_signed ? (uint64_t)((const int16_t *)buffer)[i]
                              : ((const uint16_t *)buffer)[i];
    case 4:
        return type.is_signed ? (uint64_t)((const int32_t *)buffer)[i]
                              : ((const uint32_t *)buffer)[i];
    default:
        return ((const uint64_t *)buffer)[i];
    }
}

static nd_status take_integers(const rows *r, nd_column_type type, nd_chunk_owner *owner,
                               nd_text_batch *batch, nd_error *error)
{
    enum { MOST_DIGITS = 21 };
    const void *const numbers = r->array->buffers[1];
    if (r->num > 0 && !numbers)
        return no_buffer(error);
    int64_t *const offsets = nd_chunk_owner_allocate(owner, r->first + r->num + 1, sizeof *offsets);
    char *const digits = nd_chunk_owner_allocate(owner, r->num + 1, MOST_DIGITS);
    if (!offsets || !digits)
        return fail(error, ND_ERR_NO_MEMORY, "%s", "out of memory");
    size_t len = 0;
    for (size_t i = 0; i < r->num; i++) {
        const uint64_t number = integer_at(numbers, type, r->first + i);
        const bool is_null = r->validity && !bit(r->validity, r->first + i);
        if (!is_null)
            len += (size_t)(type.is_signed
                                ? snprintf(digits + len, MOST_DIGITS, "%" PRId64, (int64_t)number)
                                : snprintf(digits + len, MOST_DIGITS, "%" PRIu64, number));
        offsets[r->first + i + 1] = (int64_t)len;
    }
    *batch = (nd_text_batch){.layout = ND_LAYOUT_OFFSETS_64,
                             .num = r->num,
                             .first = r->first,
                             .validity = r->validity,
                             .offsets = offsets,
                             .data = digits};
    return ND_OK;
}

/* Windows of 1 GiB of a dictionary's bytes, so that the offset of a view can be 32 bits wide. A
 * text may reach past the end of its window: they are one stretch of memory. */
enum { WINDOW_BITS = 30 };

static const char **make_windows(const nd_text_batch *texts, nd_chunk_owner *owner)
{
    const uint64_t end = texts->num ? (uint64_t)offset_at(texts, texts->first + texts->num) : 0;
    const size_t num = (size_t)(end >> WINDOW_BITS) + 1;
    const char **const windows = nd_chunk_owner_allocate(owner, num, sizeof *windows);
    for (size_t i = 0; windows && i < num; i++)
        windows[i] = texts->data + ((uint64_t)i << WINDOW_BITS);
    return windows;
}

static nd_status make_view(const nd_text_batch *texts, size_t i, view *out, nd_error *error)
{
    if (texts->layout == ND_LAYOUT_VIEWS) {
        memcpy(out, (const char *)texts->views + (texts->first + i) * sizeof *out, sizeof *out);
        return ND_OK;
    }
    const nd_batch_text text = nd_text_batch_get(texts, i);
    if (text.len_bytes > INT32_MAX)
        return fail(error, ND_ERR_LIMIT, "a dictionary has '%s'", "a text of 2 GiB or more");
    out->len = (int32_t)text.len_bytes;
    if (text.len_bytes <= INLINE_BYTES) {
        if (text.len_bytes > 0)
            memcpy(&out->prefix, text.p, text.len_bytes);
        return ND_OK;
    }
    const uint64_t offset = (uint64_t)offset_at(texts, texts->first + i);
    memcpy(&out->prefix, text.p, sizeof out->prefix);
    out->buffer = (int32_t)(offset >> WINDOW_BITS);
    out->offset = (int32_t)(offset & ((UINT64_C(1) << WINDOW_BITS) - 1));
    return ND_OK;
}

static nd_status number_out_of_range(nd_error *error)
{
    return fail(error, ND_ERR_FORMAT, "an Arrow array has '%s'",
                "a number that is none of its dictionary's");
}

static nd_status take_dictionary(const rows *r, nd_column_type type, nd_chunk_owner *owner,
                                 nd_text_batch *batch, nd_error *error)
{
    const struct ArrowArray *const dictionary = r->array->dictionary;
    const void *const numbers = r->array->buffers[1];
    if (!dictionary || (r->num > 0 && !numbers))
        return no_buffer(error);
    rows of_dictionary;
    nd_text_batch texts;
    nd_status status = find_rows(dictionary, NULL, 3, owner, &of_dictionary, error);
    if (status == ND_OK)
        status = take_plain(&of_dictionary, type.layout, &texts, error);
    if (status != ND_OK)
        return status;
    view *const views = nd_chunk_owner_allocate(owner, r->num + 1, sizeof *views);
    uint8_t *const validity = nd_chunk_owner_allocate(owner, r->num / 8 + 1, 1);
    const char *const *const windows = type.layout == ND_LAYOUT_VIEWS
                                           ? texts.view_data
                                           : (const char *const *)make_windows(&texts, owner);
    if (!views || !validity || !windows)
        return fail(error, ND_ERR_NO_MEMORY, "%s", "out of memory");
    for (size_t i = 0; i < r->num && status == ND_OK; i++) {
        if (r->validity && !bit(r->validity, r->first + i))
            continue;
        const uint64_t number = integer_at(numbers, type, r->first + i);
        if (number >= texts.num) /* also below 0 */
            return number_out_of_range(error);
        if (!nd_text_batch_get(&texts, (size_t)number).p)
            continue;
        validity[i / 8] |= (uint8_t)(1U << (i % 8));
        status = make_view(&texts, (size_t)number, &views[i], error);
    }
    *batch = (nd_text_batch){.layout = ND_LAYOUT_VIEWS,
                             .num = r->num,
                             .validity = validity,
                             .views = views,
                             .view_data = windows};
    return status;
}

nd_status nd_array_texts(const struct ArrowArray *array, const struct ArrowArray *parent,
                         nd_column_type type, nd_chunk_owner *owner, nd_text_batch *batch,
                         nd_error *error)
{
    static const int64_t least_buffers[] = {[ND_ENCODED_PLAIN] = 3,
                                            [ND_ENCODED_NULL] = 0,
                                            [ND_ENCODED_INTEGER] = 2,
                                            [ND_ENCODED_DICTIONARY] = 2};
    rows r;
    const nd_status status =
        find_rows(array, parent, least_buffers[type.encoding], owner, &r, error);
    if (status != ND_OK)
        return status;
    switch (type.encoding) {
    case ND_ENCODED_NULL:
        return take_nulls(&r, owner, batch, error);
    case ND_ENCODED_INTEGER:
        return take_integers(&r, type, owner, batch, error);
    case ND_ENCODED_DICTIONARY:
        return take_dictionary(&r, type, owner, batch, error);
    default:
        return take_plain(&r, type.layout, batch, error);
    }
}

/* In microseconds, the ones before downwards; what is out of range comes as near as it can. */
static int64_t microseconds(int64_t value, int64_t a_second)
{
    const int64_t factor = a_second <= 1000000 ? 1000000 / a_second : 1;
    if (a_second > 1000000)
        return value / 1000 - (value % 1000 < 0);
    if (value > INT64_MAX / factor)
        return INT64_MAX;
    return value < INT64_MIN / factor ? INT64_MIN : value * factor;
}

nd_status nd_array_preferences(const struct ArrowArray *array, const struct ArrowArray *parent,
                               nd_column_type type, nd_chunk_owner *owner,
                               const uint64_t **preferences, size_t *num, nd_error *error)
{
    rows r;
    const bool has_numbers = type.encoding != ND_ENCODED_NULL;
    const nd_status status = find_rows(array, parent, has_numbers ? 2 : 0, owner, &r, error);
    if (status != ND_OK)
        return status;
    const void *const numbers = has_numbers ? array->buffers[1] : NULL;
    if (has_numbers && r.num > 0 && !numbers)
        return no_buffer(error);
    uint64_t *const out = nd_chunk_owner_allocate(owner, r.num + 1, sizeof *out);
    if (!out)
        return fail(error, ND_ERR_NO_MEMORY, "%s", "out of memory");
    for (size_t i = 0; i < r.num; i++) {
        const bool is_null = !has_numbers || (r.validity && !bit(r.validity, r.first + i));
        const uint64_t sign = type.is_signed ? UINT64_C(1) << 63 : 0; /* keeps the order */
        uint64_t value = is_null ? 0 : integer_at(numbers, type, r.first + i);
        if (type.a_second > 0)
            value = (uint64_t)microseconds((int64_t)value, type.a_second);
        out[i] = is_null ? UINT64_MAX : value ^ sign;
    }
    *preferences = out;
    *num = r.num;
    return ND_OK;
}
