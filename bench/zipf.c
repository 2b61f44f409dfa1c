#include "zipf.h"

/* Weights share one unit so that no rounding differs between machines: rank 0 has 2^30 / 27. */
static uint64_t weight(uint32_t rank)
{
    return (UINT64_C(1) << 30) / (10 * (uint64_t)rank + 27);
}

/* Columns below and above the average, as two stacks growing towards each other. */
typedef struct pairing {
    uint64_t *scaled; /* weight * num: `total` fills a column */
    uint32_t *small, *large;
    size_t num_small, num_large;
} pairing;

static void sort_out(pairing *p, uint32_t i, uint64_t total)
{
    if (p->scaled[i] < total)
        p->small[p->num_small++] = i;
    else
        p->large[p->num_large++] = i;
}

/* Fills each small column from a large one, which then counts by what it has left. */
static void pair_up(bench_zipf *zipf, pairing *p, uint64_t total)
{
    while (p->num_small > 0 && p->num_large > 0) {
        const uint32_t small = p->small[--p->num_small];
        const uint32_t large = p->large[--p->num_large];
        zipf->columns[small] =
            (bench_zipf_column){(uint32_t)((p->scaled[small] << 32) / total), large};
        p->scaled[large] -= total - p->scaled[small];
        sort_out(p, large, total);
    }
}

nd_status bench_zipf_init(bench_zipf *zipf, uint32_t num, const nd_allocator *allocator)
{
    *zipf = (bench_zipf){.num = num};
    zipf->columns = nd_alloc(allocator, num, sizeof *zipf->columns);
    uint64_t *const scaled = nd_alloc(allocator, num, sizeof *scaled);
    uint32_t *const stacks = nd_alloc(allocator, (size_t)num * 2, sizeof *stacks);
    nd_status status = ND_ERR_NO_MEMORY;
    if (!zipf->columns || !scaled || !stacks)
        goto done;
    pairing p = {.scaled = scaled, .small = stacks, .large = stacks + num};
    uint64_t total = 0;
    for (uint32_t i = 0; i < num; i++) {
        total += weight(i);
        scaled[i] = weight(i) * num;
        zipf->columns[i] = (bench_zipf_column){UINT32_MAX, i};
    }
    for (uint32_t i = 0; i < num; i++)
        sort_out(&p, i, total);
    pair_up(zipf, &p, total);
    status = ND_OK;
done:
    nd_release(allocator, scaled);
    nd_release(allocator, stacks);
    if (status != ND_OK)
        bench_zipf_release(zipf, allocator);
    return status;
}

void bench_zipf_release(bench_zipf *zipf, const nd_allocator *allocator)
{
    nd_release(allocator, zipf->columns);
    *zipf = (bench_zipf){0};
}
