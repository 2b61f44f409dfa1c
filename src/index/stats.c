#include "index/state.h"

#define AT(member) offsetof(nd_index_stats, member)

static const nd_counter counters[] = {
    {.name = "documents", .offset = AT(documents), .meaning = "documents"},
    {.name = "texts", .offset = AT(texts), .meaning = "different texts with a word at least"},
    {.name = "removed_documents",
     .offset = AT(removed_documents),
     .meaning = "documents removed since the index was compacted"},
    {.name = "removed_texts", .offset = AT(removed_texts), .meaning = "texts that went with them"},
    {.name = "runs", .offset = AT(runs), .meaning = "files of sorted tables"},
    {.name = "tail_documents",
     .offset = AT(tail_documents),
     .meaning = "documents since the last of them"},
    {.name = "bytes", .offset = AT(bytes), .meaning = "bytes on the disk"},
    {.name = "document_bytes",
     .offset = AT(document_bytes),
     .meaning = "of them for ids, sources and times"},
    {.name = "text_bytes", .offset = AT(text_bytes), .meaning = "for compressed texts"},
    {.name = "key_bytes",
     .offset = AT(key_bytes),
     .meaning = "for digests and band keys beside the texts"},
    {.name = "table_bytes",
     .offset = AT(table_bytes),
     .meaning = "for look-up by number, id and digest"},
    {.name = "bucket_bytes",
     .offset = AT(bucket_bytes),
     .meaning = "for look-up by band key, or by shingle"},
    {.name = "spare_bytes",
     .offset = AT(spare_bytes),
     .meaning = "for what was removed and what is to come"},
};

const nd_counter *nd_index_counters(size_t *num)
{
    *num = sizeof counters / sizeof *counters;
    return counters;
}

uint64_t nd_index_num_documents(const nd_index *index)
{
    return index->num_documents - index->removals.documents.num_set;
}

static uint64_t bytes_of_tables(const nd_run *run, uint32_t first, uint32_t end)
{
    uint64_t bytes = 0;
    for (uint32_t table = first; table < end; table++) {
        const uint64_t next = table + 1 < run->num_tables
                                  ? run->tables[table + 1].first_block * ND_RUN_BLOCK_BYTES
                                  : run->info.directory_at;
        bytes += next - run->tables[table].first_block * ND_RUN_BLOCK_BYTES;
    }
    return bytes;
}

static nd_status sum_texts(const nd_index *index, nd_index_stats *stats, nd_error *error)
{
    const uint64_t beside = sizeof(nd_text_change) + nd_index_num_keys(index) * sizeof(uint32_t);
    nd_status status = ND_OK;
    for (uint32_t i = 0; status == ND_OK && i < index->num_texts; i++) {
        nd_text_entry entry;
        if (nd_bits_has(&index->removals.texts, i))
            continue;
        status = nd_index_text_entry(index, i, &entry, error);
        if (status != ND_OK)
            break;
        stats->text_bytes += entry.stored_bytes;
        stats->key_bytes += beside;
    }
    return status;
}

static nd_status sum_documents(const nd_index *index, nd_index_stats *stats, nd_error *error)
{
    nd_status status = ND_OK;
    for (uint32_t i = 0; status == ND_OK && i < index->num_documents; i++) {
        nd_document_entry entry;
        if (nd_bits_has(&index->removals.documents, i))
            continue;
        status = nd_index_document_entry(index, i, &entry, error);
        if (status == ND_OK)
            stats->document_bytes += entry.record_bytes;
    }
    return status;
}

nd_status nd_index_stats_get(nd_index *index, nd_index_stats *stats, nd_error *error)
{
    uint64_t gone_bytes = 0;
    *stats = (nd_index_stats){0};
    nd_status status = nd_index_check_usable(index, error);
    if (status == ND_OK)
        status = nd_file_size(&index->log.file, &stats->bytes, error);
    if (status == ND_OK && index->gone.fd >= 0)
        status = nd_file_size(&index->gone, &gone_bytes, error);
    if (status == ND_OK)
        status = sum_texts(index, stats, error);
    if (status == ND_OK)
        status = sum_documents(index, stats, error);
    if (status != ND_OK)
        return nd_index_fail(error, status);
    stats->removed_documents = index->removals.documents.num_set;
    stats->removed_texts = index->removals.texts.num_set;
    stats->documents = index->num_documents - stats->removed_documents;
    stats->texts = index->num_texts - stats->removed_texts;
    stats->runs = index->manifest.num_runs;
    stats->tail_documents = index->tail.documents.len;
    stats->bytes += gone_bytes;
    for (uint32_t i = 0; i < index->manifest.num_runs; i++) {
        const nd_run *const run = &index->runs[i];
        stats->bytes += run->info.size_bytes;
        stats->table_bytes += bytes_of_tables(run, 0, ND_TABLE_SAMPLES);
        stats->bucket_bytes += bytes_of_tables(run, ND_TABLE_SAMPLES, run->num_tables);
    }
    stats->spare_bytes = stats->bytes - stats->text_bytes - stats->key_bytes -
                         stats->document_bytes - stats->table_bytes - stats->bucket_bytes;
    return ND_OK;
}
