#include "cli/options/plan_settings.h"

#include "neardup/scan.h"
#include "util/error.h"

nd_status nd_plan_settings(const nd_settings *settings, nd_plan *out, nd_error *error)
{
    nd_plan_request request = {.threshold = settings->threshold, .recall = settings->recall};
    if (settings->containment > 0 && request.threshold > ND_SCAN_CONTAINMENT_JACCARD)
        request.threshold = ND_SCAN_CONTAINMENT_JACCARD;
    if (nd_plan_solve(&request, out) == ND_OK)
        return ND_OK;
    return nd_error_set(error, ND_ERR_INVALID_ARGUMENT,
                        "no sketch reaches recall %g at jaccard %g: lower '--recall' or raise "
                        "'--threshold'",
                        request.recall, request.threshold);
}
