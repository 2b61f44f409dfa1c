/* The batch engine: near-copies across documents, as pairs or as groups. */
#ifndef NEARDUP_SCAN_H
#define NEARDUP_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/bucket.h"
#include "neardup/budget.h"
#include "neardup/counter.h"
#include "neardup/document.h"
#include "neardup/match.h"
#include "neardup/plan.h"
#include "neardup/repair.h"
#include "neardup/shingle.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

typedef enum nd_scan_output {
    ND_SCAN_PAIRS = 0,
    ND_SCAN_GROUPS, /* needs fewer comparisons than pairs do */
    ND_SCAN_BOTH,   /* at the cost of pairs: groups follow from them */
} nd_scan_output;

/* How matches become groups. */
typedef enum nd_link {
    ND_LINK_ANCHORED = 0, /* every member matches the representative itself */
    ND_LINK_SINGLE,       /* every member matches some other member (union-find) */
} nd_link;

/* Which document of a group is kept. Ties go to the smaller digest of the normalised text, and
 * among documents of one text to the first id in byte order. */
typedef enum nd_representative {
    ND_REPRESENTATIVE_LONGEST = 0, /* the most tokens */
    ND_REPRESENTATIVE_PREFERRED,   /* the smallest of nd_document.preferences, the first of them
                                      first; the longest where size_place says so */
    ND_REPRESENTATIVE_FIRST_ID,
} nd_representative;

/* Whether the scan keeps the texts of its documents, to hand them out beside the matches. */
typedef enum nd_texts {
    ND_TEXTS_FORGET = 0,
    ND_TEXTS_KEEP, /* all of them, in memory, or in files where the budget is limited */
} nd_texts;

/* What a scan has to say of single documents. The first ones are said while it reads, of each; the
 * others at its end, of one such document each, by its name and without its text: the same one for
 * any order and threads. */
typedef enum nd_notice {
    ND_NOTICE_REPAIRED = 0,
    ND_NOTICE_NO_TOKENS, /* matches nothing */
    ND_NOTICE_INVALID_UTF8,
    ND_NOTICE_INVALID_ID,    /* an id that is not UTF-8: what shows it as text may show two alike */
    ND_NOTICE_OVER_LIMIT,    /* left out: see nd_scan_add */
    ND_NOTICE_NO_MEMORY,     /* left out: a document of 16 MiB or more */
    ND_NOTICE_DUPLICATE_ID,  /* has another name than its id: see nd_scan_each_renamed */
    ND_NOTICE_CAPPED_BUCKET, /* met a part of a bucket, of those counted in capped_buckets */
    ND_NOTICE_COMMON,        /* counted in common_documents */
    ND_NOTICE_MANY_MATCHES,  /* counted in capped_documents */
} nd_notice;

/* Called from several threads, once for each notice; `document` is borrowed for the call. */
typedef void (*nd_notice_fn)(void *ctx, nd_notice notice, const nd_document *document);

typedef struct nd_scan_options {
    size_t size_bytes; /* of this struct as the caller knows it; set by _init */
    nd_shingle_spec shingle;
    nd_match_rule rule;   /* what is reported */
    double coverage;      /* of either text, is reported too; 0: not asked for */
    double recall;        /* asked for at the jaccard threshold */
    uint32_t repairs;     /* of ND_REPAIR_*: made before tokens are read */
    uint32_t folds;       /* of ND_FOLD_*: made after those */
    uint32_t num_threads; /* 0: one for each processor */
    uint32_t max_matches; /* pairs: see nd_scan_each_pair; 0: no limit */
    nd_scan_output output;
    nd_link link;
    nd_representative representative;
    uint32_t num_preferences; /* of a document, with ND_REPRESENTATIVE_PREFERRED; 1 to
                                 ND_MAX_PREFERENCES */
    uint32_t size_place;      /* the number of tokens counts after so many of them */
    nd_texts texts;
    nd_progress_fn progress; /* may be NULL */
    void *progress_ctx;
    nd_budget *budget;   /* to keep within; NULL: everything stays in memory. The scan is made with
                            its allocator then (see nd_scan_new). With a coverage or a score only
                            what is allocated is counted: nothing goes to files */
    nd_notice_fn notice; /* may be NULL */
    void *notice_ctx;
    double score;  /* of the verdict on two texts, is reported too; 0: not asked for */
    uint64_t seed; /* of the checksums that tell texts apart beside their digests; 0: a random one.
                      Nobody who writes texts may know it; it changes nothing that is reported */
} nd_scan_options;

