/* A program that uses the installed package: exits 0 when two near-copies are found. */
#include <stdio.h>
#include <string.h>

#include <neardup/neardup.h>

static nd_status count_pair(void *ctx, const nd_pair *pair)
{
    printf("%.*s %.*s %.3f\n", (int)pair->a.len_bytes, pair->a.p, (int)pair->b.len_bytes, pair->b.p,
           pair->similarity.jaccard);
    ++*(int *)ctx;
    return ND_OK;
}

int main(void)
{
    static const char *const texts[] = {
        "the harbour was closed for three days after the storm had passed over the island",
        "something else altogether stands in this one, which nobody has copied from anywhere",
        "the harbour was closed for three days after the storm had passed over the islands"};
    nd_scan_options options;
    nd_scan_options_init(&options);
    options.output = ND_SCAN_PAIRS;
    options.rule.jaccard = 0.7;
    nd_scan *scan;
    int num_pairs = 0;
    if (nd_scan_new(&options, NULL, &scan, NULL) != ND_OK)
        return 1;
    for (int i = 0; i < 3; i++) {
        const char id = (char)('a' + i);
        nd_document document;
        memset(&document, 0, sizeof document);
        document.id = &id;
        document.id_len_bytes = 1;
        document.text = texts[i];
        document.text_len_bytes = strlen(texts[i]);
        if (nd_scan_add(scan, &document) != ND_OK)
            return 1;
    }
    if (nd_scan_finish(scan, NULL) != ND_OK ||
        nd_scan_each_pair(scan, count_pair, &num_pairs) != ND_OK)
        return 1;
    nd_scan_free(scan);
    return num_pairs == 1 ? 0 : 1;
}
