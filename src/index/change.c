#include "index/change.h"

#include "neardup/sketch.h"

enum { UNCOVERED = sizeof(nd_change) }; /* kind and length are told by the checksum's place */

/* The head of a text has been read by then: 16 bytes say the kind and length alone. */
static size_t text_covered(const nd_text_change *change)
{
    const size_t covered = sizeof *change + change->num_keys * sizeof(uint32_t);
    const uint64_t bytes = (uint64_t)covered + change->stored_bytes;
    const bool can_be = change->num_keys <= ND_SKETCH_MAX_SLOTS && change->head.bytes >= bytes &&
                        change->head.bytes - bytes < 8;
    return can_be ? covered : 0;
}

static size_t document_covered(const nd_document_change *change)
{
    const uint64_t bytes = (uint64_t)sizeof *change + change->id_bytes + change->source_bytes;
    const bool can_be = change->id_bytes <= ND_INDEX_MAX_ID_BYTES &&
                        change->source_bytes <= ND_INDEX_MAX_SOURCE_BYTES &&
                        change->head.bytes >= bytes && change->head.bytes - bytes < 8;
    return can_be ? change->head.bytes : 0;
}

size_t nd_change_covered_bytes(const nd_change *head)
{
    switch ((nd_change_kind)head->kind) {
    case ND_CHANGE_TEXT:
        return head->bytes < sizeof(nd_text_change)
                   ? 0
                   : text_covered((const nd_text_change *)(const void *)head);
    case ND_CHANGE_DOCUMENT:
        return head->bytes < sizeof(nd_document_change)
                   ? 0
                   : document_covered((const nd_document_change *)(const void *)head);
    case ND_CHANGE_REMOVAL:
        return head->bytes == sizeof(nd_removal_change) ? head->bytes : 0;
    }
    return 0;
}

/* Kind and length, which stand before the checksum, go into its seed. */
static uint64_t seed_of(const nd_change *head, uint64_t place)
{
    const uint64_t what[3] = {place, head->kind, head->bytes};
    return nd_checksum(what, sizeof what, 0);
}

void nd_change_seal(nd_change *head, uint64_t place)
{
    const size_t covered = nd_change_covered_bytes(head);
    head->checksum =
        nd_checksum((const char *)head + UNCOVERED, covered - UNCOVERED, seed_of(head, place));
}

bool nd_change_is_whole(const nd_change *head, uint64_t place)
{
    const size_t covered = nd_change_covered_bytes(head);
    return covered > 0 && nd_checksum_holds(head->checksum, (const char *)head + UNCOVERED,
                                            covered - UNCOVERED, seed_of(head, place));
}
