/* Inputs named on a command line, as one source of documents. */
#ifndef IO_INPUT_H
#define IO_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/status.h"

typedef enum nd_input_format {
    ND_INPUT_AUTO = 0, /* from the content */
    ND_INPUT_TEXT,     /* a file is a document; its id is the path as given */
    ND_INPUT_JSONL,    /* a line is a document */
} nd_input_format;

/* Where nd_document.preference comes from (JSON Lines only; elsewhere it is 0). */
typedef enum nd_preference {
    ND_PREFERENCE_NONE = 0,
    ND_PREFERENCE_DATE, /* an ISO 8601 date or a number in `preference_field`: earlier is smaller */
    ND_PREFERENCE_SOURCE /* place of the string in `preference_field` among `sources`; not listed:
                            after all that are */
} nd_preference;

typedef struct nd_input_options {
    nd_input_format format;
    const char *text_field; /* NULL: "text" */
    const char
        *id_field; /* NULL: "id" where a line has it, else path:line. Named: every line has it */
    nd_preference preference;
    const char *preference_field;
    const char *const *sources;
    size_t num_sources;
} nd_input_options;

/* Why something was left out; every one is counted. */
typedef enum nd_skip_reason {
    ND_SKIP_UNREADABLE = 0, /* a file or folder below a named folder that cannot be read */
    ND_SKIP_SPECIAL,        /* neither file nor folder, or a symbolic link below a named folder */
    ND_SKIP_BINARY,         /* below a named folder: a NUL in its first 8 KiB */
    ND_SKIP_TOO_LARGE,      /* a document over ND_TEXT_MAX_BYTES */
    ND_SKIP_MALFORMED_JSON, /* a line that is not one JSON object */
    ND_SKIP_NO_TEXT_FIELD,  /* a line without the text field */
    ND_SKIP_NO_ID_FIELD,    /* a line without the id field that was named */
    ND_SKIP_FIELD_TYPE, /* the text field is not a string, or the id neither string nor number */
    ND_SKIP_NUM_REASONS
} nd_skip_reason;

typedef struct nd_input_skips {
    uint64_t count;
    /* The first of them, by the order of the inputs and by line: a message as in nd_error, such as
     *   'a.jsonl':17: no field 'text'                                                           */
    nd_error first;
} nd_input_skips;

typedef struct nd_input_report {
    uint64_t files;
    uint64_t documents;
    uint64_t bytes;       /* read, before decompression */
    uint64_t bytes_total; /* of all inputs, before decompression; 0 while unknown (a pipe) */
    nd_input_skips skips[ND_SKIP_NUM_REASONS];
} nd_input_report;

typedef struct nd_input nd_input;

/* Opens the inputs: paths of files and folders, "-" for standard input. A folder is walked in byte
 * order of names, one document a file. Files compressed by gzip, zstd, xz, bzip2 or lz4 are
 * decompressed. A file is JSON Lines where its first line is one JSON object (in a folder: one with
 * the text field). A named path that cannot be opened is an error here, before any work. */
ND_NODISCARD nd_status nd_input_new(const nd_input_options *options, const char *const *paths,
                                    size_t num_paths, const nd_allocator *allocator, nd_input **out,
                                    nd_error *error);

/* The documents; belongs to the input. Invalid UTF-8 in JSON strings arrives as U+FFFD ... see
 * input.c; a read error in a named file is an error, below a folder a skip. */
const nd_source *nd_input_source(const nd_input *input);

/* What was read so far. Thread-safe, also while the source is read. */
nd_input_report nd_input_report_get(nd_input *input);

/* A short English phrase for a reason, such as "lines of malformed JSON"; static. */
const char *nd_skip_reason_name(nd_skip_reason reason);

/* Its key in --stats JSON, such as "malformed_json"; static. */
const char *nd_skip_reason_key(nd_skip_reason reason);

void nd_input_free(nd_input *input);

#endif
