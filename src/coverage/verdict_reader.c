/* Verdicts on texts as they come, and the words behind them. */
#include "neardup/verdict.h"

#include <stdbool.h>

#include "coverage/verdict.h"
#include "neardup/batch.h"
#include "neardup/document_map.h"
#include "neardup/repair.h"
#include "neardup/text.h"
#include "util/alloc.h"
#include "util/sort.h"
#include "util/threads.h"

/* One of the two texts. */
typedef struct reader_side {
    nd_text *text;
    ND_VEC(nd_word_code) words;
    nd_judged_text judged;
} reader_side;

struct nd_verdict_reader {
    nd_allocator allocator;
    nd_repairer *repairer;
    reader_side sides[2];
    nd_judge judge;
    ND_VEC(nd_evidence) evidence;
    ND_VEC(uint64_t) order; /* how little an item says << 32 | its number */
    ND_VEC(uint64_t) scratch;
};

nd_status nd_verdict_reader_new(uint32_t repairs, uint32_t folds, const nd_allocator *allocator,
                                nd_verdict_reader **out)
{
    *out = NULL;
    const nd_allocator a = nd_allocator_or_default(allocator);
    nd_verdict_reader *const r = nd_alloc_zeroed(&a, 1, sizeof *r);
    if (!r)
        return ND_ERR_NO_MEMORY;
    r->allocator = a;
    nd_status status = nd_repairer_new(repairs, folds, &a, &r->repairer);
    for (int side = 0; side < 2 && status == ND_OK; side++)
        status = nd_text_new(&a, &r->sides[side].text);
    if (status == ND_OK)
        *out = r;
    else
        nd_verdict_reader_free(r);
    return status;
}

static nd_status read_side(nd_verdict_reader *r, reader_side *s, const char *text, size_t len_bytes)
{
    const char *repaired;
    size_t repaired_bytes;
    nd_status status = nd_repairer_apply(r->repairer, text, len_bytes, &repaired, &repaired_bytes);
    if (status == ND_OK)
        status = nd_text_set(s->text, repaired, repaired_bytes, ND_TEXT_NO_OFFSETS);
    if (status != ND_OK)
        return status;
    const size_t num = nd_text_num_tokens(s->text);
    s->words.len = 0;
    status = ND_VEC_RESERVE(&r->allocator, &s->words, num);
    if (status != ND_OK)
        return status;
    nd_word_codes(s->text, s->words.items);
    return num > UINT32_MAX ? ND_ERR_LIMIT
                            : nd_judged_text_make(&s->judged, &r->judge.making, s->words.items,
                                                  (uint32_t)num, NULL, &r->allocator);
}

/* The verdict on the sides, which were read with that status. */
static nd_status judge_sides(nd_verdict_reader *reader, nd_status status, nd_verdict *verdict)
{
    reader_side *const sides = reader->sides;
    nd_judgement j;
    *verdict = (nd_verdict){0};
    if (status == ND_OK)
        status = nd_judge_pair(&reader->judge, &sides[0].judged, &sides[1].judged,
                               &(nd_judge_request){.need = ND_JUDGE_ALL}, &reader->allocator, &j);
    if (status != ND_OK) {
        sides[0].judged.num_items = sides[1].judged.num_items = 0;
        return status;
    }
    *verdict = (nd_verdict){.score = (double)j.score / ND_LOGISTIC_ONE,
                            .held = (double)j.answers[ND_ASKS_HELD] / ND_FIXED_ONE,
                            .edited = (double)j.answers[ND_ASKS_EDITED] / ND_FIXED_ONE,
                            .own = (double)j.answers[ND_ASKS_OWN] / ND_FIXED_ONE,
                            .a_covered = (double)j.covered[0] / ND_LOGISTIC_ONE,
                            .b_covered = (double)j.covered[1] / ND_LOGISTIC_ONE};
    return ND_OK;
}

nd_status nd_verdict_reader_judge(nd_verdict_reader *reader, const char *a, size_t a_len_bytes,
                                  const char *b, size_t b_len_bytes, nd_verdict *verdict)
{
    nd_status status = read_side(reader, &reader->sides[0], a, a_len_bytes);
    if (status == ND_OK)
        status = read_side(reader, &reader->sides[1], b, b_len_bytes);
    return judge_sides(reader, status, verdict);
}

/* The words of an item as they stand in the normalised text. */
static nd_evidence evidence_of(const reader_side *s, const nd_item *item)
{
    const nd_item_worth *const worth = nd_item_worth_of(item->key);
    const uint32_t last = item->at + nd_judged_text_item_words(&s->judged, item) - 1;
    const nd_token from = nd_text_token(s->text, item->at), to = nd_text_token(s->text, last);
    return (nd_evidence){.text = from.normalised,
                         .len_bytes = (size_t)(to.normalised - from.normalised) + to.len_bytes,
                         .bits = (double)worth->bits / ND_BIT,
                         .is_number = worth->number > 0};
}

