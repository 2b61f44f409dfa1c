/* What a run counted, and what of it is worth saying: left out, or odd, each with its first
 * example. */
#ifndef CLI_NOTES_H
#define CLI_NOTES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output/page.h"
#include "io/input.h"
#include "neardup/counter.h"
#include "neardup/scan.h"

enum { ND_NOTES_MAX = 64, ND_FIRST_ID_BYTES = 256, ND_FIRST_BYTES = 1200 };

/* The tag of a document whose place is not known, or says no more than its id. */
#define ND_NO_PLACE UINT64_MAX

/* One line of the summary: "WHAT: COUNT DETAIL, the first: FIRST". */
typedef struct nd_note {
    nd_counter_weight weight;
    const char *key;  /* in the statistics, such as "invalid_utf8" */
    const char *what; /* is counted */
    uint64_t count;
    char detail[64];            /* such as " (12 bytes)", or nothing */
    char first[ND_FIRST_BYTES]; /* an example with its place, or nothing */
} nd_note;

/* In the order they were added. Notes with the count 0 are kept for the statistics alone. */
typedef struct nd_notes {
    nd_note items[ND_NOTES_MAX];
    size_t num;
} nd_notes;

/* The first document by id that something was counted for, so that any order of work names the same
 * one. Begins with zeros. */
typedef struct nd_first_id {
    char id[ND_FIRST_ID_BYTES]; /* cut where it is longer; terminated */
    uint64_t tag;               /* of the input's document; or ND_NO_PLACE */
    bool is_set;
} nd_first_id;

/* Of documents with one id the one with the smallest tag is first. */
void nd_first_id_consider(nd_first_id *first, const char *id, size_t id_len_bytes, uint64_t tag);

/* Considers what another worker saw. */
void nd_first_id_merge(nd_first_id *first, const nd_first_id *other);

/* What a struct of statistics counts; all of these are uint64_t. */
typedef struct nd_counter_list {
    const nd_counter *counters;
    size_t num;
} nd_counter_list;

/* Counters that several commands have, of a struct `type`: documents, or texts, with what the
 * passage finder says of them. */
#define ND_COUNTER_INVALID_BYTES(type, member)                                                     \
    {                                                                                              \
        .name = "invalid_bytes", .offset = offsetof(type, member),                                 \
        .meaning = "bytes that are not UTF-8"                                                      \
    }
#define ND_COUNTER_INVALID_UTF8(type, member, bytes)                                               \
    {                                                                                              \
        .name = "invalid_utf8", .offset = offsetof(type, member),                                  \
        .meaning = "documents with invalid UTF-8, read as U+FFFD", .weight = ND_COUNTER_LOSS,      \
        .detail = " (%s)", .detail_noun = "byte", .detail_offset = offsetof(type, bytes)           \
    }
#define ND_COUNTER_CAPS_REACHED(type, member)                                                      \
    {                                                                                              \
        .name = "caps_reached", .offset = offsetof(type, member),                                  \
        .meaning = "times that a cap on the search for passages was reached"                       \
    }
#define ND_COUNTER_CAPPED_PASSAGES(type, member, caps, what)                                       \
    {                                                                                              \
        .name = "capped_passages", .offset = offsetof(type, member),                               \
        .meaning = what " repeat so much in so many ways that not all was followed",               \
        .weight = ND_COUNTER_CAP, .detail = " (a cap was reached %s)", .detail_noun = "time",      \
        .detail_offset = offsetof(type, caps)                                                      \
    }

/* Adds each counter of `from` to that of `into`. */
void nd_counters_add(nd_counter_list list, void *into, const void *from);

/* Examples of what a scan counts, by counter. */
typedef struct nd_scan_firsts {
    pthread_mutex_t lock;
    nd_first_id items[ND_NOTES_MAX];
} nd_scan_firsts;

/* The counters of a scan. */
nd_counter_list nd_counters_of_scan(void);

void nd_scan_firsts_init(nd_scan_firsts *firsts);

/* An nd_notice_fn; `ctx` is the nd_scan_firsts. */
void nd_scan_firsts_notice(void *ctx, nd_notice notice, const nd_document *document);

void nd_scan_firsts_release(nd_scan_firsts *firsts);

/* Appends ,"counts":{"documents":12,...}. */
void nd_counters_print_json(nd_counter_list list, const void *statistics, nd_page *page);

/* Adds a note; `first` is printf-style, and may come out empty. */
void nd_notes_add(nd_notes *notes, nd_counter_weight weight, const char *key, const char *what,
                  uint64_t count, const char *first, ...) __attribute__((format(printf, 6, 7)));

/* Adds a note for each counter that is more than a figure. firsts[i] is the example of counter i;
 * NULL: there are none. `input` has the examples' places, by their tags; NULL: none is told. */
void nd_notes_add_counters(nd_notes *notes, nd_counter_list list, const void *statistics,
                           const nd_first_id *firsts, const nd_input *input);

/* A document with an id already used. */
typedef struct nd_duplicate {
    const char *name; /* that it has instead; NULL: not known */
    size_t name_len_bytes;
    uint64_t tag;       /* its own */
    uint64_t first_tag; /* of the document that keeps the id */
} nd_duplicate;

/* Names both places in the note with that key. */
void nd_notes_name_duplicate(nd_notes *notes, const char *key, const nd_duplicate *duplicate,
                             const nd_input *input);

/* Adds what the reader left out or found odd. */
void nd_notes_add_findings(nd_notes *notes, const nd_input_report *report);

/* Kinds of losses and caps with a count: what --strict makes an error. */
size_t nd_notes_num_losses(const nd_notes *notes);

/* Prints the lines of at least that weight to stderr. */
void nd_notes_print(const nd_notes *notes, nd_counter_weight lightest);

/* Appends {"key":count,...}. */
void nd_notes_print_json(const nd_notes *notes, nd_page *page);

#endif
