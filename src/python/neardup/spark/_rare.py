"""Which texts are compared where a score decides: those that share rare shingles, by the engine's rule.

The rule (neardup/candidates.h) looks at a pair, at how many texts sample each shingle that both sample, and
at places among the texts of a few common ones. Samples are shuffled once; the texts of one are a list, in
the order of size. Up to RARE of them make a block, whose pairs share the weight of that sample. Near-copies
share most of their samples, so that many lists are the same: of those one block is kept, with the sum of
their weights, before any pair is written.

    entry:   | sample, 8 bytes | text, TEXT_BYTES | number of picks, 1: 0 where the sample is none of its picks |
    text:    | key, KEY_BYTES | shift, 1 |
    block:   | texts, TEXT_BYTES each |

In a list of more than HOT each text that picks the sample has mates, the first texts and those right before
it: a row a pick, at most PICKS a text, of which a text whose picks are hot by half follows the lowest.

What is shuffled is packed: entries, as members of samples (_members.py), then

    BLOCKS  packs of (block, weight), by first and last text
    HOT     packs of (text, pick, picks, larger, mates), by text
    PAIRS   packs of (a, b, weight, task), texts that share that weight, by the smaller one, b
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy
import pyarrow
import pyarrow.compute

from neardup import _core
from neardup.spark import _packs
from neardup.spark._documents import sketches, sketches_schema
from neardup.spark._members import MEMBERS, Slice, column_of, in_order, in_slices, numbers_of, runs
from neardup.spark._texts import KEY_BYTES, fixed_binary, fixed_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from neardup.spark._options import Options

RULE = _core.rare_rule()
RARE, HOT, PICKS, FOLLOWED = RULE["rare"], RULE["hot"], RULE["picks"], RULE["followed"]
LEADERS, NEIGHBOURS, WEIGHTS = RULE["leaders"], RULE["neighbours"], RULE["weights"]
TEXT_BYTES = KEY_BYTES + 1
ENTRY_BYTES = 8 + TEXT_BYTES + 1
MOST_WEIGHT = 2**32 - 1  # a larger sum counts as this, and is enough for any two texts

SLICES_A_PART = 16  # of a shuffle: the fewer, the more is sorted at once
MOST_ENTRIES = 1 << 20  # that are packed at once
ENTRIES_A_ROW = 1 << 13
LARGE_SLICE = 1 << 13  # entries of one slice among those, if that is also far above the others
MOST_WAITING = 1 << 20  # entries of a slice that are sorted at once, if it can be
MOST_PAIRS = 1 << 18  # that are summed up at once, if it can be

BLOCKS, HOT_PICKS, PAIRS = range(3)
BLOCKS_SCHEMA = pyarrow.schema([("block", pyarrow.binary()), ("weight", pyarrow.int64())])
HOT_SCHEMA = pyarrow.schema(
    [("text", pyarrow.binary(TEXT_BYTES)), ("pick", pyarrow.uint64()), ("picks", pyarrow.int32()), ("larger", pyarrow.int64()), ("mates", pyarrow.binary())]
)
PAIRS_SCHEMA = pyarrow.schema(
    [("a", pyarrow.binary(TEXT_BYTES)), ("b", pyarrow.binary(TEXT_BYTES)), ("weight", pyarrow.uint32()), ("task", pyarrow.int64())]
)


# --- entries ---


def _digests_of(texts: Any) -> Any:
    return column_of(texts, 4, ">u8").astype(numpy.uint64)


def _entries_of(batch: Any) -> Any:
    """[samples, ENTRY_BYTES] uint8 of a batch of (key, shift, samples), each key once."""
    codes = batch.column(0).dictionary_encode().indices.to_numpy()
    first = numpy.unique(codes, return_index=True)[1]
    if len(first) < len(codes):
        batch = batch.take(pyarrow.array(numpy.sort(first)))
    nums = pyarrow.compute.binary_length(batch.column(2)).to_numpy().astype(numpy.int64) // 8
    samples = numpy.frombuffer(b"".join(batch.column(2).to_pylist()), numpy.uint8).reshape(-1, 8)
    entries = numpy.empty((len(samples), ENTRY_BYTES), numpy.uint8)
    entries[:, :8] = samples
    entries[:, 8 : 8 + KEY_BYTES] = numpy.repeat(fixed_rows(batch.column(0), KEY_BYTES), nums, axis=0)
    entries[:, 8 + KEY_BYTES] = numpy.repeat(batch.column(1).to_numpy().astype(numpy.uint8), nums)
    # They are in order, and the lowest are the picks.
    places = numpy.arange(len(samples)) - numpy.repeat(numpy.cumsum(nums) - nums, nums)
    entries[:, 8 + TEXT_BYTES] = numpy.where(places < PICKS, numpy.repeat(numpy.minimum(nums, PICKS), nums), 0)
    return entries


def _spread(batches: Iterator[Any], options: Options, slices: int) -> Iterator[Any]:
    """(pack) of sketches to MEMBERS."""
    waiting, num = [], 0
    for batch in batches:
        for pack in batch.column(0):
            waiting.append(_entries_of(_packs.unpacked(pack.as_buffer(), sketches_schema(options))))
            num += len(waiting[-1])
            if num > MOST_ENTRIES:
                yield in_slices(numpy.concatenate(waiting), slices, ENTRIES_A_ROW, LARGE_SLICE)
                waiting, num = [], 0
    if num:
        yield in_slices(numpy.concatenate(waiting), slices, ENTRIES_A_ROW, LARGE_SLICE)


# --- lists ---


class _List:
    """The texts of one sample, more than HOT, which come in order: where they are picked, their mates."""

    def __init__(self, out: list[tuple[Any, ...]], sample: int) -> None:
        self._out = out
        self._sample = sample
        self._first: list[bytes] = []  # up to LEADERS texts
        self._recent: list[bytes] = []  # the last NEIGHBOURS of those that are past
        self._num = 0  # of these

    def add(self, entries: Any) -> None:
        texts = entries[:, 8 : 8 + TEXT_BYTES].tobytes()
        own = [texts[i : i + TEXT_BYTES] for i in range(0, len(texts), TEXT_BYTES)]
        self._first.extend(own[: LEADERS - len(self._first)])
        near, past = [*self._recent, *own], len(self._recent)
        for at in numpy.flatnonzero(entries[:, 8 + TEXT_BYTES]).tolist():
            larger = self._num + at
            num_near = min(NEIGHBOURS, max(0, larger - LEADERS))
            mates = [*self._first[:larger], *near[past + at - num_near : past + at]]
            picks = int(entries[at, 8 + TEXT_BYTES])
            self._out.append((own[at], self._sample, picks, larger, b"".join(mates)))
        self._num += len(own)
        self._recent = near[-NEIGHBOURS:]


class _Lists(Slice):
    """The entries of one slice to blocks and hot picks."""

    def __init__(self) -> None:
        super().__init__(ENTRY_BYTES, MOST_WAITING, RARE)
        self.weights: dict[bytes, int] = {}  # of blocks
        self.hot: list[tuple[Any, ...]] = []  # rows of HOT_SCHEMA
        self._hot: dict[int, _List] = {}  # lists above HOT

    def read(self, number: int, members: Any) -> None:
        self._hot.setdefault(number, _List(self.hot, number)).add(members)

    def end(self) -> None:
        entries = self.rest()
        samples = numbers_of(entries)
        order = numpy.argsort(samples)
        samples = samples[order]
        is_same = samples[1:] == samples[:-1]  # many texts stand alone, and need no order
        is_shared = numpy.append(is_same, False) | numpy.append(False, is_same) | self.was_long(samples)
        entries = in_order(entries[order[is_shared[: len(order)]]])
        samples, starts, ends = runs(entries)
        is_long = (ends - starts > RARE) | self.was_long(samples)
        texts, weights = entries[:, 8 : 8 + TEXT_BYTES].tobytes(), self.weights
        is_block = ~is_long & (ends - starts > 1)
        for start, end in zip(starts[is_block].tolist(), ends[is_block].tolist()):
            block = texts[TEXT_BYTES * start : TEXT_BYTES * end]
            weights[block] = weights.get(block, 0) + WEIGHTS[end - start - 1]
        is_hot = is_long | (ends - starts > HOT)
        for sample, start, end in zip(*(column[is_hot].tolist() for column in (samples, starts, ends))):
            self.read(sample, entries[start:end])


def _packs_of(lists_of: _Lists, slices: int) -> Iterator[Any]:
    """PACKS of the blocks and hot picks of a slice of entries."""
    if lists_of.weights:
        blocks = pyarrow.array(lists_of.weights, pyarrow.binary())
        ends = numpy.frombuffer(blocks.buffers()[1], numpy.int32)[: len(blocks) + 1]
        texts = numpy.frombuffer(blocks.buffers()[2], numpy.uint8)[: ends[-1]].reshape(-1, TEXT_BYTES)
        digests = _digests_of(texts)
        places = ends // TEXT_BYTES
        mixed = (digests[places[:-1]] ^ (digests[places[1:] - 1] >> numpy.uint64(1))) * numpy.uint64(0x9E3779B97F4A7C15)
        rows = pyarrow.RecordBatch.from_arrays([blocks, pyarrow.array(list(lists_of.weights.values()), pyarrow.int64())], schema=BLOCKS_SCHEMA)
        yield _packs.rows_of_packs(list(_packs.in_slices(rows, _packs.slices_of_numbers(mixed, slices), BLOCKS)))
    for begin in range(0, len(lists_of.hot), _packs.MANY_ROWS):
        columns = zip(*lists_of.hot[begin : begin + _packs.MANY_ROWS])
        hot = pyarrow.RecordBatch.from_arrays([pyarrow.array(c, f.type) for c, f in zip(columns, HOT_SCHEMA)], schema=HOT_SCHEMA)
        digests = _digests_of(fixed_rows(hot.column(0), TEXT_BYTES))
        yield _packs.rows_of_packs(list(_packs.in_slices(hot, _packs.slices_of_numbers(digests, slices), HOT_PICKS)))


def _cut(batches: Iterator[Any], slices: int) -> Iterator[Any]:
    """MEMBERS, by slice and prefix, to PACKS. Samples of one text are dropped."""
    current, lists_of = None, _Lists()
    for batch in batches:
        for number, prefix, entries in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), batch.column(2)):
            if number != current:
                lists_of.end()
                yield from _packs_of(lists_of, slices)
                current, lists_of = number, _Lists()
            lists_of.add(prefix, entries.as_buffer())
    lists_of.end()
    yield from _packs_of(lists_of, slices)


# --- pairs ---


class _Pairs(NamedTuple):
    a: Any  # [pairs, TEXT_BYTES] uint8, the larger texts
    b: Any
    weight: Any  # int64
    task: Any  # int64, of whoever compares them


def _coded(texts: Any) -> tuple[Any, Any]:
    """Each of the texts once, [texts, TEXT_BYTES] uint8, and which one each is."""
    buffer = pyarrow.py_buffer(numpy.ascontiguousarray(texts))
    coded = pyarrow.Array.from_buffers(pyarrow.binary(TEXT_BYTES), len(texts), [None, buffer]).dictionary_encode()
    return fixed_rows(coded.dictionary, TEXT_BYTES), coded.indices.to_numpy().astype(numpy.uint64)


def _summed(pairs: Any, weight: Any, task: Any) -> tuple[Any, Any, Any]:
    """Each pair once, in order, with the sum of its weights, and the first of its tasks. pairs: b << 32 | a."""
    order = numpy.argsort(pairs)
    pairs = pairs[order]
    starts = numpy.flatnonzero(numpy.append(True, pairs[1:] != pairs[:-1]))
    weight = numpy.minimum(numpy.add.reduceat(weight[order], starts), MOST_WEIGHT)
    return pairs[starts], weight, numpy.minimum.reduceat(task[order], starts)


def _pairs_of(texts: Any, parts: list[tuple[Any, Any, Any]]) -> _Pairs:
    """Of parts of pairs of codes, weights and tasks."""
    pairs, weight, task = _summed(*(numpy.concatenate(column) for column in zip(*parts)))
    return _Pairs(texts[pairs & numpy.uint64(0xFFFFFFFF)], texts[pairs >> numpy.uint64(32)], weight, task)


def _of_blocks(weights: dict[bytes, int]) -> Iterator[_Pairs]:
    """The pairs of a slice of blocks; one may come several times."""
    blocks = sorted(weights, key=len)
    texts, codes = _coded(numpy.frombuffer(b"".join(blocks), numpy.uint8).reshape(-1, TEXT_BYTES))
    shared = numpy.array([weights[block] for block in blocks], numpy.int64)
    sizes = numpy.array([len(block) // TEXT_BYTES for block in blocks], numpy.int64)
    tasks = column_of(texts, 4, "i8")
    parts: list[tuple[Any, Any, Any]] = []
    num = begin = at = 0
    while begin < len(blocks):
        size = int(sizes[begin])
        most = max(1, MOST_PAIRS // (size * size))
        end = min(begin + most, int(numpy.searchsorted(sizes, size, "right")))
        some = codes[at : at + size * (end - begin)].reshape(-1, size)
        i, j = numpy.triu_indices(size, 1)
        pairs = (some[:, j] << numpy.uint64(32) | some[:, i]).reshape(-1)
        of_pairs = (numpy.repeat(of, len(i)) for of in (shared[begin:end], tasks[some[:, 0]]))
        parts.append((pairs, *of_pairs))
        num += len(pairs)
        begin, at = end, at + size * (end - begin)
        if num > MOST_PAIRS or begin == len(blocks):
            yield _pairs_of(texts, parts)
            parts, num = [], 0


class _Following:
    """The hot picks of texts, which come in any order."""

    def __init__(self) -> None:
        self._of: dict[bytes, list[tuple[int, int, bytes, int]]] = {}

    def add(self, rows: Any) -> None:
        for text, pick, picks, larger, mates in zip(*(column.to_pylist() for column in rows.columns)):
            self._of.setdefault(text, []).append((pick, larger, mates, picks))

    def followed(self) -> Iterator[tuple[bytes, list[tuple[int, int, bytes, int]]]]:
        """Texts whose picks are hot by half, each with the lowest of these: (pick, larger, mates, picks)."""
        for text, hot in self._of.items():
            if 2 * len(hot) >= hot[0][3]:
                yield text, sorted(hot)[:FOLLOWED]

    def pairs(self) -> Iterator[_Pairs]:
        texts, mates = [], []
        for text, hot in self.followed():
            joined = b"".join(of_pick for _, _, of_pick, _ in hot)
            mates.append(joined)
            texts.append(text * (len(joined) // TEXT_BYTES))
        a, b = (numpy.frombuffer(b"".join(of), numpy.uint8).reshape(-1, TEXT_BYTES) for of in (mates, texts))
        if len(a):
            yield _Pairs(a, b, numpy.full(len(a), MOST_WEIGHT, numpy.int64), column_of(a, 4, "i8"))


def _merged(parts: list[_Pairs]) -> _Pairs:
    """Each pair once, by b."""
    a, b, weight, task = (numpy.concatenate(column) for column in zip(*parts))
    texts, codes = _coded(numpy.concatenate([a, b]))
    return _pairs_of(texts, [(codes[len(a) :] << numpy.uint64(32) | codes[: len(a)], weight, task)])


def _sent(pairs: _Pairs, slices: int) -> Any:
    """PACKS."""
    texts = (pyarrow.Array.from_buffers(pyarrow.binary(TEXT_BYTES), len(of), [None, pyarrow.py_buffer(of)]) for of in pairs[:2])
    numbers = (pyarrow.array(pairs.weight.astype(numpy.uint32)), pyarrow.array(pairs.task))
    rows = pyarrow.RecordBatch.from_arrays([*texts, *numbers], schema=PAIRS_SCHEMA)
    return _packs.rows_of_packs(list(_packs.in_slices(rows, _packs.slices_of_numbers(_digests_of(pairs.b), slices), PAIRS)))


def _expand(batches: Iterator[Any], slices: int) -> Iterator[Any]:
    """PACKS of blocks and hot picks, by slice, to those of pairs."""
    for _, packs in _packs.slices(batches):
        weights: dict[bytes, int] = {}
        following = _Following()
        for kind, pack in packs:
            if kind == HOT_PICKS:
                following.add(_packs.unpacked(pack, HOT_SCHEMA))
                continue
            for block, weight in zip(*(column.to_pylist() for column in _packs.unpacked(pack, BLOCKS_SCHEMA).columns)):
                weights[block] = weights.get(block, 0) + weight
        for pairs in chain(_of_blocks(weights), following.pairs()):
            yield _sent(pairs, slices)


def _needed(pairs: _Pairs) -> Any:
    """The weight that each pair must share at least."""
    sizes = 0xFFFFFFFF - column_of(pairs.b, 0, ">u4").astype(numpy.uint32)
    shifts = numpy.maximum(pairs.a[:, KEY_BYTES], pairs.b[:, KEY_BYTES])
    return numpy.frombuffer(_core.rare_needed(sizes.tobytes(), shifts.tobytes()), numpy.uint64).astype(numpy.int64)


def _mates_of(pairs: _Pairs) -> Iterator[Any]:
    """(key, task, mates): the pairs of one text that are one task's in a row."""
    chosen = numpy.flatnonzero(pairs.weight >= _needed(pairs))
    for begin in range(0, len(chosen), _packs.MANY_ROWS):
        some = chosen[begin : begin + _packs.MANY_ROWS]
        a, b, task = pairs.a[some, :KEY_BYTES], pairs.b[some, :KEY_BYTES], pairs.task[some]
        is_new = numpy.append(True, (b[1:] != b[:-1]).any(axis=1))
        order = numpy.lexsort((task, numpy.cumsum(is_new)))
        a, b, task = a[order], b[order], task[order]
        starts = numpy.flatnonzero(is_new | numpy.append(True, task[1:] != task[:-1]))
        offsets = (KEY_BYTES * numpy.append(starts, len(a))).astype(numpy.int32)
        mates = pyarrow.Array.from_buffers(
            pyarrow.binary(), len(starts), [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(numpy.ascontiguousarray(a))]
        )
        columns = [fixed_binary(b[starts]), pyarrow.array(task[starts]), mates]
        yield pyarrow.RecordBatch.from_arrays(columns, names=["key", "task", "mates"])


