/* Which of two records comes first. */
#ifndef ENGINE_ID_COMPARE_H
#define ENGINE_ID_COMPARE_H

#include "engine/record.h"

/* Ids as unsigned bytes: below, equal to or above 0. */
int nd_compare_ids(const nd_record *a, const nd_record *b, uint32_t bands);

/* By id, records of one id by what they hold: total but for documents that are the same in all that
 * is kept of them. */
int nd_compare_records(const nd_record *a, const nd_record *b, uint32_t bands);

#endif
