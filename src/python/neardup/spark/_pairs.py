"""Matches of texts to pairs of documents, and what `max_matches` leaves of them.

A document with more partners than that keeps the best; a pair stands where both keep it, or where it
is the best of one. All documents of a text have the same partners, so partners are counted and
ordered by text: the matches of a text in order, best first, and of each its documents by name.

    before      documents of the better matches of the text
    own_before  likewise, of the text's own copies, which are among its matches
    k           place of a document among those of its text

So a document's partner stands at before + k, one less where it comes after the document itself.

What a match says of its two texts is one column everywhere, `m`: a struct of kind, jaccard, a_in_b and b_in_a, where a
score decides also a_covered, b_covered and score, as the first text of the row sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from neardup._spec import Spec
    from neardup.spark._options import Options
    from neardup.spark._steps import Steps

MANY = 2**62
MANY_COPIES = 1000  # of one text: above them its documents are divided
PARTS = 32  # into so many, for as many tasks
SIMILARITY = ("kind string", "jaccard double", "a_in_b double", "b_in_a double")
VERDICT = ("a_covered double", "b_covered double", "score double")


def match_fields(spec: Spec) -> tuple[str, ...]:
    """Of `m`: with their types."""
    return (*SIMILARITY, *(VERDICT if spec.score > 0 else ()))


def turned(m: Column, spec: Spec) -> Column:
    """A match, seen from the other text."""
    from pyspark.sql import functions as F

    kind = m["kind"]
    back = F.when(kind == "contains", "contained").when(kind == "contained", "contains").otherwise(kind)
    other = {"a_in_b": "b_in_a", "b_in_a": "a_in_b", "a_covered": "b_covered", "b_covered": "a_covered"}
    names = [field.split()[0] for field in match_fields(spec)[1:]]
    return F.struct(back.alias("kind"), *(m[other.get(name, name)].alias(name) for name in names))


def of_copies(spec: Spec) -> Column:
    """A match of two copies of one text."""
    from pyspark.sql import functions as F

    names = [field.split()[0] for field in match_fields(spec)[1:]]
    return F.struct(F.lit("exact").alias("kind"), *(F.lit(1.0).alias(name) for name in names))


def _itself(texts: DataFrame, spec: Spec, *more: Column) -> DataFrame:
    """(x, y, m, more): texts with copies as matches of themselves."""
    from pyspark.sql import functions as F

    return texts.select(F.col("key").alias("x"), F.col("key").alias("y"), of_copies(spec).alias("m"), *more)


def _both_ways(edges: DataFrame, texts: DataFrame, spec: Spec) -> DataFrame:
    """(x, y, m): each match from either text, and from a text with copies itself."""
    from pyspark.sql import functions as F

    forth = edges.select(F.col("a").alias("x"), F.col("b").alias("y"), "m")
    back = edges.select(F.col("b").alias("x"), F.col("a").alias("y"), turned(F.col("m"), spec).alias("m"))
    return forth.union(back).union(_itself(texts, spec))


def _placed(edges: DataFrame, texts: DataFrame, options: Options) -> DataFrame:
    """Each match from either text with where it stands among that text's: before, own_before, is_capped."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    copies = texts.select(F.col("key").alias("y"), "copies")
    seen = _both_ways(edges, texts, options.spec).join(copies, "y", "left")
    seen = seen.withColumn("copies", F.coalesce("copies", F.lit(1)))
    order: Any = (F.desc("m.jaccard"), F.desc(F.greatest("m.a_in_b", "m.b_in_a")), F.asc("y"))
    of_text = Window.partitionBy("x")
    better = of_text.orderBy(*order).rowsBetween(Window.unboundedPreceding, -1)
    is_own = F.col("x") == F.col("y")
    seen = seen.withColumn("before", F.coalesce(F.sum("copies").over(better), F.lit(0)))
    partners = F.sum(F.col("copies") - is_own.cast("int")).over(of_text)
    return seen.withColumn("own_before", F.max(F.when(is_own, F.col("before"))).over(of_text)).withColumn(
        "is_capped", partners > options.max_matches
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

    # From either text of a match the other one's documents, and the others of its own.
    forth = edges.select(F.col("a").alias("x"), F.col("a_copies").alias("own"), F.col("b_copies").alias("partners"))
    back = edges.select(F.col("b").alias("x"), F.col("b_copies").alias("own"), F.col("a_copies").alias("partners"))
    own = texts.select(F.col("key").alias("x"), F.col("copies").alias("own"), (F.col("copies") - 1).alias("partners"))
    counted = forth.union(back).union(own).groupBy("x")
    return counted.agg(F.max("own").alias("copies"), F.sum("partners").alias("partners"))


def capped_texts(edges: DataFrame, texts: DataFrame, max_matches: int) -> DataFrame:
    """The partners of texts that have more than max_matches of them."""
    from pyspark.sql import functions as F

    return partners(edges, texts).where(F.col("partners") > (max_matches or MANY))


def all_pairs(edges: DataFrame, texts: DataFrame, documents: DataFrame, options: Options) -> DataFrame:
    """(a, b, fields of m) of documents, a the smaller name, where nothing is capped.

    edges: (a, b, m, a_name, b_name, ...) of keys, and the names of the documents kept; texts: (key, name, copies) of texts
    with copies; documents: (name, key) of all documents of these.
    """
    from pyspark.sql import functions as F

    columns = ("x", "y", "m", "x_only", "y_only", "y_copies")
    matches = edges.select("a", "b", "m", "a_name", "b_name", "b_copies").toDF(*columns)
    name = F.col("name")
    matches = matches.union(_itself(texts, options.spec, name, name, F.col("copies")).toDF(*columns))
    right = _of(documents, "y")
    if not 0 < options.max_matches <= MANY_COPIES:  # else a text of more copies would be capped
        matches = matches.withColumn("y_part", _parts(F.col("y_copies"), MANY_COPIES))
        right = _of(_in_parts(documents, texts, MANY_COPIES), "y", "part")
    pairs = matches.join(_of(documents, "x"), "x", "left")
    on = ["y", "y_part"] if "y_part" in right.columns else ["y"]
    pairs = pairs.join(right, on, "left")
    pairs = pairs.where((F.col("y_copies") == 1) | F.col("y_name").isNotNull())  # a part may have no documents
    for side in "xy":
        pairs = pairs.withColumn(f"{side}_name", F.coalesce(f"{side}_name", f"{side}_only"))
    # A text's own copies would come in both orders.
    return _oriented(pairs.where((F.col("x") != F.col("y")) | (F.col("x_name") < F.col("y_name"))), options.spec)


def _in_parts(documents: DataFrame, texts: DataFrame, most: int) -> DataFrame:
    """Documents with `part`: those of a text of more than `most` copies are divided into PARTS, of others not; and
    is_many, true or null."""
    from pyspark.sql import functions as F

    many = texts.where(F.col("copies") > most).select("key", F.lit(True).alias("is_many"))
    part = F.when(F.col("is_many"), F.pmod(F.xxhash64("name"), F.lit(PARTS)).cast("int")).otherwise(0)
    return documents.join(many, "key", "left").withColumn("part", part)


def _parts(copies: Column, most: int) -> Column:
    """The numbers of the parts of a text of so many copies: rows of a match, one for each, so that no task makes
    all pairs of its documents."""
    from pyspark.sql import functions as F

    return F.explode(F.when(copies > most, F.sequence(F.lit(0), F.lit(PARTS - 1))).otherwise(F.array(F.lit(0))))


def _of(documents: DataFrame, side: str, *more: str) -> DataFrame:
    """Documents to be joined to one side of matches."""
    from pyspark.sql import functions as F

    named = [F.col(name).alias(f"{side}_{name}") for name in ("name", *more)]
    return documents.select(F.col("key").alias(side), *named)


def _oriented(pairs: DataFrame, spec: Spec) -> DataFrame:
    """(a, b, fields of m), a the smaller name, of (x_name, y_name, m)."""
    from pyspark.sql import functions as F

    forth, m = F.col("x_name") < F.col("y_name"), F.col("m")
    return pairs.select(
        F.least("x_name", "y_name").alias("a"),
        F.greatest("x_name", "y_name").alias("b"),
        F.when(forth, m).otherwise(turned(m, spec)).alias("m"),
    ).select("a", "b", "m.*")


def _numbered(documents: DataFrame, texts: DataFrame, max_matches: int) -> DataFrame:
    """Documents with `part` and `k`; past the cap it is any number past it, as that is all that is asked of it there.

    The documents of a text of more copies are numbered in their parts first, so that no task orders them all:
    whose number is past the cap in its part is past it among all.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    in_part = F.row_number().over(Window.partitionBy("key", "part").orderBy("name")) - 1
    parts = _in_parts(documents.select("name", "key"), texts, max_matches).withColumn("k", in_part)
    undecided = F.col("is_many") & (F.col("k") <= max_matches)
    done = parts.where(undecided.isNull() | ~undecided).select("name", "key", "part", "k")
    place = F.row_number().over(Window.partitionBy("key").orderBy("name")) - 1
    return done.union(parts.where(undecided).select("name", "key", "part", place.alias("k")))


def capped_pairs(
    edges: DataFrame, texts: DataFrame, documents: DataFrame, options: Options, steps: Steps
) -> DataFrame:
    """As all_pairs, where some text is capped."""
    from pyspark.sql import functions as F

    max_matches = options.max_matches
    placed = steps.keep("placed", _placed(edges, texts, options))
    there = placed.where("x <= y").select(
        "x", "y", "m", F.col("copies").alias("y_copies"),
        F.col("before").alias("x_before"), F.col("own_before").alias("x_own"), F.col("is_capped").alias("x_capped"),
    )
    back = placed.where("x >= y").select(
        F.col("y").alias("x"), F.col("x").alias("y"), F.col("copies").alias("x_copies"),
        F.col("before").alias("y_before"), F.col("own_before").alias("y_own"), F.col("is_capped").alias("y_capped"),
    )
    matches = there.join(back, ["x", "y"])
    numbered = steps.keep("numbered", _numbered(documents, texts, max_matches))
    # Past the cap a document is kept by none, but keeps its best.
    past = F.col("k") > max_matches
    few, many, two = numbered.where(~past), numbered.where(past), numbered.where("k < 2")
    is_capped = F.col("x_capped") | F.col("y_capped")
    found = _between(matches, "x", few, "y", few, options)
    found = found.union(_between(matches.where(is_capped & (F.col("x_before") < 2)), "y", two, "x", many, options))
    return found.union(_between(matches.where(is_capped & (F.col("y_before") < 2)), "x", two, "y", many, options))


def _between(matches: DataFrame, first: str, of_first: DataFrame, second: str, of_second: DataFrame, options: Options) -> DataFrame:
    """The pairs that stand of these documents of the one side and those of the other, whose parts are tasks."""
    from pyspark.sql import functions as F

    part = f"{second}_part"
    divided = matches.withColumn(part, _parts(F.col(f"{second}_copies"), options.max_matches))
    pairs = divided.join(_of(of_first, first, "k"), first).join(_of(of_second, second, "k", "part"), [second, part])
    pairs = pairs.where((F.col("x") < F.col("y")) | (F.col("x_k") < F.col("y_k")))
    x_keeps, x_best = _kept("x", "y", options.max_matches)
    y_keeps, y_best = _kept("y", "x", options.max_matches)
    return _oriented(pairs.where((x_keeps & y_keeps) | x_best | y_best), options.spec)
