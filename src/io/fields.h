/* Which fields of a record make a document, and what stands in them. */
#ifndef IO_FIELDS_H
#define IO_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ND_FIELD_MAX_PARTS = 8, /* of one name */
    ND_MAX_TEXT_FIELDS = 8,
    /* Those of the text, the id, what a document is preferred by, its date and source. */
    ND_MAX_FIELDS = ND_MAX_TEXT_FIELDS + 1 + ND_MAX_PREFERENCES + 2,
};

typedef struct nd_field_part {
    const char *p;
    size_t len_bytes;
} nd_field_part;

/* A field by its name: "body.text" is the member of that whole name, or else the member "text" of
 * the object in "body". */
typedef struct nd_field {
    const char *name; /* terminated; the parts point into it */
    size_t name_len_bytes;
    size_t num_parts;
    nd_field_part parts[ND_FIELD_MAX_PARTS];
} nd_field;

/* Fields looked for: those of the text, in the order in which they are joined, then others. */
typedef struct nd_fields {
    nd_field items[ND_MAX_FIELDS];
    size_t num;
} nd_fields;

/* Adds the fields of a list such as "title,body.text": a comma between two names (where `most` is
 * 1, it is part of the name), a dot between the parts of one, and a backslash before a comma or a
 * dot that is meant itself. The names are copied to `copy`, which has room for strlen(list) + 1
 * bytes and outlives the fields. *num: how many. ND_ERR_INVALID_ARGUMENT with a message: more than
 * `most` names, or more parts than there is room for. */
ND_NODISCARD nd_status nd_fields_add(nd_fields *fields, const char *list, size_t most, char *copy,
                                     size_t *num, nd_error *error);

typedef enum nd_field_type {
    ND_FIELD_ABSENT = 0,
    ND_FIELD_STRING,
    ND_FIELD_NUMBER,
    ND_FIELD_NULL,
    ND_FIELD_OTHER, /* true, false, NaN, an array or an object */
} nd_field_type;

/* What a field holds. p points into the record: the inside of a string, the digits of a number as
 * written. */
typedef struct nd_field_value {
    nd_field_type type;
    bool is_raw; /* a string with escapes, or quotes twice, that are not yet undone */
    const char *p;
    size_t len_bytes;
} nd_field_value;

#ifdef __cplusplus
}
#endif

#endif
