/* Where in the input a document stands, for messages. */
#ifndef IO_PLACE_H
#define IO_PLACE_H

#include <stdint.h>

#include "io/documents.h"
#include "io/path_walk.h"
#include "io/shown_path.h"

/* The place of the document with that tag, among those that the walk led to and `reading` says how
 * to read, as in
 *   'a.jsonl':12            a record that is a line
 *   'a.csv', record 12      another record, or what came through a pipe; of an archive, all count
 *   'a.txt'                 a file of one document
 * Costs the first bytes of the file and, where it was not named itself, a second walk up to it.
 * Nothing is kept for this while documents are read. */
nd_shown_place nd_place_of(const nd_allocator *allocator, const nd_path_walk *walk,
                           const nd_reading *reading, uint64_t tag);

#endif
