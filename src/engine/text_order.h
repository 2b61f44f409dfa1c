/* Which documents have one normalised text, and the order of texts. */
#ifndef ENGINE_TEXT_ORDER_H
#define ENGINE_TEXT_ORDER_H

#include "engine/catalog.h"

/* Fills in the catalog's texts from its documents, which are in order. Two texts are one where
 * their digests and checks are the same. 36 bytes a document while it runs, of which 12 stay. */
ND_NODISCARD nd_status nd_order_texts(nd_catalog *catalog, nd_text_size size, uint32_t num_threads,
                                      const nd_allocator *allocator);

#endif
