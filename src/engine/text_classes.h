/* Which documents have one normalised text. */
#ifndef ENGINE_TEXT_CLASSES_H
#define ENGINE_TEXT_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#include "engine/record.h"
#include "neardup/status.h"
#include "util/alloc.h"

typedef struct nd_text_class {
    uint32_t first, num; /* documents of it */
    uint32_t number;     /* the caller's */
} nd_text_class;

/* Classes are numbered by their first document. */
typedef struct nd_text_classes {
    uint32_t *class_of; /* [documents]; UINT32_MAX without tokens */
    nd_text_class *classes;
    size_t num_classes;
    size_t num_items; /* documents with tokens */
} nd_text_classes;

/* Two texts are one where their digests and checks are the same; num < 2^32. Records are
 * read once, on all threads; each thread then has a share of the digests and a hash table of its
 * own. 38 to 48 bytes a document, of which 16 stay. Release also after a failure. */
ND_NODISCARD nd_status nd_text_classes_init(nd_text_classes *classes, nd_record *const *documents,
                                            size_t num, uint32_t num_threads,
                                            const nd_allocator *allocator);

void nd_text_classes_release(nd_text_classes *classes, const nd_allocator *allocator);

#endif
