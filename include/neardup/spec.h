/* What decides whether the hashes of two texts can be compared. */
#ifndef NEARDUP_SPEC_H
#define NEARDUP_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "neardup/plan.h"
#include "neardup/scan.h"
#include "neardup/shingle.h"
#include "neardup/status.h"

ND_BEGIN_DECLS

enum { ND_SPEC_UNICODE_BYTES = 16, ND_SPEC_LINE_BYTES = 256 };

/* Whatever stores hashes or ships them carries it: two specs that differ in anything make hashes
 * that must not be compared. Make it with nd_spec_from_options or nd_spec_parse. */
typedef struct nd_spec {
    size_t size_bytes; /* of this struct as the caller knows it */
    nd_shingle_spec shingle;
    uint32_t repairs;     /* of ND_REPAIR_*: made before tokens are read */
    uint32_t folds;       /* of ND_FOLD_*: made after those */
    uint32_t bands, rows; /* 0 where coverage decides: then there are no sketches */
    uint32_t slots;
    uint32_t hash_spec_version;          /* ND_HASH_SPEC_VERSION of the library that made it */
    char unicode[ND_SPEC_UNICODE_BYTES]; /* version of the Unicode data it folds and splits by */
} nd_spec;

/* The spec of the hashes that a scan with these options makes. ND_ERR_INVALID_ARGUMENT: an option
 * out of range. ND_ERR_LIMIT: no plan reaches the recall. Thread-safe. */
static inline nd_status nd_spec_from_options(const nd_scan_options *options, nd_spec *spec);

/* One line of text without a line end, terminated, at most ND_SPEC_LINE_BYTES with its end:
 *   neardup hash=1 unicode=15.0.0 shingle=word:5 repair=none fold=none bands=12 rows=5 slots=60
 * Equal specs give equal lines. Thread-safe. */
ND_API void nd_spec_print(const nd_spec *spec, char line[ND_SPEC_LINE_BYTES]);

/* Reads such a line, or the same with a line end. ND_ERR_FORMAT: it is none, or has what this
 * version does not know; *error (which may be NULL) says what. Thread-safe. */
static inline nd_status nd_spec_parse(const char *line, size_t len_bytes, nd_spec *spec,
                                      nd_error *error);

/* ND_OK where hashes of the two specs can be compared, else ND_ERR_VERSION, with what differs in
 * *error (which may be NULL). Thread-safe. */
ND_API ND_NODISCARD nd_status nd_spec_check(const nd_spec *wanted, const nd_spec *found,
                                            nd_error *error);

/* Behind the inline functions, which tell the size the caller was compiled with. */
ND_API ND_NODISCARD nd_status nd_spec_from_options_sized(const nd_scan_options *options,
                                                         nd_spec *spec, size_t size_bytes);
ND_API ND_NODISCARD nd_status nd_spec_parse_sized(const char *line, size_t len_bytes, nd_spec *spec,
                                                  size_t size_bytes, nd_error *error);

static inline nd_status nd_spec_from_options(const nd_scan_options *options, nd_spec *spec)
{
    return nd_spec_from_options_sized(options, spec, sizeof *spec);
}

static inline nd_status nd_spec_parse(const char *line, size_t len_bytes, nd_spec *spec,
                                      nd_error *error)
{
    return nd_spec_parse_sized(line, len_bytes, spec, sizeof *spec, error);
}

ND_END_DECLS

#endif
