/* The verdict on two texts: whether an editor would call one a copy of the other, and why. */
#ifndef NEARDUP_VERDICT_H
#define NEARDUP_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/allocator.h"
#include "neardup/match.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

/* It depends on the two texts alone. Each of three questions is answered by a number, above 0 for
 * yes and below it for no; the least one decides, and the score is its logistic function. */
typedef struct nd_verdict {
    double score;  /* 0 to 1; 0.5 and more: a copy */
    double held;   /* does most of one text stand in the other? */
    double edited; /* is what differs editing, and not other facts? */
    double own;    /* do they share more than what stands below both, as a footer does? */
    double a_covered, b_covered; /* part of each text that stands in the other in order, edited
                                    words inside included */
} nd_verdict;

/* Where a piece of evidence stands. */
typedef enum nd_evidence_place {
    ND_EVIDENCE_IN_BOTH = 0, /* speaks for a copy; misspelt in one of them, maybe */
    ND_EVIDENCE_ONLY_IN_A,   /* speaks against it */
    ND_EVIDENCE_ONLY_IN_B,
} nd_evidence_place;

/* A word, a number, or two characters of a script written without spaces. */
typedef struct nd_evidence {
    const char *text; /* normalised, not terminated */
    size_t len_bytes;
    double bits; /* how much it says: the binary logarithm of how rare such words are */
    int is_number;
} nd_evidence;

/* Judges pairs of texts, one after the other; exclusive. */
typedef struct nd_verdict_reader nd_verdict_reader;

/* Texts are repaired and folded first, by ND_REPAIR_* and ND_FOLD_*: the news preset's are
 * ND_REPAIR_ALL and ND_FOLD_SAFE. Free with nd_verdict_reader_free. */
ND_API ND_NODISCARD nd_status nd_verdict_reader_new(uint32_t repairs, uint32_t folds,
                                                    const nd_allocator *allocator,
                                                    nd_verdict_reader **out);

/* O(bytes). What a scan with options.score tells of a pair, the same to the last bit, but for pairs
 * that share less than a tenth of the shingles of either text, which a scan does not judge.
 * ND_ERR_LIMIT: a text above ND_TEXT_MAX_BYTES or of 2^30 words. */
ND_API ND_NODISCARD nd_status nd_verdict_reader_judge(nd_verdict_reader *reader, const char *a,
                                                      size_t a_len_bytes, const char *b,
                                                      size_t b_len_bytes, nd_verdict *verdict);

/* The strongest evidence on the last pair, `most` pieces at most, what says more first, then what
 * stands earlier. Borrowed until the next call with this reader. O(words log words). */
ND_API ND_NODISCARD nd_status nd_verdict_reader_evidence(nd_verdict_reader *reader,
                                                         nd_evidence_place place, size_t most,
                                                         const nd_evidence **evidence, size_t *num);

/* Judges num pairs of texts of a batch, into verdicts[0..num), on so many threads (0: one for each
 * processor). Quickest where pairs of one `a` stand side by side. ND_ERR_INVALID_ARGUMENT: a number
 * that is none of the batch's, or a flag that is none; else as nd_verdict_reader_judge. */
struct nd_text_batch;
ND_API ND_NODISCARD nd_status nd_judge_pairs(const struct nd_text_batch *texts, uint32_t repairs,
                                             uint32_t folds, const nd_document_pair *pairs,
                                             size_t num, uint32_t num_threads,
                                             const nd_allocator *allocator, nd_verdict *verdicts);

ND_API void nd_verdict_reader_free(nd_verdict_reader *reader);

ND_END_DECLS

#endif
