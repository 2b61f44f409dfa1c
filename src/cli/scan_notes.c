#include "cli/scan_notes.h"

#include <stdio.h>

#include "cli/output/amounts.h"

void nd_notes_add_scan(nd_notes *notes, const nd_scan_stats *stats, uint64_t max_matches)
{
    nd_notes_add(notes, ND_NOTE_LOSS, "invalid_utf8", stats->documents_invalid_utf8,
                 "documents with invalid UTF-8, read as U+FFFD: %llu (%s)",
                 (unsigned long long)stats->documents_invalid_utf8,
                 nd_amount_of(stats->invalid_bytes, "byte").text);
    nd_notes_add(notes, ND_NOTE_REMARK, "no_words", stats->documents_no_tokens,
                 "documents without a word, which match nothing: %llu",
                 (unsigned long long)stats->documents_no_tokens);
    nd_notes_add(notes, ND_NOTE_REMARK, "duplicate_ids", stats->duplicate_ids,
                 "documents whose id an earlier one has: %llu",
                 (unsigned long long)stats->duplicate_ids);
    nd_notes_add(notes, ND_NOTE_LOSS, "capped_buckets", stats->capped_buckets,
                 "buckets over the cap: %llu, at most %s left out",
                 (unsigned long long)stats->capped_buckets,
                 nd_amount_of(stats->capped_comparisons, "comparison").text);
    nd_notes_add(
        notes, ND_NOTE_LOSS, "capped_groups", stats->capped_groups,
        "groups of too many that lost their representative to another group: %llu, at most "
        "%s left out",
        (unsigned long long)stats->capped_groups,
        nd_amount_of(stats->capped_comparisons, "comparison").text);
    nd_notes_add(notes, ND_NOTE_LOSS, "common_documents", stats->common_documents,
                 "documents mostly of text that very many share, compared with some of those: %llu",
                 (unsigned long long)stats->common_documents);
    char limit[32] = "than '--max-matches'";
    if (max_matches > 0)
        snprintf(limit, sizeof limit, "than %llu", (unsigned long long)max_matches);
    nd_notes_add(notes, ND_NOTE_LOSS, "capped_documents", stats->capped_documents,
                 "documents with more matches %s, of which the best are kept: %llu", limit,
                 (unsigned long long)stats->capped_documents);
}
