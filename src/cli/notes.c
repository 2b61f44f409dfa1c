#include "cli/notes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/message.h"
#include "cli/output/amounts.h"

void nd_notes_add(nd_notes *notes, nd_note_weight weight, const char *key, uint64_t count,
                  const char *format, ...)
{
    assert(notes->num < ND_NOTES_MAX);
    nd_note *const note = &notes->items[notes->num++];
    note->weight = weight;
    note->key = key;
    note->count = count;
    va_list args;
    va_start(args, format);
    vsnprintf(note->text, sizeof note->text, format, args);
    va_end(args);
}

void nd_notes_add_findings(nd_notes *notes, const nd_input_report *report)
{
    for (int issue = 0; issue < ND_NUM_ISSUES; issue++) {
        const nd_input_finding *const finding = &report->findings[issue];
        const nd_issue_text *const text = nd_issue_text_of((nd_input_issue)issue);
        char bytes[64] = "";
        if (finding->bytes)
            snprintf(bytes, sizeof bytes, " (%s)", nd_amount_of(finding->bytes, "byte").text);
        nd_notes_add(notes, text->is_loss ? ND_NOTE_LOSS : ND_NOTE_REMARK, text->key,
                     finding->count, "%s: %llu%s, the first: %s", text->what,
                     (unsigned long long)finding->count, bytes, finding->first.message);
    }
}

size_t nd_notes_num_losses(const nd_notes *notes)
{
    size_t num = 0;
    for (size_t i = 0; i < notes->num; i++)
        num += notes->items[i].weight == ND_NOTE_LOSS && notes->items[i].count > 0;
    return num;
}

void nd_notes_print(const nd_notes *notes, nd_note_weight lightest)
{
    for (size_t i = 0; i < notes->num; i++)
        if (notes->items[i].count > 0 && notes->items[i].weight >= lightest)
            nd_message("%s", notes->items[i].text);
}

void nd_notes_print_json(const nd_notes *notes, nd_page *page)
{
    nd_page_put(page, "{");
    for (size_t i = 0; i < notes->num; i++)
        nd_page_printf(page, "%s\"%s\":%llu", i ? "," : "", notes->items[i].key,
                       (unsigned long long)notes->items[i].count);
    nd_page_put(page, "}");
}
