/* Finds passages and writes them down as text, for tests to compare. */
#ifndef TESTS_PASSAGE_FIXTURE_H
#define TESTS_PASSAGE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/passages.h"

enum { PASSAGE_REPORT_BYTES = 8192 };

/* The repeats of a text under the default options, a line each: similarity, words, and the lines of
 * the places.      1.00 13 1-1 3-3 4-4 */
const char *repeats_of(const char *bytes, size_t len_bytes);

/* The same, places as [bytes of the text]:      1.00 5 [a b c d e] [a b c d e] */
const char *repeated_text_of(const char *bytes, size_t len_bytes);

/* Shared passages, a line each: similarity, words, lines in a, lines in b.      1.00 20 1-1 3-3 */
const char *shared_by(const char *a, const char *b);

/* The identity of two places, each tokenised on its own, by the plain definition; *words is how
 * many tokens the first one has. */
double identity_of_places(const char *text_a, nd_place a, const char *text_b, nd_place b,
                          uint64_t *words);

/* The last call's stats. */
nd_passage_stats passage_fixture_stats(void);

/* One finder for all calls, so that its scratch is used again and again. */
int passage_fixture_setup(void **state);
int passage_fixture_teardown(void **state);

#endif
