/* Documents, and where the engine takes them from. */
#ifndef NEARDUP_DOCUMENT_H
#define NEARDUP_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/status.h"

ND_BEGIN_DECLS

/* What a document can be preferred by. */
enum { ND_MAX_PREFERENCES = 8 };

/* Takes what a scan has learnt of a document; the bytes are borrowed for the call. A status other
 * than ND_OK makes adding the document fail with it. */
typedef nd_status (*nd_learn_fn)(void *ctx, const void *learnt, size_t len_bytes);

/* One document as a source hands it over; the bytes are borrowed for the call. Zero what is not
 * used. */
typedef struct nd_document {
    const char *id; /* any bytes; ordered as unsigned bytes */
    size_t id_len_bytes;
    const char *text; /* UTF-8, checked by the engine */
    size_t text_len_bytes;
    union {
        uint64_t preferences[ND_MAX_PREFERENCES]; /* see ND_REPRESENTATIVE_PREFERRED: smaller is
                                                     kept first */
        uint64_t preference; /* the first, which is the only one unless a scan asks for more */
    };
    uint64_t tag;        /* the caller's: it comes out with the document, and decides nothing else
                            than which of two documents that are the same in all is called first */
    uint32_t is_lasting; /* 1: its source gives it again (nd_source.again), so that what was made of
                            its text need not be kept; 0, or without an nd_source.again: it comes
                            once */
    const char *source;  /* who had it, for an index; NULL: not known */
    size_t source_len_bytes;
    int64_t time; /* microseconds since 1970 in UTC, for an index; 0: not known */

    /* So that a scan that was interrupted can go on: `learn`, if it is not NULL, is given what
     * adding the document found out, in bytes that another scan takes in place of the text, on a
     * machine of this kind: see nd_scan_add. */
    nd_learn_fn learn;
    void *learn_ctx;
    const void *learnt; /* what an earlier `learn` was given; NULL: there is a text */
    size_t learnt_len_bytes;
} nd_document;

/* Takes one document; a status other than ND_OK stops the source, which returns it. */
typedef nd_status (*nd_document_fn)(void *ctx, const nd_document *document);

/* Where documents come from, cut in blocks so that several threads can decode: the tool's are of 32
 * to 256 KB.
 *
 * next: gives the next block, NULL after the last. Called by one thread at a time.
 * decode: hands every document of a block to `emit`, and releases the block, also when it fails.
 *   Called by several threads at once, each with a block of its own.
 * discard: releases a block that will not be decoded; the library decodes each that it takes.
 * again: NULL where no document is lasting. Called after next has given NULL: begins anew, for the
 *   documents of these tags alone (ascending, each of one lasting document), which next and decode
 * then give as they gave them before. `tags` is borrowed until next gives NULL again. */
typedef struct nd_source {
    void *ctx;
    nd_status (*next)(void *ctx, void **block, nd_error *error);
    nd_status (*decode)(void *ctx, void *block, nd_document_fn emit, void *emit_ctx,
                        nd_error *error);
    void (*discard)(void *ctx, void *block);
    nd_status (*again)(void *ctx, const uint64_t *tags, size_t num_tags, nd_error *error);
} nd_source;

/* What a long call reports. `done` of `total` steps; total is 0 while it is not known. Called by
 * one thread at a time, at most a few thousand times a second; a status other than ND_OK stops the
 * call, which returns it. */
typedef enum nd_phase {
    ND_PHASE_READ = 0,   /* documents taken from the source */
    ND_PHASE_READ_AGAIN, /* documents taken from the source again, to be compared */
    ND_PHASE_SEARCH,     /* coverage: texts whose candidates were looked for */
    ND_PHASE_COMPARE,    /* texts compared with their candidates */
    ND_PHASE_JOIN,       /* sets joined exactly */
} nd_phase;

typedef nd_status (*nd_progress_fn)(void *ctx, nd_phase phase, uint64_t done, uint64_t total);

ND_END_DECLS

#endif
