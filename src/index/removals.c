/*   file:  | checksum of what follows, 8 | words of documents, 8 | words of texts, 8 |
 *          | the words of documents, 8 each ... | those of texts ... |
 *
 * The checksum is seeded with the file's number. */
#include "index/removals.h"

#include <string.h>

#include "index/manifest.h"

enum { HEAD_WORDS = 3, MAX_WORDS = 2 * (UINT32_MAX / 64 + 1) + HEAD_WORDS };

nd_status nd_bits_add(nd_bits *bits, uint32_t number, const nd_allocator *allocator)
{
    const size_t word = number / 64;
    const nd_status status = nd_reserve(allocator, (void **)&bits->words, &bits->capacity, word + 1,
                                        sizeof *bits->words);
    if (status != ND_OK)
        return status;
    if (bits->num_words <= word) {
        memset(bits->words + bits->num_words, 0,
               (word + 1 - bits->num_words) * sizeof *bits->words);
        bits->num_words = word + 1;
    }
    bits->num_set += !nd_bits_has(bits, number);
    bits->words[word] |= UINT64_C(1) << number % 64;
    return ND_OK;
}

/* Takes num words. */
static nd_status fill(nd_bits *bits, const uint64_t *words, size_t num,
                      const nd_allocator *allocator)
{
    *bits = (nd_bits){
        .words = nd_alloc(allocator, num, sizeof *words), .num_words = num, .capacity = num};
    if (!bits->words) {
        *bits = (nd_bits){0};
        return ND_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < num; i++) {
        bits->words[i] = words[i];
        bits->num_set += (uint64_t)__builtin_popcountll(words[i]);
    }
    return ND_OK;
}

static nd_status read_words(nd_removals *removals, const nd_file *file, uint32_t number,
                            nd_error *error)
{
    const nd_allocator *const a = file->folder->allocator;
    uint64_t size;
    nd_status status = nd_file_size(file, &size, error);
    if (status == ND_OK && (size / 8 < HEAD_WORDS || size / 8 > MAX_WORDS))
        status = nd_file_damaged(file, error, "it has another length");
    if (status != ND_OK)
        return status;
    const size_t num = (size_t)(size / 8);
    uint64_t *const all = nd_alloc(a, num, sizeof *all);
    if (!all)
        return ND_ERR_NO_MEMORY;
    status = nd_file_read(file, 0, all, num * sizeof *all, error);
    if (status == ND_OK && (!nd_checksum_holds(all[0], all + 1, (num - 1) * sizeof *all, number) ||
                            all[1] > num - HEAD_WORDS || all[2] != num - HEAD_WORDS - all[1]))
        status = nd_file_damaged(file, error, "its checksum is another");
    if (status == ND_OK)
        status = fill(&removals->documents, all + HEAD_WORDS, (size_t)all[1], a);
    if (status == ND_OK)
        status = fill(&removals->texts, all + HEAD_WORDS + all[1], (size_t)all[2], a);
    nd_release(a, all);
    return status;
}

nd_status nd_removals_read(nd_removals *removals, const nd_folder *folder, uint32_t number,
                           nd_file *file, nd_error *error)
{
    char name[ND_FILE_NAME_BYTES];
    *removals = (nd_removals){0};
    *file = (nd_file)ND_FILE_CLOSED;
    if (number == 0)
        return ND_OK;
    nd_manifest_file_name(name, "gone", number);
    const nd_status status = nd_file_open(file, folder, name, ND_FILE_READ, error);
    return status == ND_OK ? read_words(removals, file, number, error) : status;
}

nd_status nd_removals_write(const nd_removals *removals, const nd_folder *folder, uint32_t number,
                            nd_error *error)
{
    const nd_bits *const documents = &removals->documents, *const texts = &removals->texts;
    const size_t num = documents->num_words + texts->num_words;
    char name[ND_FILE_NAME_BYTES];
    nd_file file = ND_FILE_CLOSED;
    uint64_t *const all = nd_alloc(folder->allocator, HEAD_WORDS + num, sizeof *all);
    if (!all)
        return ND_ERR_NO_MEMORY;
    if (documents->num_words > 0)
        memcpy(all + HEAD_WORDS, documents->words, documents->num_words * sizeof *all);
    if (texts->num_words > 0)
        memcpy(all + HEAD_WORDS + documents->num_words, texts->words,
               texts->num_words * sizeof *all);
    all[1] = documents->num_words;
    all[2] = texts->num_words;
    all[0] = nd_checksum(all + 1, (HEAD_WORDS - 1 + num) * sizeof *all, number);
    nd_manifest_file_name(name, "gone", number);
    nd_status status = nd_file_open(&file, folder, name, ND_FILE_CREATE, error);
    if (status == ND_OK)
        status = nd_file_write(&file, 0, all, (HEAD_WORDS + num) * sizeof *all, error);
    if (status == ND_OK)
        status = nd_file_sync(&file, error);
    nd_file_close(&file);
    nd_release(folder->allocator, all);
    return status;
}

void nd_removals_release(nd_removals *removals, const nd_allocator *allocator)
{
    nd_release(allocator, removals->documents.words);
    nd_release(allocator, removals->texts.words);
    *removals = (nd_removals){0};
}
