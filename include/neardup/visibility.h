/* Attributes of the public declarations. */
#ifndef NEARDUP_VISIBILITY_H
#define NEARDUP_VISIBILITY_H

#if defined(__GNUC__) || defined(__clang__)
#    define ND_API __attribute__((visibility("default")))
#    define ND_NODISCARD __attribute__((warn_unused_result))
#else
#    define ND_API
#    define ND_NODISCARD
#endif

#ifdef __cplusplus
#    define ND_BEGIN_DECLS extern "C" {
#    define ND_END_DECLS }
#else
#    define ND_BEGIN_DECLS
#    define ND_END_DECLS
#endif

#endif
