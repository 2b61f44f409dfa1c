/* A memory budget: work that is given one keeps within it, by moving what it does not need to a
 * temporary file. */
#ifndef NEARDUP_BUDGET_H
#define NEARDUP_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

typedef struct nd_budget_options {
    size_t size_bytes;             /* of this struct as the caller knows it; set by _init */
    uint64_t limit_bytes;          /* of all that is allocated through the budget */
    const char *temp_dir;          /* NULL: $TMPDIR, or /tmp */
    const nd_allocator *allocator; /* what stands behind it; may be NULL */
    uint64_t most_bytes;           /* more is refused, as by an allocator without memory */
} nd_budget_options;

/* No limits. */
static inline void nd_budget_options_init(nd_budget_options *options);

/* Counts what is allocated, and knows where files may go; internally locked. */
typedef struct nd_budget nd_budget;

/* Temporary files have no name: they are gone with the process, however it ends. ND_ERR_IO: the
 * folder cannot be written to, with why in *error (which may be NULL). Free with nd_budget_free,
 * after all that was made with it. */
ND_API ND_NODISCARD nd_status nd_budget_new(const nd_budget_options *options, nd_budget **out,
                                            nd_error *error);

/* The allocator that counts: hand it to whatever should keep within the budget. It refuses what
 * goes beyond most_bytes; to keep below limit_bytes is up to those who can give memory back. 16
 * bytes more a block. */
ND_API const nd_allocator *nd_budget_allocator(const nd_budget *budget);

typedef struct nd_budget_use {
    uint64_t memory_bytes, peak_memory_bytes;
    uint64_t disk_bytes, peak_disk_bytes; /* of temporary files */
} nd_budget_use;

ND_API nd_budget_use nd_budget_use_get(const nd_budget *budget);

ND_API void nd_budget_free(nd_budget *budget);

/* Behind nd_budget_options_init. */
ND_API void nd_budget_options_init_sized(nd_budget_options *options, size_t size_bytes);

static inline void nd_budget_options_init(nd_budget_options *options)
{
    nd_budget_options_init_sized(options, sizeof *options);
}

ND_END_DECLS

#endif
