/* The allocator the tool hands to the library. */
#ifndef CLI_TOOL_ALLOCATOR_H
#define CLI_TOOL_ALLOCATOR_H

#include "neardup/allocator.h"

/* jemalloc's, or the C library's in a build without it (NEARDUP_JEMALLOC). Static. */
const nd_allocator *nd_tool_allocator(void);

/* Its name and version, such as "jemalloc 5.3.0"; static. */
/* The same for a run that may use only so much memory: what is released goes back to the system at
 * once, from here on, and no block gets more pages than it needs. Before other
 * threads begin. */
const nd_allocator *nd_tool_allocator_frugal(void);

const char *nd_tool_allocator_name(void);

#endif
