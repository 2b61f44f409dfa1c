/* Batches of texts: to shingle sets, sketches, band keys and digests, on several threads. */
#ifndef NEARDUP_BATCH_H
#define NEARDUP_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/exact_join.h"
#include "neardup/spec.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* How Arrow lays a column of text out (Apache Arrow, Columnar Format). */
typedef enum nd_text_layout {
    ND_LAYOUT_OFFSETS_32 = 0, /* utf8 and binary: offsets of 32 bits into one data buffer */
    ND_LAYOUT_OFFSETS_64,     /* large_utf8 and large_binary */
    ND_LAYOUT_VIEWS,          /* utf8_view and binary_view: 16 bytes a text, some data buffers */
} nd_text_layout;

/* `num` texts, borrowed; zero what is not used. One text is a batch of one. A null text has no
 * words: it is one of length 0. The buffers are what Arrow says they are: they are not checked. */
typedef struct nd_text_batch {
    nd_text_layout layout;
    size_t num;
    size_t first;            /* Arrow's offset: index of text 0 in offsets, views and validity */
    const uint8_t *validity; /* bit i: text i is not null; NULL: none is */
    const void *offsets;     /* int32_t or int64_t, first + num + 1 of them */
    const char *data;
    const void *views; /* first + num of them */
    const char *const *view_data;
} nd_text_batch;

/* A text of a batch. O(1). */
typedef struct nd_batch_text {
    const char *p; /* NULL for a null text */
    size_t len_bytes;
} nd_batch_text;
ND_API nd_batch_text nd_text_batch_get(const nd_text_batch *batch, size_t i);

/* What nd_sketcher_run fills in: arrays of the caller's, NULL where they are not wanted. Zero it.
 */
typedef struct nd_batch_output {
    uint64_t *digests;       /* [num][2]: XXH3_128bits of the normalised text, the low half first;
                                texts of one digest are exact copies (but for a chance of 2^-128) */
    uint32_t *num_tokens;    /* [num]: 0 matches nothing */
    uint64_t *invalid_bytes; /* [num]: bytes that are not UTF-8 */
    uint64_t *slots;         /* [num][spec.slots]: the sketch; ND_SLOT_EMPTY without tokens */
    uint64_t *band_keys;     /* [num][spec.bands]: texts that share one are candidates (see
                                neardup/bucket.h); 0 without tokens */
    uint8_t *left_out; /* [num]: 1 where a text is over a limit (see nd_text_set) and counts as
                          one without tokens. NULL: that is an error */
} nd_batch_output;

/* Turns texts into what a spec says, as a scan does; exclusive, keeps its scratch memory between
 * calls. */
typedef struct nd_sketcher nd_sketcher;

/* num_threads 0: one for each processor. ND_ERR_VERSION: the spec is of another library (see
 * nd_spec_check). ND_ERR_INVALID_ARGUMENT: a spec that none can be. Free with nd_sketcher_free. */
ND_API ND_NODISCARD nd_status nd_sketcher_new(const nd_spec *spec, uint32_t num_threads,
                                              const nd_allocator *allocator, nd_sketcher **out,
                                              nd_error *error);

/* Fills in what is wanted of every text. ND_ERR_INVALID_ARGUMENT: slots or band keys of a spec that
 * has none. ND_ERR_LIMIT: a text over a limit, where output->left_out is NULL; *error (which may be
 * NULL) gives its index as offset. */
ND_API ND_NODISCARD nd_status nd_sketcher_run(nd_sketcher *sketcher, const nd_text_batch *batch,
                                              const nd_batch_output *output, nd_error *error);

/* The shingle sets of the texts, as verification and nd_exact_join take them: *sets belongs to the
 * sketcher and holds until its next call of this function. Memory: 8 bytes a shingle. Errors as of
 * nd_sketcher_run.
 */
ND_API ND_NODISCARD nd_status nd_sketcher_sets(nd_sketcher *sketcher, const nd_text_batch *batch,
                                               nd_set_list *sets, nd_error *error);

/* The same without the sorting: the distinct shingles of each text in the order in which they first
 * stand in it, as rare shingles are followed (neardup/candidates.h). Held until its next call of
 * this function. */
ND_API ND_NODISCARD nd_status nd_sketcher_sequences(nd_sketcher *sketcher,
                                                    const nd_text_batch *batch,
                                                    nd_set_list *sequences, nd_error *error);

ND_API void nd_sketcher_free(nd_sketcher *sketcher);

ND_END_DECLS

#endif
