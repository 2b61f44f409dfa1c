/* The texts that stand under one key in the runs and the tail: the members of a bucket, or those
 * that have a sampled shingle. */
#ifndef INDEX_MEMBERS_H
#define INDEX_MEMBERS_H

#include "index/state.h"

/* A text: its number, and ND_MEMBER_PICKS (run.h) where they stand under one of its picks. */
typedef uint64_t nd_key_member;
typedef ND_VEC(nd_key_member) nd_key_members;

/* The members in one place: of a run, or of the tail. Removed ones are among them. */
typedef struct nd_member_list {
    nd_run_cursor cursor;         /* run NULL: the tail */
    const nd_key_member *of_tail; /* in order once that is needed */
    uint64_t first, end;
    /* The next one that is not removed; at outside [first, end): there is none. */
    uint64_t at;
    nd_key_member member;
    nd_text_entry entry;
} nd_member_list;

/* All places. Exclusive. In order of their size, the largest first, and then of their digest, as
 * neardup/bucket.h orders texts; each place has them so. */
typedef struct nd_member_lists {
    const nd_index *index;
    uint32_t self;         /* the number of a text that is passed over; ND_NO_NUMBER: none */
    nd_member_list *lists; /* num_lists of them: the runs', then the tail's */
    uint32_t num_lists;
    nd_key_members tail_members;
    bool is_tail_ordered;
    nd_numbers numbers;
    nd_run_cursor entries; /* of texts */
} nd_member_lists;

/* Release it also after a failure. */
ND_NODISCARD nd_status nd_member_lists_init(nd_member_lists *lists, const nd_index *index,
                                            uint32_t self);
void nd_member_lists_release(nd_member_lists *lists);

/* Finds those that stand under a key of a table; *num is how many at most, with removed ones. Keys
 * of one table are best looked up in ascending order. */
ND_NODISCARD nd_status nd_member_lists_find(nd_member_lists *lists, uint32_t table, uint64_t key,
                                            uint64_t *num, nd_error *error);

/* Whether more texts than `most` may have a sample, by what is known in memory: false of most that
 * are not had by so many. */
bool nd_member_lists_may_exceed(const nd_member_lists *lists, uint64_t key, uint64_t most);

/* Appends members that are there, in no order, and as many as `most`. */
ND_NODISCARD nd_status nd_member_lists_all(nd_member_lists *lists, size_t most,
                                           nd_key_members *members, nd_error *error);

/* Appends the first `most`; *last becomes the last of them, if there is one. */
ND_NODISCARD nd_status nd_member_lists_first(nd_member_lists *lists, uint32_t most,
                                             nd_key_members *members, nd_text_entry *last,
                                             nd_error *error);

typedef enum nd_direction {
    ND_FORWARD = 0,
    ND_BACKWARD,
} nd_direction;

/* Appends the `most` that are nearest to a text in that direction. */
ND_NODISCARD nd_status nd_member_lists_next(nd_member_lists *lists, const nd_text_entry *text,
                                            nd_direction direction, uint32_t most,
                                            nd_key_members *members, nd_error *error);

#endif
