"""What arguments may be; for type checkers, and read by nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Protocol, Union


class ArrowStream(Protocol):
    """Has the Arrow PyCapsule interface of streams: a table, a chunked column, a reader."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class ArrowArray(Protocol):
    """Has the Arrow PyCapsule interface of arrays: a column, a record batch."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


Texts = Union[Iterable[Union[str, bytes, None]], ArrowStream, ArrowArray]
Ids = Union[Iterable[Union[str, bytes, int, None]], ArrowStream, ArrowArray, str]
Preferences = Union[Iterable[Union[int, None]], ArrowStream, ArrowArray, str]

Preset = Literal["corpus", "news"]
Output = Literal["both", "groups", "pairs"]
Link = Literal["anchored", "single"]
Representative = Literal["longest", "preferred", "first-id"]
Keep = Literal["representative", "first", "last"]
Names = Union[str, Iterable[str]]
