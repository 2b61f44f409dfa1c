"""Which texts are compared: buckets of any size to a bounded number of pairs, by the engine's rule.

The rule (neardup/bucket.h) looks at a bucket alone: up to WHOLE members are compared each with each;
of a larger one the first LEADERS with all, and each with the WINDOW that follow it. So what a cluster
proposes is what the tool does. A bucket becomes blocks of WHOLE members, each with the leaders and the
window before it, before any pair is written: a hot one costs a row a block where it is read, its pairs
are made on all workers, and bands that put the same texts together are one, as their blocks are equal.

    block:  | first, 4 bytes | is large, 4 | members, KEY_BYTES each: leaders, window, own |

`first` is the place of its first own member in the bucket; the block at 0 has own members alone. A
large bucket ends with a row of its size and a digest of its members, which is there to be counted:

    summary:  | size, 4 | SUMMARY, 4 | digest of all members |
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow

from neardup.spark._texts import KEY_BYTES, fixed_binary, fixed_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SUMMARY = 2  # where a block says whether it is of a large bucket
WHOLE, LEADERS, WINDOW = 512, 16, 48  # neardup/bucket.h; a test holds them equal
HEAD = Struct("<II")  # of a block
MATES = "key binary, task bigint, mates binary"
MOST_MATES = 64 * KEY_BYTES  # in a row
MOST_BYTES = 4 << 20  # of mates in a batch that is sent back


def _spread(batches: Iterator[Any], bands: int) -> Iterator[Any]:
    """(key, bands) to (bucket, key), a row a band. A bucket: band << 32 | key of the band."""
    for batch in batches:
        keys, band_keys = (fixed_rows(batch.column(0), KEY_BYTES), fixed_rows(batch.column(1), 4 * bands))
        buckets = numpy.ascontiguousarray(band_keys).view(numpy.uint32).astype(numpy.int64)
        buckets += numpy.arange(bands, dtype=numpy.int64) << 32
        yield pyarrow.RecordBatch.from_arrays(
            [pyarrow.array(buckets.reshape(-1)), fixed_binary(numpy.repeat(keys, bands, axis=0))],
            names=["bucket", "key"],
        )


def _head(number: int, kind: int) -> bytes:
    return HEAD.pack(number, kind)


class _Blocks:
    """The blocks of one bucket, whose members come in order."""

    def __init__(self, out: list[bytes]) -> None:
        self._out = out
        self._leaders: list[bytes] = []
        self._window: list[bytes] = []
        self._own: list[bytes] = []
        self._first = 0
        self._digest = blake2b(digest_size=16)

    def add(self, keys: list[bytes]) -> None:
        for start in range(0, len(keys), WHOLE):
            self._own.extend(keys[start : start + WHOLE])
            while len(self._own) > WHOLE:
                self._emit(self._own[:WHOLE], 1)
                self._own = self._own[WHOLE:]

    def _emit(self, own: list[bytes], is_large: int) -> None:
        self._out.append(_head(self._first, is_large) + b"".join([*self._leaders, *self._window, *own]))
        if is_large:
            self._digest.update(b"".join(own))
        if self._first == 0:
            self._leaders = own[:LEADERS]
        self._window = own[-WINDOW:]
        self._first += len(own)

    def end(self) -> None:
        if self._first or len(self._own) > 1:
            is_large = self._first > 0
            self._emit(self._own, int(is_large))
            if is_large:
                self._out.append(_head(self._first, SUMMARY) + self._digest.digest())


def _cut(batches: Iterator[Any]) -> Iterator[Any]:
    """(bucket, key), by bucket and key, to (block). Members that stand alone are dropped at once."""
    out: list[bytes] = []
    current, blocks = None, _Blocks(out)
    for batch in batches:
        if batch.num_rows == 0:
            continue
        buckets = batch.column(0).to_numpy()
        starts = numpy.flatnonzero(numpy.diff(buckets, prepend=buckets[0] - 1))
        ends = numpy.append(starts[1:], len(buckets))
        # Runs of one matter where they may go on in another batch: the first and the last.
        wanted = ends - starts > 1
        wanted[0] = wanted[-1] = True
        keys = batch.column(1)
        for start, end in zip(starts[wanted].tolist(), ends[wanted].tolist()):
            if buckets[start] != current:
                blocks.end()
                current, blocks = buckets[start], _Blocks(out)
            blocks.add(keys.slice(start, end - start).to_pylist())
        if out:
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array(out, pyarrow.binary())], names=["block"])
            out.clear()
    blocks.end()
    if out:
        yield pyarrow.RecordBatch.from_arrays([pyarrow.array(out, pyarrow.binary())], names=["block"])


def _mates(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each own member of a block and the larger ones that it is compared with; as the leaders and the window lie before
    the own members, these are one or two pieces of the block."""
    first, is_large = HEAD.unpack_from(block)
    members = block[HEAD.size :]
    num_near = (LEADERS + WINDOW) * KEY_BYTES
    for end in range(num_near if first else KEY_BYTES, len(members), KEY_BYTES):
        if is_large and end > num_near:
            mates = members[: LEADERS * KEY_BYTES] + members[end - WINDOW * KEY_BYTES : end]
        else:
            mates = members[:end]
        yield members[end : end + KEY_BYTES], mates


