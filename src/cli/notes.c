#include "cli/notes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/output/screen.h"
#include "cli/process.h"

void nd_first_id_consider(nd_first_id *first, const char *id, size_t id_len_bytes, uint64_t tag)
{
    nd_first_id one = {.is_set = true, .tag = tag};
    const size_t len = id_len_bytes < sizeof one.id ? id_len_bytes : sizeof one.id - 1;
    if (len > 0)
        memcpy(one.id, id, len);
    nd_first_id_merge(first, &one);
}

void nd_first_id_merge(nd_first_id *first, const nd_first_id *other)
{
    const int order = other->is_set && first->is_set ? strcmp(other->id, first->id) : 0;
    if (other->is_set && (!first->is_set || order < 0 || (order == 0 && other->tag < first->tag)))
        *first = *other;
}

nd_counter_list nd_counters_of_scan(void)
{
    nd_counter_list list;
    list.counters = nd_scan_counters(&list.num);
    return list;
}

void nd_scan_firsts_init(nd_scan_firsts *firsts)
{
    *firsts = (nd_scan_firsts){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void nd_scan_firsts_notice(void *ctx, nd_notice notice, const nd_document *document)
{
    nd_scan_firsts *const firsts = ctx;
    const nd_counter_list list = nd_counters_of_scan();
    for (size_t i = 0; i < list.num && i < ND_NOTES_MAX; i++) {
        const nd_counter *const counter = &list.counters[i];
        if (counter->weight == ND_COUNTER_FIGURE || !(counter->notices >> notice & 1))
            continue;
        pthread_mutex_lock(&firsts->lock);
        nd_first_id_consider(&firsts->items[i], document->id, document->id_len_bytes,
                             document->tag);
        pthread_mutex_unlock(&firsts->lock);
    }
}

void nd_scan_firsts_release(nd_scan_firsts *firsts)
{
    pthread_mutex_destroy(&firsts->lock);
}

void nd_counters_add(nd_counter_list list, void *into, const void *from)
{
    for (size_t i = 0; i < list.num; i++) {
        uint64_t *const sum = (uint64_t *)(void *)((char *)into + list.counters[i].offset);
        *sum += nd_counter_value(&list.counters[i], from);
    }
}

void nd_counters_print_json(nd_counter_list list, const void *statistics, nd_page *page)
{
    nd_page_put(page, ",\"counts\":{");
    for (size_t i = 0; i < list.num; i++)
        nd_page_printf(page, "%s\"%s\":%llu", i ? "," : "", list.counters[i].name,
                       (unsigned long long)nd_counter_value(&list.counters[i], statistics));
    nd_page_put(page, "}");
}

static nd_note *add(nd_notes *notes, nd_counter_weight weight, const char *key, const char *what,
                    uint64_t count)
{
    assert(notes->num < ND_NOTES_MAX);
    nd_note *const note = &notes->items[notes->num++];
    *note = (nd_note){.weight = weight, .key = key, .what = what, .count = count};
    return note;
}

void nd_notes_add(nd_notes *notes, nd_counter_weight weight, const char *key, const char *what,
                  uint64_t count, const char *first, ...)
{
    nd_note *const note = add(notes, weight, key, what, count);
    va_list args;
    va_start(args, first);
    vsnprintf(note->first, sizeof note->first, first, args);
    va_end(args);
}

static void describe_first(nd_note *note, const nd_first_id *first, const nd_input *input)
{
    nd_shown_place place = {0};
    if (input && note->count > 0 && first->tag != ND_NO_PLACE &&
        !nd_input_is_path(input, first->id))
        place = nd_input_place_of(input, first->tag);
    snprintf(note->first, sizeof note->first, "'%s'%s%s", first->id, place.text[0] ? " at " : "",
             place.text);
}

void nd_notes_add_counters(nd_notes *notes, nd_counter_list list, const void *statistics,
                           const nd_first_id *firsts, const nd_input *input)
{
    for (size_t i = 0; i < list.num; i++) {
        const nd_counter *const counter = &list.counters[i];
        if (counter->weight == ND_COUNTER_FIGURE)
            continue;
        nd_note *const note = add(notes, counter->weight, counter->name, counter->meaning,
                                  nd_counter_value(counter, statistics));
        if (counter->detail) {
            const uint64_t amount = *(const uint64_t *)(const void *)((const char *)statistics +
                                                                      counter->detail_offset);
            const char *const at = strstr(counter->detail, "%s");
            snprintf(note->detail, sizeof note->detail, "%.*s%s%s", (int)(at - counter->detail),
                     counter->detail, nd_amount_of(amount, counter->detail_noun).text, at + 2);
        }
        if (firsts && firsts[i].is_set)
            describe_first(note, &firsts[i], input);
    }
}

void nd_notes_name_duplicate(nd_notes *notes, const char *key, const nd_duplicate *duplicate,
                             const nd_input *input)
{
    const nd_shown_place own = nd_input_place_of(input, duplicate->tag);
    const nd_shown_place first = nd_input_place_of(input, duplicate->first_tag);
    for (size_t i = 0; i < notes->num; i++) {
        nd_note *const note = &notes->items[i];
        if (strcmp(note->key, key) != 0 || !own.text[0] || !first.text[0])
            continue;
        nd_first_id name = {0};
        if (duplicate->name)
            nd_first_id_consider(&name, duplicate->name, duplicate->name_len_bytes, ND_NO_PLACE);
        snprintf(note->first, sizeof note->first, "%s%s%s%s, with the id of %s",
                 name.is_set ? "'" : "", name.id, name.is_set ? "' at " : "", own.text, first.text);
    }
}

void nd_notes_add_findings(nd_notes *notes, const nd_input_report *report)
{
    for (int issue = 0; issue < ND_NUM_ISSUES; issue++) {
        const nd_input_finding *const finding = &report->findings[issue];
        const nd_issue_text *const text = nd_issue_text_of((nd_input_issue)issue);
        nd_note *const note = add(notes, text->is_loss ? ND_COUNTER_LOSS : ND_COUNTER_REMARK,
                                  text->key, text->what, finding->count);
        if (finding->bytes)
            snprintf(note->detail, sizeof note->detail, " (%s)",
                     nd_amount_of(finding->bytes, "byte").text);
        snprintf(note->first, sizeof note->first, "%s", finding->first.message);
    }
}

size_t nd_notes_num_losses(const nd_notes *notes)
{
    size_t num = 0;
    for (size_t i = 0; i < notes->num; i++)
        num += notes->items[i].weight >= ND_COUNTER_LOSS && notes->items[i].count > 0;
    return num;
}

void nd_notes_print(const nd_notes *notes, nd_counter_weight lightest)
{
    for (size_t i = 0; i < notes->num; i++) {
        const nd_note *const note = &notes->items[i];
        if (note->count > 0 && note->weight >= lightest)
            nd_message("%s: %s%s%s%s", note->what, nd_amount_count(note->count).text, note->detail,
                       note->first[0] ? ", the first: " : "", note->first);
    }
}

void nd_notes_print_json(const nd_notes *notes, nd_page *page)
{
    nd_page_put(page, "{");
    for (size_t i = 0; i < notes->num; i++)
        nd_page_printf(page, "%s\"%s\":%llu", i ? "," : "", notes->items[i].key,
                       (unsigned long long)notes->items[i].count);
    nd_page_put(page, "}");
}