nd_status nd_verdict_reader_evidence(nd_verdict_reader *reader, nd_evidence_place place,
                                     size_t most, const nd_evidence **evidence, size_t *num)
{
    nd_verdict_reader *const r = reader;
    const reader_side *const s = &r->sides[place == ND_EVIDENCE_ONLY_IN_B];
    const nd_judged_text *const t = &s->judged;
    const uint8_t *const marks = r->judge.sides[place == ND_EVIDENCE_ONLY_IN_B].marks;
    *evidence = NULL;
    *num = r->order.len = r->scratch.len = r->evidence.len = 0;
    nd_status status = ND_VEC_RESERVE(&r->allocator, &r->order, t->num_items);
    if (status == ND_OK)
        status = ND_VEC_RESERVE(&r->allocator, &r->scratch, t->num_items);
    if (status == ND_OK)
        status =
            ND_VEC_RESERVE(&r->allocator, &r->evidence, most < t->num_items ? most : t->num_items);
    if (status != ND_OK)
        return status;
    for (uint32_t i = 1; i <= t->num_items; i++) {
        const nd_item *const item = &t->items[i];
        const bool is_shared = (marks[i] & (ND_ITEM_SHARED | ND_ITEM_LIKE)) != 0;
        if (nd_item_is_telling(item->key) && is_shared == (place == ND_EVIDENCE_IN_BOTH))
            r->order.items[r->order.len++] =
                (uint64_t)(UINT16_MAX - nd_item_worth_of(item->key)->bits) << 32 | i;
    }
    nd_radix_sort_u64(r->order.items, r->scratch.items, r->order.len);
    for (size_t i = 0; i < r->order.len && i < most; i++)
        r->evidence.items[r->evidence.len++] =
            evidence_of(s, &t->items[(uint32_t)r->order.items[i]]);
    *evidence = r->evidence.items;
    *num = r->evidence.len;
    return ND_OK;
}

void nd_verdict_reader_free(nd_verdict_reader *reader)
{
    if (!reader)
        return;
    const nd_allocator a = reader->allocator;
    for (int side = 0; side < 2; side++) {
        nd_text_free(reader->sides[side].text);
        ND_VEC_RELEASE(&a, &reader->sides[side].words);
        nd_judged_text_release(&reader->sides[side].judged, &a);
    }
    nd_repairer_free(reader->repairer);
    nd_judge_release(&reader->judge, &a);
    ND_VEC_RELEASE(&a, &reader->evidence);
    ND_VEC_RELEASE(&a, &reader->order);
    ND_VEC_RELEASE(&a, &reader->scratch);
    nd_release(&a, reader);
}

/* --- batches --- */

enum { PAIRS_A_TASK = 64 };

typedef struct judging {
    const nd_text_batch *texts;
    const nd_document_pair *pairs;
    size_t num;
    nd_verdict_reader **readers; /* one a worker */
    nd_verdict *verdicts;
} judging;

static nd_status read_text(nd_verdict_reader *r, int side, const nd_text_batch *texts, uint32_t i)
{
    const nd_batch_text text = nd_text_batch_get(texts, i);
    return read_side(r, &r->sides[side], text.p ? text.p : "", text.len_bytes);
}

static nd_status judge_task(void *ctx, uint32_t worker, size_t task)
{
    const judging *const j = ctx;
    nd_verdict_reader *const r = j->readers[worker];
    const size_t first = task * PAIRS_A_TASK, end = first + PAIRS_A_TASK;
    nd_status status = ND_OK;
    for (size_t i = first; i < end && i < j->num && status == ND_OK; i++) {
        const nd_document_pair pair = j->pairs[i];
        if (pair.a >= j->texts->num || pair.b >= j->texts->num)
            return ND_ERR_INVALID_ARGUMENT;
        if (i == first || pair.a != j->pairs[i - 1].a)
            status = read_text(r, 0, j->texts, pair.a);
        if (status == ND_OK)
            status = read_text(r, 1, j->texts, pair.b);
        status = judge_sides(r, status, &j->verdicts[i]);
    }
    return status;
}

nd_status nd_judge_pairs(const nd_text_batch *texts, uint32_t repairs, uint32_t folds,
                         const nd_document_pair *pairs, size_t num, uint32_t num_threads,
                         const nd_allocator *allocator, nd_verdict *verdicts)
{
    const nd_allocator a = nd_allocator_or_default(allocator);
    const uint32_t num_workers = num_threads ? num_threads : nd_num_processors();
    judging j = {texts, pairs, num, NULL, verdicts};
    j.readers = nd_alloc_zeroed(&a, num_workers, sizeof(nd_verdict_reader *));
    nd_status status = j.readers ? ND_OK : ND_ERR_NO_MEMORY;
    for (uint32_t w = 0; w < num_workers && status == ND_OK; w++)
        status = nd_verdict_reader_new(repairs, folds, &a, &j.readers[w]);
    if (status == ND_OK)
        status = nd_threads_for(&a, num_workers, (num + PAIRS_A_TASK - 1) / PAIRS_A_TASK,
                                judge_task, &j);
    for (uint32_t w = 0; w < num_workers && j.readers; w++)
        nd_verdict_reader_free(j.readers[w]);
    nd_release(&a, j.readers);
    return status;
}
