/* Inputs named on a command line, as one source of documents. */
#ifndef IO_INPUT_H
#define IO_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/place.h"
#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/status.h"

typedef enum nd_input_format {
    ND_INPUT_AUTO = 0, /* from the content and the name */
    ND_INPUT_TEXT,     /* a file is a document; its id is the path as given */
    ND_INPUT_JSONL,    /* a line is a JSON object, and a document */
    ND_INPUT_JSON,  /* a JSON object is a document, wherever lines end: several in one array, or one
                       after the other */
    ND_INPUT_CSV,   /* a row is a document; the first has the names of the columns */
    ND_INPUT_TSV,   /* the same with tabs for commas */
    ND_INPUT_LINES, /* a line is a document, unless it is blank */
    ND_INPUT_HTML,  /* a file is a page, and the text it shows a document */
    ND_INPUT_NUM_FORMATS
} nd_input_format;

/* What the ending of a name says, one such as ".gz" after it or not; ND_INPUT_AUTO: nothing. */
nd_input_format nd_input_format_of_name(const char *path);

/* What one of nd_document.preferences says: smaller for what is rather kept. A document without a
 * readable field comes after all others, and is counted; a text file has no fields. */
typedef enum nd_preference {
    ND_PREFERENCE_PLACE = 0, /* the place in the input, which is the tag; needs no field */
    ND_PREFERENCE_EARLIEST,  /* the date in the field: see neardup/date.h */
    ND_PREFERENCE_LATEST,
    ND_PREFERENCE_LARGEST, /* the number in the field, also in a string */
    ND_PREFERENCE_SMALLEST,
    ND_PREFERENCE_LISTED, /* the place of the string in the field among `names`; what is not listed
                             comes after all that are */
} nd_preference;

typedef struct nd_preference_key {
    nd_preference by;
    const char *field; /* one, as of nd_input_options.id_field */
    const char *const *names;
    size_t num_names;
} nd_preference_key;

#define ND_INPUT_MAX_BYTES ((size_t)256 << 20)
#define ND_INPUT_MAX_ENTRIES 10000000

typedef struct nd_input_options {
    nd_input_format format;
    /* NULL: "text". A list, "title,body.text": texts of several fields are joined by a blank line,
     * and a dot goes inside an object; see nd_fields_add. */
    const char *text_field;
    /* NULL: "id" where a record has it and it is not null, else path:line. Named: every record has
     * it. A number is taken as it is written. */
    const char *id_field;
    const nd_preference_key *preferences; /* in the order in which they decide */
    size_t num_preferences;               /* at most ND_MAX_PREFERENCES */
    /* Whether nd_document.time and nd_document.source are wanted. date_field NULL: "date", and
     * source_field NULL: "source", where a record has them; named: what lacks one is counted. */
    bool has_attributes;
    const char *date_field, *source_field;
    size_t max_bytes;     /* of a document and of a record; 0: ND_INPUT_MAX_BYTES */
    uint64_t max_entries; /* read of an archive; 0: ND_INPUT_MAX_ENTRIES */
    bool reads_hidden;    /* below a named folder, also what has a name with a dot in front */
    /* From this byte of all files on, the first of which is number 1, documents that can be read
     * again are lasting: see nd_input_source. It takes time and saves memory, and changes nothing
     * else. 0: none are. */
    uint64_t lasting_from_bytes;
    bool is_live; /* records of a pipe are handed over as they come, and not when they fill a
                     block */
    /* The records will be wanted again as they are: nd_input_copy (io/record_copy.h). Then what is
     * no regular file, holds no records (a text, a page), or cannot be read to its end is an error;
     * with keeps_files, texts and pages are none. */
    bool keeps_records, keeps_files;
    /* Documents are looked for here before they are read, and put here with what a scan learns of
     * them; NULL: they are not. Borrowed. All other options, and those of the scan, have to be
     * among its terms. */
    struct nd_journal *journal;
    /* The documents that are wanted, by their tags, which ascend: other records are stepped over
     * without a look into them. NULL: all. Borrowed. */
    const uint64_t *wanted_tags;
    size_t num_wanted_tags;
    size_t block_bytes; /* of a block, at most about; 0: 256 KiB. Changes nothing but speed. */
} nd_input_options;

/* What a reader leaves out, or finds odd; every one is counted. Declared once: the table in input.c
 * has the key and the words of each. */
