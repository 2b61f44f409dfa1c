"""Anchored groups from matches, without a component in one place.

In the order of rank a text that matches no representative so far becomes one; each other goes to the
first representative it matches. So only one thing has to be found out, which texts are members: all
that a representative before them matches. A round decides what it can: a text that no undecided match
leads to is a representative, and what it matches are members. Their matches decide nothing any more,
and are dropped. What is left after some rounds, at most `edges_a_task` matches, one task reads in order.

Why no components: they would only divide this work, and cost more rounds than it takes. A round
decides all texts whose matches with earlier ones are decided, which for clusters of copies is nearly
all at once; a component of any size is handled by rounds as well as many small ones. Rounds that
decide little (long chains, made on purpose) end early: one task reads any number of matches in order,
and keeps the members among them in memory only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow

from neardup.spark._pairs import kind_reversed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from neardup.spark._options import Options
    from neardup.spark._steps import Steps

LEAST_PROGRESS = 16  # a round must drop one match in so many


def ranks(texts: DataFrame, options: Options) -> DataFrame:
    """(key, rank): binary, in whose order texts represent. texts: (key, least_name, preference)."""
    from pyspark.sql import functions as F

    if options.representative == "first-id":
        rank = F.col("least_name").cast("binary")
    else:
        # Of numbers, nulls last, as 8 bytes in whose order they are.
        most = F.lit(2**63 - 1)
        number = F.coalesce("preference", most).bitwiseXOR(F.lit(-(2**63)))
        rank = F.concat(F.unhex(F.lpad(F.hex(number), 16, "0")), F.col("key"))
    return texts.select("key", rank.alias("rank"))


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


def _members(undecided: DataFrame, options: Options, steps: Steps) -> DataFrame:
    """(rank) of all members, from (low, high)."""
    from pyspark.sql import functions as F

    members: list[DataFrame] = []
    left = undecided.count()
    if left > options.edges_a_task:
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
        members.append(in_order.mapInArrow(_walk, "rank binary"))
    all_members = members[0] if members else undecided.select(F.col("high").alias("rank"))
    for more in members[1:]:
        all_members = all_members.union(more)
    return steps.keep("members", all_members)


def anchors(edges: DataFrame, texts: DataFrame, options: Options, steps: Steps) -> DataFrame:
    """(key, representative, kind, jaccard, in_representative, representative_in) of every member text."""
    from pyspark.sql import functions as F

    same = (F.col("kind"), F.col("jaccard"), F.col("a_in_b"), F.col("b_in_a"))
    if options.representative == "longest":
        ranked = edges.select(F.col("a").alias("low"), F.col("b").alias("high"), F.col("a"), F.col("b"), *same)
    else:
        rank_of = ranks(texts, options)
        of_a = rank_of.select(F.col("key").alias("a"), F.col("rank").alias("a_rank"))
        of_b = rank_of.select(F.col("key").alias("b"), F.col("rank").alias("b_rank"))
        found = edges.join(of_a, "a").join(of_b, "b")
        forth = F.col("a_rank") < F.col("b_rank")
        ranked = found.select(
            F.least("a_rank", "b_rank").alias("low"),
            F.greatest("a_rank", "b_rank").alias("high"),
            F.when(forth, F.col("a")).otherwise(F.col("b")).alias("a"),
            F.when(forth, F.col("b")).otherwise(F.col("a")).alias("b"),
            F.when(forth, same[0]).otherwise(kind_reversed(same[0])).alias("kind"),
            same[1],
            F.when(forth, same[2]).otherwise(same[3]).alias("a_in_b"),
            F.when(forth, same[3]).otherwise(same[2]).alias("b_in_a"),
        )
    members = _members(ranked.select("low", "high"), options, steps)
    leading = ranked.join(members, ranked["low"] == members["rank"], "left_anti")
    first = leading.groupBy("high").agg(
        F.min(F.struct("low", "a", "b", "kind", "jaccard", "a_in_b", "b_in_a")).alias("m")
    )
    return first.select(
        F.col("m.b").alias("key"),
        F.col("m.a").alias("representative"),
        F.col("m.kind").alias("kind"),
        F.col("m.jaccard").alias("jaccard"),
        F.col("m.b_in_a").alias("in_representative"),
        F.col("m.a_in_b").alias("representative_in"),
    )


def document_members(anchored: DataFrame, texts: DataFrame, documents: DataFrame) -> DataFrame:
    """(representative, id, kind, jaccard, in_representative, representative_in): each document of a
    group but the one that represents it, by their names.

    texts: (key, copies, best_name); documents: (name, key).
    """
    from pyspark.sql import functions as F

    one = F.lit(1.0)
    copies = texts.where("copies > 1").select(
        "key", F.col("key").alias("representative"), F.lit("exact").alias("kind"),
        one.alias("jaccard"), one.alias("in_representative"), one.alias("representative_in"),
    )
    own = copies.join(anchored.select("key"), "key", "left_anti")
    names = texts.select(F.col("key").alias("representative"), F.col("best_name").alias("best"))
    members = anchored.union(own.select(*anchored.columns)).join(names, "representative")
    return (
        members.join(documents.select("name", "key"), "key")
        .where(F.col("name") != F.col("best"))
        .select(
            F.col("best").alias("representative"), F.col("name").alias("id"),
            "kind", "jaccard", "in_representative", "representative_in",
        )
    )


def gathered(members: DataFrame) -> DataFrame:
    """(representative, size, members), a row a group, members by id."""
    from pyspark.sql import functions as F

    member = F.struct("id", "kind", "jaccard", "in_representative", "representative_in")
    return members.groupBy("representative").agg(F.sort_array(F.collect_list(member)).alias("members")).select(
        "representative", (F.size("members") + 1).cast("bigint").alias("size"), "members"
    )
