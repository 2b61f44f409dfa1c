/* What a run left out or found odd: counted, named, each with its first example. */
#ifndef CLI_NOTES_H
#define CLI_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"
#include "io/input.h"

typedef enum nd_note_weight {
    ND_NOTE_REMARK = 0, /* worth saying; nothing was left out */
    ND_NOTE_LOSS        /* something was left out or changed: --strict makes it an error */
} nd_note_weight;

enum { ND_NOTES_MAX = 64, ND_NOTE_TEXT_BYTES = 768 };

typedef struct nd_note {
    nd_note_weight weight;
    const char *key; /* in the statistics, such as "invalid_utf8" */
    uint64_t count;
    char text[ND_NOTE_TEXT_BYTES]; /* a line of the summary */
} nd_note;

/* In the order they were added. Notes with the count 0 are kept for the statistics alone. */
typedef struct nd_notes {
    nd_note items[ND_NOTES_MAX];
    size_t num;
} nd_notes;

/* Adds a note; the text is printf-style. */
void nd_notes_add(nd_notes *notes, nd_note_weight weight, const char *key, uint64_t count,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds what the reader left out or found odd. */
void nd_notes_add_findings(nd_notes *notes, const nd_input_report *report);

/* Kinds of losses with a count. */
size_t nd_notes_num_losses(const nd_notes *notes);

/* Prints the lines to stderr: all of them, or the losses alone. */
void nd_notes_print(const nd_notes *notes, nd_note_weight lightest);

/* Appends {"key":count,...}. */
void nd_notes_print_json(const nd_notes *notes, nd_page *page);

#endif
