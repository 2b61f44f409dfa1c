/* What an index consists of: one small file, replaced whole. */
#ifndef INDEX_MANIFEST_H
#define INDEX_MANIFEST_H

#include <stdint.h>

#include "index/folder.h"
#include "neardup/scan.h"
#include "neardup/spec.h"

/* Runs are merged before there are so many: each is at most half as large as the one before. */
enum { ND_INDEX_MAX_RUNS = 64, ND_INDEX_FORMAT = 3 };

/* A file of sorted tables (run.h) and the documents and texts it stands for. */
typedef struct nd_run_info {
    uint32_t number; /* of its file */
    uint32_t first_document, num_documents;
    uint32_t first_text, num_texts;
    uint64_t size_bytes, directory_at, directory_checksum;
} nd_run_info;

typedef struct nd_manifest {
    nd_spec spec;
    nd_match_rule rule; /* what is a match, unless a query says otherwise */
    double recall;
    double score;         /* of the verdict, is a match too; 0: not asked for */
    uint64_t state;       /* larger in each manifest of an index */
    uint32_t log;         /* number of its file */
    uint64_t log_covered; /* its first bytes, for which the runs stand; frames follow from there */
    uint64_t log_frames;  /* how many frames those are */
    uint32_t gone;        /* number of the file that says what was removed of that; 0: nothing */
    uint32_t next_number; /* for a new file; larger than any that was ever used */
    uint32_t num_runs;
    nd_run_info runs[ND_INDEX_MAX_RUNS]; /* one after the other, from document and text 0 */
} nd_manifest;

/* "log.7", "run.8", "gone.9" */
void nd_manifest_file_name(char name[ND_FILE_NAME_BYTES], const char *kind, uint32_t number);

/* Documents and texts for which the runs stand. */
uint32_t nd_manifest_num_documents(const nd_manifest *manifest);
uint32_t nd_manifest_num_texts(const nd_manifest *manifest);

/* ND_ERR_NOT_FOUND: none in the folder, so it is no index. ND_ERR_VERSION: of another format.
 * ND_ERR_FORMAT: damaged. */
ND_NODISCARD nd_status nd_manifest_read(const nd_folder *folder, nd_manifest *manifest,
                                        nd_error *error);

/* Writes it whole, in place of the one before, and waits until it is on the disk. */
ND_NODISCARD nd_status nd_manifest_write(const nd_folder *folder, const nd_manifest *manifest,
                                         nd_error *error);

/* Removes the files of an index in the folder that the manifest does not name: what an interrupted
 * write left behind. Anything else stays. */
ND_NODISCARD nd_status nd_manifest_sweep(const nd_folder *folder, const nd_manifest *manifest,
                                         nd_error *error);

#endif
