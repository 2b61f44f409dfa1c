/* One line on stderr that says how far a long run is. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options/settings.h"
#include "io/input.h"
#include "neardup/document.h"

/* Exclusive. Drawn after one second, at most six times a second; with ND_PROGRESS_ALWAYS from the
 * first step, so that a log of a short run has it too. */
typedef struct nd_progress {
    nd_input *input; /* counts the bytes read; may be NULL */
    bool is_shown, is_drawn;
    size_t columns;
    nd_phase phase;
    double started, phase_started, next_draw; /* seconds */
} nd_progress;

void nd_progress_init(nd_progress *progress, nd_progress_mode mode, nd_input *input);

/* An nd_progress_fn; `ctx` is the nd_progress. */
nd_status nd_progress_step(void *ctx, nd_phase phase, uint64_t done, uint64_t total);

/* Clears the line; before anything else is written to stderr. */
void nd_progress_clear(nd_progress *progress);

#endif
