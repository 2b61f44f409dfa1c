/* Paths in messages, whose length is bounded, and where in the input a document stands. */
#ifndef IO_PLACE_H
#define IO_PLACE_H

#include <stdint.h>

#include "neardup/allocator.h"

struct nd_path_walk;
struct nd_reading;

enum { ND_SHOWN_PATH_BYTES = 304 };

typedef struct nd_shown_path {
    char text[ND_SHOWN_PATH_BYTES]; /* terminated */
} nd_shown_path;

/* Where a document stands, such as 'a.jsonl':12. */
typedef struct nd_shown_place {
    char text[ND_SHOWN_PATH_BYTES + 48]; /* terminated; empty: not known */
} nd_shown_place;

/* The path, or "..." and its last 300 bytes: what stands behind it in a message is not cut off. */
nd_shown_path nd_show_path(const char *path);

/* The place of the document with that tag, among those that the walk led to and `reading` says how
 * to read, as in
 *   'a.jsonl':12            a record that is a line
 *   'a.csv', record 12      another record, or what came through a pipe; of an archive, all count
 *   'a.txt'                 a file of one document
 * Costs the first bytes of the file and, where it was not named itself, a second walk up to it.
 * Nothing is kept for this while documents are read. */
nd_shown_place nd_place_of(const nd_allocator *allocator, const struct nd_path_walk *walk,
                           const struct nd_reading *reading, uint64_t tag);

#endif
