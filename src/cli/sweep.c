#include "cli/options/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/command.h"
#include "util/alloc.h"
#include "util/error.h"

static const nd_option *find_option(const nd_option_list *options, const char *name, size_t len)
{
    const nd_option *const option = nd_option_find(options, name, len);
    return option && option->is_sweepable ? option : NULL;
}

static nd_status refuse_name(const nd_option_list *options, const char *name, size_t len,
                             nd_error *error)
{
    char allowed[256] = "";
    const nd_option *option = NULL;
    while ((option = nd_option_next(options, option)) != NULL) {
        const size_t at = strlen(allowed);
        if (option->is_sweepable)
            snprintf(allowed + at, sizeof allowed - at, "%s%s", at ? ", " : "", option->name);
    }
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT, "cannot sweep '%.*s', allowed: %s",
                        (int)(len < 60 ? len : 60), name, allowed);
}

static nd_status refuse_values(const nd_settings *settings, nd_error *error)
{
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "invalid value '%.100s' for '--sweep', allowed: NAME=FROM:TO:STEP with a "
                        "STEP above 0, or NAME=A,B,..., at most %d values",
                        settings->sweep, ND_SWEEP_MAX_VALUES);
}

/* A finite number at *at, which moves past it. */
static bool take_number(const char **at, double *out)
{
    char *end;
    *out = strtod(*at, &end);
    const bool is_number = end != *at && isfinite(*out);
    *at = end;
    return is_number;
}

/* FROM:TO:STEP, with room for what the steps' rounding may miss of TO. */
static bool take_range(nd_sweep *sweep, const char *at)
{
    double from, to, step;
    if (!take_number(&at, &from) || *at++ != ':' || !take_number(&at, &to) || *at++ != ':' ||
        !take_number(&at, &step) || *at != '\0' || !(step > 0) || to < from)
        return false;
    const double steps = floor((to - from) / step + 1e-9);
    if (steps >= ND_SWEEP_MAX_VALUES)
        return false;
    for (; sweep->num_values <= (size_t)steps; sweep->num_values++)
        snprintf(sweep->values[sweep->num_values], ND_SWEEP_VALUE_BYTES, "%.10g",
                 from + (double)sweep->num_values * step);
    return true;
}

static bool take_list(nd_sweep *sweep, const char *at)
{
    for (;;) {
        const size_t len = strcspn(at, ",");
        if (len == 0 || len >= ND_SWEEP_VALUE_BYTES || sweep->num_values == ND_SWEEP_MAX_VALUES)
            return false;
        memcpy(sweep->values[sweep->num_values], at, len);
        sweep->values[sweep->num_values++][len] = '\0';
        if (at[len] == '\0')
            return true;
        at += len + 1;
    }
}

/* The option must have an effect, and be set by the sweep alone. */
static nd_status check_option(const nd_option *option, const nd_settings *settings, nd_error *error)
{
    if (nd_settings_given(settings, option->name))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "option '--%s' is given, and swept by '--sweep'", option->name);
    return nd_option_check(option, settings, error);
}

nd_status nd_sweep_init(nd_sweep *sweep, const nd_settings *settings, const nd_allocator *allocator,
                        nd_error *error)
{
    *sweep = (nd_sweep){.num_values = 1};
    if (!settings->sweep)
        return ND_OK;
    sweep->num_values = 0;
    const nd_option_list *const options = &settings->command->info.options;
    const size_t len = strcspn(settings->sweep, "=");
    if (settings->sweep[len] == '\0')
        return refuse_values(settings, error);
    const char *const values = settings->sweep + len + 1;
    sweep->option = find_option(options, settings->sweep, len);
    if (!sweep->option)
        return refuse_name(options, settings->sweep, len, error);
    nd_status status = check_option(sweep->option, settings, error);
    if (status != ND_OK)
        return status;
    sweep->values = nd_alloc(allocator, ND_SWEEP_MAX_VALUES, sizeof *sweep->values);
    if (!sweep->values)
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    const bool is_range = strchr(values, ':') && sweep->option->kind != ND_OPTION_SHINGLE;
    if (is_range ? !take_range(sweep, values) : !take_list(sweep, values))
        return refuse_values(settings, error);
    nd_settings one;
    for (size_t i = 0; i < sweep->num_values && status == ND_OK; i++)
        status = nd_sweep_settings(sweep, i, settings, &one, error);
    return status;
}

nd_status nd_sweep_settings(const nd_sweep *sweep, size_t index, const nd_settings *settings,
                            nd_settings *out, nd_error *error)
{
    *out = *settings;
    if (!sweep->option)
        return ND_OK;
    /* No sweepable option allocates. */
    const nd_status status = nd_option_store(sweep->option, sweep->values[index], NULL, out, error);
    if (status != ND_OK)
        return status;
    if (out->keep != settings->keep &&
        (out->keep == ND_KEEP_EARLIEST || out->keep == ND_KEEP_PREFERRED))
        return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                            "cannot sweep '%s' over '%s': the documents are read once, without the "
                            "field it needs; use '--representative %s'",
                            sweep->option->name, sweep->values[index], sweep->values[index]);
    return nd_settings_check_scan(out, error);
}

void nd_sweep_release(nd_sweep *sweep, const nd_allocator *allocator)
{
    nd_release(allocator, sweep->values);
    *sweep = (nd_sweep){0};
}
