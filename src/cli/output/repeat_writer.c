#include "cli/output/repeat_writer.h"

#include <string.h>

#include "cli/output/amounts.h"
#include "cli/output/excerpt.h"
#include "cli/output/style.h"

enum {
    MOST_PLACES_SHOWN = 8,
    /* What a number, or a name with what stands before it, takes at most: see put_number. */
    FIELD_BYTES = 24,
};

void nd_repeats_print_header(const nd_job *job, nd_page *page)
{
    if (job->format == ND_FORMAT_TSV)
        nd_page_put(page, "id\trepeat\tplace\tsimilarity\twords\tstart\tend\tline\tend_line\n");
}

/* Writes `number` in decimal, FIELD_BYTES at most, and returns where it ends. By hand: most of what
 * is written are these numbers, and printf takes ten times as long over one. */
static char *put_number(char *to, uint64_t number)
{
    char digits[FIELD_BYTES];
    char *first = digits + sizeof digits;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    const size_t len = (size_t)(digits + sizeof digits - first);
    memcpy(to, first, len);
    return to + len;
}

static char *put_name(char *to, const char *name)
{
    while (*name)
        *to++ = *name++;
    return to;
}

static void print_json_place(nd_page *page, const char *before, const nd_place *place)
{
    char text[FIELD_BYTES * 9];
    char *to = put_name(text, before);
    to = put_number(put_name(to, "{\"start\":"), place->start);
    to = put_number(put_name(to, ",\"end\":"), place->end);
    to = put_number(put_name(to, ",\"line\":"), place->line);
    to = put_number(put_name(to, ",\"end_line\":"), place->end_line);
    *to++ = '}';
    nd_page_append(page, text, (size_t)(to - text));
}

static void print_json_head(nd_page *page, const char *before, const nd_repeat *repeat)
{
    char words[FIELD_BYTES * 3];
    nd_page_put(page, before);
    nd_page_put(page, "{\"similarity\":");
    nd_page_ratio(page, repeat->similarity);
    char *to = put_number(put_name(words, ",\"words\":"), repeat->words);
    to = put_name(to, ",\"places\":[");
    nd_page_append(page, words, (size_t)(to - words));
}

static void print_json(nd_page *page, const nd_document *document, const nd_repeat *repeats,
                       size_t num_repeats)
{
    nd_page_put(page, "{\"id\":");
    nd_page_json(page, document->id, document->id_len_bytes);
    nd_page_put(page, ",\"repeats\":[");
    for (size_t i = 0; i < num_repeats; i++) {
        print_json_head(page, i ? "," : "", &repeats[i]);
        for (size_t k = 0; k < repeats[i].num_places; k++)
            print_json_place(page, k ? "," : "", &repeats[i].places[k]);
        nd_page_put(page, "]}");
    }
    nd_page_put(page, "]}\n");
}

/* A line a place. */
static void print_tsv(nd_page *page, const nd_document *document, const nd_repeat *repeats,
                      size_t num_repeats)
{
    for (size_t i = 0; i < num_repeats; i++) {
        for (size_t k = 0; k < repeats[i].num_places; k++) {
            const nd_place *const place = &repeats[i].places[k];
            nd_page_tsv(page, document->id, document->id_len_bytes);
            nd_page_printf(page, "\t%zu\t%zu\t%.6f\t%llu\t%llu\t%llu\t%llu\t%llu\n", i + 1, k + 1,
                           repeats[i].similarity, (unsigned long long)repeats[i].words,
                           (unsigned long long)place->start, (unsigned long long)place->end,
                           (unsigned long long)place->line, (unsigned long long)place->end_line);
        }
    }
}

static bool share_a_line(const nd_repeat *repeat)
{
    for (size_t k = 1; k < repeat->num_places; k++)
        if (repeat->places[k].line == repeat->places[k - 1].end_line)
            return true;
    return false;
}

/* "lines 20-30 and 32-42"; in bytes where lines would not tell the places apart. */
static void print_places(nd_page *page, const nd_repeat *repeat)
{
    const bool in_bytes = share_a_line(repeat);
    nd_page_put(page, in_bytes ? "bytes " : "lines ");
    const size_t shown =
        repeat->num_places <= MOST_PLACES_SHOWN ? repeat->num_places : MOST_PLACES_SHOWN - 1;
    for (size_t k = 0; k < shown; k++) {
        const nd_place *const place = &repeat->places[k];
        const uint64_t first = in_bytes ? place->start : place->line;
        const uint64_t last = in_bytes ? place->end : place->end_line;
        const bool is_last = k + 1 == repeat->num_places;
        nd_page_put(page, k == 0 ? "" : is_last ? " and " : ", ");
        nd_page_printf(page, "%llu", (unsigned long long)first);
        if (last != first)
            nd_page_printf(page, "-%llu", (unsigned long long)last);
    }
    if (shown < repeat->num_places)
        nd_page_printf(page, " and %zu more", repeat->num_places - shown);
}

/* news/mill.txt
     lines 20-30 and 32-42: 412 words, the same
       The mill by the river has been bought by ...                                              */
static void print_text(const nd_job *job, nd_page *page, const nd_document *document,
                       const nd_repeat *repeats, size_t num_repeats)
{
    nd_page_put(page, nd_style(job, ND_STYLE_STRONG));
    nd_page_shown(page, document->id, document->id_len_bytes);
    nd_page_put(page, nd_style(job, ND_STYLE_PLAIN));
    nd_page_put(page, "\n");
    for (size_t i = 0; i < num_repeats; i++) {
        const nd_place first = repeats[i].places[0];
        nd_page_put(page, "  ");
        print_places(page, &repeats[i]);
        nd_page_printf(page, ": %s, ", nd_amount_of(repeats[i].words, "word").text);
        if (repeats[i].similarity < 1)
            nd_page_printf(page, "%s alike\n    ", nd_amount_percent(repeats[i].similarity).text);
        else
            nd_page_put(page, "the same\n    ");
        nd_page_put(page, nd_style(job, ND_STYLE_FAINT));
        nd_excerpt_print(page, document->text + first.start, (size_t)(first.end - first.start),
                         job->columns - 4);
        nd_page_put(page, nd_style(job, ND_STYLE_PLAIN));
        nd_page_put(page, "\n");
    }
    nd_page_put(page, "\n");
}

void nd_repeats_print(const nd_job *job, nd_page *page, const nd_document *document,
                      const nd_repeat *repeats, size_t num_repeats)
{
    if (job->format == ND_FORMAT_JSONL)
        print_json(page, document, repeats, num_repeats);
    else if (job->format == ND_FORMAT_TSV)
        print_tsv(page, document, repeats, num_repeats);
    else
        print_text(job, page, document, repeats, num_repeats);
}