typedef enum nd_input_issue {
    ND_ISSUE_UNREADABLE = 0, /* a file or folder below a named folder that cannot be read */
    ND_ISSUE_PARTLY_READ,    /* a file below a named folder, read up to where that failed */
    ND_ISSUE_CHANGED,        /* a file that became shorter or longer while it was read */
    ND_ISSUE_SPECIAL,        /* neither file nor folder, or a symbolic link below a named folder */
    ND_ISSUE_BINARY,         /* below a named folder: a NUL in its first 8 KiB */
    ND_ISSUE_NESTED,         /* an archive in an archive in an archive */
    ND_ISSUE_MANY_ENTRIES,   /* an archive with more than ND_INPUT_MAX_ENTRIES entries: the rest */
    ND_ISSUE_NO_PAGE,        /* a record of a WARC archive that is no page that was found */
    ND_ISSUE_HIDDEN,         /* below a named folder: hidden, and not asked for */
    ND_ISSUE_SAME_FILE,      /* a second path to a file: it is read once */
    ND_ISSUE_OWN_OUTPUT,     /* a file that the caller writes: see nd_input_leave_out */
    ND_ISSUE_TOO_LARGE,      /* a document or a record over max_bytes */
    ND_ISSUE_NO_MEMORY,      /* a large document that there was no memory for */
    ND_ISSUE_MALFORMED_JSON, /* a line or a value that is not one JSON object */
    ND_ISSUE_TOO_DEEP,       /* JSON nested deeper than 1,024 levels */
    ND_ISSUE_MALFORMED_ROW,  /* a row with more cells than there are columns, or an open quote */
    ND_ISSUE_NO_TEXT_FIELD,  /* a record without the text field; a table without its column */
    ND_ISSUE_NO_ID_FIELD,    /* a record without the id field that was named */
    ND_ISSUE_FIELD_TYPE,   /* the text field is not a string, or the id neither string nor number */
    ND_ISSUE_INVALID_UTF8, /* a line with bytes or \u escapes that are not Unicode text: read as
                              U+FFFD */
    ND_ISSUE_ENCODING,     /* a file with bytes that its encoding (UTF-16, UTF-32, that of a page)
                              does not have: read as U+FFFD */
    ND_ISSUE_NO_PREFERENCE,         /* a document without a preference field */
    ND_ISSUE_UNREADABLE_PREFERENCE, /* one with another value there than is asked for */
    ND_ISSUE_NO_ATTRIBUTE,          /* a document without the date or source field that was named */
    ND_ISSUE_UNREADABLE_ATTRIBUTE,  /* one whose date field holds no date, or source no string */
    ND_NUM_ISSUES
} nd_input_issue;

typedef struct nd_input_finding {
    uint64_t count;
    uint64_t bytes; /* that became U+FFFD; an escape has six */
    /* The first of them, by the order of the inputs and by line: a message as in nd_error, such as
     *   'a.jsonl':17: no field 'text'                                                           */
    nd_error first;
} nd_input_finding;

typedef struct nd_input_report {
    uint64_t files;       /* read, standard input included; without those left out */
    uint64_t documents;   /* handed over */
    uint64_t bytes;       /* read, before decompression */
    uint64_t bytes_total; /* of all inputs, before decompression; 0 while unknown: with a pipe, and
                             until the last folder is walked */
    nd_input_finding findings[ND_NUM_ISSUES];
} nd_input_report;

/* Adds up what two inputs have; the first example of an issue in both is that of `into`. */
void nd_input_report_add(nd_input_report *into, const nd_input_report *from);

typedef struct nd_input nd_input;

/* nd_document.tag: which record it is of which file, both from 0. The files are numbered in the
 * order in which they are met, the records as they stand in their file, those that were left out
 * included; of an archive all entries count as one file. So it does not depend on threads.
 *
 *   | file, 28 bits | record, 36 bits |      what does not fit is UINT64_MAX */
#define ND_INPUT_TAG_RECORD_BITS 36

static inline uint64_t nd_input_tag(uint64_t file, uint64_t record)
{
    const bool fits =
        file >> (64 - ND_INPUT_TAG_RECORD_BITS) == 0 && record >> ND_INPUT_TAG_RECORD_BITS == 0;
    return fits ? file << ND_INPUT_TAG_RECORD_BITS | record : UINT64_MAX;
}

