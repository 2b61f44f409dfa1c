"""What a scan on Spark is asked for, and what is checked before any job starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Union

from neardup._errors import InvalidArgument, NotFound, Unsupported
from neardup._keep import Key, Keys, parse_keep
from neardup._spec import Spec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from neardup._types import Link, Representative

MAX_MATCHES = 1000  # the tool's default of --max-matches
MOST_MATCHES = 2**32 - 1
EDGES_A_TASK = 4_000_000

WHOLE_NUMBERS = ("tinyint", "smallint", "int", "bigint")
TIMES = ("date", "timestamp", "timestamp_ntz")
TEXTS = ("string", "binary")
GIVEN = "given"  # a key of whole numbers that the caller has made, the smallest first
IN_ORDER = (GIVEN, "first", "last")  # keys whose column is an order


@dataclass(frozen=True)
class Options:
    """Columns of the frame, what hashes are made by, and what a match and a group are."""

    id: str
    text: str
    spec: Spec
    max_matches: int
    link: str
    representative: str
    keys: tuple[Key, ...]  # that decide which document represents, each with its column
    size_place: int  # the number of words decides after so many of them
    unique_ids: bool
    edges_a_task: int


def _keys_of(keep: Union[str, Iterable[str], None], order: Optional[str]) -> tuple[tuple[Key, ...], int]:
    """The tool's keys, and "last", with their columns."""
    parsed = Keys([], 0)
    if keep is not None:
        parsed = Keys([Key("last")], 1) if keep == "last" else parse_keep(keep)
    has_order = any(key.by in IN_ORDER for key in parsed.items)
    if has_order and order is None:
        raise InvalidArgument("keep='first' and 'last' need 'order', a column: rows of a frame have no order")
    if order is not None and not has_order:
        raise InvalidArgument("'order' only works with keep='first' or 'last'")
    return tuple(key._replace(field=order or "") if key.by in IN_ORDER else key for key in parsed.items), parsed.size_place


def make_options(
    id: str,
    text: str,
    spec: Spec,
    *,
    max_matches: Optional[int] = None,
    link: Optional[Link] = None,
    representative: Optional[Representative] = None,
    preferences: Optional[str] = None,
    keep: Union[str, Iterable[str], None] = None,
    order: Optional[str] = None,
    unique_ids: bool = False,
    edges_a_task: int = EDGES_A_TASK,
) -> Options:
    """Raises InvalidArgument for options out of range, Unsupported for those that need one machine."""
    if spec.coverage > 0:
        raise Unsupported("'coverage', which depends on all documents of a scan, is not there on Spark")
    if link not in (None, "anchored", "single"):
        raise InvalidArgument(f"'link' must be 'anchored' or 'single', not {link!r}")
    if link == "single" and spec.score > 0:
        raise Unsupported("link='single' with a score, which the news preset has, is not there on Spark")
    if representative not in (None, "longest", "preferred", "first-id"):
        raise InvalidArgument(
            f"'representative' must be 'longest', 'preferred' or 'first-id', not {representative!r}"
        )
    if (representative == "preferred") != (preferences is not None):
        raise InvalidArgument("representative='preferred' and 'preferences' need each other")
    if keep is not None and representative is not None:
        raise InvalidArgument("'keep' does not work with 'representative' or 'preferences'")
    keys, size_place = _keys_of(keep, order)
    if preferences is not None:
        keys, size_place = (Key(GIVEN, preferences),), 1
    most = MAX_MATCHES if max_matches is None else max_matches
    if not 0 <= most <= MOST_MATCHES:
        raise InvalidArgument(f"'max_matches' must be from 0 to {MOST_MATCHES}, not {most}")
    if edges_a_task < 0:
        raise InvalidArgument(f"'edges_a_task' must not be negative: {edges_a_task}")
    return Options(
        id=id,
        text=text,
        spec=spec,
        max_matches=most,
        link=link or "anchored",
        representative="preferred" if keys else representative or "longest",
        keys=keys,
        size_place=size_place,
        unique_ids=unique_ids,
        edges_a_task=edges_a_task,
    )


def _check_column(df: DataFrame, name: str, what: str, kinds: tuple[str, ...], wanted: str) -> None:
    types = dict(df.dtypes)
    if name not in types:
        raise NotFound(f"the frame has no column '{name}'")
    kind = types[name].partition("(")[0]
    if kind not in kinds:
        raise TypeError(f"column '{name}' is {types[name]}: {what} must be {wanted}")


def check_columns(df: DataFrame, options: Options) -> None:
    """Raises NotFound for a column that is not there, TypeError for one of another type."""
    _check_column(df, options.text, "texts", TEXTS, "string or binary")
    _check_column(df, options.id, "ids", ("string", *WHOLE_NUMBERS), "string or whole numbers")
    for key in options.keys:
        if key.by == GIVEN:
            _check_column(df, key.field, "preferences", WHOLE_NUMBERS, "whole numbers")
        elif key.by in IN_ORDER:
            _check_column(df, key.field, "an order", (*WHOLE_NUMBERS, *TIMES), "whole numbers, dates or timestamps")
        elif key.field not in df.columns:
            raise NotFound(f"the frame has no column '{key.field}'")


def quoted(name: Any) -> str:
    """A column's name for Spark, dots and all."""
    return "`" + str(name).replace("`", "``") + "`"
