"""Matches of texts to pairs of documents, and what `max_matches` leaves of them.

A document with more partners than that keeps the best; a pair stands where both keep it, or where it
is the best of one. All documents of a text have the same partners, so partners are counted and
ordered by text: the matches of a text in order, best first, and of each its documents by name.

    before      documents of the better matches of the text
    own_before  likewise, of the text's own copies, which are among its matches
    k           place of a document among those of its text

So a document's partner stands at before + k, one less where it comes after the document itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MANY = 2**62

def _both_ways(edges: DataFrame, texts: DataFrame) -> DataFrame:
    """(x, y, kind, jaccard, x_in_y, y_in_x): each match from either text, and from a text with copies itself."""
    from pyspark.sql import functions as F

    forth = edges.select(
        F.col("a").alias("x"), F.col("b").alias("y"), "kind", "jaccard",
        F.col("a_in_b").alias("x_in_y"), F.col("b_in_a").alias("y_in_x"),
    )
    back = edges.select(
        F.col("b").alias("x"), F.col("a").alias("y"), kind_reversed(F.col("kind")).alias("kind"), "jaccard",
        F.col("b_in_a").alias("x_in_y"), F.col("a_in_b").alias("y_in_x"),
    )
    return forth.union(back).union(_itself(texts))


def _itself(texts: DataFrame) -> DataFrame:
    """Texts with copies as matches of themselves."""
    from pyspark.sql import functions as F

    one = F.lit(1.0)
    return texts.where("copies > 1").select(
        F.col("key").alias("x"), F.col("key").alias("y"), F.lit("exact").alias("kind"),
        one.alias("jaccard"), one.alias("x_in_y"), one.alias("y_in_x"),
    )


def kind_reversed(kind: Column) -> Column:
    """The kind of a match, seen from the other one."""
    from pyspark.sql import functions as F

    return F.when(kind == "contains", "contained").when(kind == "contained", "contains").otherwise(kind)


def _placed(edges: DataFrame, texts: DataFrame, max_matches: int) -> DataFrame:
    """Each match from either text with where it stands among that text's: before, own_before, is_capped."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    copies = texts.where("copies > 1").select(F.col("key").alias("y"), "copies")
    seen = _both_ways(edges, texts).join(copies, "y", "left")
    seen = seen.withColumn("copies", F.coalesce("copies", F.lit(1)))
    order: Any = (F.desc("jaccard"), F.desc(F.greatest("x_in_y", "y_in_x")), F.asc("y"))
    of_text = Window.partitionBy("x")
    better = of_text.orderBy(*order).rowsBetween(Window.unboundedPreceding, -1)
    is_own = F.col("x") == F.col("y")
    seen = seen.withColumn("before", F.coalesce(F.sum("copies").over(better), F.lit(0)))
    partners = F.sum(F.col("copies") - is_own.cast("int")).over(of_text)
    return seen.withColumn("own_before", F.max(F.when(is_own, F.col("before"))).over(of_text)).withColumn(
        "is_capped", partners > max_matches
    )


def _kept(side: str, other: str, max_matches: int) -> tuple[Column, Column]:
    """Whether the document of `side` keeps that of `other`, and whether it is its best."""
    from pyspark.sql import functions as F

    rank = F.col(f"{side}_before") + F.col(f"{other}_k")
    own = F.col(f"{side}_own") + F.col(f"{side}_k")  # null without copies
    after_own = F.coalesce((own < rank).cast("int"), F.lit(0))
    keeps = ~F.col(f"{side}_capped") | (rank - after_own < max_matches)
    is_best = (rank == 0) | ((rank == 1) & F.coalesce(own == 0, F.lit(False)))
    return keeps, is_best


def partners(edges: DataFrame, texts: DataFrame) -> DataFrame:
    """(copies, partners) of every text whose documents have partners: how many, for each of its copies."""
    from pyspark.sql import functions as F

    copies = texts.where("copies > 1").select("key", "copies")
    num = F.coalesce(F.col("copies"), F.lit(1))
    # From either text of a match the other one's documents, and the others of its own.
    forth = edges.select(F.col("a").alias("x"), F.col("b").alias("key"))
    back = edges.select(F.col("b").alias("x"), F.col("a").alias("key"))
    others = forth.union(back).join(copies, "key", "left").select("x", num.alias("partners"), F.lit(1).alias("own"))
    own = copies.select(F.col("key").alias("x"), (F.col("copies") - 1).alias("partners"), F.col("copies").alias("own"))
    counted = others.union(own).groupBy("x")
    return counted.agg(F.max("own").alias("copies"), F.sum("partners").alias("partners"))


