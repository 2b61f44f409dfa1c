"""Near-duplicate text on Spark: the pairs, groups and repeats of `neardup`, on DataFrames.

    from neardup.spark import dedup, scan_pairs

    pairs = scan_pairs(df, id="url", text="body")
    dedup(df, id="url", text="body").write.parquet("out")

    spark-submit ... -m neardup.spark dedup in.parquet out.parquet

Texts go through Spark's Python workers as Arrow (`mapInArrow`) and the C engine; nothing that grows
with the corpus is collected in one place. The answer is the one that `neardup scan` gives for the
same documents, to the last digit, whatever the partitions, their order and the cluster. Needs
pyspark 3.5 or 4, pyarrow and numpy, and this package on the workers.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Union

from neardup.spark._dedup import deduplicated
from neardup.spark._scan import Scan
from neardup.spark._within import within

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Scan", "dedup", "scan_groups", "scan_pairs", "within"]

if "SPARK_REUSE_WORKER" in os.environ:
    # A Python worker collects garbage after every task, which takes longer than many a task where it looks at all modules.
    gc.freeze()


def scan_pairs(df: DataFrame, id: str = "id", text: str = "text", **options: Any) -> DataFrame:
    """Every pair of rows whose texts match, in no order: a, b, kind, jaccard, a_in_b, b_in_a, and with the news
    preset, or a score, a_covered, b_covered, score.

    df: any DataFrame. Workers read it themselves where it is a plain read of Parquet files at local paths, unless the session's
        setting spark.neardup.readFiles is false; else its rows come through Spark. id: a column of strings or whole numbers; several rows of one id are told apart
        as ID, ID#2, ID#3. text: a column of strings or binary (UTF-8); null has no words.
    options: preset, score, threshold, containment, recall, shingle, repair, fold, max_matches, link, representative and
        preferences as of `neardup.scan` (preferences: the name of a column), and
        keep, order: which document represents a group, see `dedup`; order: a column of whole numbers, dates or
        timestamps.
        unique_ids: no id stands twice, which saves a shuffle; not checked.
        checkpoint: a folder where steps are written, and taken from by a later run that was given
        the same rows and options. None: they are cached.
        observation: a pyspark.sql.Observation, which tells what was read and lost as a metric of Spark:
        documents, text_bytes, tokens, no_words, invalid_utf8 and invalid_bytes, as the tool's --stats.

    Runs jobs at once, up to the matches of texts (which tell whether anything is capped); the pairs of
    documents are made when the result is used. Raises NotFound, TypeError and InvalidArgument for columns
    and options that are none, Unsupported for what is not there: a coverage, which the engine counts over all documents of a scan, and
    link="single" with a score.
    """
    return Scan(df, id, text, **options).pairs()


def scan_groups(df: DataFrame, id: str = "id", text: str = "text", **options: Any) -> DataFrame:
    """Every group of rows whose texts are near-copies: representative, size, members, in no order.

    Arguments and errors are those of `scan_pairs`. members: an array, by id, of id, kind, jaccard,
    in_representative and representative_in; see `neardup.Group`. Runs jobs at once: rounds that
    find the representatives.
    """
    return Scan(df, id, text, **options).groups()


def dedup(
    df: DataFrame,
    id: str = "id",
    text: str = "text",
    *,
    keep: Union[str, Iterable[str]] = "representative",
    annotate: bool = False,
    **options: Any,
) -> DataFrame:
    """The rows that stay when of every group one is kept, with all their columns.

    keep: "representative", the longest text, or what `representative` says; or the keys of the tool's --keep,
        which decide one after the other, as a str or a list of them: "latest:date,max:score", where fields are
        columns. "first", and "last" alone, are by the column `order`, as rows of a frame have no order.
    annotate: all rows, with the columns of the tool's --annotate: neardup_group (the number of its
        group), neardup_representative (an id), neardup_kind and neardup_similarity, null for a row in
        no group, the last two for a representative.

    The other arguments and the errors are those of `scan_pairs`. Runs jobs at once. Of rows that
    have one id and one text, and so cannot be told apart, any one stays.
    """
    by = None if keep == "representative" else keep
    return deduplicated(Scan(df, id, text, keep=by, **options), annotate)
