/* Each block of a budget's allocator begins with its size, so that what is given back can be
 * counted:
 *
 *   | size, 8 bytes | unused, 8 | the caller's bytes ...
 */
#include "store/budget.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"

enum { HEADER_BYTES = 16 };

struct nd_budget {
    nd_allocator base;
    nd_allocator counting;
    uint64_t limit_bytes;
    char *temp_dir;
    _Atomic uint64_t used, peak;
    _Atomic uint64_t disk, peak_disk;
    uint64_t most_bytes;
    pthread_mutex_t lock; /* of `failure` */
    nd_error failure;     /* the first of a temporary file; no message: none */
};

void nd_budget_options_init_sized(nd_budget_options *options, size_t size_bytes)
{
    const nd_budget_options full = {
        .size_bytes = sizeof full, .limit_bytes = UINT64_MAX, .most_bytes = UINT64_MAX};
    nd_option_struct_init(options, size_bytes, &full);
}

static void raise_to(_Atomic uint64_t *peak, uint64_t value)
{
    uint64_t before = atomic_load_explicit(peak, memory_order_relaxed);
    while (before < value && !atomic_compare_exchange_weak_explicit(
                                 peak, &before, value, memory_order_relaxed, memory_order_relaxed))
        ;
}

static void count(_Atomic uint64_t *used, _Atomic uint64_t *peak, uint64_t more)
{
    raise_to(peak, atomic_fetch_add_explicit(used, more, memory_order_relaxed) + more);
}

/* Whether so many bytes more are refused; two threads may both be let pass. */
static bool is_refused(const nd_budget *b, size_t more_bytes)
{
    const uint64_t used = atomic_load_explicit(&b->used, memory_order_relaxed);
    return more_bytes > SIZE_MAX - HEADER_BYTES ||
           (more_bytes > 0 && (used > b->most_bytes || more_bytes > b->most_bytes - used));
}

static void *allocate(void *ctx, size_t size_bytes)
{
    nd_budget *const b = ctx;
    if (is_refused(b, size_bytes))
        return NULL;
    char *const block = b->base.allocate(b->base.ctx, size_bytes + HEADER_BYTES);
    if (!block)
        return NULL;
    const uint64_t size = size_bytes;
    memcpy(block, &size, sizeof size);
    count(&b->used, &b->peak, size);
    return block + HEADER_BYTES;
}

static uint64_t size_of(const void *block)
{
    uint64_t size;
    memcpy(&size, (const char *)block - HEADER_BYTES, sizeof size);
    return size;
}

static void *resize(void *ctx, void *block, size_t size_bytes)
{
    nd_budget *const b = ctx;
    if (!block)
        return allocate(ctx, size_bytes);
    const uint64_t before = size_of(block), size = size_bytes;
    if (is_refused(b, size > before ? size_bytes - (size_t)before : 0))
        return NULL;
    char *const resized =
        b->base.resize(b->base.ctx, (char *)block - HEADER_BYTES, size_bytes + HEADER_BYTES);
    if (!resized)
        return NULL;
    memcpy(resized, &size, sizeof size);
    atomic_fetch_sub_explicit(&b->used, before, memory_order_relaxed);
    count(&b->used, &b->peak, size);
    return resized + HEADER_BYTES;
}

static void release(void *ctx, void *block)
{
    nd_budget *const b = ctx;
    if (!block)
        return;
    atomic_fetch_sub_explicit(&b->used, size_of(block), memory_order_relaxed);
    b->base.release(b->base.ctx, (char *)block - HEADER_BYTES);
}

static const char *default_folder(void)
{
    const char *const named = getenv("TMPDIR");
    return named && named[0] ? named : "/tmp";
}

nd_status nd_budget_new(const nd_budget_options *options, nd_budget **out, nd_error *error)
{
    *out = NULL;
    nd_budget_options full;
    nd_budget_options_init(&full);
    nd_status status = nd_option_struct_copy(&full, options);
    if (status != ND_OK)
        return nd_error_set(error, status, "%s", nd_status_message(status));
    const nd_allocator base = nd_allocator_or_default(full.allocator);
    const char *const folder = full.temp_dir ? full.temp_dir : default_folder();
    nd_budget *const b = nd_alloc_zeroed(&base, 1, sizeof *b);
    const size_t folder_bytes = strlen(folder) + 1;
    char *const copy = nd_alloc(&base, folder_bytes, 1);
    if (!b || !copy) {
        nd_release(&base, b);
        nd_release(&base, copy);
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    }
    memcpy(copy, folder, folder_bytes);
    *b = (nd_budget){.base = base,
                     .counting = {allocate, resize, release, b},
                     .limit_bytes = full.limit_bytes,
                     .most_bytes = full.most_bytes,
                     .temp_dir = copy};
    if (pthread_mutex_init(&b->lock, NULL) != 0) {
        nd_release(&base, copy);
        nd_release(&base, b);
        return nd_error_set(error, ND_ERR_NO_MEMORY, "out of memory");
    }
    status = nd_budget_is_limited(b) ? nd_temp_folder_check(copy, error) : ND_OK;
    if (status != ND_OK) {
        nd_budget_free(b);
        return status;
    }
    *out = b;
    return ND_OK;
}

const nd_allocator *nd_budget_allocator(const nd_budget *budget)
{
    return &budget->counting;
}

uint64_t nd_budget_limit(const nd_budget *budget)
{
    return budget ? budget->limit_bytes : UINT64_MAX;
}

bool nd_budget_is_limited(const nd_budget *budget)
{
    return budget && budget->limit_bytes != UINT64_MAX;
}

bool nd_budget_is_tight(const nd_budget *budget)
{
    return nd_budget_is_limited(budget) && nd_budget_room(budget) < budget->limit_bytes / 4 * 3;
}

uint64_t nd_budget_room(const nd_budget *budget)
{
    if (!nd_budget_is_limited(budget))
        return UINT64_MAX;
    const uint64_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
    return used < budget->limit_bytes ? budget->limit_bytes - used : 0;
}

bool nd_budget_has_room(const nd_budget *budget, uint64_t more_bytes)
{
    return more_bytes <= nd_budget_room(budget);
}

const char *nd_budget_temp_dir(const nd_budget *budget)
{
    return budget->temp_dir;
}

void nd_budget_count_disk(nd_budget *budget, uint64_t more_bytes, uint64_t less_bytes)
{
    count(&budget->disk, &budget->peak_disk, more_bytes);
    atomic_fetch_sub_explicit(&budget->disk, less_bytes, memory_order_relaxed);
}

void nd_budget_take_failure(nd_budget *budget, const nd_error *failure)
{
    pthread_mutex_lock(&budget->lock);
    if (budget->failure.message[0] == '\0')
        budget->failure = *failure;
    pthread_mutex_unlock(&budget->lock);
}

void nd_budget_explain(nd_budget *budget, nd_status status, nd_error *error)
{
    if (!budget || !error || status != ND_ERR_IO || error->message[0] != '\0')
        return;
    pthread_mutex_lock(&budget->lock);
    *error = budget->failure;
    pthread_mutex_unlock(&budget->lock);
}

nd_budget_use nd_budget_use_get(const nd_budget *budget)
{
    return (nd_budget_use){atomic_load(&budget->used), atomic_load(&budget->peak),
                           atomic_load(&budget->disk), atomic_load(&budget->peak_disk)};
}

void nd_budget_free(nd_budget *budget)
{
    if (!budget)
        return;
    const nd_allocator base = budget->base;
    pthread_mutex_destroy(&budget->lock);
    nd_release(&base, budget->temp_dir);
    nd_release(&base, budget);
}
