/* Made-up words of a script, short ones frequent, each of them one token of neardup. */
#ifndef BENCH_VOCABULARY_H
#define BENCH_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "util/alloc.h"
#include "zipf.h"

typedef enum bench_script {
    BENCH_SCRIPT_ASCII = 0,
    BENCH_SCRIPT_LATIN, /* with accents */
    BENCH_SCRIPT_CYRILLIC,
    BENCH_SCRIPT_GREEK,
    BENCH_SCRIPT_ARABIC,
    BENCH_SCRIPT_HEBREW,
    BENCH_SCRIPT_DEVANAGARI,
    BENCH_SCRIPT_HANGUL,
    BENCH_SCRIPT_HAN,  /* without spaces: a character is a word */
    BENCH_SCRIPT_THAI, /* without spaces: a consonant and its mark are a word */
    BENCH_NUM_SCRIPTS
} bench_script;

/* "latin" and so on; static. */
const char *bench_script_name(bench_script script);

/* A word with room for a copy of fixed size, which costs less than one of the right size:
 *
 *   | len_bytes | bytes 0 .. len_bytes - 1 | anything ... |     32 bytes */
enum { BENCH_WORD_BYTES = 31 };
typedef struct bench_word {
    uint8_t len_bytes;
    char bytes[BENCH_WORD_BYTES];
} bench_word;

/* Immutable once made. */
typedef struct bench_vocabulary {
    bench_script script;
    uint32_t num_words;
    bench_word *words;    /* by rank; no two equal, and none equal after case folding */
    bench_word *capitals; /* the same words at the head of a sentence */
    bench_zipf zipf;
    const char *space, *comma, *stop; /* after a word; before it, at the end of a clause
                                              and of a sentence */
} bench_vocabulary;

/* Free with bench_vocabulary_release. */
ND_NODISCARD nd_status bench_vocabulary_init(bench_vocabulary *vocabulary, bench_script script,
                                             uint64_t seed, const nd_allocator *allocator);

void bench_vocabulary_release(bench_vocabulary *vocabulary, const nd_allocator *allocator);

#endif
