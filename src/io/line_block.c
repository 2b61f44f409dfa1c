#include "io/line_block.h"

#include <string.h>

nd_status nd_line_block_scan(const nd_allocator *allocator, nd_line_block *block, size_t from)
{
    const char *const bytes = block->bytes.items;
    const char *const end = bytes + block->bytes.len;
    const char *at = bytes + from;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        if (block->ends.len == block->ends.capacity) {
            const nd_status status = ND_VEC_RESERVE(allocator, &block->ends, 1);
            if (status != ND_OK)
                return status;
        }
        block->ends.items[block->ends.len++] = (size_t)(++at - bytes);
    }
    return ND_OK;
}

void nd_line_block_trim(const nd_allocator *allocator, nd_line_block *block, size_t keep_bytes)
{
    nd_bytes_trim(allocator, &block->bytes, keep_bytes);
    block->ends.len = 0;
    if (block->ends.capacity > keep_bytes / sizeof *block->ends.items)
        ND_VEC_RELEASE(allocator, &block->ends);
}

void nd_line_block_release(const nd_allocator *allocator, nd_line_block *block)
{
    ND_VEC_RELEASE(allocator, &block->bytes);
    ND_VEC_RELEASE(allocator, &block->ends);
}
