/* An input written again, without some of its records. */
#ifndef IO_RECORD_COPY_H
#define IO_RECORD_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/input.h"
#include "io/output.h"
#include "util/alloc.h"

/* How the values of the fields are written. */
typedef enum nd_note_form {
    ND_NOTE_MEMBERS = 0, /* "name":value,"name":value */
    ND_NOTE_CELLS,       /* each with the delimiter before it (RFC 4180) */
    ND_NOTE_NAMES,       /* the same, of the header */
} nd_note_form;

/* The caller's: what is said of a record. */
typedef struct nd_record_notes {
    void *ctx;
    const char *names; /* of the fields, with commas between */
    /* Appends what is said of the record with that tag; the tags ascend. */
    nd_status (*add)(void *ctx, nd_note_form form, uint64_t tag, char delimiter, nd_byte_vec *out);
} nd_record_notes;

/* A place of a passage that stands in a text before: bytes [start, end) of it, and of the place
 * where it stands first. */
typedef struct nd_text_repeat {
    uint64_t start, end;
    uint64_t first_start, first_end;
} nd_text_repeat;

typedef struct nd_text_stretch {
    uint64_t start, end;
} nd_text_stretch;

/* The caller's: what a text repeats, and is to be cut out of it. */
typedef struct nd_repeat_cuts {
    void *ctx;
    /* Sets *repeats, which ascend and hold until the next call. */
    nd_status (*find)(void *ctx, const char *text, size_t len_bytes, const nd_text_repeat **repeats,
                      size_t *num);
    uint32_t min_words;        /* that are cut out at once */
    uint64_t documents, bytes; /* set: cut, and cut out of them as they are written */
    uint64_t not_utf8;         /* set: JSON with invalid UTF-8, which stays as it is */
} nd_repeat_cuts;

typedef struct nd_record_copy {
    const uint64_t *removed; /* tags of documents, ascending */
    size_t num_removed;
    nd_output *output;            /* all files go into it, one after the other; or NULL, and */
    bool is_write_failed;         /* set: why the copy failed; nd_output_commit has the message */
    nd_output_folder *folder;     /* each goes into one of its own there */
    const char *parts_folder;     /* for files without a name: entries of archives, while written */
    const nd_record_notes *notes; /* added to each record; NULL: none are */
    nd_repeat_cuts *cuts;         /* cut out of the texts; NULL: nothing is */
} nd_record_copy;

/* Looks whether the input can be copied, by the names of its files and the first record of each:
 * before it is read, so that no work is in vain. Nothing is written. The errors are those of
 * nd_input_copy. */
ND_NODISCARD nd_status nd_input_copy_check(nd_input *input, const nd_record_copy *copy,
                                           nd_error *error);

/* Writes all bytes of all files, one file after the other, but for the records that are removed;
 * what is no document (blank lines, malformed ones) is kept. The input has been read to its end,
 * and was opened with options.keeps_records. Changed is only what joins files: a line end is added
 * where a file has none at its end, and later files come without their byte order marks and
 * headers. Of a JSON array the brackets stay, and the commas fit.
 *
 * Archives of one kind go into one archive, if no two files in them have one name (see
 * archive_copy.h). Of an archive, entries that are one document stay or are left out, others are
 * written as files are.
 *
 * In a folder nothing is joined. A file of which nothing is removed is copied as it is, compressed
 * or not; others are compressed as the ends of their names say. Files that are one document each
 * (options.keeps_files) are copied, or left out.
 *
 * With notes, each record that is a JSON object, or a row with a text, gets more fields, and keeps
 * the bytes it has; others, and what cannot be read, stay as they are.
 *
 * With cuts, whole lines and sentences of a text that stand in it before, word for word, are cut
 * out, each field of the text for itself; of the record nothing else is changed. One that is not
 * UTF-8 stays.
 *
 * ND_ERR_UNSUPPORTED with a message: files that do not go into one, such as a table and lines,
 * tables with other headers, an array and another file, an archive and another file; an output
 * whose name says that it is something else; standard input has no name in a folder; with notes,
 * records without fields, or with these; with cuts, pages; with either, WARC archives. An entry of
 * an archive that cannot be changed may be met by the copy only.
 * ND_ERR_IO: a file has changed since it was read. */
ND_NODISCARD nd_status nd_input_copy(nd_input *input, nd_record_copy *copy, nd_error *error);

#endif
