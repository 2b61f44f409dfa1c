#include "made_up_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 200, VOCABULARY = 5000 };

typedef struct words {
    unsigned word[MAX_WORDS + 50];
    size_t num;
} words;

static words fresh_words(nd_random *random)
{
    words w = {.num = 1 + nd_random_u64(random) % MAX_WORDS};
    for (size_t i = 0; i < w.num; i++)
        w.word[i] = (unsigned)(nd_random_u64(random) % VOCABULARY);
    return w;
}

static void edit(words *w, nd_random *random)
{
    switch (nd_random_u64(random) % 4) {
    case 0: /* an exact copy */
        break;
    case 1: /* some words replaced */
        for (uint64_t n = nd_random_u64(random) % 12; n-- > 0;)
            w->word[nd_random_u64(random) % w->num] =
                (unsigned)(nd_random_u64(random) % VOCABULARY);
        break;
    case 2: /* cut */
        w->num = 1 + nd_random_u64(random) % w->num;
        break;
    default: /* extended */
        for (uint64_t n = nd_random_u64(random) % 50; n-- > 0 && w->num < MAX_WORDS + 50;)
            w->word[w->num++] = (unsigned)(nd_random_u64(random) % VOCABULARY);
    }
}

static char *spell(const words *w)
{
    char *const text = malloc(w->num * 8 + 1);
    size_t len = 0;
    for (size_t i = 0; text && i < w->num; i++)
        len += (size_t)sprintf(text + len, "w%u ", w->word[i]);
    return text;
}

corpus corpus_make(size_t num, nd_random *random)
{
    corpus c = {calloc(num, sizeof *c.documents), num};
    words *const all = calloc(num, sizeof *all);
    if (!c.documents || !all)
        abort();
    for (size_t i = 0; i < num; i++) {
        if (i > 0 && nd_random_u64(random) % 2) {
            all[i] = all[nd_random_u64(random) % i];
            edit(&all[i], random);
        } else {
            all[i] = fresh_words(random);
        }
        c.documents[i].text = spell(&all[i]);
        snprintf(c.documents[i].id, sizeof c.documents[i].id, "%s-%zu", i % 3 ? "doc" : "d",
                 (i * 7919) % (num * 2));
    }
    free(all);
    corpus_shuffle(&c, random);
    return c;
}

void corpus_shuffle(corpus *c, nd_random *random)
{
    for (size_t i = c->num; i > 1; i--) {
        const size_t j = nd_random_u64(random) % i;
        const corpus_document document = c->documents[i - 1];
        c->documents[i - 1] = c->documents[j];
        c->documents[j] = document;
    }
}

void corpus_free(corpus *c)
{
    for (size_t i = 0; i < c->num; i++)
        free(c->documents[i].text);
    free(c->documents);
}
