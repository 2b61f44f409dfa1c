#include "cli/output/explanation.h"

#include "cli/output/screen.h"

nd_status nd_explain(nd_verdict_reader *reader, nd_kept_text a, nd_kept_text b,
                     nd_explanation *explanation)
{
    nd_explanation *const e = explanation;
    nd_status status =
        nd_verdict_reader_judge(reader, a.p, a.len_bytes, b.p, b.len_bytes, &e->verdict);
    for (int place = 0; place < 3 && status == ND_OK; place++) {
        const nd_evidence *evidence;
        nd_array *const list = &e->lists[place];
        *list = (nd_array){e->evidence[place], 0, sizeof e->evidence[place][0]};
        status = nd_verdict_reader_evidence(reader, (nd_evidence_place)place, ND_SHOWN_EVIDENCE,
                                            &evidence, &list->num);
        for (size_t i = 0; status == ND_OK && i < list->num; i++)
            e->evidence[place][i] = evidence[i];
    }
    return status;
}

nd_explanation_view nd_explanation_items(nd_explanation *explanation)
{
    nd_explanation_view view = {.verdict = explanation->verdict};
    for (int place = 0; place < 3; place++)
        view.evidence[place] = nd_items_of(&explanation->lists[place]);
    return view;
}

static void print_answer(nd_page *page, const char *indent, const char *question, double answer)
{
    nd_page_printf(page, "%s%-46s %s (%+.1f)\n", indent, question, answer >= 0 ? "yes" : "no",
                   answer);
}

void nd_explanation_print_text(const nd_explanation *explanation, const char *indent,
                               const char *const places[3], nd_page *page)
{
    const nd_explanation *const e = explanation;
    print_answer(page, indent, "most of one text stands in the other", e->verdict.held);
    print_answer(page, indent, "what differs is editing, not other facts", e->verdict.edited);
    print_answer(page, indent, "they share more than a footer", e->verdict.own);
    for (int place = 0; place < 3; place++) {
        const size_t num = e->lists[place].num;
        if (num > 0)
            nd_page_printf(page, "%s%s: ", indent, places[place]);
        for (size_t i = 0; i < num; i++) {
            nd_page_put(page, i ? ", " : "");
            nd_page_shown(page, e->evidence[place][i].text, e->evidence[place][i].len_bytes);
        }
        nd_page_put(page, num > 0 ? "\n" : "");
    }
}
