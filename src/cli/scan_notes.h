/* What a scan left out, and what its user should know. */
#ifndef CLI_SCAN_NOTES_H
#define CLI_SCAN_NOTES_H

#include "cli/notes.h"
#include "neardup/scan.h"

void nd_notes_add_scan(nd_notes *notes, const nd_scan_stats *stats, uint64_t max_matches);

#endif
