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

import pyarrow
import pyarrow.compute

import neardup
from neardup.spark._pairs import match_fields

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# How much is gathered before it is compared.
MANY_BYTES = 16 << 20
MANY_PAIRS = 1 << 16
PARTS = 64  # of a group, for as many tasks


class _Comparing:
    """Texts, and pairs of them that are not compared yet."""

    def __init__(self, spec: neardup.Spec, measures: bool) -> None:
        self._spec = spec
        self._measures = measures
        self._texts: list[Any] = []  # chunks
        self._rows: dict[tuple[int, bytes], int] = {}  # of a task's text, in the chunks
        self._num_texts = 0
        self._num_bytes = 0
        self._task: Optional[int] = None  # the last one, whose texts begin at row
        self._task_begin = 0
        self._pairs: list[tuple[int, int]] = []
        self._keys: list[tuple[bytes, bytes]] = []

    def add(self, batch: Any) -> None:
        """Rows by task, texts before pairs in each."""
        tasks, a, b = (batch.column(i).to_pylist() for i in range(3))
        texts = batch.column(3).filter(pyarrow.compute.is_null(batch.column(1)))
        for row, task in enumerate(tasks):
            if task != self._task:
                self._task, self._task_begin = task, self._num_texts
            if a[row] is None:
                self._rows[task, b[row]] = self._num_texts
                self._num_texts += 1
            else:
                self._pairs.append((self._rows[task, a[row]], self._rows[task, b[row]]))
                self._keys.append((a[row], b[row]))
        self._texts.append(texts)
        self._num_bytes += texts.nbytes

    @property
    def is_much(self) -> bool:
        return self._num_bytes > MANY_BYTES or len(self._pairs) > MANY_PAIRS

    def compare(self) -> Any:
        """The pairs that match, or where each is measured, all of them. Forgets all but the texts of the last task, which may go on."""
        texts = pyarrow.chunked_array(self._texts, pyarrow.binary())
        found = pyarrow.table(neardup.verify(texts, self._pairs, self._spec, measure=self._measures, threads=1))
        columns = {
            "a": pyarrow.array([a for a, _ in self._keys], pyarrow.binary()),
            "b": pyarrow.array([b for _, b in self._keys], pyarrow.binary()),
            **{name: found[name] for name in found.column_names[2:]},
            "kind": found["kind"].cast(pyarrow.string()),
        }
        table = pyarrow.table(columns)
        self._forget(texts)
        return table if self._measures else table.filter(pyarrow.compute.not_equal(table["kind"], "none"))

    def _forget(self, texts: Any) -> None:
        begin = self._task_begin
        self._rows = {at: row - begin for at, row in self._rows.items() if row >= begin}
        self._texts = texts.slice(begin).chunks
        self._num_texts -= begin
        self._num_bytes = sum(chunk.nbytes for chunk in self._texts)
        self._task_begin = 0
        self._pairs.clear()
        self._keys.clear()


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
