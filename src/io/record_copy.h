/* An input written again, without some of its records. */
#ifndef IO_RECORD_COPY_H
#define IO_RECORD_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/input.h"
#include "io/output.h"
#include "io/output_folder.h"

typedef struct nd_record_copy {
    const uint64_t *removed; /* tags of documents, ascending */
    size_t num_removed;
    nd_output *output;        /* all files go into it, one after the other; or NULL, and */
    bool is_write_failed;     /* set: why the copy failed; nd_output_commit has the message */
    nd_output_folder *folder; /* each goes into one of its own there */
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
 * In a folder nothing is joined. A file of which nothing is removed is copied as it is, compressed
 * or not; others are compressed as the ends of their names say. Files that are one document each
 * (options.keeps_files) are copied, or left out.
 *
 * ND_ERR_UNSUPPORTED with a message: files that do not go into one, such as a table and lines,
 * tables with other headers, an array and another file; standard input has no name in a folder.
 * ND_ERR_IO: a file has changed since it was read. */
ND_NODISCARD nd_status nd_input_copy(nd_input *input, nd_record_copy *copy, nd_error *error);

#endif
