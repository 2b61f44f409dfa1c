/* The sub-commands of neardup-bench; each takes its own argc and argv and returns the exit code. */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

int bench_cmd_accuracy(int argc, char **argv);
int bench_cmd_gen(int argc, char **argv);
int bench_cmd_join(int argc, char **argv);
int bench_cmd_scale(int argc, char **argv);
int bench_cmd_scan(int argc, char **argv);
int bench_cmd_stages(int argc, char **argv);

#endif
