/* Any bytes to repeats and shared passages: what is reported stands in the text as it is said to.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "neardup/passages.h"
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

/* A similarity of 1 over words says that the words are the same, or go round. */
static void require_similar(double similarity, uint64_t words)
{
    require(similarity >= 0.5 && similarity <= 1 && words >= 5);
}

static void try_repeats(nd_passage_finder *finder, const char *bytes, size_t len)
{
    const nd_repeat *repeats;
    size_t num;
    require(nd_passage_finder_repeats(finder, bytes, len, &repeats, &num) == ND_OK);
    for (size_t i = 0; i < num; i++) {
        const nd_repeat *const r = &repeats[i];
        require_similar(r->similarity, r->words);
        require(r->num_places >= 2);
        for (size_t j = 0; j < r->num_places; j++) {
            require_place(r->places[j], bytes, len);
            require(j == 0 || r->places[j - 1].end <= r->places[j].start);
        }
    }
}

/* The bytes up to the first NUL, or half of them, against the rest. */
static void try_shared(nd_passage_finder *finder, const char *bytes, size_t len)
{
    const char *const nul = len ? memchr(bytes, '\0', len) : NULL;
    const size_t a_len = nul ? (size_t)(nul - bytes) : len / 2;
    const char *const b = bytes + a_len;
    const nd_shared_passage *passages;
    size_t num;
    require(nd_passage_finder_shared(finder, bytes, a_len, b, len - a_len, &passages, &num) ==
            ND_OK);
    for (size_t i = 0; i < num; i++) {
        require_similar(passages[i].similarity, passages[i].words);
        require_place(passages[i].a, bytes, a_len);
        require_place(passages[i].b, b, len - a_len);
        require(i == 0 || passages[i - 1].a.end <= passages[i].a.start);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Used again and again, as programs do. */
    static nd_passage_finder *finder;
    if (!finder) {
        nd_passage_options options;
        nd_passage_options_init(&options);
        require(nd_passage_finder_new(&options, NULL, &finder) == ND_OK);
    }
    try_repeats(finder, (const char *)data, size);
    try_shared(finder, (const char *)data, size);
    return 0;
}
