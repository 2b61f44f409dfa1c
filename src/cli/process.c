#define _DEFAULT_SOURCE /* madvise */

#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands/command.h"
#include "cli/output/screen.h"
#include "util/alloc.h"
#include "util/error.h"

/* --- the process --- */

static char typed_command[1 << 12];

/* In quotes where a shell would not take it as it is. */
static size_t put_word(char *to, size_t room, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./,:=@%+";
    size_t len = 0;
    const bool is_plain = *word && word[strspn(word, plain)] == '\0';
    if (!is_plain && len < room)
        to[len++] = '\'';
    for (; *word && room - len > 6; word++) {
        if (*word == '\'' && !is_plain) {
            for (const char *quote = "'\\''"; *quote; quote++)
                to[len++] = *quote;
        } else {
            to[len++] = *word;
        }
    }
    if (!is_plain && len < room)
        to[len++] = '\'';
    return *word ? room : len;
}

static void keep_command(int argc, char **argv)
{
    size_t len = 0;
    for (int i = 0; i < argc && len < sizeof typed_command - 1; i++) {
        if (i > 0)
            typed_command[len++] = ' ';
        len += put_word(typed_command + len, sizeof typed_command - 1 - len, argv[i]);
    }
    typed_command[len < sizeof typed_command - 1 ? len : 0] = '\0';
}

const char *nd_process_command(void)
{
    return typed_command;
}

void nd_process_begin(int argc, char **argv)
{
    keep_command(argc, argv);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* Names and ids are anybody's: no line of their own, no colours, no other direction of writing. A
 * character that is not shown, or is none, becomes a question mark. */
static void make_harmless(char *text)
{
    char *to = text;
    for (const char *p = text, *const end = text + strlen(text); p < end;) {
        const nd_shown_char c = nd_shown_char_at(p, (size_t)(end - p));
        const bool is_shown = c.kind == ND_SHOWN_AS_IS || *p == ' ';
        if (is_shown)
            memmove(to, p, c.len_bytes);
        else
            *to = '?';
        to += is_shown ? c.len_bytes : 1;
        p += c.len_bytes;
    }
    *to = '\0';
}

void nd_message(const char *format, ...)
{
    char text[1024]; /* one write a line: lines of two processes do not mix */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_harmless(text);
    fprintf(stderr, "neardup: %s\n", text);
}

int nd_stdout_finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return ND_EXIT_DONE;
    if (errno == EPIPE)
        return ND_EXIT_DONE;
    nd_message("cannot write to standard output: %s", strerror(errno));
    return ND_EXIT_FAILED;
}

static char last_words[1 << 13];
static volatile size_t last_words_len;
static char unfinished[2][PATH_MAX]; /* paths; empty: none */
static char staging_path[PATH_MAX + 16], staging_made[PATH_MAX];
static size_t staging_len; /* of the path, behind which the handler writes numbers; 0: none */
static const atomic_uint *staging_number;
static volatile sig_atomic_t is_armed;

