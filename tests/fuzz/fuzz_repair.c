/* Any bytes through every set of repairs: what comes out is found again in what went in. */
#include <stdint.h>
#include <stdlib.h>

#include "neardup/repair.h"
#include "text/repair/repair_pass.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

/* Every kernel sees the same marks. */
static void require_same_marks(const char *text, size_t len)
{
    const nd_repair_scan *const scan = nd_repair_scan_current(), *const any = &nd_repair_scan_any;
    require(scan->suspected(text, len) == any->suspected(text, len));
    for (size_t at = 0; at <= len; at++) {
        require(scan->next_misread(text, len, at) == any->next_misread(text, len, at));
        require(scan->next_misread_bytes(text, len, at) == any->next_misread_bytes(text, len, at));
        require(scan->next_line_end_hyphen(text, len, at) ==
                any->next_line_end_hyphen(text, len, at));
        require(scan->next_blob_mark(text, len, at) == any->next_blob_mark(text, len, at));
        require(scan->next_foldable(text, len, at) == any->next_foldable(text, len, at));
    }
}

/* The first byte chooses the repairs, the second one the folds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const uint32_t repairs = data[0] & ND_REPAIR_ALL, folds = data[1] * 2 & ND_FOLD_ALL;
    const char *const text = (const char *)data + 2;
    const size_t len = size - 2;
    nd_repairer *repairer;
    const char *repaired;
    size_t repaired_len;
    require(nd_repairer_new(repairs, folds, NULL, &repairer) == ND_OK);
    require(nd_repairer_apply(repairer, text, len, &repaired, &repaired_len) == ND_OK);
    require(repaired_len <= (folds & ND_FOLD_HOMOGLYPHS ? 2 * len : len));
    require_same_marks(text, len);
    require(folds || (nd_repairer_count(repairer) == 0) == (repaired == text));
    size_t last_start = 0, last_end = 0;
    for (size_t at = 0; at < repaired_len; at++) {
        size_t start = at, end = at + 1;
        nd_repairer_locate(repairer, &start, &end);
        require(start < end && end <= len && start >= last_start && end >= last_end);
        last_start = start;
        last_end = end;
    }
    nd_repairer_free(repairer);
    return 0;
}
