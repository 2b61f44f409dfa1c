#include "text/line_index.h"

/* len_bytes is at most ND_LINE_BLOCK, so that eight bits do. */
static uint32_t count_line_feeds(const char *bytes, size_t len_bytes)
{
    uint8_t num = 0;
    for (size_t i = 0; i < len_bytes; i++)
        num = (uint8_t)(num + (bytes[i] == '\n'));
    return num;
}

nd_status nd_line_index_set(nd_line_index *index, const nd_allocator *allocator, const char *bytes,
                            size_t len_bytes)
{
    const size_t num_blocks = len_bytes / ND_LINE_BLOCK;
    index->before.len = 0;
    const nd_status status = ND_VEC_RESERVE(allocator, &index->before, num_blocks + 1);
    if (status != ND_OK)
        return status;
    index->bytes = bytes;
    index->before.len = num_blocks + 1;
    uint32_t num = 0;
    for (size_t i = 0; i < num_blocks; i++) {
        index->before.items[i] = num;
        num += count_line_feeds(bytes + i * ND_LINE_BLOCK, ND_LINE_BLOCK);
    }
    index->before.items[num_blocks] = num;
    return ND_OK;
}

uint64_t nd_line_index_line(const nd_line_index *index, uint64_t offset)
{
    const uint64_t block = offset / ND_LINE_BLOCK;
    return 1 + index->before.items[block] +
           count_line_feeds(index->bytes + block * ND_LINE_BLOCK, offset % ND_LINE_BLOCK);
}

void nd_line_index_release(nd_line_index *index, const nd_allocator *allocator)
{
    ND_VEC_RELEASE(allocator, &index->before);
}
