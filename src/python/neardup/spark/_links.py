"""Groups by link="single": all texts that chains of matches connect, without a component in one place.

Each component becomes a star, its texts with the one of the least rank, by the alternating algorithm
(Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii: Connected Components in MapReduce and Beyond, SoCC
2014). In a round each text is linked to its least neighbour, first those after it (large star), then
those before it (small star). Texts keep few links on the way, and a component of n is a star after
O(log n ^ 2) rounds. `edges_a_task` links and fewer are joined by one task at once, in C.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy
import pyarrow
import pyarrow.compute

import neardup
from neardup.spark._packs import map_batches

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from neardup.spark._options import Options
    from neardup.spark._steps import Steps


def _join(batches: Iterator[Any]) -> Iterator[Any]:
    """(low, high), all of them, to (low, high): each that is not the least of its component with that."""
    table = pyarrow.Table.from_batches(batches, pyarrow.schema([("low", pyarrow.binary()), ("high", pyarrow.binary())]))
    ends = pyarrow.chunked_array([*table["low"].chunks, *table["high"].chunks], pyarrow.binary())
    names = ends.unique()
    names = names.take(pyarrow.compute.sort_indices(names))
    numbers = pyarrow.compute.index_in(ends, value_set=names).to_numpy().astype(numpy.uint32)
    pairs = numpy.ascontiguousarray(numbers.reshape(2, -1).T)
    least = numpy.asarray(neardup.group(pairs, len(names), link="single"))
    members = numpy.flatnonzero(least != numpy.arange(len(names)))
    linked = {"low": names.take(pyarrow.array(least[members])), "high": names.take(pyarrow.array(members))}
    yield from pyarrow.table(linked).to_batches()


def _round(links: DataFrame) -> DataFrame:
    """Large star, then small star, of (low, high)."""
    from pyspark.sql import functions as F

    both = links.union(links.select(F.col("high"), F.col("low"))).toDF("of", "other")
    least = both.groupBy("of").agg(F.least(F.min("other"), F.first("of")).alias("least"))
    large = both.where("other > of").join(least, "of").select(F.col("least").alias("low"), F.col("other").alias("high"))
    large = large.where("low < high").distinct()
    first = large.groupBy("high").agg(F.min("low").alias("least"))
    others = large.join(first, "high").where("low > least").select("least", F.col("low").alias("high"))
    return first.select("least", "high").union(others).toDF("low", "high").distinct()


def _state(links: DataFrame) -> tuple[int, int]:
    """How many, and a sum that tells whether they are those of the round before."""
    from pyspark.sql import functions as F

    row = links.agg(F.count("*"), F.sum(F.xxhash64("low", "high").bitwiseAND(0xFFFFFFFF))).first()
    assert row is not None
    return row[0], row[1] or 0


def stars(links: DataFrame, options: Options, steps: Steps) -> DataFrame:
    """(low, high): each rank that is not the least of its component, with that. links: (low, high), low < high."""
    state = _state(links)
    rounds = 0
    while state[0] > options.edges_a_task:
        rounds += 1
        links = steps.cut(f"links-{rounds}", _round(links))
        before, state = state, _state(links)
        if before == state:
            return links
    return map_batches(links.repartition(1), _join, "low binary, high binary")


def linked(ranked: DataFrame, options: Options, steps: Steps) -> DataFrame:
    """(key, representative, m) of every text that is not the first of its component; m null where it does not
    match that one. ranked: (low, high, a, b, m), a and b the keys of low and high."""
    from pyspark.sql import functions as F

    found = steps.keep("stars", stars(ranked.select("low", "high"), options, steps))
    keys = ranked.select(F.col("low").alias("rank"), F.col("a").alias("key"))
    keys = keys.union(ranked.select("high", "b")).distinct()
    named = found.join(keys.toDF("low", "representative"), "low").join(keys.toDF("high", "key"), "high")
    matches = ranked.select(F.col("b").alias("key"), F.col("a").alias("representative"), "m")
    return named.select("key", "representative").join(matches, ["key", "representative"], "left")
