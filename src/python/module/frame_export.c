/* Frames as Arrow's C structs. Every exported struct owns its own memory and holds the frame, so
 * that a consumer may move a child out and release the others, as the interface allows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "python/module/frame.h"

/* --- schema --- */

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *const child = schema->children[i];
        if (child && child->release)
            child->release(child);
        free(child);
    }
    free(schema->children);
    schema->release = NULL;
}

static int export_type(const nd_column *column, const char *name, struct ArrowSchema *out)
{
    *out = (struct ArrowSchema){.format = column->format, .name = name, .release = schema_release};
    if (column->num_children == 0)
        return 0;
    out->children = calloc(column->num_children, sizeof(struct ArrowSchema *));
    if (!out->children)
        return -1;
    const int is_list = strcmp(column->format, "+l") == 0;
    for (size_t i = 0; i < column->num_children; i++) {
        const nd_column *const child = &column->children[i];
        out->children[i] = calloc(1, sizeof(struct ArrowSchema));
        out->n_children++;
        if (!out->children[i] ||
            export_type(child, is_list ? "item" : child->field->name, out->children[i]) != 0)
            return -1;
    }
    return 0;
}

int nd_frame_export_schema(const nd_frame *frame, struct ArrowSchema *out)
{
    if (export_type(nd_frame_batch(frame, 0), "", out) == 0)
        return 0;
    schema_release(out);
    return -1;
}

/* --- arrays --- */

typedef struct exported {
    nd_frame *frame;
    const void *buffers[3];
} exported;

static void array_release(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *const child = array->children[i];
        if (child && child->release)
            child->release(child);
        free(child);
    }
    free(array->children);
    exported *const own = array->private_data;
    nd_frame_drop(own->frame);
    free(own);
    array->release = NULL;
}

/* Buffers as the type has them: validity, which is always absent; offsets; data. */
static void set_buffers(const nd_column *column, exported *own, struct ArrowArray *out)
{
    out->buffers = own->buffers;
    out->n_buffers = 1;
    if (column->offsets)
        own->buffers[out->n_buffers++] = column->offsets;
    if (column->data)
        own->buffers[out->n_buffers++] = column->data;
}

static int export_column(nd_frame *frame, const nd_column *column, struct ArrowArray *out)
{
    *out = (struct ArrowArray){.length = (int64_t)column->num_rows};
    exported *const own = calloc(1, sizeof *own);
    if (!own)
        return -1;
    own->frame = nd_frame_hold(frame);
    out->private_data = own;
    out->release = array_release;
    set_buffers(column, own, out);
    if (column->num_children > 0) {
        out->children = calloc(column->num_children, sizeof(struct ArrowArray *));
        if (!out->children)
            return -1;
    }
    for (size_t i = 0; i < column->num_children; i++) {
        out->children[i] = calloc(1, sizeof(struct ArrowArray));
        out->n_children++;
        if (!out->children[i] || export_column(frame, &column->children[i], out->children[i]) != 0)
            return -1;
    }
    return 0;
}

/* --- streams --- */

typedef struct frame_stream {
    nd_frame *frame;
    size_t next;
} frame_stream;

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const frame_stream *const s = stream->private_data;
    return nd_frame_export_schema(s->frame, out) == 0 ? 0 : ENOMEM;
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    frame_stream *const s = stream->private_data;
    *out = (struct ArrowArray){0}; /* released: the end */
    if (s->next == nd_frame_num_batches(s->frame) || nd_frame_num_rows(s->frame) == 0)
        return 0;
    if (export_column(s->frame, nd_frame_batch(s->frame, s->next), out) != 0) {
        if (out->release)
            out->release(out);
        return ENOMEM;
    }
    s->next++;
    return 0;
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "out of memory"; /* nothing else fails */
}

static void stream_release(struct ArrowArrayStream *stream)
{
    frame_stream *const s = stream->private_data;
    nd_frame_drop(s->frame);
    free(s);
    stream->release = NULL;
}

int nd_frame_export_stream(nd_frame *frame, struct ArrowArrayStream *out)
{
    frame_stream *const s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    s->frame = nd_frame_hold(frame);
    *out = (struct ArrowArrayStream){.get_schema = stream_get_schema,
                                     .get_next = stream_get_next,
                                     .get_last_error = stream_get_last_error,
                                     .release = stream_release,
                                     .private_data = s};
    return 0;
}
