/* Reading a file of tab-separated values, line by line. */
#ifndef CLI_TSV_FILE_H
#define CLI_TSV_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"
#include "util/arena.h"

enum { ND_TSV_MAX_FIELDS = 32 }; /* what follows stays in the last */

typedef struct nd_tsv_field {
    const char *p;
    size_t len_bytes;
} nd_tsv_field;

typedef enum nd_tsv_kind {
    ND_TSV_VALUES = 0,
    ND_TSV_HEADER, /* the line begins with '#', which the first field does not have any more */
} nd_tsv_kind;

typedef struct nd_tsv_line {
    const char *path;
    uint64_t number; /* from 1 */
    nd_tsv_kind kind;
    size_t num_fields; /* at least 1 */
    nd_tsv_field fields[ND_TSV_MAX_FIELDS];
} nd_tsv_line;

/* Takes one line; a status other than ND_OK ends the reading, which returns it. */
typedef nd_status (*nd_tsv_line_fn)(void *ctx, const nd_tsv_line *line, nd_error *error);

/* Calls `each` for every line that is not blank. The file may be compressed, and its lines may end
 * in CR LF. */
ND_NODISCARD nd_status nd_tsv_file_read(const char *path, const nd_allocator *allocator,
                                        nd_tsv_line_fn each, void *ctx, nd_error *error);

/* Lines left out, and what is said of the first of them. */
typedef struct nd_tsv_left_out {
    uint64_t count;
    char first[ND_ERROR_MESSAGE_BYTES]; /* "'a.tsv':17: no document 'x'" */
} nd_tsv_left_out;

/* Counts a line; `what` is said of field `field` (such as "no document"). */
void nd_tsv_leave_out(nd_tsv_left_out *left_out, const nd_tsv_line *line, const char *what,
                      size_t field);

/* Orders by bytes: below, equal to or above 0. */
int nd_tsv_compare(const nd_tsv_field *a, const nd_tsv_field *b);

/* A field with its bytes copied into the arena; p is NULL when out of memory. */
nd_tsv_field nd_tsv_keep(nd_arena *arena, nd_tsv_field field);

/* An error that names file and line: "'a.tsv':17: ...". */
nd_status nd_tsv_refuse(const nd_tsv_line *line, nd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