/* Settings that go together. */
typedef enum nd_preset {
    ND_PRESET_CORPUS = 0, /* for texts that are nearly the same: word 5, jaccard 0.8, no repairs */
    ND_PRESET_NEWS, /* for syndicated copies: word 3, jaccard 0.9 or a verdict of 0.5, all repairs,
                       the folds of ND_FOLD_SAFE.
                       With a verdict or a coverage there are no bands (the plan is all zeros):
                       documents that share rare shingles are compared, whatever their jaccard,
                       and `recall` is not used */
    ND_NUM_PRESETS
} nd_preset;

/* What a preset sets, and for the rest: no containment, recall 0.99, all processors, 1,000 matches,
 * groups, anchored, longest; one preference, before the size. Another value than those of nd_preset
 * counts as ND_PRESET_CORPUS. */
static inline void nd_scan_options_init_preset(nd_scan_options *options, nd_preset preset);

/* The corpus preset. */
static inline void nd_scan_options_init(nd_scan_options *options);

/* Behind both: inline, as the struct is of the size that its caller was compiled with. */
ND_API void nd_scan_options_init_sized(nd_scan_options *options, size_t size_bytes,
                                       nd_preset preset);

static inline void nd_scan_options_init_preset(nd_scan_options *options, nd_preset preset)
{
    nd_scan_options_init_sized(options, sizeof *options, preset);
}

static inline void nd_scan_options_init(nd_scan_options *options)
{
    nd_scan_options_init_preset(options, ND_PRESET_CORPUS);
}

/* Whether texts are compared by what they share, and not by bands. */
static inline int nd_scan_options_has_coverage(const nd_scan_options *options)
{
    return options->coverage > 0 || options->score > 0;
}

/* "corpus" or "news", and what it is for in a few words; static. NULL where there is no such
 * preset, so that they can be listed from 0. */
ND_API const char *nd_preset_name(nd_preset preset);
ND_API const char *nd_preset_summary(nd_preset preset);

/* One scan over a set of documents; exclusive. Add, then finish once, then look at the result. The
 * result depends on the documents and the options alone: not on threads, kernels or input order. */
typedef struct nd_scan nd_scan;

/* The plan is nd_plan_for_rule's. ND_ERR_INVALID_ARGUMENT: an option out of range, which *error (it
 * may be NULL) names. ND_ERR_LIMIT: no plan. Free with nd_scan_free. */
ND_API ND_NODISCARD nd_status nd_scan_new(const nd_scan_options *options,
                                          const nd_allocator *allocator, nd_scan **out,
                                          nd_error *error);

/* Adds one document; its bytes are copied. ND_ERR_LIMIT: a text above ND_TEXT_MAX_BYTES, an id of
 * 4 GiB, or with coverage a text of 2^30 shingles; nothing is added then, nor where memory is
 * short, and the scan goes on. ND_ERR_INVALID_ARGUMENT: the scan is finished, or has failed.
 *
 * What a document's `learn` is given stands for its text in another scan whose options make the
 * same nd_spec, with the same seed, texts, nd_document.is_lasting, and a score or none. It takes
 * some 130 bytes, 4 for each band, and 8 for each shingle unless the document is lasting; with a
 * coverage or a score 8 for each shingle in any case, with a score 4 for each token; with
 * ND_TEXTS_KEEP also the text. ND_ERR_VERSION: `learnt` is of another scan; ND_ERR_FORMAT: it is
 * nothing of the kind. */
ND_API ND_NODISCARD nd_status nd_scan_add(nd_scan *scan, const nd_document *document);

