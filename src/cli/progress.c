#include "cli/job.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/output/screen.h"
#include "cli/process.h"

#define FIRST_DRAW_SECONDS 1.0
#define DRAW_SECONDS (1.0 / 6)

enum { MOST_BAR_COLUMNS = 40 };

void nd_progress_init(nd_progress *progress, nd_progress_mode mode, nd_input *input)
{
    const double now = nd_clock_seconds();
    const nd_screen screen = nd_screen_of(STDERR_FILENO);
    *progress = (nd_progress){
        .input = input,
        .is_shown = mode == ND_PROGRESS_ALWAYS || (mode == ND_PROGRESS_AUTO && screen.is_terminal),
        .columns = screen.columns,
        .started = now,
        .phase_started = now,
        .next_draw = mode == ND_PROGRESS_ALWAYS ? now : now + FIRST_DRAW_SECONDS,
    };
}

static void draw_line(nd_progress *progress, const char *before, double share, const char *after)
{
    char bar[MOST_BAR_COLUMNS + 1] = "";
    const size_t taken = 10 + 8 + 26; /* the phase, the percent, the rates */
    if (share >= 0 && progress->columns > taken + 12) {
        const size_t room = progress->columns - taken - 4;
        const size_t columns = room < MOST_BAR_COLUMNS ? room : MOST_BAR_COLUMNS;
        const size_t filled = (size_t)(share * (double)columns);
        for (size_t i = 0; i < columns; i++)
            bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
        bar[columns] = '\0';
    }
    char line[256];
    snprintf(line, sizeof line, "%-9s%s%s%s%s", before, *bar ? " [" : "", bar, *bar ? "]" : "",
             after);
    fprintf(stderr, "\r%.*s\033[K", (int)progress->columns - 1, line);
    fflush(stderr);
    progress->is_drawn = true;
}

static void draw_share(nd_progress *progress, const char *name, double share, const char *rate)
{
    char after[96], left[32] = "";
    const double seconds = nd_clock_seconds() - progress->phase_started;
    if (share > 0 && seconds > 0.5) {
        const unsigned long rest = (unsigned long)(seconds * (1 - share) / share + 0.5);
        snprintf(left, sizeof left, "  %lu:%02lu left", rest / 60, rest % 60);
    }
    snprintf(after, sizeof after, " %3.0f %%%s%s", 100 * share, rate, left);
    draw_line(progress, name, share, after);
}

static void draw_reading(nd_progress *progress, uint64_t documents)
{
    const nd_input_report report =
        progress->input ? nd_input_report_get(progress->input) : (nd_input_report){0};
    const double seconds = nd_clock_seconds() - progress->phase_started;
    char rate[64] = "";
    if (seconds > 0.01)
        snprintf(rate, sizeof rate, "  %s/s", nd_amount_bytes((double)report.bytes / seconds).text);
    if (report.bytes_total > 0 && report.bytes <= report.bytes_total) {
        draw_share(progress, "reading", (double)report.bytes / (double)report.bytes_total, rate);
        return;
    }
    char after[192];
    snprintf(after, sizeof after, " %s  %s%s", nd_amount_of(documents, "document").text,
             nd_amount_bytes((double)report.bytes).text, rate);
    draw_line(progress, "reading", -1, after);
}

nd_status nd_progress_step(void *ctx, nd_phase phase, uint64_t done, uint64_t total)
{
    static const char *const names[] = {
        [ND_PHASE_READ_AGAIN] = "rereading",
        [ND_PHASE_SEARCH] = "searching",
        [ND_PHASE_COMPARE] = "comparing",
        [ND_PHASE_JOIN] = "joining",
    };
    nd_progress *const progress = ctx;
    if (!progress->is_shown)
        return ND_OK;
    const double now = nd_clock_seconds();
    if (phase != progress->phase) {
        progress->phase = phase;
        progress->phase_started = now;
    }
    if (now < progress->next_draw)
        return ND_OK;
    progress->next_draw = now + DRAW_SECONDS;
    if (phase == ND_PHASE_READ)
        draw_reading(progress, done);
    else
        draw_share(progress, names[phase], total > 0 ? (double)done / (double)total : 0, "");
    return ND_OK;
}

void nd_progress_clear(nd_progress *progress)
{
    if (!progress->is_drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->is_drawn = false;
    progress->next_draw = nd_clock_seconds() + FIRST_DRAW_SECONDS;
}
