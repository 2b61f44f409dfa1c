#include "cli/output/page.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/threads.h"

/* --- a page --- */

/* The two digits of a number below 100, in the two lowest bytes. */
static uint64_t two_digits(uint32_t number)
{
    static const char digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";
    uint16_t two;
    memcpy(&two, digits + 2 * (size_t)number, sizeof two);
    return two;
}

enum { RATIO_TEXT_BYTES = 328 }; /* room for any double */

/* What "%.6f" prints; for a ratio from 0 to 1 many times as fast, because results are mostly
 * ratios. False where it is none of those, or so near a tie that the product's own rounding would
 * decide. */
static bool ratio_text(uint64_t *text, double ratio)
{
    const double scaled = ratio * 1e6;
    if (!(scaled >= 0 && scaled <= 1e6))
        return false;
    const uint32_t floor = (uint32_t)scaled;
    const double rest = scaled - floor;
    if (rest > 0.4999 && rest < 0.5001)
        return false;
    const uint32_t millionths = floor + (rest > 0.5);
    /* In one word: bytes that are stored one by one and read together would wait for each other. */
    *text = ('0' + millionths / 1000000) | (uint64_t)'.' << 8 |
            two_digits(millionths / 10000 % 100) << 16 | two_digits(millionths / 100 % 100) << 32 |
            two_digits(millionths % 100) << 48;
    return true;
}

void nd_page_init(nd_page *page, const nd_allocator *allocator)
{
    *page = (nd_page){.allocator = allocator};
}

void nd_page_clear(nd_page *page)
{
    page->bytes.len = 0;
}

void nd_page_append_growing(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK && len_bytes > 0)
        page->status = nd_bytes_append(page->allocator, &page->bytes, p, len_bytes);
}

void nd_page_fill(nd_page *page, char c, size_t times)
{
    for (size_t i = 0; i < times; i++)
        nd_page_append(page, &c, 1);
}

void nd_page_printf(nd_page *page, const char *format, ...)
{
    char text[1024]; /* numbers and short phrases; what comes from outside goes by nd_page_append */
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        nd_page_append(page, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void nd_page_ratio(nd_page *page, double ratio)
{
    uint64_t text;
    char long_text[RATIO_TEXT_BYTES];
    if (ratio_text(&text, ratio))
        nd_page_append(page, (const char *)&text, sizeof text);
    else
        nd_page_append(page, long_text,
                       (size_t)snprintf(long_text, sizeof long_text, "%.6f", ratio));
}

void nd_page_json(nd_page *page, const char *p, size_t len_bytes)
{
    if (page->status == ND_OK)
        page->status = nd_json_append_string(page->allocator, &page->bytes, p, len_bytes);
}

/* Writes what stands for the character at p, which a TSV field may not hold, and returns its
 * length, 0 for all others: a tab, newline, carriage return or backslash by its letter, another
 * control character by its bytes, so that no id can steer the terminal of who looks at the table.
 */
static size_t tsv_escape(const char *p, size_t len_bytes, char out[8])
{
    static const char odd[] = "\t\n\r\\", letters[] = "tnr\\", digits[] = "0123456789abcdef";
    const unsigned char c = (unsigned char)p[0];
    const char *const letter = c ? strchr(odd, c) : NULL;
    if (letter) {
        out[0] = '\\';
        out[1] = letters[letter - odd];
        return 2;
    }
    /* U+0080 to U+009F are C2 80 to C2 9F. */
    const bool is_c1 = c == 0xC2 && len_bytes > 1 && ((unsigned char)p[1] & 0xE0) == 0x80;
    if (c >= ' ' && c != 0x7F && !is_c1)
        return 0;
    size_t len = 0;
    for (int i = 0; i < (is_c1 ? 2 : 1); i++) {
        const unsigned char byte = (unsigned char)p[i];
        out[len] = '\\';
        out[len + 1] = 'x';
        out[len + 2] = digits[byte >> 4];
        out[len + 3] = digits[byte & 15];
        len += 4;
    }
    return len;
}

/* Whether a byte of `eight` is `c`, or may be: the classical tests for a zero byte and for one
 * below n (Mycroft 1987; Warren, Hacker's Delight, section 6-1) take others for one after a true
 * one. */
static uint64_t may_hold(uint64_t eight, unsigned char c)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t zero_where = eight ^ ones * c;
    return (zero_where - ones) & ~zero_where;
}

/* Bytes at p, eight at a time, that hold nothing to escape. */
static size_t tsv_plain_words(const char *p, size_t len)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t i = 0;
    for (uint64_t eight; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        const uint64_t is_low = (eight - ones * ' ') & ~eight;
        if ((is_low | may_hold(eight, '\\') | may_hold(eight, 0x7F) | may_hold(eight, 0xC2)) & tops)
            break;
    }
    return i;
}