/* Adds all documents of a source, on options.num_threads threads (see nd_document_map). A document
 * over a limit is left out, as is one of 16 MiB or more that there is no memory for; both are
 * counted and noticed. Lasting documents are read again by nd_scan_finish, those of them that will
 * be compared: the source must live until then (it is copied, its ctx is not), and give what it
 * gave before, or nd_scan_finish returns ND_ERR_IO. After a failure the scan can only be freed. */
ND_API ND_NODISCARD nd_status nd_scan_add_source(nd_scan *scan, const nd_source *source,
                                                 nd_error *error);

/* A batch of documents; zero what is not used. */
struct nd_text_batch;
typedef struct nd_document_batch {
    const struct nd_text_batch *texts; /* see neardup/batch.h */
    const struct nd_text_batch *ids;   /* as many; NULL: their numbers in decimal */
    uint64_t first_number;             /* of text 0: what ids and tags count from without others */
    const uint64_t *tags;              /* as many; NULL: their numbers */
    const uint64_t *preferences;       /* [documents][num_preferences] of the scan's; NULL: 0 */
} nd_document_batch;

/* Adds all documents of a batch on options.num_threads threads, as nd_scan_add_source does: a null
 * text is a document without words, a null id an empty one. */
ND_API ND_NODISCARD nd_status nd_scan_add_batch(nd_scan *scan, const nd_document_batch *batch,
                                                nd_error *error);

/* Finds the matches, verified. Add nothing afterwards. *error may be NULL. Cost: sorting of every
 * band, and exact work for the candidates, which caps keep linear in the number of documents. After
 * a failure the scan can only be freed. ND_ERR_LIMIT: 2^32 documents or more, or with coverage as
 * many sampled shingles. What options.progress answers, if it is not ND_OK, is returned. */
ND_API ND_NODISCARD nd_status nd_scan_finish(nd_scan *scan, nd_error *error);

/* What a document is called, and its tag; borrowed from the scan, or, with a limited budget, for
 * the call that it is handed to. That is its id, but where several documents came with one: the
 * first of these (by XXH3_64bits of its text, then by preference, then by tag) has it, the others
 * are called ID#2, ID#3 and so on, leaving out what is another document's id. So no two documents
 * are shown under one name. */
typedef struct nd_id {
    const char *p;
    size_t len_bytes;
    uint64_t tag;
} nd_id;

/* A document's text as it came, before any repair; borrowed as its name is. NULL and 0 where texts
 * are not kept. */
typedef struct nd_kept_text {
    const char *p;
    size_t len_bytes;
} nd_kept_text;

typedef struct nd_pair {
    nd_id a, b; /* a < b in byte order */
    nd_match_kind kind;
    nd_similarity similarity;
    nd_coverage coverage; /* zeros where neither it nor a score is asked for */
    double score;         /* of the verdict; 0 where it is not asked for */
    nd_kept_text a_text, b_text;
} nd_pair;

typedef nd_status (*nd_pair_fn)(void *ctx, const nd_pair *pair);

/* Calls `each` for every pair, ordered by a, then b. A document with more than max_matches of them
 * keeps the best (by jaccard, then the larger containment, then the larger text, then its digest,
 * and among exact copies by name); a pair stands if both documents keep it, or if it is the best of
 * one of them, so that no copy goes unmentioned. A status of `each` other than ND_OK ends it, and
 * is returned. ND_ERR_INVALID_ARGUMENT: the scan is not finished, or was not asked for pairs. */
ND_API ND_NODISCARD nd_status nd_scan_each_pair(const nd_scan *scan, nd_pair_fn each, void *ctx);

/* The same for part 0 .. num_parts-1: all of them, one after the other, give what nd_scan_each_pair
 * gives. They are of about as many pairs; some may have none. A finished scan may be asked for
 * several parts at once. ND_ERR_INVALID_ARGUMENT also where there is no such part. */
ND_API ND_NODISCARD nd_status nd_scan_each_pair_of_part(const nd_scan *scan, uint32_t part,
                                                        uint32_t num_parts, nd_pair_fn each,
                                                        void *ctx);

