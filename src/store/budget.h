/* What those who spill ask of a budget. */
#ifndef STORE_BUDGET_H
#define STORE_BUDGET_H

#include <stdbool.h>

#include "neardup/budget.h"

/* Whether so many bytes more, to be kept for long, fit below the limit; always without a budget.
 * Thread-safe. */
bool nd_budget_has_room(const nd_budget *budget, uint64_t more_bytes);

/* What is left below the limit, UINT64_MAX without a limit or a budget. Thread-safe. */
uint64_t nd_budget_room(const nd_budget *budget);

/* The limit; UINT64_MAX without one, or without a budget. */
uint64_t nd_budget_limit(const nd_budget *budget);

/* Whether there is a limit at all. */
bool nd_budget_is_limited(const nd_budget *budget);

/* Whether what can go to a file should: a quarter of the limit is in use, and later stages need
 * room of their own. Never without a limit. Thread-safe. */
bool nd_budget_is_tight(const nd_budget *budget);

/* Says in *error, where that has no message yet, which temporary file failed and why: those who use
 * them from several threads return a status only. Thread-safe; `budget` and `error` may be NULL. */
void nd_budget_explain(nd_budget *budget, nd_status status, nd_error *error);

/* A temporary file: append from several threads, read what was appended. */
typedef struct nd_temp_file nd_temp_file;

/* Opens an empty one in the budget's folder. ND_ERR_IO, with why in *error. */
ND_NODISCARD nd_status nd_temp_file_new(nd_budget *budget, nd_temp_file **out, nd_error *error);

/* Appends bytes; *offset is where they stand. A file that cannot take them (a full disk, a limit on
 * the size of files) is ND_ERR_IO, with why in *error. Thread-safe. */
ND_NODISCARD nd_status nd_temp_file_append(nd_temp_file *file, const void *bytes, size_t len,
                                           uint64_t *offset, nd_error *error);

/* The two halves of it: a place for so many bytes, and bytes put at a place. Thread-safe. */
uint64_t nd_temp_file_reserve(nd_temp_file *file, uint64_t len);
ND_NODISCARD nd_status nd_temp_file_write(const nd_temp_file *file, uint64_t offset,
                                          const void *bytes, size_t len, nd_error *error);

/* Reads len bytes from offset, which were appended. Thread-safe. */
ND_NODISCARD nd_status nd_temp_file_read(const nd_temp_file *file, uint64_t offset, void *bytes,
                                         size_t len, nd_error *error);

void nd_temp_file_free(nd_temp_file *file);

/* --- temporary files --- */

/* What a budget and its temporary files know of each other. */

/* Whether files can be made in the folder; ND_ERR_IO, with why in *error, where not. */
ND_NODISCARD nd_status nd_temp_folder_check(const char *folder, nd_error *error);

const char *nd_budget_temp_dir(const nd_budget *budget);

/* Keeps the first failure of a temporary file, for nd_budget_explain. */
void nd_budget_take_failure(nd_budget *budget, const nd_error *failure);

/* Counts bytes on disk. */
void nd_budget_count_disk(nd_budget *budget, uint64_t more_bytes, uint64_t less_bytes);

#endif
