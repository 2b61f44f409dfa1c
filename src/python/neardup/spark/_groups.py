"""Anchored groups from matches, without a component in one place.

In the order of rank a text that matches no representative so far becomes one; each other goes to the
first representative it matches. So only one thing has to be found out, which texts are members: all
that a representative before them matches. A round decides what it can: a text that no undecided match
leads to is a representative, and what it matches are members. Their matches decide nothing any more,
and are dropped. What is left after some rounds, at most `edges_a_task` matches, which may be all, one task reads in order.

Why no components: they would only divide this work, and cost more rounds than it takes. A round
decides all texts whose matches with earlier ones are decided, which for clusters of copies is nearly
all at once; a component of any size is handled by rounds as well as many small ones. Rounds that
decide little (long chains, made on purpose) end early: one task reads any number of matches in order,
and keeps the members among them in memory only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyarrow

from neardup.spark._packs import map_batches
from neardup.spark._pairs import of_copies, turned

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from neardup._spec import Spec
    from neardup.spark._options import Options
    from neardup.spark._steps import Steps

MOST_BYTES = 2**31 - 1
LEAST_PROGRESS = 16  # a round must drop one match in so many


def with_ranks(texts: DataFrame, options: Options) -> DataFrame:
    """Texts with `rank`, binary, in whose order they represent; without where that is the key. texts: (key, tokens,
    least_name, preference, ...)."""
    from pyspark.sql import functions as F

    if options.representative == "longest" and options.spec.score == 0:
        return texts
    if options.representative == "first-id":
        return texts.withColumn("rank", F.col("least_name").cast("binary"))
    # The size decides after the keys that come before it. A key of a text begins with it but where a score decides.
    place = 8 * options.size_place
    before, after = F.substring("preference", 1, place), F.substring("preference", place + 1, MOST_BYTES)
    size = F.substring("key", 1, 4)
    if options.spec.score > 0:
        size = F.unhex(F.lpad(F.hex(F.lit(2**32 - 1) - F.col("tokens")), 8, "0"))
    digest = F.substring("key", 5, MOST_BYTES)
    parts = [before, size, after, digest] if options.keys else [size, digest]
    return texts.withColumn("rank", F.concat(*parts))


def _walk(batches: Iterator[Any]) -> Iterator[Any]:
    """(low, high), in order, to the members (rank)."""
    members: set[bytes] = set()
    for batch in batches:
        fresh = []
        for low, high in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist()):
            if low not in members and high not in members:
                members.add(high)
                fresh.append(high)
        yield pyarrow.RecordBatch.from_arrays([pyarrow.array(fresh, pyarrow.binary())], names=["rank"])


def _members(undecided: DataFrame, left: int, options: Options, steps: Steps) -> DataFrame:
    """(rank) of all members, from (low, high), of which there are `left`, more than edges_a_task."""
    from pyspark.sql import functions as F

    members: list[DataFrame] = []
    undecided = steps.cut("undecided", undecided)
    while left > options.edges_a_task:
        heads = undecided.select("low").distinct().join(
            undecided.select(F.col("high").alias("low")), "low", "left_anti"
        )
        taken = undecided.join(heads, "low", "left_semi").select(F.col("high").alias("rank")).distinct()
        taken = steps.cut(f"members-{len(members)}", taken)
        members.append(taken)
        rest = undecided.join(taken, undecided["high"] == taken["rank"], "left_anti")
        rest = rest.join(taken, rest["low"] == taken["rank"], "left_anti")
        undecided = steps.cut(f"undecided-{len(members)}", rest)
        before, left = left, undecided.count()
        if before - left < before // LEAST_PROGRESS:
            break
    if left:
        in_order = undecided.repartition(1).sortWithinPartitions("low", "high")
        members.append(map_batches(in_order, _walk, "rank binary"))
    return steps.keep("members", reduce(lambda found, more: found.union(more), members))


def by_rank(edges: DataFrame, options: Options) -> DataFrame:
    """(low, high, a, b, m, a_name, b_name): matches with the ranks of a and b, low < high."""
    from pyspark.sql import functions as F

    a, b, m = F.col("a"), F.col("b"), F.col("m")
    if "a_rank" not in edges.columns:
        return edges.select(a.alias("low"), b.alias("high"), a, b, m, "a_name", "b_name")
    forth = F.col("a_rank") < F.col("b_rank")

    def either(first: str, second: str) -> Column:
        return F.when(forth, F.col(first)).otherwise(F.col(second))

    return edges.select(
        F.least("a_rank", "b_rank").alias("low"),
        F.greatest("a_rank", "b_rank").alias("high"),
        either("a", "b").alias("a"),
        either("b", "a").alias("b"),
        F.when(forth, m).otherwise(turned(m, options.spec)).alias("m"),
        either("a_name", "b_name").alias("a_name"),
        either("b_name", "a_name").alias("b_name"),
    )


ANCHORED = ("key", "representative", "m", "name", "best")
_OF_MATCH = ("b", "a", "m", "b_name", "a_name")  # the same in `by_rank`


def _anchor(batches: Iterator[Any]) -> Iterator[Any]:
    """(low, high, ANCHORED) of all matches, by low and high, to ANCHORED of the members: the first of a text whose low is
    none is that with its representative."""
    members: set[bytes] = set()
    for batch in batches:
        is_first = []
        for low, high in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist()):
            is_first.append(low not in members and high not in members)
            if is_first[-1]:
                members.add(high)
        yield batch.filter(pyarrow.array(is_first, pyarrow.bool_())).select(list(ANCHORED))


def anchors(ranked: DataFrame, options: Options, steps: Steps) -> DataFrame:
    """ANCHORED of every member text: m as the representative sees it, and the names of the documents kept of both."""
    from pyspark.sql import functions as F

    num = ranked.count()
    if num <= options.edges_a_task:
        named = ranked.select("low", "high", *(F.col(field).alias(name) for field, name in zip(_OF_MATCH, ANCHORED)))
        fields = ", ".join(f"{name} {kind}" for name, kind in named.dtypes[2:])
        return map_batches(named.repartition(1).sortWithinPartitions("low", "high"), _anchor, fields)
    members = _members(ranked.select("low", "high"), num, options, steps)
    leading = ranked.join(members, ranked["low"] == members["rank"], "left_anti")
    first = leading.groupBy("high").agg(F.min(F.struct("low", *_OF_MATCH)).alias("first"))
    return first.select(*(F.col(f"first.{field}").alias(name) for field, name in zip(_OF_MATCH, ANCHORED)))


def with_names(members: DataFrame, texts: DataFrame) -> DataFrame:
    """ANCHORED of (key, representative, m)."""
    from pyspark.sql import functions as F

    names = texts.select("key", "name")
    best = texts.select(F.col("key").alias("representative"), F.col("name").alias("best"))
    return members.join(names, "key").join(best, "representative").select(*ANCHORED)


def document_members(anchored: DataFrame, copied: DataFrame, documents: DataFrame, spec: Spec) -> DataFrame:
    """(representative, id, kind, jaccard, in_representative, representative_in, with a score covered,
    representative_covered, score): each document of a group but the one that represents it, by their names.

    copied: (key, name) of texts with copies; documents: (key, name) of all documents of these.
    """
    from pyspark.sql import functions as F

    own = copied.select(
        "key", F.col("key").alias("representative"), of_copies(spec).alias("m"), "name", F.col("name").alias("best")
    ).join(anchored.select("key"), "key", "left_anti")
    seen = {"kind": "kind", "jaccard": "jaccard", "b_in_a": "in_representative", "a_in_b": "representative_in"}
    if spec.score > 0:
        seen.update(b_covered="covered", a_covered="representative_covered", score="score")
    named = anchored.union(own.select(*anchored.columns)).join(documents.withColumnRenamed("name", "own_name"), "key", "left")
    name = F.coalesce("own_name", "name")
    return named.where(name != F.col("best")).select(
        F.col("best").alias("representative"), name.alias("id"),
        *(F.col(f"m.{field}").alias(name) for field, name in seen.items()),
    )


def gathered(members: DataFrame) -> DataFrame:
    """(representative, size, members), a row a group, members by id."""
    from pyspark.sql import functions as F

    member = F.struct(*(name for name in members.columns if name != "representative"))
    return members.groupBy("representative").agg(F.sort_array(F.collect_list(member)).alias("members")).select(
        "representative", (F.size("members") + 1).cast("bigint").alias("size"), "members"
    )


def numbered(representatives: DataFrame, steps: Steps) -> DataFrame:
    """(representative, group), from 1 in the order of ids: each range of them in a partition, whose number is kept,
    as a run that reads them again might cut other ranges."""
    from itertools import accumulate

    from pyspark.sql import Window
    from pyspark.sql import functions as F

    ranges = representatives.repartitionByRange("representative").withColumn("range", F.spark_partition_id())
    ranges = steps.cut("numbers", ranges)
    sizes = sorted(tuple(row) for row in ranges.groupBy("range").count().collect())
    first = [0, *accumulate(size for _, size in sizes)]
    before = F.create_map(*(F.lit(n) for (number, _), sum_before in zip(sizes, first) for n in (number, sum_before)))
    place = F.row_number().over(Window.partitionBy("range").orderBy("representative"))
    number = place if not sizes else before[F.col("range")] + place
    return ranges.select("representative", number.cast("bigint").alias("group"))
