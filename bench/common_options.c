#include "common_options.h"

#include <string.h>

#include "neardup/kernel.h"

void bench_common_init(bench_common *common)
{
    *common = (bench_common){.threshold = 0.8};
    bench_workload_options_init(&common->workload);
}

static bool select_kernel(const char *name)
{
    static const nd_kernel kernels[] = {ND_KERNEL_SCALAR, ND_KERNEL_AVX2, ND_KERNEL_AVX512,
                                        ND_KERNEL_NEON};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (strcmp(nd_kernel_name(kernels[i]), name) != 0)
            continue;
        if (nd_kernel_select(kernels[i]) == ND_OK)
            return true;
        bench_complain("this machine has no kernel '%s'", name);
        return false;
    }
    bench_complain("'%s' is no kernel", name);
    return false;
}

static bool select_script(bench_common *common)
{
    for (bench_script s = 0; s < BENCH_NUM_SCRIPTS; s++)
        if (strcmp(bench_script_name(s), common->script) == 0) {
            common->workload.script = s;
            return true;
        }
    bench_complain("'%s' is no script", common->script);
    return false;
}

static bool is_in_range(const bench_common *common)
{
    if (common->workload.mean_bytes < 50 || common->workload.mean_bytes > 1 << 24) {
        bench_complain("--mean-bytes is 50 to 16M");
        return false;
    }
    if (common->threshold <= 0) {
        bench_complain("--threshold is above 0");
        return false;
    }
    return true;
}

int bench_common_parse(bench_common *common, const bench_usage *usage, int argc, char **argv)
{
    int num_operands;
    const bench_parse_result parsed = bench_options_parse(usage, argc, argv, &num_operands);
    if (parsed != BENCH_PARSED)
        return parsed == BENCH_PARSED_HELP ? BENCH_EXIT_DONE : BENCH_EXIT_USAGE;
    common->workload.paths = (const char *const *)argv + 1;
    common->workload.num_paths = (size_t)num_operands;
    const bool is_good = is_in_range(common) && (!common->script || select_script(common)) &&
                         (!common->kernel || select_kernel(common->kernel));
    return is_good ? BENCH_GO_ON : BENCH_EXIT_USAGE;
}

bench_context bench_common_context(const bench_workload *workload, const char *options)
{
    return (bench_context){.data = workload->name,
                           .options = options,
                           .machine = bench_machine(),
                           .kernel = nd_kernel_name(nd_kernel_current())};
}
