/* The options of a scan, checked and completed. */
#ifndef ENGINE_SCAN_OPTIONS_H
#define ENGINE_SCAN_OPTIONS_H

#include "neardup/scan.h"

/* *full becomes all of the options, with the defaults of what the caller does not know, and *plan
 * the plan they lead to. ND_ERR_INVALID_ARGUMENT, ND_ERR_LIMIT: see nd_scan_new; *error, which may
 * be NULL, says why. */
ND_NODISCARD nd_status nd_scan_settle(const nd_scan_options *options, nd_scan_options *full,
                                      nd_plan *plan, nd_error *error);

#endif
