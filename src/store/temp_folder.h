/* What a budget and its temporary files know of each other. */
#ifndef STORE_TEMP_FOLDER_H
#define STORE_TEMP_FOLDER_H

#include "store/budget.h"

/* Whether files can be made in the folder; ND_ERR_IO, with why in *error, where not. */
ND_NODISCARD nd_status nd_temp_folder_check(const char *folder, nd_error *error);

const char *nd_budget_temp_dir(const nd_budget *budget);

/* Keeps the first failure of a temporary file, for nd_budget_explain. */
void nd_budget_take_failure(nd_budget *budget, const nd_error *failure);

/* Counts bytes on disk. */
void nd_budget_count_disk(nd_budget *budget, uint64_t more_bytes, uint64_t less_bytes);

#endif