def _expand(batches: Iterator[Any]) -> Iterator[Any]:
    """(block) to (key, task, mates): keys of larger texts to compare one with, MOST_MATES a row; `task` says who
    compares them, the same for pairs of texts that stand together."""
    for batch in batches:
        rows: list[tuple[bytes, int, bytes]] = []
        num_bytes = 0
        for block in batch.column(0).to_pylist():
            first, kind = HEAD.unpack_from(block)
            if kind == SUMMARY:
                continue
            task = int.from_bytes(block[12:20], "little", signed=True) ^ first
            for key, mates in _mates(block):
                num_bytes += len(mates)
                rows.extend((key, task, mates[i : i + MOST_MATES]) for i in range(0, len(mates), MOST_MATES))
            if num_bytes > MOST_BYTES:
                yield mates_batch(rows)
                rows, num_bytes = [], 0
        if rows:
            yield mates_batch(rows)


def mates_batch(rows: list[tuple[bytes, int, bytes]]) -> Any:
    keys, tasks, mates = zip(*rows)
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array(keys, pyarrow.binary()), pyarrow.array(tasks, pyarrow.int64()), pyarrow.array(mates, pyarrow.binary())],
        names=["key", "task", "mates"],
    )


def _once(batches: Iterator[Any]) -> Iterator[Any]:
    """(key, task, mates), by key and task, to the same with each pair once, at its first task."""
    current, seen = b"", set()
    for batch in batches:
        if batch.num_rows == 0:
            continue
        keys = fixed_rows(batch.column(0), KEY_BYTES)
        is_new = numpy.append(True, (keys[1:] != keys[:-1]).any(axis=1))
        # A row alone has each of its pairs once; whether the first and the last are, other batches tell.
        alone = is_new & numpy.append(is_new[1:], False)
        alone[0] = alone[-1] = False
        yield batch.filter(pyarrow.array(alone))
        rows = []
        for key, task, mates in zip(*(column.to_pylist() for column in batch.filter(pyarrow.array(~alone)).columns)):
            if key != current:
                current, seen = key, set()
            fresh = [mates[i : i + KEY_BYTES] for i in range(0, len(mates), KEY_BYTES)]
            if seen:
                fresh = [mate for mate in fresh if mate not in seen]
            seen.update(fresh)
            if fresh:
                rows.append((key, task, b"".join(fresh)))
        if rows:
            yield mates_batch(rows)


def blocks(texts: DataFrame, bands: int) -> DataFrame:
    """(block) of (key, bands), each once."""
    from functools import partial

    spread = texts.select("key", "bands").mapInArrow(partial(_spread, bands=bands), "bucket bigint, key binary")
    sorted_buckets = spread.repartition("bucket").sortWithinPartitions("bucket", "key")
    return sorted_buckets.mapInArrow(_cut, "block binary").distinct()


def candidates(blocks_of: DataFrame) -> DataFrame:
    """(key, task, mates): each pair once, that of a text and one of its mates, which is the larger."""
    pairs = blocks_of.mapInArrow(_expand, MATES)
    return pairs.repartition("key").sortWithinPartitions("key", "task").mapInArrow(_once, MATES)


def _sizes(batches: Iterator[Any]) -> Iterator[Any]:
    """(block) to (size, left_out) of the large buckets."""
    for batch in batches:
        sizes = []
        for block in batch.column(0).to_pylist():
            size, kind = HEAD.unpack_from(block)
            if kind == SUMMARY:
                sizes.append(size)
        columns = [pyarrow.array(c, pyarrow.int64()) for c in (sizes, list(map(num_left_out, sizes)))]
        yield pyarrow.RecordBatch.from_arrays(columns, names=["size", "left_out"])


def num_left_out(size: int) -> int:
    """Pairs of members that a bucket above WHOLE does not propose."""
    beyond = size - LEADERS - WINDOW - 1  # members past the window of the first after the leaders
    return beyond * (beyond + 1) // 2


def large_buckets(blocks_of: DataFrame) -> DataFrame:
    """(size, left_out) of every bucket above WHOLE, those of the same texts once."""
    return blocks_of.mapInArrow(_sizes, "size bigint, left_out bigint")
