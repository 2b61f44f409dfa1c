"""A frame without its near-copies: every column as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neardup._errors import InvalidArgument
from neardup.spark import _texts
from neardup.spark._options import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from neardup.spark._scan import Scan

ADDED = ("neardup_keep", "neardup_representative")
OWN = ("neardup_id", "neardup_key", "neardup_decision")


def check_names(df: DataFrame, annotate: bool) -> None:
    """Raises InvalidArgument where the frame has a column of a name that is needed."""
    for name in (*OWN, *(ADDED if annotate else ())):
        if name in df.columns:
            raise InvalidArgument(f"the frame has a column '{name}' already")


def _is_best(scan: Scan) -> Column:
    """Whether a row of a group represents it, or cannot be told from that which does."""
    from pyspark.sql import functions as F

    decided = F.col("neardup_decision")
    best = (F.col("neardup_key") == decided["representative"]) & (F.col("neardup_id") == decided["best_id"])
    if scan.options.preferences is not None:
        own = F.coalesce(F.col(quoted(scan.options.preferences)).cast("bigint"), F.lit(2**63 - 1))
        best = best & (own == decided["preference"])
    return best


def _judged_by_id(scan: Scan) -> DataFrame:
    """All rows with ADDED, where ids tell rows apart: texts are not looked at again."""
    from pyspark.sql import functions as F

    members = scan.members().select(F.col("id").alias("neardup_id"), F.col("representative").alias(ADDED[1]))
    rows = scan.df.withColumn("neardup_id", _texts.id_of(scan.options.id)).join(members, "neardup_id", "left")
    rows = rows.withColumn(ADDED[0], F.col(ADDED[1]).isNull())
    return rows.withColumn(ADDED[1], F.coalesce(ADDED[1], "neardup_id"))


def _judged_by_text(scan: Scan) -> DataFrame:
    """Likewise, where some ids do not: of rows of one id and text one stays."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    decision = F.struct("representative", "best_name", "best_id", "preference")
    decisions = scan.decisions().select(F.col("key").alias("neardup_key"), decision.alias("neardup_decision"))
    rows = _texts.with_keys(scan.df, scan.options).join(decisions, "neardup_key", "left")
    alone = F.col("neardup_decision").isNull()
    rows = rows.withColumn(ADDED[0], alone | _is_best(scan))
    rows = rows.withColumn(ADDED[1], F.coalesce("neardup_decision.best_name", "neardup_id"))
    once = F.row_number().over(Window.partitionBy("neardup_key").orderBy("neardup_id")) == 1
    best = rows.where(F.col(ADDED[0]) & ~alone).withColumn(ADDED[0], once)
    return best.union(rows.where(~F.col(ADDED[0]) | alone))


def deduplicated(scan: Scan, annotate: bool) -> DataFrame:
    """The rows that stay, or all of them with ADDED."""
    check_names(scan.df, annotate)
    rows = _judged_by_text(scan) if scan.has_duplicate_ids else _judged_by_id(scan)
    rows = rows if annotate else rows.where(ADDED[0])
    names = [*scan.df.columns, *(ADDED if annotate else ())]
    return rows.select(*map(quoted, names))
