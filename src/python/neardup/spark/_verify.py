"""Candidates to matches: texts are brought to the tasks that compare them, and compared in C.

Pairs of texts that stand together in a bucket are one task's, so that a text travels once for each
task that needs it, which is once for most: in what `_compare` reads, a task's texts come before its
pairs.

    task, a null,  b key,  text        a text
    task, a key,   b key,  text null   a pair
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

import numpy
import pyarrow
import pyarrow.compute

import neardup
from neardup.spark._pairs import match_fields
from neardup.spark._texts import KEY_BYTES, fixed_binary, fixed_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# How much is gathered before it is compared.
MANY_BYTES = 16 << 20
MANY_PAIRS = 1 << 16
TASK_BYTES = 8
PLACE_BYTES = TASK_BYTES + KEY_BYTES  # where a text is wanted: task and key
PARTS = 64  # of a group, for as many tasks


def _places(tasks: Any, keys: Any) -> Any:
    """[rows, PLACE_BYTES] uint8: where a text is wanted, task and key."""
    places = numpy.empty((len(tasks), PLACE_BYTES), numpy.uint8)
    places[:, :TASK_BYTES] = tasks.to_numpy().astype(numpy.int64).view(numpy.uint8).reshape(-1, TASK_BYTES)
    places[:, TASK_BYTES:] = fixed_rows(keys, KEY_BYTES)
    return places


class _Comparing:
    """Texts, and pairs of them that are not compared yet."""

    def __init__(self, spec: neardup.Spec, measures: bool) -> None:
        self._spec = spec
        self._measures = measures
        self._task: Optional[int] = None  # the last one
        self._texts: list[Any] = []  # chunks
        self._places = [numpy.empty((0, PLACE_BYTES), numpy.uint8)]  # of the texts
        self._num_bytes = 0
        self._clear_pairs()

    def _clear_pairs(self) -> None:
        self._a = [numpy.empty((0, PLACE_BYTES), numpy.uint8)]  # places of the pairs' texts
        self._b = list(self._a)
        self._num_pairs = 0

    def add(self, batch: Any) -> None:
        """Rows by task, texts before pairs in each."""
        is_text = pyarrow.compute.is_null(batch.column(1))
        texts, pairs = batch.filter(is_text), batch.filter(pyarrow.compute.invert(is_text))
        if batch.num_rows:
            self._task = batch.column(0)[-1].as_py()
        self._texts.append(texts.column(3))
        self._places.append(_places(texts.column(0), texts.column(2)))
        self._num_bytes += texts.column(3).nbytes
        self._a.append(_places(pairs.column(0), pairs.column(1)))
        self._b.append(_places(pairs.column(0), pairs.column(2)))
        self._num_pairs += pairs.num_rows

    @property
    def is_much(self) -> bool:
        return self._num_bytes > MANY_BYTES or self._num_pairs > MANY_PAIRS

    def compare(self) -> Any:
        """The pairs that match, or where each is measured, all of them. Forgets all but the texts of the last task, which may go on."""
        texts, places = pyarrow.chunked_array(self._texts, pyarrow.binary()), numpy.concatenate(self._places)
        a, b = numpy.concatenate(self._a), numpy.concatenate(self._b)
        rows = [pyarrow.compute.index_in(fixed_binary(of), value_set=fixed_binary(places)) for of in (a, b)]
        if any(of.null_count for of in rows):
            raise RuntimeError("a text to compare is not where its pair is")
        pairs = numpy.stack([of.to_numpy() for of in rows], axis=1).astype(numpy.uint32)
        found = pyarrow.table(neardup.verify(texts, pairs, self._spec, measure=self._measures, threads=1))
        columns = {
            "a": fixed_binary(a[:, TASK_BYTES:]),
            "b": fixed_binary(b[:, TASK_BYTES:]),
            **{name: found[name] for name in found.column_names[2:]},
            "kind": found["kind"].cast(pyarrow.string()),
        }
        table = pyarrow.table(columns)
        self._forget(texts, places)
        return table if self._measures else table.filter(pyarrow.compute.not_equal(table["kind"], "none"))

    def _forget(self, texts: Any, places: Any) -> None:
        tasks = numpy.ascontiguousarray(places[:, :TASK_BYTES]).view(numpy.int64).reshape(-1)
        others = numpy.count_nonzero(tasks != self._task)  # they are in order, and the last task's come last
        self._texts, self._places = texts.slice(others).chunks, [places[others:]]
        self._num_bytes = sum(chunk.nbytes for chunk in self._texts)
        self._clear_pairs()


def _compare(batches: Iterator[Any], spec: neardup.Spec, measures: bool) -> Iterator[Any]:
    """Rows by task, texts first, to matches."""
    comparing = _Comparing(spec, measures)
    for batch in batches:
        comparing.add(batch)
        if comparing.is_much:
            yield from comparing.compare().to_batches()
    yield from comparing.compare().to_batches()


def edges(pairs: DataFrame, texts: DataFrame, spec: neardup.Spec, measures: bool = False) -> DataFrame:
    """(a, b, m): the matches among (a, b, task), or all of them, measured; `texts` are (key, text)."""
    from pyspark.sql import functions as F

    orders = pairs.select("task", F.col("a").alias("key")).union(pairs.select("task", "b")).distinct()
    ordered = texts.join(orders, "key").select(
        "task", F.lit(None).cast("binary").alias("a"), F.col("key").alias("b"), "text"
    )
    compared = pairs.select("task", "a", "b", F.lit(None).cast("binary").alias("text"))
    together = ordered.union(compared).repartition("task").sortWithinPartitions("task", F.col("a").asc_nulls_first())
    fields = match_fields(spec)
    found = together.mapInArrow(
        partial(_compare, spec=spec, measures=measures), f"a binary, b binary, {', '.join(fields)}"
    )
    return found.select("a", "b", F.struct(*(field.split()[0] for field in fields)).alias("m"))


def measured(members: DataFrame, texts: DataFrame, spec: neardup.Spec) -> DataFrame:
    """(key, representative, m): members of single links, those that were never compared with their representative
    compared, too."""
    from pyspark.sql import functions as F

    # A group of any size is many tasks.
    task = F.xxhash64("representative").bitwiseXOR(F.pmod(F.xxhash64("key"), F.lit(PARTS)))
    unseen = members.where("m is null").select(F.col("representative").alias("a"), F.col("key").alias("b"), task.alias("task"))
    seen = edges(unseen, texts, spec, measures=True).select(F.col("b").alias("key"), F.col("a").alias("representative"), "m")
    return members.where("m is not null").select("key", "representative", "m").union(seen)