typedef struct nd_member {
    nd_id id;
    nd_match_kind kind;       /* the representative's view: contains = it holds the member */
    nd_similarity similarity; /* a is the member, b the representative. ND_LINK_SINGLE: exact too,
                                 though it may be below the thresholds (kind none) */
    nd_coverage coverage;     /* likewise; zeros where neither it nor a score is asked for */
    double score;             /* likewise */
    nd_kept_text text;
} nd_member;

typedef struct nd_group {
    nd_id representative;
    nd_kept_text representative_text;
    size_t num_members;       /* without the representative */
    const nd_member *members; /* ordered by id; hold until `each` returns */
} nd_group;

typedef nd_status (*nd_group_fn)(void *ctx, const nd_group *group);

/* Calls `each` for every group of two documents and more, ordered by representative. Groups follow
 * from the matches that ND_SCAN_PAIRS without max_matches reports: in the order of rank (what a
 * group would rather keep first) a text that matches no representative so far becomes one; each
 * other goes to the first representative that it matches. A status of `each` other than ND_OK ends
 * it, and is returned. ND_ERR_INVALID_ARGUMENT: the scan is not finished, or was not asked for
 * groups. */
ND_API ND_NODISCARD nd_status nd_scan_each_group(const nd_scan *scan, nd_group_fn each, void *ctx);

/* A document that came with an id that another one has: both are called `id` by their source, the
 * second one `name` by the scan. */
typedef nd_status (*nd_renamed_fn)(void *ctx, const nd_id *id, const nd_id *name);

/* Calls `each` for every document that is not called by its id, ordered by name. A status other
 * than ND_OK ends it, and is returned. ND_ERR_INVALID_ARGUMENT: the scan is not finished. */
ND_API ND_NODISCARD nd_status nd_scan_each_renamed(const nd_scan *scan, nd_renamed_fn each,
                                                   void *ctx);

/* What was done and what was left out. */
typedef struct nd_scan_stats {
    uint64_t documents;
    uint64_t text_bytes;
    uint64_t tokens;
    uint64_t shingles;            /* distinct within a document, summed, where that was needed */
    uint64_t documents_no_tokens; /* match nothing */
    uint64_t documents_invalid_utf8;
    uint64_t invalid_bytes;
    uint64_t documents_invalid_id; /* ids that are not UTF-8 */
    uint64_t repaired_documents;
    uint64_t repairs;
    uint64_t blob_bytes;           /* left out as what is no text: ND_REPAIR_BLOBS */
    uint64_t documents_over_limit; /* left out, as are those without memory */
    uint64_t documents_no_memory;
    uint64_t duplicate_ids; /* documents with an id already used: see nd_scan_each_renamed */
    uint64_t exact_copies;  /* documents whose normalised text another one has that is counted */
    uint64_t candidates;    /* exact comparisons (exact copies collapsed) */
    uint64_t matches;       /* comparisons that found one */
    uint64_t pairs;         /* of documents, before max_matches; 0 by ND_SCAN_GROUPS */
    uint64_t groups;        /* 0 by ND_SCAN_PAIRS, as are the members without representatives */
    uint64_t group_members;
    uint64_t capped_buckets; /* above ND_BUCKET_WHOLE, of which members met a part of the others; 0
                                where that left nothing out */
    uint64_t capped_comparisons; /* pairs of texts that capped buckets and common documents left out
                                    (an upper bound) */
    uint64_t common_documents;   /* coverage: mostly text that too many hold; met some of those */
    uint64_t capped_documents;   /* with more than max_matches pairs */
    nd_plan plan;
} nd_scan_stats;

/* Every counter of nd_scan_stats, in the order in which they are listed; static. */
ND_API const nd_counter *nd_scan_counters(size_t *num);

/* All zeros until the scan is finished. Thread-safe from then on. */
ND_API nd_scan_stats nd_scan_stats_get(const nd_scan *scan);

ND_API void nd_scan_free(nd_scan *scan);

ND_END_DECLS

#endif
