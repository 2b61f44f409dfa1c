"""Which texts are compared: buckets of any size to a bounded number of pairs, by the engine's rule.

The rule (neardup/bucket.h) looks at a bucket alone: up to WHOLE members are compared each with each;
of a larger one the first LEADERS with all, and each with the WINDOW that follow it. So what a cluster
proposes is what the tool does. A bucket becomes blocks of WHOLE members, each with the leaders and the
window before it, before any pair is written: a hot one costs a row a block where it is read, its pairs
are made on all workers, and bands that put the same texts together are one, as their blocks are equal.

    block:  | first, 4 bytes | is large, 4 | members, KEY_BYTES each: leaders, window, own |

What is shuffled are members of buckets (_members.py), which are nothing but numbers and keys.

`first` is the place of its first own member in the bucket; the block at 0 has own members alone. A
large bucket ends with a row of its size and a digest of its members, which is there to be counted:

    summary:  | size, 4 | SUMMARY, 4 | digest of all members |
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow

from neardup.spark._documents import sketches, sketches_schema
from neardup.spark._members import MEMBERS, Slice, in_order, in_slices, numbers_of, runs
from neardup.spark._packs import map_batches, num_parts, unpacked
from neardup.spark._texts import KEY_BYTES, fixed_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from neardup.spark._options import Options

SUMMARY = 2  # where a block says whether it is of a large bucket
WHOLE, LEADERS, WINDOW = 512, 16, 48  # neardup/bucket.h; a test holds them equal
HEAD = Struct("<II")  # of a block
MATES = "key binary, task bigint, mates binary"
MEMBER_BYTES = 8 + KEY_BYTES
SLICES_A_PART = 16  # of a shuffle: the fewer, the more is sorted at once
MEMBERS_A_ROW = 1 << 8
FEW_MEMBERS, MOST_MEMBERS = 1 << 17, 1 << 20  # that are packed at once: few stay in the processor's cache, but give many slices short rows
LARGE_SLICE = 1 << 10  # members of one slice among those, if that is also far above the others
MOST_WAITING = 1 << 20  # members of a slice that are sorted at once, if it can be
MOST_MATES = 64 * KEY_BYTES  # in a row
MOST_BYTES = 4 << 20  # of mates in a batch that is sent back


def _packed(rows: Any, bands: int) -> Any:
    """[rows * bands, MEMBER_BYTES] uint8 of a table of (key, bands), each key once. A bucket: band << 32 | key of the band."""
    rows = rows.append_column("row", pyarrow.array(numpy.arange(rows.num_rows)))
    first = rows.select(["key", "row"]).group_by("key", use_threads=False).aggregate([("row", "min")])
    rows = rows.take(first["row_min"])
    keys, band_keys = (fixed_rows(rows[name].combine_chunks(), width) for name, width in (("key", KEY_BYTES), ("bands", 4 * bands)))
    buckets = numpy.ascontiguousarray(band_keys).view(numpy.uint32).astype(numpy.uint64)
    buckets += numpy.arange(bands, dtype=numpy.uint64) << numpy.uint64(32)
    members = numpy.empty((len(keys) * bands, MEMBER_BYTES), numpy.uint8)
    members[:, :8] = buckets.reshape(-1, 1).view(numpy.uint8).reshape(-1, 8)
    members[:, 8:] = numpy.repeat(keys, bands, axis=0)
    return members


def _spread(batches: Iterator[Any], bands: int, slices: int) -> Iterator[Any]:
    """(key, bands) to MEMBERS."""
    most = max(FEW_MEMBERS, min(MOST_MEMBERS, MEMBERS_A_ROW * slices))
    waiting, num = [], 0
    for batch in batches:
        for start in range(0, batch.num_rows, most // bands):
            waiting.append(batch.slice(start, most // bands))
            num += bands * len(waiting[-1])
            if num > most:
                yield in_slices(_packed(pyarrow.Table.from_batches(waiting), bands), slices, MEMBERS_A_ROW, LARGE_SLICE)
                waiting, num = [], 0
    if num:
        yield in_slices(_packed(pyarrow.Table.from_batches(waiting), bands), slices, MEMBERS_A_ROW, LARGE_SLICE)


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


class _Slice(Slice):
    """The members of one slice to blocks."""

    def __init__(self, out: list[bytes]) -> None:
        super().__init__(MEMBER_BYTES, MOST_WAITING, WHOLE)
        self._out = out
        self._large: dict[int, _Blocks] = {}  # buckets of more than WHOLE

    def read(self, number: int, members: Any) -> None:
        self._large.setdefault(number, _Blocks(self._out)).add(_keys_of(members))

    def end(self) -> None:
        members = self.rest()
        buckets = numbers_of(members)
        # Most members stand alone, as the keys of their bands tell nearly always, and need no order. Numbers below the keys
        # tell which they are: to sort whole ones is faster than to find their order.
        numbered = numpy.sort((buckets << numpy.uint64(32)) | numpy.arange(len(buckets), dtype=numpy.uint64))
        of_bands = numbered >> numpy.uint64(32)
        is_same = of_bands[1:] == of_bands[:-1]
        is_shared = numpy.append(is_same, False) | numpy.append(False, is_same)
        chosen = (numbered[: len(is_shared)][is_shared[: len(numbered)]] & numpy.uint64(0xFFFFFFFF)).astype(numpy.int64)
        if self._large:
            chosen = numpy.union1d(chosen, numpy.flatnonzero(self.was_long(buckets)))
        members = in_order(members.take(chosen, axis=0))
        keys = members[:, 8:].tobytes()
        for bucket, start, end in zip(*(column.tolist() for column in runs(members))):
            if end - start > WHOLE or bucket in self._large:
                self.read(bucket, members[start:end])
            elif end - start > 1:
                self._out.append(_head(0, 0) + keys[KEY_BYTES * start : KEY_BYTES * end])
        for blocks in self._large.values():
            blocks.end()


def _keys_of(members: Any) -> list[bytes]:
    keys = members[:, 8:].tobytes()
    return [keys[i : i + KEY_BYTES] for i in range(0, len(keys), KEY_BYTES)]


def _cut(batches: Iterator[Any]) -> Iterator[Any]:
    """MEMBERS, by slice and prefix, to (block). Members that stand alone are dropped."""
    out: list[bytes] = []
    current, members_of = None, _Slice(out)
    for batch in batches:
        for number, prefix, row in zip(*(column.to_pylist() for column in batch.columns[:2]), batch.column(2)):
            if number != current:
                members_of.end()
                current, members_of = number, _Slice(out)
            members_of.add(prefix, row.as_buffer())
        if out:
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array(out, pyarrow.binary())], names=["block"])
            out.clear()
    members_of.end()
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
    current, seen = b"", set[bytes]()
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


def _spread_packs(batches: Iterator[Any], options: Options, slices: int) -> Iterator[Any]:
    """(pack) of sketches likewise."""
    packs = (pack.as_buffer() for batch in batches for pack in batch.column(0))
    return _spread((unpacked(pack, sketches_schema(options)) for pack in packs), options.spec.bands, slices)


def blocks(read: DataFrame, options: Options) -> DataFrame:
    """(block), each once, of `documents`."""
    slices = SLICES_A_PART * num_parts(read)
    spread = map_batches(sketches(read), partial(_spread_packs, options=options, slices=slices), MEMBERS)
    in_order = spread.repartition("slice").sortWithinPartitions("slice", "prefix")
    return map_batches(in_order, _cut, "block binary").distinct()


def candidates(blocks_of: DataFrame) -> DataFrame:
    """(key, task, mates): each pair once, that of a text and one of its mates, which is the larger."""
    pairs = map_batches(blocks_of, _expand, MATES)
    return map_batches(pairs.repartition("key").sortWithinPartitions("key", "task"), _once, MATES)


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
    return map_batches(blocks_of, _sizes, "size bigint, left_out bigint")