def _choose(batches: Iterator[Any]) -> Iterator[Any]:
    """PACKS of pairs, by slice, to (key, task, mates) of those that share enough."""
    for _, packs in _packs.slices(batches):
        waiting: list[_Pairs] = []
        num, most = 0, MOST_PAIRS
        for _, pack in packs:
            a, b, weight, task = _packs.unpacked(pack, PAIRS_SCHEMA).columns
            waiting.append(_Pairs(fixed_rows(a, TEXT_BYTES), fixed_rows(b, TEXT_BYTES), weight.to_numpy().astype(numpy.int64), task.to_numpy()))
            num += len(a)
            if num > most:
                waiting = [_merged(waiting)]
                num = len(waiting[0].a)
                most = max(MOST_PAIRS, 2 * num)
        yield from _mates_of(_merged(waiting))


# --- frames ---


def _num_slices(frame: DataFrame) -> int:
    return SLICES_A_PART * _packs.num_parts(frame)


def lists(read: DataFrame, options: Options) -> DataFrame:
    """PACKS of blocks and hot picks, of `documents`."""
    slices = _num_slices(read)
    spread = _packs.map_batches(sketches(read), partial(_spread, options=options, slices=slices), MEMBERS)
    in_order = spread.repartition("slice").sortWithinPartitions("slice", "prefix")
    return _packs.map_batches(in_order, partial(_cut, slices=slices), _packs.PACKS)


