/* Documents into a scan: from bytes to a record. */
#ifndef ENGINE_INGEST_H
#define ENGINE_INGEST_H

#include "engine/matcher.h"
#include "engine/recent_hashes.h"
#include "engine/seen_texts.h"
#include "neardup/text.h"

/* What one thread reads documents with, so that no document takes a lock. */
typedef struct nd_ingester {
    const nd_allocator *allocator;
    nd_collection *collection;
    nd_record_runs *runs; /* where records go when there are run_bytes of them; NULL: they stay */
    uint64_t run_bytes, added_bytes;
    uint64_t seed;   /* of nd_text_facts.check */
    uint32_t source; /* what lasting documents are from now; ND_NO_SOURCE: none lasts */
    nd_repairer *repairer;
    nd_text *text;
    nd_arena records;
    nd_arena hashes;         /* that are kept */
    nd_recent_hashes recent; /* that may be: see ND_HASHES_RECENT */
    ND_VEC(uint64_t) aside;  /* of the text at work, where they are not kept */
    ND_VEC(uint64_t) scratch;
    uint64_t maker;      /* what learnt bytes begin with; 0: not known yet */
    ND_VEC(char) learnt; /* of the document at work */
    nd_byte_vec filed;   /* the same, on its way to the file */
    nd_chunk *chunk;     /* at work; NULL: none */
    uint32_t chunk_number;
    nd_seen_texts seen; /* whose hashes are in memory */
    ND_VEC(nd_record *) added;
    nd_scan_stats stats; /* its share */
} nd_ingester;

/* What is counted of a document. */
typedef struct nd_document_counts {
    uint64_t text_bytes, tokens, repairs, blob_bytes, invalid_bytes;
} nd_document_counts;

/* Release also after a failure. */
ND_NODISCARD nd_status nd_ingester_init(nd_ingester *ingester, nd_collection *collection,
                                        const nd_scan_options *options, uint64_t seed);

/* Writes the records that are in memory as a run, where they do not stay. */
ND_NODISCARD nd_status nd_ingester_write_run(nd_ingester *ingester);

/* Tokenises and hashes one document, lets the matcher take what it needs, and keeps its record.
 * `worker` is the ingester's number. A failure leaves it as it was, but for memory; ND_ERR_IO is
 * the temporary file's: see nd_budget_explain. */
ND_NODISCARD nd_status nd_ingester_add(nd_ingester *ingester, nd_matcher *matcher, uint32_t worker,
                                       const nd_document *document);

/* The two ends of it: a record for a document of so many tokens, whose place in the chunk at work
 * is still to be filled; and the document, counted and kept once that is done. */
ND_NODISCARD nd_status nd_ingester_begin(nd_ingester *ingester, const nd_scan_options *options,
                                         const nd_document *document, uint64_t num_tokens,
                                         nd_record **record);
ND_NODISCARD nd_status nd_ingester_end(nd_ingester *ingester, const nd_scan_options *options,
                                       const nd_document *document, nd_record *record,
                                       const nd_document_counts *counts);

/* Where the hashes of a document go. */
typedef enum nd_hashes_place {
    ND_HASHES_IN_MEMORY,
    ND_HASHES_IN_FILE, /* and after them what the matcher keeps, see nd_matcher_kind.kept */
    /* It is lasting. In memory while they are recent, and then if another document so far shares a
     * bucket with it, as nearly all do that any will ever share one with; few hashes for good. */
    ND_HASHES_RECENT,
    ND_HASHES_NOWHERE, /* it is lasting, and memory limited */
} nd_hashes_place;

nd_hashes_place nd_ingester_hashes_place(const nd_ingester *ingester, const nd_matcher *matcher,
                                         const nd_record *record);

/* Appends hashes, and after them what the matcher keeps of the document, to the collection's file:
 * *at is where they stand. */
ND_NODISCARD nd_status nd_ingester_file_hashes(nd_ingester *ingester, const uint64_t *hashes,
                                               size_t num, const void *kept, size_t kept_bytes,
                                               uint64_t *at);

/* ---- learnt.c ---- */

/* Gives the document's `learn` what stands at the last place of the chunk. `hashes` is in text
 * order; NULL: not kept. */
ND_NODISCARD nd_status nd_ingester_teach(nd_ingester *ingester, const nd_matcher *matcher,
                                         const nd_document *document,
                                         const nd_document_counts *counts, const uint64_t *hashes);

/* nd_ingester_add of a document that is learnt already. */
ND_NODISCARD nd_status nd_ingester_add_learnt(nd_ingester *ingester, nd_matcher *matcher,
                                              uint32_t worker, const nd_document *document);

/* Makes the set of a text from its document, which came again: *set is in `state`,
 * ND_SET_IN_TEXT_ORDER or ND_SET_MADE; where memory is limited it is in the file. ND_ERR_IO:
 * with another text than the facts tell of. */
ND_NODISCARD nd_status nd_ingester_make_set(nd_ingester *ingester, nd_shingle_spec shingle,
                                            const nd_text_facts *facts, const nd_document *document,
                                            nd_set_state state, nd_scan_set *set);

/* Counts and notices a document that was left out with `status`; returns ND_OK where the others may
 * go on: it was over a limit, or so large that memory may well do for the others. */
ND_NODISCARD nd_status nd_ingester_leave_out(nd_ingester *ingester, const nd_scan_options *options,
                                             const nd_document *document, nd_status status);

/* Gives back what only adding needs. */
void nd_ingester_end_adding(nd_ingester *ingester);

void nd_ingester_release(nd_ingester *ingester);

#endif
