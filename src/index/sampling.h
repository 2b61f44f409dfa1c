/* How a text of an index is sampled that has no bands, and which pairs of texts that share samples
 * are looked at: neardup/candidates.h, for one text at a time. */
#ifndef INDEX_SAMPLING_H
#define INDEX_SAMPLING_H

#include <stdbool.h>

#include "index/entry.h"
#include "neardup/candidates.h"

/* How a text is sampled: those of its shingles whose hash is at most UINT64_MAX >> shift. */
typedef struct nd_sampling {
    uint32_t num_shingles, shift;
} nd_sampling;

/* From the set of its shingles, ascending: the samples are the first *num_samples of it, and the
 * picks the first ND_PICKS of those. */
nd_sampling nd_sampling_of(const uint64_t *set, uint32_t num_shingles, uint32_t *num_samples);

/* The same from what is kept of a text. */
static inline nd_sampling nd_sampling_of_entry(const nd_text_entry *entry)
{
    return (nd_sampling){entry->num_shingles, entry->sample_shift};
}

/* A few bits that say how large a text is: the larger never has the smaller class. */
uint32_t nd_sampling_class(uint32_t num_shingles);

/* The value of a sample (run.h): the text, which has so many shingles, and which of its samples it
 * is. */
uint64_t nd_sampling_member(uint32_t text, uint32_t num_shingles, uint32_t sample);

/* Whether two texts are a candidate pair that share samples of so much weight. */
bool nd_samplings_are_near(nd_sampling a, nd_sampling b, uint64_t weight);

/* Whether they may be, by the class in the value of one: false of most texts that share little,
 * which then need not be looked up. */
bool nd_sampling_may_be_near(nd_sampling a, uint32_t size_class, uint64_t weight);

/* The picks of a text as its record in the log has them, in place of band keys: 6 bytes each. So
 * whether a text follows a sample can be told without its set. */
enum { ND_PICK_BYTES = 6, ND_PICKS_WORDS = ND_PICKS * ND_PICK_BYTES / 4 };

void nd_picks_pack(const uint64_t *set, uint32_t num_samples, uint32_t words[ND_PICKS_WORDS]);

/* Returns how many there are. */
uint32_t nd_picks_unpack(const uint32_t words[ND_PICKS_WORDS], uint64_t keys[ND_PICKS]);

#endif
