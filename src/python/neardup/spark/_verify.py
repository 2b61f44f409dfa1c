"""Candidates to matches: texts are brought to the tasks that compare them, and compared in C.

Pairs of texts that stand together in a bucket are one task's, so that a text travels once for each
task that needs it, which is once for most. A task's texts are numbered by their keys, and each carries the
numbers of those before it that it is compared with:

    task, key, place, mates: 4 bytes each, the places of larger texts of this task

So a pair costs 4 bytes, and nothing is looked up where texts are compared. Texts travel in packs of a slice of tasks, and are
put in order in Python. What is to be known of the texts of a match
later, as their names, is carried along, so that matches need not be joined with all documents again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow
import pyarrow.compute

import neardup
from neardup.spark._copies import wanted_packs
from neardup.spark._packs import PACKS, by_slice, in_slices, map_batches, num_slices, one_batch, rows_of_packs, slices, slices_of_numbers, unpacked
from neardup.spark._pairs import match_fields, turned
from neardup.spark._texts import KEY_BYTES, Source, fixed_binary, fixed_rows, keys_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# How much is gathered before it is compared.
MANY_BYTES = 16 << 20
MANY_PAIRS = 1 << 18
SENT_BYTES = 16 << 20  # of texts that are divided into slices at once
FINER = 8  # slices of tasks to one of documents: the texts of a slice are held at once
ROWS_AT_ONCE = 1 << 10  # that are taken from a slice
SPOT_BYTES = 8 + KEY_BYTES  # where a text is wanted: task and key, whose order as bytes is theirs
PARTS = 64  # of a group, for as many tasks


# --- places ---


def _spots(tasks: Any, keys: Any) -> Any:
    """[rows, SPOT_BYTES] uint8."""
    spots = numpy.empty((len(tasks), SPOT_BYTES), numpy.uint8)
    unsigned = tasks.view(numpy.uint64) ^ numpy.uint64(1 << 63)
    spots[:, :8] = unsigned.astype(">u8").view(numpy.uint8).reshape(-1, 8)
    spots[:, 8:] = keys
    return spots


def _numbered(rows: Any) -> Any:
    """A table of PLACES from one of (key, task, mates) of whole tasks, by task and key."""
    tasks, mates = rows["task"].to_numpy(), rows["mates"].combine_chunks()
    counts = pyarrow.compute.binary_length(mates).to_numpy() // KEY_BYTES
    own = _spots(tasks, fixed_rows(rows["key"].combine_chunks(), KEY_BYTES))
    larger = _spots(numpy.repeat(tasks, counts), numpy.frombuffer(b"".join(mates.to_pylist()), numpy.uint8).reshape(-1, KEY_BYTES))
    coded = fixed_binary(numpy.concatenate([own, larger])).dictionary_encode()
    order = pyarrow.compute.sort_indices(coded.dictionary).to_numpy()
    ranks = numpy.empty(len(order), numpy.int64)
    ranks[order] = numpy.arange(len(order))
    ranks_of = ranks[coded.indices.to_numpy()]
    spots = fixed_rows(coded.dictionary, SPOT_BYTES)[order]
    tasks_of = numpy.ascontiguousarray(spots[:, :8]).view(">u8").reshape(-1).astype(numpy.uint64)
    starts = numpy.flatnonzero(numpy.append(True, tasks_of[1:] != tasks_of[:-1]))
    firsts = numpy.repeat(starts, numpy.diff(numpy.append(starts, len(order))))
    places = (numpy.arange(len(order)) - firsts).astype(numpy.int32)
    # The rows are in the order of ranks, so that all mates of a text come one after the other.
    lengths = numpy.bincount(ranks_of[: len(own)], weights=counts, minlength=len(order)).astype(numpy.int64)
    ends = numpy.append(0, 4 * numpy.cumsum(lengths)).astype(numpy.int32)
    buffers = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(places[ranks_of[len(own) :]])]
    return pyarrow.table(
        {
            "task": (tasks_of ^ numpy.uint64(1 << 63)).view(numpy.int64),
            "key": fixed_binary(spots[:, 8:]),
            "place": places,
            "mates": pyarrow.Array.from_buffers(pyarrow.binary(), len(order), buffers),
        }
    )


def _number(batches: Iterator[Any]) -> Iterator[Any]:
    """(key, task, mates), by task and key, to PLACES."""
    waiting: list[Any] = []  # rows of the last task, which may go on
    for batch in batches:
        if batch.num_rows == 0:
            continue
        tasks = batch.column(1).to_numpy()
        start = int(numpy.searchsorted(tasks, tasks[-1]))
        if start or (waiting and waiting[0].column(1)[0].as_py() != tasks[0]):
            yield from _numbered(pyarrow.Table.from_batches([*waiting, batch.slice(0, start)])).to_batches()
            waiting = []
        waiting.append(batch.slice(start))
    if waiting:
        yield from _numbered(pyarrow.Table.from_batches(waiting)).to_batches()


def _wanted(batches: Iterator[Any], slices: int) -> Iterator[Any]:
    tables = (pyarrow.Table.from_batches([batch]) for batch in _number(batches))
    return wanted_packs(tables, slices)


def places(pairs: DataFrame, slices: int) -> DataFrame:
    """PACKS of PLACES of (key, task, mates), in slices of texts: mates are keys of larger texts."""
    together = pairs.select("key", "task", "mates").repartition("task").sortWithinPartitions("task", "key")
    return map_batches(together, partial(_wanted, slices=slices), PACKS)


# --- comparisons ---


def _distinct(rows: Any) -> Any:
    """What is known of a text, and the texts that came for it, each once where the same stand together: there may be as many
    rows of it as documents."""
    texts = rows.column("text")
    if rows.num_rows < 3:
        return rows
    is_new = pyarrow.compute.not_equal(texts.slice(2), texts.slice(1, rows.num_rows - 2)).to_numpy(zero_copy_only=False)
    return rows.filter(pyarrow.array(numpy.concatenate([[True, True], is_new])))


class _Comparing:
    """Texts of tasks, and pairs of them that are not compared yet."""

    def __init__(self, spec: neardup.Spec, measures: bool, carried: list[str]) -> None:
        self._spec = spec
        self._measures = measures
        self._carried = carried
        self._open: list[Any] = []  # the rows of the last text, of which more may come
        self._last = (-1, -1)  # task and place of the last text
        self._texts: list[Any] = []  # chunks
        self._keys = numpy.empty((0, KEY_BYTES), numpy.uint8)  # of the texts
        self._told: list[Any] = []  # of the texts, chunks of what is carried along
        self._places = numpy.empty(0, numpy.int64)  # likewise
        self._mates: list[Any] = []  # chunks, of texts that are not compared yet
        self._num_done = 0  # texts before those
        self._num_bytes = self._num_pairs = 0

    def add(self, batch: Any) -> None:
        """Rows by task, place and text: what is known of a text, with it or before it; or before as many that may be it as
        there are rows of these."""
        if batch.num_rows == 0:
            return
        if self._open:
            batch = one_batch([*self._open, batch])
        starts = numpy.flatnonzero(pyarrow.compute.is_valid(batch.column("mates")).to_numpy(zero_copy_only=False))
        if len(starts) == 0 or starts[0] > 0:
            raise RuntimeError("a text to compare is not where its pairs are")
        if starts[-1] == batch.num_rows - 1 and batch.column("text")[-1].is_valid:
            self._open = []  # what has come with its text has no more rows
            self._take(batch, starts)
            return
        self._open = [_distinct(batch.slice(starts[-1]))]
        self._take(batch.slice(0, starts[-1]), starts[:-1])

    def end(self) -> None:
        batches, self._open = self._open, []
        for batch in batches:
            self._take(batch, numpy.zeros(1, numpy.int64))

    def _take(self, batch: Any, starts: Any) -> None:
        """Texts whose rows are all there."""
        if len(starts) == 0:
            return
        ends = numpy.append(starts[1:], batch.num_rows)
        chosen = starts + pyarrow.compute.is_null(batch.column("text")).to_numpy(zero_copy_only=False)[starts]
        if (chosen >= ends).any():
            raise RuntimeError("a text to compare is not there")
        for i in numpy.flatnonzero(ends - starts > 2):
            chosen[i] += self._which(batch.slice(starts[i], ends[i] - starts[i]))
        rows, texts = batch, batch.column("text")
        if len(starts) < batch.num_rows:
            rows, texts = rows.take(pyarrow.array(starts)), texts.take(pyarrow.array(chosen))
        texts = texts.cast(pyarrow.binary())
        tasks, places = rows.column("task").to_numpy(), rows.column("place").to_numpy().astype(numpy.int64)
        same_task = numpy.append(self._last[0] == tasks[0], tasks[1:] == tasks[:-1])
        steps = places - numpy.append(self._last[1], places[:-1])
        self._last = (tasks[-1], places[-1])
        if (numpy.where(same_task, steps, places) != same_task).any():
            raise RuntimeError("a text to compare is not where its pairs are")
        self._texts.append(texts)
        self._keys = numpy.concatenate([self._keys, fixed_rows(rows.column("key"), KEY_BYTES)])
        self._told.append(rows.select(self._carried))
        self._places = numpy.concatenate([self._places, places])
        self._mates.append(rows.column("mates"))
        self._num_bytes += texts.nbytes
        self._num_pairs += rows.column("mates").nbytes // 4

    def _which(self, rows: Any) -> int:
        """Which of the texts that come for one place is that of its key. Rows are found by hashes of their ids and texts,
        which whoever writes these can make alike."""
        texts = rows.column("text").slice(1).cast(pyarrow.binary())
        if len(texts.unique()) == 1:
            return 0
        own = keys_of(texts, self._spec) == fixed_rows(rows.column("key").slice(0, 1), KEY_BYTES)
        found = numpy.flatnonzero(own.all(axis=1))
        if len(found) == 0:
            raise RuntimeError("a text to compare is not there")
        return int(found[0])

    @property
    def is_much(self) -> bool:
        return self._num_bytes > MANY_BYTES or self._num_pairs > MANY_PAIRS

    def compare(self) -> Iterator[Any]:
        """The pairs that match, or where each is measured, all of them. Forgets all but the texts of the last task,
        which may go on."""
        if not self._texts:
            return
        texts = pyarrow.chunked_array(self._texts, pyarrow.binary())
        self._told = [one_batch(self._told)]
        mates = pyarrow.chunked_array(self._mates, pyarrow.binary()).combine_chunks()
        ends = numpy.cumsum(pyarrow.compute.binary_length(mates).to_numpy() // 4)
        begin, num_before = 0, 0
        while begin < len(mates):
            end = max(begin + 1, int(numpy.searchsorted(ends, num_before + MANY_PAIRS, "right")))
            if ends[end - 1] > num_before:
                yield self._compared(texts, mates.slice(begin, end - begin), self._num_done + begin)
            begin, num_before = end, ends[end - 1]
        self._forget(texts)

    def _compared(self, texts: Any, mates: Any, begin: int) -> Any:
        """The matches of the texts from `begin` on with their mates."""
        counts = pyarrow.compute.binary_length(mates).to_numpy() // 4
        b = numpy.repeat(numpy.arange(begin, begin + len(mates)), counts)
        a = b - self._places[b] + numpy.frombuffer(b"".join(mates.to_pylist()), numpy.uint32)
        first = int(a.min())
        pairs = (numpy.stack([a, b], axis=1) - first).astype(numpy.uint32)
        needed = texts.slice(first, begin + len(mates) - first)
        found = pyarrow.table(neardup.verify(needed, pairs, self._spec, measure=self._measures, threads=1))
        if not self._measures:
            matching = pyarrow.compute.not_equal(found["kind"].cast(pyarrow.string()), "none").to_numpy()
            a, b, found = a[matching], b[matching], found.filter(pyarrow.array(matching))
        told = self._told[0]
        columns = {
            "a": fixed_binary(self._keys[a]),
            "b": fixed_binary(self._keys[b]),
            **{name: found[name] for name in found.column_names[2:]},
            "kind": found["kind"].cast(pyarrow.string()),
            **{f"a_{name}": told.column(name).take(pyarrow.array(a)) for name in self._carried},
            **{f"b_{name}": told.column(name).take(pyarrow.array(b)) for name in self._carried},
        }
        return pyarrow.table(columns)

    def _forget(self, texts: Any) -> None:
        start = len(texts) - self._places[-1] - 1 if len(texts) else 0  # of the last task
        self._texts = texts.slice(start).chunks
        self._keys, self._places = self._keys[start:].copy(), self._places[start:].copy()
        self._told = [self._told[0].slice(start)]
        self._mates, self._num_done = [], len(self._places)
        self._num_bytes, self._num_pairs = sum(chunk.nbytes for chunk in self._texts), 0


def _compare(batches: Iterator[Any], spec: neardup.Spec, measures: bool, carried: list[str]) -> Iterator[Any]:
    """Rows by task, place and text to matches."""
    comparing = _Comparing(spec, measures, carried)
    for batch in batches:
        comparing.add(batch)
        if comparing.is_much:
            for found in comparing.compare():
                yield from found.to_batches()
    comparing.end()
    for found in comparing.compare():
        yield from found.to_batches()


def _schema(carried: str) -> Any:
    """Of packs of texts to compare, and what is to be known of them."""
    kinds = {"string": pyarrow.string(), "bigint": pyarrow.int64(), "binary": pyarrow.binary()}
    own = [("task", pyarrow.int64()), ("place", pyarrow.int32()), ("key", pyarrow.binary()), ("mates", pyarrow.binary())]
    more = [(name, kinds[kind]) for name, kind in (field.split() for field in carried.split(", ") if field)]
    return pyarrow.schema([*own, *more, ("text", pyarrow.large_binary())])


def _once(rows: Any) -> Any:
    """Texts that stand alone once for each place: there may be as many of one as documents."""
    alone = pyarrow.compute.is_null(rows.column("mates")).to_numpy(zero_copy_only=False)
    if not alone.any():
        return rows
    codes = rows.column("text").dictionary_encode().indices.fill_null(-1).to_numpy()
    numbers = numpy.where(alone, 0, numpy.arange(1, len(alone) + 1))
    _, first = numpy.unique(numpy.stack([numbers, rows.column(0).to_numpy(), rows.column(1).to_numpy(), codes]), axis=1, return_index=True)
    return rows.take(pyarrow.array(numpy.sort(first)))


def _pack(batches: Iterator[Any], schema: Any, slices: int) -> Iterator[Any]:
    """Rows that a Source has brought to PACKS, by slices of their tasks."""
    waiting: list[Any] = []
    num_bytes = 0

    def sent() -> Any:
        rows = _once(one_batch(waiting))
        tasks = rows.column(0).to_numpy()
        return rows_of_packs(list(in_slices(rows, slices_of_numbers(tasks, slices), 0)))

    for batch in batches:
        if batch.num_rows == 0:
            continue
        columns = [batch.column(batch.schema.get_field_index(field.name)).cast(field.type) for field in schema]
        if waiting and num_bytes + batch.nbytes > SENT_BYTES:
            yield sent()
            waiting, num_bytes = [], 0
        waiting.append(pyarrow.RecordBatch.from_arrays(columns, schema=schema))
        num_bytes += batch.nbytes
    if waiting:
        yield sent()


def texts_of(source: Source, placed: DataFrame, carried: str) -> DataFrame:
    """PACKS of the texts that stand at (task, place, key, mates, id_hash, hash, ...), and what is carried along."""
    schema = _schema(carried)
    rows = placed.select(*schema.names[:-1], "id_hash", "hash")
    return source.with_texts(rows, partial(_pack, schema=schema, slices=FINER * num_slices(placed)), PACKS)


def _in_order(batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """PACKS to rows by task and place, those first that say what is to be known of a text."""
    for _, packs in slices(batches):
        rows = one_batch([unpacked(pack, schema) for _, pack in packs])
        is_text_alone = pyarrow.compute.is_null(rows.column("mates")).to_numpy(zero_copy_only=False)
        order = numpy.lexsort((is_text_alone, rows.column("place").to_numpy(), rows.column("task").to_numpy()))
        num_bytes = pyarrow.compute.binary_length(rows.column("text")).fill_null(0).to_numpy()[order].cumsum()
        start = before = 0
        while start < len(order):
            end = max(start + 1, int(numpy.searchsorted(num_bytes, before + MANY_BYTES, "right")))
            end = min(end, start + ROWS_AT_ONCE)
            yield rows.take(pyarrow.array(order[start:end]))
            start, before = end, int(num_bytes[end - 1])


def _compare_packs(batches: Iterator[Any], schema: Any, **how: Any) -> Iterator[Any]:
    """PACKS to matches."""
    yield from _compare(_in_order(batches, schema), **how)


def edges(packs: DataFrame, spec: neardup.Spec, carried: str, measures: bool = False) -> DataFrame:
    """(a, b, m, and what is carried of a and of b): the matches among the pairs of `texts_of`, or all of them, measured."""
    from pyspark.sql import functions as F

    fields, more = match_fields(spec), carried.split(", ") if carried else []
    names = [field.split()[0] for field in more]
    of_ends = [f"{side}_{field}" for side in "ab" for field in more]
    compare = partial(_compare_packs, schema=_schema(carried), spec=spec, measures=measures, carried=names)
    found = map_batches(by_slice(packs), compare, ", ".join(["a binary, b binary", *fields, *of_ends]))
    m = F.struct(*(field.split()[0] for field in fields)).alias("m")
    return found.select("a", "b", m, *(field.split()[0] for field in of_ends))


# --- members that were never compared with their representative ---


def unseen(members: DataFrame) -> DataFrame:
    """(key, task, mates) of those among (key, representative, m), as pairs of a text and the larger one."""
    from pyspark.sql import functions as F

    key, representative = F.col("key"), F.col("representative")
    # A group of any size is many tasks.
    task = F.xxhash64("representative").bitwiseXOR(F.pmod(F.xxhash64("key"), F.lit(PARTS))).alias("task")
    pairs = members.where("m is null")
    return pairs.select(F.greatest(key, representative).alias("key"), task, F.least(key, representative).alias("mates"))


def measured(members: DataFrame, packs: DataFrame, spec: neardup.Spec) -> DataFrame:
    """(key, representative, m): members of single links; packs are texts of `unseen`, which are compared."""
    from pyspark.sql import functions as F

    key, representative = F.col("key"), F.col("representative")
    ends = (F.least(key, representative).alias("a"), F.greatest(key, representative).alias("b"))
    pairs = members.where("m is null").select("key", "representative", *ends)
    m = F.when(F.col("a") == representative, F.col("m")).otherwise(turned(F.col("m"), spec))
    seen = pairs.join(edges(packs, spec, "", measures=True), ["a", "b"]).select("key", "representative", m.alias("m"))
    return members.where("m is not null").select("key", "representative", "m").union(seen)
