#include "text/line_index.h"

#include <string.h>

nd_status nd_line_index_set(nd_line_index *index, const nd_allocator *allocator, const char *bytes,
                            size_t len_bytes)
{
    index->breaks.len = 0;
    for (size_t at = 0; at < len_bytes;) {
        const char *const line_feed = memchr(bytes + at, '\n', len_bytes - at);
        if (!line_feed)
            break;
        const nd_status status = ND_VEC_RESERVE(allocator, &index->breaks, 1);
        if (status != ND_OK)
            return status;
        at = (size_t)(line_feed - bytes) + 1;
        index->breaks.items[index->breaks.len++] = (uint32_t)(at - 1);
    }
    return ND_OK;
}

uint64_t nd_line_index_line(const nd_line_index *index, uint64_t offset)
{
    size_t low = 0, high = index->breaks.len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (index->breaks.items[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low + 1;
}

void nd_line_index_release(nd_line_index *index, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &index->breaks);
}
