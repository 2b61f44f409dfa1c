/* Texts made ready to be added or looked for: tokenised, hashed, sketched and compressed. */
#ifndef INDEX_PREPARE_H
#define INDEX_PREPARE_H

#include "index/state.h"
#include "neardup/repair.h"

/* What is wanted of a text beside its digest and band keys. */
enum {
    ND_PREPARE_SET = 1,       /* its shingle set, and its words where they are judged by: to compare
                                 it. The set is there always where there are no bands */
    ND_PREPARE_STORED = 2,    /* its compressed bytes, to keep it */
    ND_PREPARE_LOOKED_UP = 4, /* what the runs have of its id and its digest */
};

/* A document made ready. */
typedef struct nd_prepared {
    nd_index_document document; /* its bytes are the caller's, or the list's */
    bool is_over_limit;
    uint32_t num_tokens; /* 0: nothing that follows means anything */
    uint32_t num_shingles, normalised_bytes, stored_bytes;
    uint64_t digest[2];
    uint32_t known_document, known_text;         /* in the runs, ND_NO_NUMBER: none */
    size_t keys_at, stored_at, set_at, words_at; /* in the list */
    size_t strings_at;                           /* of id and source, where the list has them */
} nd_prepared;

/* Documents made ready, with all that belongs to them. Zero it before the first use. */
typedef struct nd_prepared_list {
    ND_VEC(nd_prepared) items;
    ND_VEC(uint32_t) keys;
    ND_VEC(char) stored;
    ND_VEC(uint64_t) sets;
    ND_VEC(nd_word_code) words;
    ND_VEC(char) strings;
} nd_prepared_list;

void nd_prepared_list_clear(nd_prepared_list *list);
void nd_prepared_list_release(nd_prepared_list *list, const nd_allocator *allocator);

/* The document of an item, whose id and source the list has copied. */
nd_index_document nd_prepared_document(const nd_prepared_list *list, const nd_prepared *item);

/* What one thread works with. */
typedef struct nd_preparer {
    const nd_index *index;
    nd_repairer *repairer;
    nd_text *text;
    nd_text_packer packer;
    ND_VEC(uint64_t) hashes;
    ND_VEC(uint64_t) scratch;
    uint64_t *slots, *keys;
    nd_record_buffer record;
} nd_preparer;

/* Makes index->preparers, num_threads of them, where there are fewer. */
ND_NODISCARD nd_status nd_preparers_make(nd_index *index, uint32_t num_threads);
void nd_preparers_free(nd_index *index);

/* Appends a document to the list. Its id and source are copied, its text is not kept. */
ND_NODISCARD nd_status nd_prepare(nd_preparer *preparer, const nd_index_document *document,
                                  unsigned wanted, nd_prepared_list *list, nd_error *error);

#endif
