/* Any bytes to repeats and shared passages: what is reported stands in the text as it is said to.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/passages.h"
#include "neardup/repair.h"
#include "neardup/text.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

static void require_place(nd_place place, const char *bytes, size_t len)
{
    require(place.start < place.end && place.end <= len && place.line <= place.end_line);
    uint64_t line = 1;
    for (size_t i = 0; i < place.start; i++)
        line += bytes[i] == '\n';
    require(line == place.line);
}

/* The bytes of two places, aligned by another finder, have the similarity that was reported, unless
 * a character holds the end of one place and the start of the next. */
static void require_similar(nd_passage_finder *aligner, double similarity, const char *a,
                            nd_place in_a, const char *b, nd_place in_b)
{
    nd_text_alignment alignment;
    require(nd_passage_finder_align(aligner, a + in_a.start, in_a.end - in_a.start, b + in_b.start,
                                    in_b.end - in_b.start, &alignment) == ND_OK);
    const double difference = alignment.identity - similarity;
    require(similarity >= 0.6 && similarity <= 1 && difference < 0.2 && difference > -0.2);
    uint64_t end_a = 0, end_b = 0, words = 0;
    for (size_t i = 0; i < alignment.num_runs; i++) {
        const nd_aligned_run *const run = &alignment.runs[i];
        require(run->a_start >= end_a && run->a_start < run->a_end);
        require(run->b_start >= end_b && run->b_start < run->b_end);
        end_a = run->a_end > 0 ? run->a_end - 1 : 0; /* one character can be two words */
        end_b = run->b_end > 0 ? run->b_end - 1 : 0;
        words += run->words;
    }
    require(words == alignment.words_common);
}

/* aligner: NULL where places have to be repaired to be alike, and are only checked. */
static void try_repeats(nd_passage_finder *finder, nd_passage_finder *aligner, const char *bytes,
                        size_t len)
{
    const nd_repeat *repeats;
    size_t num;
    require(nd_passage_finder_repeats(finder, bytes, len, &repeats, &num) == ND_OK);
    for (size_t i = 0; i < num; i++) {
        const nd_repeat *const r = &repeats[i];
        require(r->num_places >= 2 && r->words >= 5);
        for (size_t j = 0; j < r->num_places; j++) {
            require_place(r->places[j], bytes, len);
            require(j == 0 || r->places[j - 1].end <= r->places[j].start);
            require(r->similarities[j] >= r->similarity);
            if (aligner)
                require_similar(aligner, r->similarities[j], bytes, r->places[0], bytes,
                                r->places[j]);
        }
    }
}

/* The bytes up to the first NUL, or half of them, against the rest. */
static void try_shared(nd_passage_finder *finder, nd_passage_finder *aligner, const char *bytes,
                       size_t len)
{
    const char *const nul = len ? memchr(bytes, '\0', len) : NULL;
    const size_t a_len = nul ? (size_t)(nul - bytes) : len / 2;
    const char *const b = bytes + a_len;
    const nd_shared_passage *passages;
    size_t num;
    require(nd_passage_finder_shared(finder, bytes, a_len, b, len - a_len, &passages, &num) ==
            ND_OK);
    for (size_t i = 0; i < num; i++) {
        require_place(passages[i].a, bytes, a_len);
        require_place(passages[i].b, b, len - a_len);
        if (aligner)
            require_similar(aligner, passages[i].similarity, bytes, passages[i].a, b,
                            passages[i].b);
        require(i == 0 || passages[i - 1].a.end <= passages[i].a.start);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Used again and again, as programs do. */
    static nd_passage_finder *finder, *aligner, *repairing;
    if (!finder) {
        nd_passage_options options;
        nd_passage_options_init(&options);
        require(nd_passage_finder_new(&options, NULL, &finder) == ND_OK);
        require(nd_passage_finder_new(&options, NULL, &aligner) == ND_OK);
        options.repairs = ND_REPAIR_ALL;
        options.folds = ND_FOLD_ALL;
        require(nd_passage_finder_new(&options, NULL, &repairing) == ND_OK);
    }
    try_repeats(finder, aligner, (const char *)data, size);
    try_shared(finder, aligner, (const char *)data, size);
    try_repeats(repairing, NULL, (const char *)data, size);
    try_shared(repairing, NULL, (const char *)data, size);
    return 0;
}
