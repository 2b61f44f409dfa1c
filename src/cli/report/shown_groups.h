/* The groups that a report on a scan lists, and of some of them the texts: what is not shown takes
 * no memory. */
#ifndef CLI_REPORT_SHOWN_GROUPS_H
#define CLI_REPORT_SHOWN_GROUPS_H

#include <pthread.h>

#include "cli/job.h"
#include "neardup/scan.h"
#include "util/alloc.h"

/* Limits of a report: of what is listed, as it stands in the page before compression; of the texts
 * that are compared, which are a 40th of all text within these bounds, so that comparing them
 * takes a fraction of the scan's time; and members of one group whose texts are shown. */
#define ND_SHOWN_LIST_BYTES ((uint64_t)48 << 20)
#define ND_SHOWN_TEXT_MIN ((uint64_t)192 << 10)
#define ND_SHOWN_TEXT_MAX ((uint64_t)2 << 20)
enum { ND_SHOWN_TEXT_SHARE = 40, ND_SHOWN_MEMBERS = 20, ND_SHOWN_TEXTS = 2000 };

/* A document that is listed. */
typedef struct nd_shown_document {
    nd_id id;           /* the scan's */
    int64_t time;       /* microseconds since 1970; 0: not known */
    const char *source; /* NULL: not known */
    size_t source_len_bytes;
    uint32_t source_number; /* from 1, in the order of their names; 0: not known */
    uint32_t text_rank;     /* texts are kept in this order; UINT32_MAX: not wanted */
    nd_kept_text text;      /* NULL: not shown */
} nd_shown_document;

typedef struct nd_shown_member {
    size_t document;
    nd_match_kind kind;
    nd_similarity similarity; /* a is the member, b the representative */
    nd_coverage coverage;
    double score;
    uint32_t detail; /* number of its comparison with the representative; UINT32_MAX: none */
} nd_shown_member;

typedef struct nd_shown_group {
    size_t representative; /* a document */
    size_t first_member, num_members;
} nd_shown_group;

/* One member beside its representative. */
typedef struct nd_shown_detail {
    size_t group, member;
} nd_shown_detail;

typedef struct nd_shown_groups {
    const nd_allocator *allocator; /* borrowed */
    uint64_t num_groups;           /* of the scan, of which the largest are listed */
    ND_VEC(nd_shown_group) groups; /* largest first, then by representative */
    ND_VEC(nd_shown_member) members;
    ND_VEC(nd_shown_document) documents;
    ND_VEC(nd_shown_detail) details;
    ND_VEC(size_t) sources; /* a document of each */

    uint64_t most_text_bytes;
    bool are_texts_ours;    /* and not the scan's */
    ND_VEC(size_t) by_rank; /* documents whose texts are wanted */
    pthread_mutex_t lock;   /* of what follows, while texts are read */
    nd_arena source_names;
    uint32_t end_of_texts; /* texts of this rank and above are dropped */
    uint64_t text_bytes;   /* kept */
} nd_shown_groups;

/* Whether the documents can be read twice: they are in files, as is standard input where a command
 * copies it. Else a scan has to keep all texts. */
bool nd_shown_groups_can_read_again(const nd_settings *settings);

/* Chooses the largest groups, `most` at most (0: no limit), and reads the times, sources and texts
 * of their documents, where the scan did not keep the texts. Of the texts those of the first groups
 * are kept, as many as fit. Which ones does not depend on threads. Release also after a failure;
 * borrows from the scan. */
ND_NODISCARD nd_status nd_shown_groups_init(nd_shown_groups *shown, nd_job *job,
                                            const nd_scan *scan, uint64_t most, nd_error *error);

void nd_shown_groups_release(nd_shown_groups *shown);

#endif