/* Opens the inputs: paths of files and folders, "-" (once) for standard input. The options and
 * paths are copied.
 *
 * A folder is walked in byte order of names, one document a file; the ids of its files are its path
 * as given, one '/', and the way down. Hidden files are left out, unless asked for; a file that
 * several paths lead to is read at the first. Files compressed by gzip, zstd, xz, bzip2 or lz4,
 * found by their first bytes, are decompressed, and UTF-16 and UTF-32 with a byte order mark become
 * UTF-8.
 *
 * A tar, zip or WARC archive is read like a folder, and so is an archive inside one; of a WARC
 * archive the pages that were found, whose ids are their addresses.
 *
 * What a file is, its content says, then the ending of its name: a page begins as one; JSON Lines
 * have an object in their first line, or documents in half of their first few (a bad line may stand
 * before good ones); other JSON begins with an object, in an array or not; a table has a column for
 * the text. A file called .jsonl or .json is JSON even if nothing of it is; everything else is one
 * text, and an empty file an empty one. In JSON Lines blank lines and a byte order mark at the
 * start do not count.
 *
 * A named path that cannot be opened is an error here, before any work, and so is a named file of a
 * kind that is not read (a PDF file, a 7z archive, ...), unless options->format says that it is
 * text.
 */
ND_NODISCARD nd_status nd_input_new(const nd_input_options *options, const char *const *paths,
                                    size_t num_paths, const nd_allocator *allocator, nd_input **out,
                                    nd_error *error);

/* Passes over the file open at `fd`, which the caller writes, where a named folder leads to it:
 * output must not become input. Before the source is read; does nothing where it is no regular
 * file. ND_ERR_INVALID_ARGUMENT: it is itself named as an input. */
ND_NODISCARD nd_status nd_input_leave_out(nd_input *input, int fd, nd_error *error);

/* The documents; belongs to the input, and can be read once; again only what is lasting, if the
 * options ask for it: documents of regular files that are neither compressed, nor archives, nor
 * UTF-16 or UTF-32. ND_ERR_IO names a file that gives others then. Texts of text files arrive byte
 * for byte. In JSON Lines invalid UTF-8 and half surrogate pairs arrive as U+FFFD, and are counted.
 * A file that cannot be read or decompressed to its end is an error where it was named, and below a
 * folder a skip (lines before the bad place have been handed over). */
const nd_source *nd_input_source(const nd_input *input);

/* Where the document with that tag stands, for messages: see nd_place_of in io/place.h. */
nd_shown_place nd_input_place_of(const nd_input *input, uint64_t tag);

/* Whether an id is a place itself: a named path, with a line or a way down behind it, or not. */
bool nd_input_is_path(const nd_input *input, const char *id);

/* What was read so far, in steps of a block, without what is read again. Thread-safe, also while
 * the source is read. Once all blocks are decoded it depends on the inputs and options alone, not
 * on threads. */
nd_input_report nd_input_report_get(nd_input *input);

/* What is said of an issue. */
typedef struct nd_issue_text {
    const char *key;  /* in --stats JSON, such as "malformed_json" */
    const char *what; /* in the summary, as "records that are not a JSON object, left out" */
    nd_status code;   /* of the nd_error of its first example */
    bool is_loss;     /* --strict is to fail; else it is as documented, and said once */
} nd_issue_text;

/* Static. */
const nd_issue_text *nd_issue_text_of(nd_input_issue issue);

/* Lists the files of an input with keeps_records: *bytes, of all of them. */
ND_NODISCARD nd_status nd_input_list(nd_input *input, uint64_t *bytes, nd_error *error);

/* A digest of the files of an input with keeps_records: their paths and sizes, when they changed,
 * and which files they are. They are listed for it, not read. */
struct nd_journal_key;
ND_NODISCARD nd_status nd_input_digest(nd_input *input, uint64_t seed,
                                       struct nd_journal_key *digest, nd_error *error);

struct nd_record_visitor;

/* Visits the records of an input with keeps_records, before it is read or after: see
 * nd_file_list_visit in io/record_visit.h. */
ND_NODISCARD nd_status nd_input_visit(nd_input *input, const struct nd_record_visitor *visitor,
                                      nd_error *error);

/* After every block was decoded or discarded. */
void nd_input_free(nd_input *input);

#endif
