"""A frame without its near-copies: every column as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neardup._errors import InvalidArgument
from neardup._tables import ANNOTATIONS
from neardup.spark import _texts
from neardup.spark._options import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from neardup.spark._scan import Scan

OWN = ("neardup_id", "neardup_key", "neardup_preference", "neardup_decision")
GROUP, REPRESENTATIVE, KIND, SIMILARITY = ANNOTATIONS


def check_names(df: DataFrame, annotate: bool) -> None:
    """Raises InvalidArgument where the frame has a column of a name that is needed."""
    there = {name.lower(): name for name in df.columns}  # to Spark they are one name, where nothing else is set
    for name in (*OWN, *ANNOTATIONS) if annotate else (*OWN, KIND):
        if name in there:
            raise InvalidArgument(f"the frame has a column '{there[name]}' already")


def _is_best(scan: Scan) -> Column:
    """Whether a row of a group represents it, or cannot be told from that which does."""
    from pyspark.sql import functions as F

    decided = F.col("neardup_decision")
    best = (F.col("neardup_key") == decided["representative"]) & (F.col("neardup_id") == decided["best_id"])
    if scan.options.keys:
        best = best & (F.col("neardup_preference") == decided["preference"])
    return best


def _judged_by_id(scan: Scan, annotate: bool) -> DataFrame:
    """All rows with KIND, or ANNOTATIONS, where ids tell rows apart: texts are not looked at again."""
    from pyspark.sql import functions as F

    rows = scan.df.withColumn("neardup_id", _texts.id_of(scan.options.id))
    members = scan.members().select(
        F.col("id").alias("neardup_id"), "representative", F.col("kind").alias(KIND), F.col("jaccard").alias(SIMILARITY)
    )
    if not annotate:
        return rows.join(members.select("neardup_id", KIND), "neardup_id", "left")
    groups = scan.group_numbers()
    of_representatives = groups.select(
        F.col("representative").alias("neardup_id"), "representative",
        F.lit(None).cast("string").alias(KIND), F.lit(None).cast("double").alias(SIMILARITY),
    )
    judged = members.union(of_representatives).join(groups, "representative")
    judged = judged.withColumnRenamed("representative", REPRESENTATIVE).withColumnRenamed("group", GROUP)
    return rows.join(judged, "neardup_id", "left")


def _judged_by_text(scan: Scan, annotate: bool) -> DataFrame:
    """Likewise, where some ids do not: of rows of one id and text one stays."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    decisions = scan.decisions()
    if annotate:
        numbers = scan.group_numbers().withColumnRenamed("representative", "best_name")
        decisions = decisions.join(numbers, "best_name")
    fields = [name for name in decisions.columns if name != "key"]
    decisions = decisions.select(F.col("key").alias("neardup_key"), F.struct(*fields).alias("neardup_decision"))
    rows = _texts.with_keys(scan.df, scan.options).join(decisions, "neardup_key", "left")
    decided = F.col("neardup_decision")
    rows = rows.withColumn(KIND, F.when(_is_best(scan), None).otherwise(decided["kind"]))
    if annotate:
        rows = rows.withColumn(GROUP, decided["group"]).withColumn(REPRESENTATIVE, decided["best_name"])
        rows = rows.withColumn(SIMILARITY, decided["jaccard"])
    stays = F.col(KIND).isNull() & decided.isNotNull()
    once = F.row_number().over(Window.partitionBy("neardup_key").orderBy("neardup_id")) == 1
    best = rows.where(stays).withColumn(KIND, F.when(~once, "exact"))
    judged = best.union(rows.where(~stays))
    return judged.withColumn(SIMILARITY, F.when(F.col(KIND).isNotNull(), F.col(SIMILARITY))) if annotate else judged


def deduplicated(scan: Scan, annotate: bool) -> DataFrame:
    """The rows that stay, or all of them with ANNOTATIONS."""
    check_names(scan.df, annotate)
    judged = _judged_by_text if scan.has_duplicate_ids else _judged_by_id
    rows = judged(scan, annotate)
    if not annotate:
        rows = rows.where(f"{KIND} is null")
    return rows.select(*map(quoted, [*scan.df.columns, *(ANNOTATIONS if annotate else ())]))
