/* Runs a function over every document of a source, on several threads. */
#ifndef NEARDUP_DOCUMENT_MAP_H
#define NEARDUP_DOCUMENT_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/document.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* `worker` counts from 0 to num_threads - 1: one worker handles one document at a time, so what a
 * caller keeps for each worker needs no lock. */
typedef nd_status (*nd_document_map_fn)(void *ctx, uint32_t worker, const nd_document *document);

typedef struct nd_document_map_options {
    size_t size_bytes;       /* of this struct as the caller knows it; set by _init */
    uint32_t num_threads;    /* at least 1; the caller's thread is one of them */
    nd_progress_fn progress; /* may be NULL */
    void *progress_ctx;
    const nd_allocator *allocator; /* may be NULL */
} nd_document_map_options;

/* One thread, no progress. */
static inline void nd_document_map_options_init(nd_document_map_options *options);

/* Calls `map` for every document, in no particular order, from several threads. Stops at the first
 * failure, of the source, `map` or `progress`, and returns it, with *error (which may be NULL)
 * saying of it what its source says, or what its status means. ND_ERR_INVALID_ARGUMENT: no
 * threads, or options that were not initialised. */
ND_API ND_NODISCARD nd_status nd_document_map(const nd_source *source,
                                              const nd_document_map_options *options,
                                              nd_document_map_fn map, void *ctx, nd_error *error);

/* Processors this process may run on, at least 1. Thread-safe. */
ND_API uint32_t nd_num_processors(void);

/* Behind nd_document_map_options_init. */
ND_API void nd_document_map_options_init_sized(nd_document_map_options *options, size_t size_bytes);

static inline void nd_document_map_options_init(nd_document_map_options *options)
{
    nd_document_map_options_init_sized(options, sizeof *options);
}

ND_END_DECLS

#endif
