"""Repeated passages inside each document of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow

import neardup
from neardup._spec import Spec
from neardup.spark._options import check_columns, make_options
from neardup.spark._packs import map_batches
from neardup.spark._texts import inputs

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

REPEATING = (
    "id string, repeats array<struct<similarity: double, words: bigint,"
    " places: array<struct<start: bigint, end: bigint, line: bigint, end_line: bigint>>>>"
)


def _find(batches: Iterator[Any], options: dict[str, Any]) -> Iterator[Any]:
    """(id, text) to (id, repeats), a row for each text that repeats something."""
    for batch in batches:
        found = pyarrow.table(neardup.within(batch.column(1), threads=1, **options))
        ids = pyarrow.chunked_array([batch.column(0)]).take(found["row"])
        repeats = found["repeats"].cast(REPEATS)
        yield from pyarrow.table({"id": ids, "repeats": repeats}).to_batches()


_PLACE = pyarrow.struct([(name, pyarrow.int64()) for name in ("start", "end", "line", "end_line")])
REPEATS = pyarrow.list_(
    pyarrow.struct(
        [("similarity", pyarrow.float64()), ("words", pyarrow.int64()), ("places", pyarrow.list_(_PLACE))]
    )
)


def within(df: DataFrame, id: str = "id", text: str = "text", **options: Any) -> DataFrame:
    """Passages that stand at two places and more in one row's text: id, repeats.

    df, id, text: as of `scan_pairs`. options: preset, repair, fold, similarity, min_words,
    min_words_inside and offsets as of `neardup.within`. There is a row for each text that repeats
    something, with its id as it came; repeats are an array of similarity, words and places, and these
    of start, end, line and end_line: see `neardup.Repeat`. Nothing runs until the result is used; a
    text is read where it is, nothing is shuffled.

    Raises NotFound, TypeError and InvalidArgument for columns and options that are none.
    """
    from pyspark.sql import functions as F

    check_columns(df, make_options(id, text, Spec()))
    neardup.within([], **options)  # raises for options that are none
    rows = inputs(df, id, text).select("id", F.col("text").cast("binary").alias("text"))
    return map_batches(rows, partial(_find, options=options), REPEATING)
