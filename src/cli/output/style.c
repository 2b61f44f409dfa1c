#include "cli/output/style.h"

const char *nd_style(const nd_job *job, nd_style_name style)
{
    static const char *const sequences[] = {
        [ND_STYLE_PLAIN] = "\033[0m",
        [ND_STYLE_STRONG] = "\033[1m",
        [ND_STYLE_FAINT] = "\033[2m",
    };
    return job->is_coloured ? sequences[style] : "";
}
