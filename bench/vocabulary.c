#include "vocabulary.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "bench_random.h"
#include "text/characters.h"

/* How a script makes words: syllables of a consonant and a vowel drawn from these strings (a letter
 * that stands twice is twice as frequent; Devanagari vowels are signs, Thai ones marks). Letters
 * are such that case folding and NFKC change nothing but case: no final sigma, sharp s, dotless i,
 * nukta, sara am. Scripts with `first` draw syllables from a range of code points instead. */
typedef struct script_letters {
    const char *name;
    const char *consonants, *vowels;
    uint32_t first, num_chars;
    uint32_t num_words; /* a power of two */
    uint32_t longest;   /* syllables a word at most; 1: a word is one syllable */
    const char *space, *comma, *stop;
} script_letters;

static const script_letters scripts[BENCH_NUM_SCRIPTS] = {
    [BENCH_SCRIPT_ASCII] = {"ascii", "bbccddddffgghhhjkllllmmmnnnnnpppqrrrrrssssstttttvwxyz",
                            "aaaaaeeeeeeiiiiooooouuy", 0, 0, 32768, 4, " ", ",", "."},
    [BENCH_SCRIPT_LATIN] = {"latin",
                            "bbbccccçdddddddffffgggghhhhhjkkllllllllmmmmmnnnnnnnnnñppppqrrrrrrrrsss"
                            "ssssssštttttttttvvwxyzž",
                            "aaaaàâäåeeeeeéèêëiiiîïoooôöøuuùûüy", 0, 0, 32768, 4, " ", ",", "."},
    [BENCH_SCRIPT_CYRILLIC] = {"cyrillic", "ббвввгггдддджзззкккклллммммннннпппррррссссттттфхцчшщ",
                               "аааааееееиииииооооооууыэюя", 0, 0, 32768, 4, " ", ",", "."},
    [BENCH_SCRIPT_GREEK] = {"greek", "ββγγδδζθθκκκλλλμμμνννξπππρρρσσσσττττφφχχψ",
                            "αααααάεεεέηηήιιιίοοοοόυυύωωώ", 0, 0, 32768, 4, " ", ",", "."},
    [BENCH_SCRIPT_ARABIC] = {"arabic", "بببتتتثجححخدددذررررزسسسشصضططظععغففقققككلللللممممننننهه",
                             "ااااوويييةى", 0, 0, 32768, 3, " ", "،", "."},
    [BENCH_SCRIPT_HEBREW] = {"hebrew", "בבבגגדדדזחחטככלללממממנננספפצקקרררששתתת", "אאהההוווויייע", 0,
                             0, 32768, 3, " ", ",", "."},
    [BENCH_SCRIPT_DEVANAGARI] = {"devanagari",
                                 "कककखगगघचचछजजझटठडढणततथददधनननपपफबबभममयययररररलललववशषसससहहह",
                                 "ााािीीुूेेैोौं", 0, 0, 32768, 4, " ", ",", "।"},
    [BENCH_SCRIPT_HANGUL] = {"hangul", NULL, NULL, 0xAC00, 11172, 32768, 4, " ", ",", "."},
    [BENCH_SCRIPT_HAN] = {"han", NULL, NULL, 0x4E00, 4096, 4096, 1, "", "，", "。"},
    [BENCH_SCRIPT_THAI] = {"thai", "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ", "ัิีึืุู่้๊็๋์", 0, 0, 512, 1,
                           "", " ", " "},
};

const char *bench_script_name(bench_script script)
{
    return scripts[script].name;
}

/* Letters of a string as code points, for drawing. */
enum { MAX_LETTERS = 96 };
typedef struct alphabet {
    uint32_t letters[MAX_LETTERS];
    uint32_t num;
} alphabet;

static alphabet alphabet_of(const char *letters)
{
    alphabet a = {.num = 0};
    size_t left = letters ? strlen(letters) : 0;
    while (left > 0 && a.num < MAX_LETTERS) {
        const nd_utf8_char c = nd_utf8_decode(letters, left);
        a.letters[a.num++] = c.code_point;
        letters += c.len_bytes;
        left -= c.len_bytes;
    }
    return a;
}

typedef struct word_maker {
    const script_letters *script;
    alphabet consonants, vowels;
    bench_random random;
} word_maker;

static void append(bench_word *word, uint32_t code_point)
{
    if (word->len_bytes + 4 <= BENCH_WORD_BYTES)
        word->len_bytes =
            (uint8_t)(word->len_bytes + nd_utf8_encode(code_point, word->bytes + word->len_bytes));
}

static void append_syllable(word_maker *maker, bench_word *word)
{
    bench_random *const random = &maker->random;
    if (maker->script->first) {
        append(word, maker->script->first + bench_random_below(random, maker->script->num_chars));
        return;
    }
    append(word, maker->consonants.letters[bench_random_below(random, maker->consonants.num)]);
    /* A closed syllable, or one without its vowel, now and then. */
    if (bench_random_below(random, 8) > 0)
        append(word, maker->vowels.letters[bench_random_below(random, maker->vowels.num)]);
}

