/* Colours of the text format: escape sequences on a terminal that wants them, else nothing. */
#ifndef CLI_OUTPUT_STYLE_H
#define CLI_OUTPUT_STYLE_H

#include "cli/job.h"

typedef enum nd_style_name {
    ND_STYLE_PLAIN = 0, /* ends the others */
    ND_STYLE_STRONG,    /* what a result is about */
    ND_STYLE_FAINT,     /* numbers beside the text */
} nd_style_name;

/* The sequence to write, "" without colours; static. */
const char *nd_style(const nd_job *job, nd_style_name style);

#endif
