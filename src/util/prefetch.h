/* Asking for memory before it is needed. */
#ifndef UTIL_PREFETCH_H
#define UTIL_PREFETCH_H

/* GCC takes a function that does nothing but __builtin_prefetch for one without effect, and leaves
 * out all calls of it that it does not inline. The empty statement is an effect to it. */
static inline void nd_prefetch(const void *p)
{
    __builtin_prefetch(p);
    __asm__ volatile("");
}

/* The same for what will be written. */
static inline void nd_prefetch_to_write(const void *p)
{
    __builtin_prefetch(p, 1);
    __asm__ volatile("");
}

#endif