void nd_page_tsv(nd_page *page, const char *p, size_t len_bytes)
{
    size_t written = 0;
    for (size_t i = tsv_plain_words(p, len_bytes); i < len_bytes; i++) {
        char escape[8];
        const size_t escape_len = tsv_escape(p + i, len_bytes - i, escape);
        if (escape_len == 0)
            continue;
        nd_page_append(page, p + written, i - written);
        nd_page_append(page, escape, escape_len);
        i += escape_len == sizeof escape; /* two bytes */
        written = i + 1;
    }
    nd_page_append(page, p + written, len_bytes - written);
}

void nd_page_release(nd_page *page)
{
    ND_VEC_RELEASE(page->allocator, &page->bytes);
}

/* --- pages in their order --- */

/* Parts are handed out in their order, so the earliest one unfinished is always being filled: its
 * thread never waits, and all others can. A finished part that is not next is parked in the slot
 * of its number, if the parked bytes stay few:
 *
 *   turn = 7      slot  0   1   2   3          part 9 and 10 are parked, 7 and 8 being filled;
 *                           9  10              the thread that is done with 7 writes 7, then 8
 *                                              if that is parked by then, and so on
 */

enum { SLOTS_A_THREAD = 8, MOST_PARKED_BYTES = 8 << 20 };

struct nd_ordered_pages {
    const nd_ordered_job *job;
    nd_page *own; /* [threads] */
    uint32_t num_slots;

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t moved; /* the turn, or the status */
    uint32_t turn;        /* the part to be taken next */
    nd_page *parked;      /* [slots] */
    bool *is_parked;      /* [slots] */
    size_t parked_bytes;
    nd_status status; /* of the first failure */
};

static void fail(nd_ordered_pages *p, nd_status status)
{
    if (status == ND_OK || p->status != ND_OK)
        return;
    p->status = status;
    pthread_cond_broadcast(&p->moved);
}

/* Memory that a huge step made the page take is given back. */
static void take(nd_ordered_pages *p, nd_page *page)
{
    fail(p, page->bytes.len > 0 ? p->job->take(p->job->ctx, page) : page->status);
    nd_bytes_trim(page->allocator, &page->bytes, 2 * (size_t)ND_PAGE_FULL_BYTES);
}

nd_status nd_ordered_pages_flush(nd_ordered_pages *pages, uint32_t part, nd_page *page)
{
    nd_ordered_pages *const p = pages;
    if (page->bytes.len < ND_PAGE_FULL_BYTES)
        return page->status;
    pthread_mutex_lock(&p->lock);
    while (p->status == ND_OK && p->turn != part)
        pthread_cond_wait(&p->moved, &p->lock);
    if (p->status == ND_OK)
        take(p, page);
    const nd_status status = p->status;
    pthread_mutex_unlock(&p->lock);
    return status;
}

static bool must_wait(const nd_ordered_pages *p, uint32_t part, size_t len_bytes)
{
    if (p->status != ND_OK || p->turn == part)
        return false;
    return part - p->turn >= p->num_slots || p->parked_bytes + len_bytes > MOST_PARKED_BYTES;
}

