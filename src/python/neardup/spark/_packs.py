"""Rows packed into few: Spark moves bytes, and makes no row of each document.

A pack is an Arrow batch in a column of binary, of which the reader knows the schema. What a step sends on goes in
packs of one slice each, a fixed part of all keys:

    slice, kind (what the pack holds), num (its rows), copies (documents that they stand for), pack

All packs of a slice come to one task, those of the least kind first; a task holds one slice at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

import numpy
import pyarrow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = tuple[int, int, int, int, bytes]  # of PACKS
PACKS = "slice int, kind int, num bigint, copies bigint, pack binary"
SLICES_A_PART = 4  # of a shuffle: the fewer, the more is held at once
MOST_ROWS = 1 << 14  # of a pack
MOST_BYTES = 16 << 20  # likewise, about, where ids are long
MANY_ROWS = 1 << 17  # that are divided into slices at once


def _with_plain_types(batches: Iterator[Any]) -> Iterator[Any]:
    """Batches whose columns are of no large type, whatever a session has set: what is taken and what is made must be alike."""
    plain = {pyarrow.large_string(): pyarrow.string(), pyarrow.large_binary(): pyarrow.binary()}
    for batch in batches:
        if any(kind in plain for kind in batch.schema.types):
            columns = [column.cast(plain.get(column.type, column.type)) for column in batch.columns]
            batch = pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)
        yield batch


def _mapped(batches: Iterator[Any], function: Callable[[Iterator[Any]], Iterator[Any]]) -> Iterator[Any]:
    yield from function(_with_plain_types(batches))


def map_batches(frame: DataFrame, function: Callable[[Iterator[Any]], Iterator[Any]], schema: Any) -> DataFrame:
    """What a function of Arrow batches makes of a frame in Python's workers."""
    return frame.mapInArrow(partial(_mapped, function=function), schema)


def packed(batch: Any) -> bytes:
    data: bytes = batch.serialize().to_pybytes()
    return data


def unpacked(pack: Any, schema: Any) -> Any:
    return pyarrow.ipc.read_record_batch(pyarrow.py_buffer(pack), schema)


def plain(batch: Any) -> Any:
    """The batch as Spark takes it, which has no binary of a fixed size."""
    is_fixed = pyarrow.types.is_fixed_size_binary
    columns = [c.cast(pyarrow.binary()) if is_fixed(c.type) else c for c in batch.columns]
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names)


def rows_a_pack(rows: Any) -> int:
    num_rows, num_bytes = int(rows.num_rows), int(rows.nbytes)
    return max(1, min(MOST_ROWS, MOST_BYTES * num_rows // max(1, num_bytes)))


def num_parts(frame: DataFrame) -> int:
    """Of a shuffle."""
    return int(frame.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200)


def num_slices(frame: DataFrame) -> int:
    return SLICES_A_PART * num_parts(frame)


def one_batch(tables: list[Any]) -> Any:
    """One record batch of several tables or batches of one schema. A column of strings must have less than 2 GB."""
    table = pyarrow.concat_tables([t if isinstance(t, pyarrow.Table) else pyarrow.Table.from_batches([t]) for t in tables])
    batches = table.combine_chunks().to_batches()
    if len(batches) > 1:
        raise RuntimeError("one task has ids of more than 2 GB: raise spark.sql.shuffle.partitions")
    return batches[0] if batches else pyarrow.RecordBatch.from_pylist([], table.schema)


def rows_of_packs(rows: list[Row]) -> Any:
    """A batch of PACKS."""
    kinds = (pyarrow.int32(), pyarrow.int32(), pyarrow.int64(), pyarrow.int64(), pyarrow.binary())
    arrays = [pyarrow.array(column, kind) for column, kind in zip(zip(*rows), kinds)]
    return pyarrow.RecordBatch.from_arrays(arrays, names=[field.split()[0] for field in PACKS.split(", ")])


def in_packs(table: Any, number: int, kind: int) -> list[Row]:
    """Rows of PACKS of one slice."""
    return [
        (number, kind, batch.num_rows, batch.num_rows, packed(batch))
        for batch in table.combine_chunks().to_batches(max_chunksize=rows_a_pack(table))
    ]


def in_slices(batch: Any, slices_of: Any, kind: int) -> Iterator[Row]:
    """Rows of PACKS, of a batch whose rows have these slices."""
    order, most = numpy.argsort(slices_of, kind="stable"), rows_a_pack(batch)
    batch, own = batch.take(pyarrow.array(order)), slices_of[order]
    starts = numpy.flatnonzero(numpy.append(True, own[1:] != own[:-1])[: len(own)])
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(own)]):
        for begin in range(start, end, most):
            num = min(most, end - begin)
            yield int(own[start]), kind, num, num, packed(batch.slice(begin, num))


def slices_of_numbers(numbers: Any, slices: int) -> Any:
    """The slices of numbers of 64 bits that are spread evenly."""
    return ((numbers.view(numpy.uint64) >> numpy.uint64(32)) * numpy.uint64(slices) >> numpy.uint64(32)).astype(numpy.int64)


def by_slice(packs: DataFrame) -> DataFrame:
    """Packs brought together, by slice and kind."""
    return packs.repartition("slice").sortWithinPartitions("slice", "kind")


def slices(batches: Iterator[Any]) -> Iterator[tuple[int, Iterator[tuple[int, bytes]]]]:
    """Each slice with its packs, (kind, pack), which must be read before the next slice is asked for."""
    rows = (row for batch in batches for row in zip(*(batch.column(i).to_pylist() for i in (0, 1, 4))))
    waiting: Optional[tuple[int, int, bytes]] = next(rows, None)

    def of_slice(number: int) -> Iterator[tuple[int, bytes]]:
        nonlocal waiting
        while waiting is not None and waiting[0] == number:
            yield waiting[1:]
            waiting = next(rows, None)

    while waiting is not None:
        number = waiting[0]
        yield number, of_slice(number)
