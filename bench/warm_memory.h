/* Memory made ready by the machine's host before a measurement. */
#ifndef BENCH_WARM_MEMORY_H
#define BENCH_WARM_MEMORY_H

#include <stdint.h>

#include "neardup/status.h"

/* Touches so many bytes in a forked process, which then gives them back. A virtual machine's host
 * takes free memory away within seconds and finds it again page by page, seconds for a GB: what is
 * measured right afterwards has that behind it. ND_ERR_NO_MEMORY. */
ND_NODISCARD nd_status bench_warm_memory(uint64_t bytes);

#endif