/* What of stdio a signal handler must not use. */
static void put_number(char *to, unsigned number)
{
    char digits[16];
    size_t num = 0;
    do {
        digits[num++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (num > 0)
        *to++ = digits[--num];
    *to = '\0';
}

static void remove_staging(void)
{
    if (staging_len == 0)
        return;
    for (unsigned i = 0, num = atomic_load(staging_number); i < num; i++) {
        put_number(staging_path + staging_len, i);
        unlink(staging_path);
    }
    staging_path[staging_len] = '\0';
    rmdir(staging_path);
    if (staging_made[0])
        rmdir(staging_made);
}

/* unlink, rmdir, write and raise are async-signal-safe. A run can wait for input for ever, so
 * nothing is put off until it would look at a flag. */
static void remove_and_die(int signal_number)
{
    const int error_number = errno; /* of what was interrupted */
    for (int i = 0; is_armed && i < 2; i++)
        unlink(unfinished[i]);
    if (is_armed)
        remove_staging();
    if (is_armed && last_words_len > 0 && write(STDERR_FILENO, last_words, last_words_len) < 0)
        last_words_len = 0;
    errno = error_number;
    raise(signal_number); /* SA_RESETHAND: the default action, once this handler has returned */
}

static void catch_one(int signal_number)
{
    struct sigaction old, action = {.sa_handler = remove_and_die, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    /* What the parent has ignored stays so: nohup, background jobs. */
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(signal_number, &action, NULL);
}

static void catch_all(void)
{
    is_armed = 1;
    catch_one(SIGINT);
    catch_one(SIGTERM);
    catch_one(SIGHUP);
    catch_one(SIGQUIT);
    catch_one(SIGXCPU);
}

void nd_interrupt_says(const char *text, size_t len_bytes)
{
    last_words_len = 0;
    if (!text || len_bytes > sizeof last_words)
        return;
    memcpy(last_words, text, len_bytes);
    last_words_len = len_bytes;
}

void nd_signals_hold(const char *path, sigset_t *before)
{
    struct stat info;
    const bool is_made = stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
    sigset_t held;
    if (is_made)
        sigfillset(&held);
    else
        sigemptyset(&held);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

void nd_signals_release(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

void nd_interrupt_removes(const char *path, const char *other)
{
    const char *const paths[] = {path ? path : "", other ? other : ""};
    is_armed = 0;
    for (int i = 0; i < 2; i++) {
        const size_t size_bytes = strlen(paths[i]) + 1;
        unfinished[i][0] = '\0';
        if (size_bytes <= sizeof unfinished[i])
            memcpy(unfinished[i], paths[i], size_bytes);
    }
    if (unfinished[0][0] || unfinished[1][0] || staging_len > 0)
        catch_all();
}

void nd_interrupt_removes_staging(const nd_staging *staging)
{
    is_armed = 0;
    staging_len = 0;
    if (!staging || strlen(staging->path) >= PATH_MAX)
        return;
    snprintf(staging_path, sizeof staging_path, "%s", staging->path);
    snprintf(staging_made, sizeof staging_made, "%s", staging->made ? staging->made : "");
    staging_number = staging->number;
    staging_len = strlen(staging_path);
    catch_all();
}

/* ---- standard input ---- */

static nd_status fail_keeping(const char *folder, nd_error *error)
{
    return nd_error_set(error, ND_ERR_IO, "cannot keep standard input in '%s': %s", folder,
                        strerror(errno));
}

static int open_unnamed(const char *folder)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/neardup-XXXXXX", folder) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = mkstemp(path);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* Whether all of standard input is in the file. *is_read: what failed is the file. */
static bool copy_stdin(int to, bool *is_read)
{
    static char bytes[1 << 16];
    for (;;) {
        const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
        *is_read = got >= 0 || errno == EINTR;
        if (got == 0 || !*is_read)
            return got == 0;
        for (ssize_t done = 0; done < got;) {
            const ssize_t num = write(to, bytes + done, (size_t)(got - done));
            if (num < 0 && errno != EINTR)
                return false;
            done += num > 0 ? num : 0;
        }
    }
}

const char *nd_process_temp_dir(const char *said)
{
    const char *const usual = getenv("TMPDIR");
    return said ? said : usual && *usual ? usual : "/tmp";
}

nd_status nd_stdin_keep(const char *folder, nd_error *error)
{
    struct stat info;
    if (fstat(STDIN_FILENO, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
        return ND_OK;
    folder = nd_process_temp_dir(folder);
    const int fd = open_unnamed(folder);
    if (fd < 0)
        return fail_keeping(folder, error);
    bool is_read = true;
    nd_status status = ND_OK;
    if (!copy_stdin(fd, &is_read))
        status = is_read ? fail_keeping(folder, error)
                         : nd_error_set(error, ND_ERR_IO, "cannot read standard input: %s",
                                        strerror(errno));
    else if (lseek(fd, 0, SEEK_SET) != 0 || dup2(fd, STDIN_FILENO) < 0)
        status = fail_keeping(folder, error);
    close(fd);
    return status;
}

/* ---- time ---- */

double nd_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- its allocator --- */

#ifdef NEARDUP_JEMALLOC

#    include <jemalloc/jemalloc.h>
#    include <stdio.h>
#    include <string.h>
#    include <sys/mman.h>

/* Blocks of LEAST_BYTES and up are given whole huge pages, if the system has them: a page fault
 * costs about what sketching a page of hashes does. Of a smaller block too much could lie idle. */
enum { HUGE_PAGE_BYTES = 2 << 20, LEAST_BYTES = 2 << 20 };

static void *ask_for_huge_pages(void *block)
{
#    ifdef MADV_HUGEPAGE
    if (block)
        (void)madvise(block, sallocx(block, 0), MADV_HUGEPAGE);
#    endif
    return block;
}

static void *allocate_huge(size_t size_bytes)
{
    return ask_for_huge_pages(mallocx(size_bytes, MALLOCX_ALIGN(HUGE_PAGE_BYTES)));
}

/* The library also exports malloc, realloc and free, so linking it gives jemalloc to everything in
 * the process, the C++ runtime included; these calls take the shortest way to it. */
static void *allocate(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return size_bytes < LEAST_BYTES ? mallocx(size_bytes, 0) : allocate_huge(size_bytes);
}

static void *resize(void *ctx, void *block, size_t size_bytes)
{
    if (!block)
        return allocate(ctx, size_bytes);
    if (size_bytes < LEAST_BYTES)
        return rallocx(block, size_bytes, 0);
    return ask_for_huge_pages(rallocx(block, size_bytes, MALLOCX_ALIGN(HUGE_PAGE_BYTES)));
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    if (block)
        dallocx(block, 0);
}

const nd_allocator *nd_tool_allocator(void)
{
    static const nd_allocator allocator = {allocate, resize, release, NULL};
    return &allocator;
}

static void *allocate_plain(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return mallocx(size_bytes, 0);
}

static void *resize_plain(void *ctx, void *block, size_t size_bytes)
{
    (void)ctx;
    return block ? rallocx(block, size_bytes, 0) : mallocx(size_bytes, 0);
}

static const nd_allocator *frugal_allocator(void)
{
    static const nd_allocator allocator = {allocate_plain, resize_plain, release, NULL};
    static const char *const decays[] = {"arenas.dirty_decay_ms", "arenas.muzzy_decay_ms",
                                         "arena.0.dirty_decay_ms", "arena.0.muzzy_decay_ms"};
    ssize_t none = 0;
    for (size_t i = 0; i < sizeof decays / sizeof *decays; i++)
        (void)mallctl(decays[i], NULL, NULL, &none, sizeof none);
    return &allocator;
}

const char *nd_tool_allocator_name(void)
{
    static char name[32];
    const char *version = NULL; /* of the library loaded, "5.3.0-0-g..." */
    size_t size = sizeof version;
    if (mallctl("version", &version, &size, NULL, 0) != 0)
        version = "unknown";
    snprintf(name, sizeof name, "jemalloc %.*s", (int)strcspn(version, "-"), version);
    return name;
}

#else

const nd_allocator *nd_tool_allocator(void)
{
    static nd_allocator allocator;
    allocator = nd_allocator_or_default(NULL);
    return &allocator;
}

static const nd_allocator *frugal_allocator(void)
{
    return nd_tool_allocator();
}

const char *nd_tool_allocator_name(void)
{
    return "C library";
}

#endif

enum { PROGRAM_BYTES = 12 << 20, THREAD_BYTES = 1 << 20 };

nd_status nd_tool_budget_new(uint64_t memory_bytes, const char *temp_dir, uint32_t num_threads,
                             nd_budget **out, nd_error *error)
{
    const uint64_t beside = PROGRAM_BYTES + (uint64_t)THREAD_BYTES * num_threads;
    const uint64_t most = memory_bytes - (beside < memory_bytes / 2 ? beside : memory_bytes / 2);
    nd_budget_options options;
    nd_budget_options_init(&options);
    options.limit_bytes = most / 10 * 9; /* what follows from it is not to the byte */
    options.most_bytes = most;
    options.temp_dir = temp_dir;
    options.allocator = frugal_allocator();
    return nd_budget_new(&options, out, error);
}