def capped_texts(edges: DataFrame, texts: DataFrame, max_matches: int) -> DataFrame:
    """The partners of texts that have more than max_matches of them."""
    from pyspark.sql import functions as F

    return partners(edges, texts).where(F.col("partners") > (max_matches or MANY))


def all_pairs(edges: DataFrame, texts: DataFrame, documents: DataFrame) -> DataFrame:
    """(a, b, kind, jaccard, a_in_b, b_in_a) of documents, a the smaller name, where nothing is capped.

    edges: (a, b, ...) of keys; texts: (key, copies); documents: (name, key).
    """
    from pyspark.sql import functions as F

    matches = edges.select(
        F.col("a").alias("x"), F.col("b").alias("y"), "kind", "jaccard",
        F.col("a_in_b").alias("x_in_y"), F.col("b_in_a").alias("y_in_x"),
    )
    pairs = matches.union(_itself(texts)).join(_of(documents, "x"), "x").join(_of(documents, "y"), "y")
    # A text's own copies would come in both orders.
    return _oriented(pairs.where((F.col("x") != F.col("y")) | (F.col("x_name") < F.col("y_name"))))


def _of(documents: DataFrame, side: str, *more: str) -> DataFrame:
    """Documents to be joined to one side of matches."""
    from pyspark.sql import functions as F

    named = [F.col(name).alias(f"{side}_{name}") for name in ("name", *more)]
    return documents.select(F.col("key").alias(side), *named)


def _oriented(pairs: DataFrame) -> DataFrame:
    """(a, b, ...), a the smaller name, of (x_name, y_name, ...)."""
    from pyspark.sql import functions as F

    forth = F.col("x_name") < F.col("y_name")
    return pairs.select(
        F.least("x_name", "y_name").alias("a"),
        F.greatest("x_name", "y_name").alias("b"),
        F.when(forth, F.col("kind")).otherwise(kind_reversed(F.col("kind"))).alias("kind"),
        "jaccard",
        F.when(forth, F.col("x_in_y")).otherwise(F.col("y_in_x")).alias("a_in_b"),
        F.when(forth, F.col("y_in_x")).otherwise(F.col("x_in_y")).alias("b_in_a"),
    )


def capped_pairs(edges: DataFrame, texts: DataFrame, documents: DataFrame, max_matches: int) -> DataFrame:
    """As all_pairs, where some text is capped."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    placed = _placed(edges, texts, max_matches)
    there = placed.where("x <= y").select(
        "x", "y", "kind", "jaccard", "x_in_y", "y_in_x",
        F.col("before").alias("x_before"), F.col("own_before").alias("x_own"), F.col("is_capped").alias("x_capped"),
    )
    back = placed.where("x >= y").select(
        F.col("y").alias("x"), F.col("x").alias("y"),
        F.col("before").alias("y_before"), F.col("own_before").alias("y_own"), F.col("is_capped").alias("y_capped"),
    )
    matches = there.join(back, ["x", "y"])
    place = F.row_number().over(Window.partitionBy("key").orderBy("name")) - 1
    numbered = documents.withColumn("k", place)
    # Past the cap a document is kept by none, but keeps its best.
    past = F.col("k") > max_matches
    few, many, two = numbered.where(~past), numbered.where(past), numbered.where("k < 2")
    is_capped = F.col("x_capped") | F.col("y_capped")
    wide = [
        (few, few, F.lit(True)),
        (many, two, is_capped & (F.col("x_before") < 2)),
        (two, many, is_capped & (F.col("y_before") < 2)),
    ]
    found = [_between(matches.where(which), left, right, max_matches) for left, right, which in wide]
    return found[0].union(found[1]).union(found[2])


def _between(matches: DataFrame, left: DataFrame, right: DataFrame, max_matches: int) -> DataFrame:
    """The pairs of documents of these that stand."""
    from pyspark.sql import functions as F

    pairs = matches.join(_of(left, "x", "k"), "x").join(_of(right, "y", "k"), "y")
    pairs = pairs.where((F.col("x") < F.col("y")) | (F.col("x_k") < F.col("y_k")))
    x_keeps, x_best = _kept("x", "y", max_matches)
    y_keeps, y_best = _kept("y", "x", max_matches)
    return _oriented(pairs.where((x_keeps & y_keeps) | x_best | y_best))
