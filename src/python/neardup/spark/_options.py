"""What a scan on Spark is asked for, and what is checked before any job starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from neardup._errors import InvalidArgument, NotFound, Unsupported
from neardup._spec import Spec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from neardup._types import Keep, Link, Representative

MAX_MATCHES = 1000  # the tool's default of --max-matches
MOST_MATCHES = 2**32 - 1
EDGES_A_TASK = 4_000_000

WHOLE_NUMBERS = ("tinyint", "smallint", "int", "bigint")
TEXTS = ("string", "binary")


@dataclass(frozen=True)
class Options:
    """Columns of the frame, what hashes are made by, and what a match and a group are."""

    id: str
    text: str
    spec: Spec
    max_matches: int
    link: str
    representative: str
    preferences: Optional[str]
    unique_ids: bool
    edges_a_task: int


def make_options(
    id: str,
    text: str,
    spec: Spec,
    *,
    max_matches: Optional[int] = None,
    link: Optional[Link] = None,
    representative: Optional[Representative] = None,
    preferences: Optional[str] = None,
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
        representative=representative or "longest",
        preferences=preferences,
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
    if options.preferences is not None:
        _check_column(df, options.preferences, "preferences", WHOLE_NUMBERS, "whole numbers")


def check_keep(keep: Keep) -> None:
    """A frame has no order: first and last mean nothing."""
    if keep in ("first", "last"):
        raise Unsupported(
            f"keep={keep!r} is not there on Spark, where rows have no order: "
            "use representative='preferred' with a column of numbers"
        )
    if keep != "representative":
        raise InvalidArgument(f"'keep' must be 'representative', not {keep!r}")


def quoted(name: Any) -> str:
    """A column's name for Spark, dots and all."""
    return "`" + str(name).replace("`", "``") + "`"
