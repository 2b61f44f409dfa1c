"""Which texts are compared where a score decides: those that share rare shingles, by the engine's rule.

The rule (neardup/candidates.h) looks at a pair, at how many texts sample each shingle that both sample, and
at places among the texts of a few common ones. Samples are shuffled once; the texts of one are a list, in
the order of size. Up to RARE of them make a block, whose pairs share the weight of that sample. Near-copies
share most of their samples, so that many lists are the same: of those one block is kept, with the sum of
their weights, before any pair is written.

    block:   | members, MEMBER_BYTES each |
    member:  | key, KEY_BYTES | shift, 1 | number of picks, 1: 0 where the sample is none of its picks |

In a list of more than HOT each text that picks the sample has mates, the first texts and those right before
it: a row a pick, at most PICKS a text, of which a text whose picks are hot by half follows the lowest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

import numpy
import pyarrow

from neardup import _core
from neardup.spark._texts import KEY_BYTES, fixed_binary, fixed_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RULE = _core.rare_rule()
RARE, HOT, PICKS, FOLLOWED = RULE["rare"], RULE["hot"], RULE["picks"], RULE["followed"]
LEADERS, NEIGHBOURS, WEIGHTS = RULE["leaders"], RULE["neighbours"], RULE["weights"]
MEMBER_BYTES = KEY_BYTES + 2
MOST_WEIGHT = 2**32 - 1  # a larger sum counts as this
MOST_PAIRS = 1 << 17  # rows of a batch that is sent back

LISTS = "block binary, weight bigint, key binary, pick bigint, picks int, larger bigint, mates binary"


def _spread(batches: Iterator[Any]) -> Iterator[Any]:
    """(key, shift, samples) to (sample, member), a row a sample; samples as numbers with a sign, in their order."""
    for batch in batches:
        keys = fixed_rows(batch.column(0), KEY_BYTES)
        column = batch.column(2).to_pylist()
        nums = numpy.array([len(samples) // 8 for samples in column], dtype=numpy.int64)
        samples = numpy.frombuffer(b"".join(column), numpy.uint64) ^ numpy.uint64(1 << 63)
        members = numpy.empty((len(samples), MEMBER_BYTES), numpy.uint8)
        members[:, :KEY_BYTES] = numpy.repeat(keys, nums, axis=0)
        members[:, KEY_BYTES] = numpy.repeat(batch.column(1).to_numpy(), nums)
        # They are in order, and the lowest are the picks.
        places = numpy.arange(len(samples)) - numpy.repeat(numpy.cumsum(nums) - nums, nums)
        members[:, KEY_BYTES + 1] = numpy.where(places < PICKS, numpy.repeat(numpy.minimum(nums, PICKS), nums), 0)
        yield pyarrow.RecordBatch.from_arrays(
            [pyarrow.array(samples.view(numpy.int64)), fixed_binary(members)], names=["sample", "member"]
        )


class _List:
    """The texts of one sample, which come in order, to rows of LISTS."""

    def __init__(self, out: list[tuple[Any, ...]], sample: int) -> None:
        self._out = out
        self._sample = sample
        self._first: list[bytes] = []  # up to RARE members, and one
        self._num = 0  # of those that are past
        self._recent: list[bytes] = []  # the last NEIGHBOURS of these

    def add(self, members: list[bytes]) -> None:
        if self._num == 0:
            room = RARE + 1 - len(self._first)
            self._first.extend(members[:room])
            members = members[room:]
            if len(self._first) <= RARE:
                return
            self._meet(self._first)
        self._meet(members)

    def _meet(self, members: list[bytes]) -> None:
        """The mates of those members that pick the sample."""
        near = [*self._recent, *members]
        for i, member in enumerate(members, len(self._recent)):
            larger = self._num + i - len(self._recent)
            if member[-1]:
                mates = self._first[: min(LEADERS, larger)]
                mates = mates + near[max(0, i - min(NEIGHBOURS, max(0, larger - LEADERS))) : i]
                joined = b"".join(mate[:KEY_BYTES] for mate in mates)
                self._out.append((None, None, member[:KEY_BYTES], self._sample, member[-1], larger, joined))
        self._num += len(members)
        self._recent = near[-NEIGHBOURS:]

    def end(self) -> None:
        if self._num == 0 and len(self._first) > 1:
            weight = WEIGHTS[len(self._first) - 1]
            self._out.append((b"".join(self._first), weight, None, None, None, None, None))
            if len(self._first) > HOT:
                self._meet(self._first)


def _rows(out: list[tuple[Any, ...]]) -> Any:
    kinds = (pyarrow.binary(), pyarrow.int64(), pyarrow.binary(), pyarrow.int64(), pyarrow.int32(), pyarrow.int64(), pyarrow.binary())
    arrays = [pyarrow.array(column, kind) for column, kind in zip(zip(*out), kinds)]
    return pyarrow.RecordBatch.from_arrays(arrays, names=[field.split()[0] for field in LISTS.split(", ")])


def _cut(batches: Iterator[Any]) -> Iterator[Any]:
    """(sample, member), by both, to LISTS. Samples of one text are dropped at once."""
    out: list[tuple[Any, ...]] = []
    current: Optional[int] = None
    members = _List(out, 0)
    for batch in batches:
        if batch.num_rows == 0:
            continue
        samples = batch.column(0).to_numpy()
        starts = numpy.flatnonzero(numpy.diff(samples, prepend=~samples[0]))
        ends = numpy.append(starts[1:], len(samples))
        # Runs of one matter where they may go on in another batch: the first and the last.
        wanted = ends - starts > 1
        wanted[0] = wanted[-1] = True
        column = batch.column(1)
        for start, end in zip(starts[wanted].tolist(), ends[wanted].tolist()):
            sample = int(samples[start])
            if sample != current:
                members.end()
                current, members = sample, _List(out, sample)
            members.add(column.slice(start, end - start).to_pylist())
        if out:
            yield _rows(out)
            out.clear()
    members.end()
    if out:
        yield _rows(out)


def _needed(members: Any, i: Any, j: Any) -> Any:
    """The weight that members i and j, the smaller, must share at least."""
    sizes = 0xFFFFFFFF - numpy.ascontiguousarray(members[:, :4]).view(">u4").reshape(-1).astype(numpy.uint32)
    shifts = members[:, KEY_BYTES]
    needed = _core.rare_needed(sizes[j].tobytes(), numpy.maximum(shifts[i], shifts[j]).tobytes())
    return numpy.frombuffer(needed, numpy.uint64).astype(numpy.int64)


def _expand(batches: Iterator[Any]) -> Iterator[Any]:
    """(block, weight) to (a, b, needed, weight, task): what two texts share there, and need to share in all."""
    for batch in batches:
        parts: list[tuple[Any, ...]] = []
        num_pairs = 0
        for block, weight in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist()):
            members = numpy.frombuffer(block, numpy.uint8).reshape(-1, MEMBER_BYTES)
            i, j = numpy.triu_indices(len(members), 1)
            task = numpy.full(len(i), int.from_bytes(block[4:12], "little", signed=True))
            ends = members[i, :KEY_BYTES], members[j, :KEY_BYTES]
            parts.append((*ends, _needed(members, i, j), numpy.full(len(i), weight), task))
            num_pairs += len(i)
            if num_pairs > MOST_PAIRS:
                yield _pairs(parts, ("needed", "weight", "task"))
                parts, num_pairs = [], 0
        if parts:
            yield _pairs(parts, ("needed", "weight", "task"))


def _pairs(parts: list[tuple[Any, ...]], names: tuple[str, ...]) -> Any:
    a, b, *values = (numpy.concatenate(column) for column in zip(*parts))
    return pyarrow.RecordBatch.from_arrays(
        [fixed_binary(a), fixed_binary(b), *map(pyarrow.array, values)], names=["a", "b", *names]
    )


def _follow(batches: Iterator[Any]) -> Iterator[Any]:
    """(key, mates) to (a, b, task)."""
    for batch in batches:
        parts = []
        for key, mates in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist()):
            if mates:
                a = numpy.frombuffer(mates, numpy.uint8).reshape(-1, KEY_BYTES)
                b = numpy.broadcast_to(numpy.frombuffer(key, numpy.uint8), a.shape)
                parts.append((a, b, numpy.full(len(a), int.from_bytes(mates[4:12], "little", signed=True))))
        if parts:
            yield _pairs(parts, ("task",))


def lists(texts: DataFrame) -> DataFrame:
    """LISTS of (key, shift, samples)."""
    spread = texts.select("key", "shift", "samples").mapInArrow(_spread, "sample bigint, member binary")
    return spread.repartition("sample").sortWithinPartitions("sample", "member").mapInArrow(_cut, LISTS)


def _followed(lists_of: DataFrame) -> DataFrame:
    """(key, followed): of texts whose picks are hot by half the lowest of these, (pick, larger, mates) each."""
    from pyspark.sql import functions as F

    hot = F.sort_array(F.collect_list(F.struct("pick", "larger", "mates"))).alias("hot")
    of_text = lists_of.where("key is not null").groupBy("key").agg(hot, F.max("picks").alias("picks"))
    return of_text.where(F.size("hot") * 2 >= F.col("picks")).select("key", F.slice("hot", 1, FOLLOWED).alias("followed"))


def candidates(lists_of: DataFrame) -> DataFrame:
    """(key, task, mates), each pair once: a text and a larger one."""
    from pyspark.sql import functions as F

    blocks = lists_of.where("block is not null").groupBy("block").agg(F.sum("weight").alias("weight"))
    shared = blocks.mapInArrow(_expand, "a binary, b binary, needed bigint, weight bigint, task bigint")
    sums = shared.groupBy("a", "b").agg(
        F.min("needed").alias("needed"), F.sum("weight").alias("weight"), F.min("task").alias("task")
    )
    rare = sums.where(F.least("weight", F.lit(MOST_WEIGHT)) >= F.col("needed")).select("a", "b", "task")
    mates = _followed(lists_of).select("key", F.explode("followed.mates").alias("mates"))
    common = mates.mapInArrow(_follow, "a binary, b binary, task bigint")
    once = rare.union(common).groupBy("a", "b").agg(F.min("task").alias("task"))
    return once.select(F.col("b").alias("key"), "task", F.col("a").alias("mates"))


def common_texts(lists_of: DataFrame) -> DataFrame:
    """(key, left_out) of texts whose followed picks do not propose all larger texts that sample them."""
    from pyspark.sql import functions as F

    left = F.col("pick.larger") - (LEADERS + NEIGHBOURS)
    picks = _followed(lists_of).select("key", F.explode("followed").alias("pick")).where(left > 0)
    return picks.groupBy("key").agg(F.sum(left).alias("left_out"))