/* Zipf's law of abbreviation: the more frequent, the shorter. */
static uint32_t num_syllables(word_maker *maker, uint32_t rank)
{
    const uint32_t typical = rank < 50 ? 1 : rank < 1000 ? 2 : rank < 8000 ? 3 : 4;
    const uint32_t wanted = typical + bench_random_below(&maker->random, 2);
    return wanted < maker->script->longest ? wanted : maker->script->longest;
}

static bench_word make_word(word_maker *maker, uint32_t rank)
{
    bench_word word = {0};
    if (maker->script->longest > 1 && rank % 40 == 39) {
        const uint32_t number = bench_random_below(&maker->random, rank < 4000 ? 2100 : 100000);
        word.len_bytes = (uint8_t)snprintf(word.bytes, sizeof word.bytes, "%u", number);
        return word;
    }
    for (uint32_t left = num_syllables(maker, rank); left > 0; left--)
        append_syllable(maker, &word);
    return word;
}

static bench_word capital_of(const bench_word *word)
{
    const nd_utf8_char head = nd_utf8_decode(word->bytes, word->len_bytes);
    bench_word capital = {0};
    append(&capital, (uint32_t)utf8proc_toupper((utf8proc_int32_t)head.code_point));
    const size_t rest = word->len_bytes - (size_t)head.len_bytes;
    if (capital.len_bytes + rest > BENCH_WORD_BYTES)
        return *word;
    memcpy(capital.bytes + capital.len_bytes, word->bytes + head.len_bytes, rest);
    capital.len_bytes = (uint8_t)(capital.len_bytes + rest);
    return capital;
}

static uint64_t hash_of(const bench_word *word)
{
    uint64_t hash = word->len_bytes;
    for (size_t i = 0; i < word->len_bytes; i++)
        hash = bench_mix(hash + (uint8_t)word->bytes[i]);
    return hash;
}

/* Finds the word's place in an open-addressing table of word numbers + 1; false if it is there. */
static bool is_new(const bench_vocabulary *v, const bench_word *word, uint32_t *table, size_t mask)
{
    size_t at = hash_of(word) & mask;
    for (; table[at]; at = (at + 1) & mask) {
        const bench_word *const other = &v->words[table[at] - 1];
        if (other->len_bytes == word->len_bytes &&
            memcmp(other->bytes, word->bytes, word->len_bytes) == 0)
            return false;
    }
    table[at] = v->num_words + 1;
    return true;
}

/* Draws until a word is new; short ones run out, so that every few failures make it longer. */
static void fill(bench_vocabulary *v, word_maker *maker, uint32_t *table, size_t mask)
{
    while (v->num_words < maker->script->num_words) {
        bench_word word = make_word(maker, v->num_words);
        for (uint32_t failures = 1; !is_new(v, &word, table, mask); failures++) {
            word = make_word(maker, v->num_words);
            if (maker->script->longest > 1 && failures % 4 == 0)
                append_syllable(maker, &word);
        }
        v->capitals[v->num_words] = capital_of(&word);
        v->words[v->num_words++] = word;
    }
}

nd_status bench_vocabulary_init(bench_vocabulary *vocabulary, bench_script script, uint64_t seed,
                                const nd_allocator *allocator)
{
    const script_letters *const letters = &scripts[script];
    *vocabulary = (bench_vocabulary){
        .script = script, .space = letters->space, .comma = letters->comma, .stop = letters->stop};
    const size_t num = letters->num_words, table_size = num * 4;
    uint32_t *const table = nd_alloc_zeroed(allocator, table_size, sizeof *table);
    vocabulary->words = nd_alloc(allocator, num, sizeof *vocabulary->words);
    vocabulary->capitals = nd_alloc(allocator, num, sizeof *vocabulary->capitals);
    nd_status status = bench_zipf_init(&vocabulary->zipf, letters->num_words, allocator);
    if (!table || !vocabulary->words || !vocabulary->capitals)
        status = ND_ERR_NO_MEMORY;
    if (status == ND_OK) {
        word_maker maker = {.script = letters,
                            .consonants = alphabet_of(letters->consonants),
                            .vowels = alphabet_of(letters->vowels),
                            .random = bench_random_of(seed, script, 0)};
        fill(vocabulary, &maker, table, table_size - 1);
    } else {
        bench_vocabulary_release(vocabulary, allocator);
    }
    nd_release(allocator, table);
    return status;
}

void bench_vocabulary_release(bench_vocabulary *vocabulary, const nd_allocator *allocator)
{
    nd_release(allocator, vocabulary->words);
    nd_release(allocator, vocabulary->capitals);
    bench_zipf_release(&vocabulary->zipf, allocator);
    *vocabulary = (bench_vocabulary){0};
}