static void park(nd_ordered_pages *p, uint32_t part, nd_page *page)
{
    const uint32_t slot = part % p->num_slots;
    const nd_page empty = p->parked[slot];
    p->parked[slot] = *page;
    *page = empty;
    p->is_parked[slot] = true;
    p->parked_bytes += p->parked[slot].bytes.len;
}

/* Takes the parts from the next one on that are parked. */
static void take_parked(nd_ordered_pages *p)
{
    for (uint32_t slot = p->turn % p->num_slots; p->is_parked[slot] && p->status == ND_OK;
         slot = p->turn % p->num_slots) {
        p->is_parked[slot] = false;
        p->parked_bytes -= p->parked[slot].bytes.len;
        take(p, &p->parked[slot]);
        p->turn++;
    }
}

static nd_status finish_part(nd_ordered_pages *p, uint32_t part, nd_page *page)
{
    pthread_mutex_lock(&p->lock);
    while (must_wait(p, part, page->bytes.len))
        pthread_cond_wait(&p->moved, &p->lock);
    if (p->status == ND_OK && p->turn == part) {
        take(p, page);
        p->turn++;
        take_parked(p);
        pthread_cond_broadcast(&p->moved);
    } else if (p->status == ND_OK) {
        park(p, part, page);
    }
    const nd_status status = p->status;
    pthread_mutex_unlock(&p->lock);
    return status;
}

/* An nd_task_fn. */
static nd_status run_part(void *ctx, uint32_t worker, size_t task)
{
    nd_ordered_pages *const p = ctx;
    const uint32_t part = (uint32_t)task;
    nd_page *const page = &p->own[worker];
    nd_status status = p->job->fill(p->job->ctx, worker, part, page, p);
    if (status == ND_OK)
        status = page->status;
    if (status == ND_OK)
        return finish_part(p, part, page);
    pthread_mutex_lock(&p->lock);
    fail(p, status);
    pthread_mutex_unlock(&p->lock);
    return status;
}

static nd_status run_parts(nd_ordered_pages *p)
{
    const nd_ordered_job *const job = p->job;
    for (uint32_t i = 0; i < job->num_threads; i++)
        nd_page_init(&p->own[i], job->allocator);
    for (uint32_t i = 0; i < p->num_slots; i++)
        nd_page_init(&p->parked[i], job->allocator);
    const nd_status status =
        nd_threads_for(job->allocator, job->num_threads, job->num_parts, run_part, p);
    for (uint32_t i = 0; i < job->num_threads; i++)
        nd_page_release(&p->own[i]);
    for (uint32_t i = 0; i < p->num_slots; i++)
        nd_page_release(&p->parked[i]);
    return p->status != ND_OK ? p->status : status;
}

nd_status nd_ordered_pages_run(const nd_ordered_job *job)
{
    nd_ordered_pages p = {.job = job, .num_slots = SLOTS_A_THREAD * job->num_threads};
    p.own = nd_alloc_zeroed(job->allocator, job->num_threads, sizeof *p.own);
    p.parked = nd_alloc_zeroed(job->allocator, p.num_slots, sizeof *p.parked);
    p.is_parked = nd_alloc_zeroed(job->allocator, p.num_slots, sizeof *p.is_parked);
    nd_status status = ND_ERR_NO_MEMORY;
    if (p.own && p.parked && p.is_parked && pthread_mutex_init(&p.lock, NULL) == 0) {
        if (pthread_cond_init(&p.moved, NULL) == 0) {
            status = run_parts(&p);
            pthread_cond_destroy(&p.moved);
        }
        pthread_mutex_destroy(&p.lock);
    }
    nd_release(job->allocator, p.own);
    nd_release(job->allocator, p.parked);
    nd_release(job->allocator, p.is_parked);
    return status;
}
