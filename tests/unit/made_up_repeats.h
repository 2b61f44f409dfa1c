/* Made-up articles in which one paragraph stands twice, exact or edited. */
#ifndef TESTS_UNIT_MADE_UP_REPEATS_H
#define TESTS_UNIT_MADE_UP_REPEATS_H

#include <stddef.h>

#include "random.h"

typedef enum made_up_script {
    MADE_UP_LATIN = 0, /* short words */
    MADE_UP_CYRILLIC,  /* long ones */
    MADE_UP_ARABIC,
    MADE_UP_CHINESE, /* characters without spaces */
    MADE_UP_NUM_SCRIPTS,
} made_up_script;

/* What was done to the second of the two paragraphs. */
typedef enum made_up_kind {
    MADE_UP_EXACT = 0,
    MADE_UP_SPACE,   /* other white space */
    MADE_UP_PUNCT,   /* other punctuation */
    MADE_UP_EDIT_02, /* this share of the words replaced, left out or put in, in percent */
    MADE_UP_EDIT_05,
    MADE_UP_EDIT_10,
    MADE_UP_EDIT_20,
    MADE_UP_OCR_01, /* this share of the characters */
    MADE_UP_OCR_03,
    MADE_UP_NUM_KINDS,
    MADE_UP_NOTHING = MADE_UP_NUM_KINDS, /* no paragraph stands twice */
} made_up_kind;

/* Bytes [start, end). */
typedef struct made_up_paragraph {
    size_t start, end;
} made_up_paragraph;

enum { MADE_UP_BYTES = 60000, MADE_UP_PARAGRAPHS = 16 };

typedef struct made_up_article {
    char text[MADE_UP_BYTES];
    size_t len;
    made_up_paragraph paragraphs[MADE_UP_PARAGRAPHS];
    size_t num_paragraphs;
    made_up_kind kind;
    size_t first, second; /* paragraphs that are the same, or were */
} made_up_article;

const char *made_up_kind_name(made_up_kind kind);

/* Five to twelve paragraphs of 18 to 120 words (twice as many characters of Chinese), words as
 * frequent as Zipf's law says. */
void made_up_article_make(made_up_article *article, made_up_script script, made_up_kind kind,
                          nd_random *random);

#endif
