/* One option of a scan, given several values in turn. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "cli/options/settings.h"

enum { ND_SWEEP_MAX_VALUES = 1000, ND_SWEEP_VALUE_BYTES = 32 };

typedef struct nd_sweep {
    const nd_option *option; /* NULL: nothing is swept, and there is one value: what is set */
    size_t num_values;
    char (*values)[ND_SWEEP_VALUE_BYTES]; /* as they would be typed */
} nd_sweep;

/* Takes settings->sweep, "NAME=FROM:TO:STEP" or "NAME=A,B,...", apart. ND_ERR_INVALID_ARGUMENT with
 * a message where it, or one of its values, is not allowed. Release it also after a failure. */
ND_NODISCARD nd_status nd_sweep_init(nd_sweep *sweep, const nd_settings *settings,
                                     const nd_allocator *allocator, nd_error *error);

/* *out: the settings with value `index`. Borrows from `settings`; not to be released. */
ND_NODISCARD nd_status nd_sweep_settings(const nd_sweep *sweep, size_t index,
                                         const nd_settings *settings, nd_settings *out,
                                         nd_error *error);

void nd_sweep_release(nd_sweep *sweep, const nd_allocator *allocator);

#endif