def candidates(lists_of: DataFrame) -> DataFrame:
    """(key, task, mates), each pair once: a text and larger ones."""
    expand = partial(_expand, slices=_num_slices(lists_of))
    pairs = _packs.map_batches(_packs.by_slice(lists_of), expand, _packs.PACKS)
    return _packs.map_batches(_packs.by_slice(pairs), _choose, "key binary, task bigint, mates binary")


def _left_out(batches: Iterator[Any]) -> Iterator[Any]:
    """PACKS of hot picks, by slice, to (key, left_out)."""
    for _, packs in _packs.slices(batches):
        following = _Following()
        for _, pack in packs:
            following.add(_packs.unpacked(pack, HOT_SCHEMA))
        left = ((text, sum(max(0, pick[1] - LEADERS - NEIGHBOURS) for pick in hot)) for text, hot in following.followed())
        rows = [(text[:KEY_BYTES], num) for text, num in left if num]
        if rows:
            keys, nums = zip(*rows)
            columns = [pyarrow.array(keys, pyarrow.binary()), pyarrow.array(nums, pyarrow.int64())]
            yield pyarrow.RecordBatch.from_arrays(columns, names=["key", "left_out"])


def common_texts(lists_of: DataFrame) -> DataFrame:
    """(key, left_out) of texts whose followed picks do not propose all larger texts that sample them."""
    hot = _packs.by_slice(lists_of.where(f"kind = {HOT_PICKS}"))
    return _packs.map_batches(hot, _left_out, "key binary, left_out bigint")
