/* Small made-up corpora for tests of the engine. */
#ifndef TESTS_UNIT_MADE_UP_TEXTS_H
#define TESTS_UNIT_MADE_UP_TEXTS_H

#include <stddef.h>

#include "random.h"

typedef struct corpus_document {
    char id[48];
    char *text;
} corpus_document;

typedef struct corpus {
    corpus_document *documents;
    size_t num;
} corpus;

/* `num` texts of 1 to 200 words of a small vocabulary, in families: about half are edited, cut,
 * extended or exact copies of an earlier one. Ids are in shuffled order. */
corpus corpus_make(size_t num, nd_random *random);

/* The same documents in another order. */
void corpus_shuffle(corpus *c, nd_random *random);

void corpus_free(corpus *c);

#endif
