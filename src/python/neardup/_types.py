"""What arguments may be; for type checkers, and read by nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, Optional, Protocol, Union


class ArrowStream(Protocol):
    """Has the Arrow PyCapsule interface of streams: a table, a chunked column, a reader."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class ArrowArray(Protocol):
    """Has the Arrow PyCapsule interface of arrays: a column, a record batch."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


Texts = Union[Iterable[Union[str, bytes, None]], ArrowStream, ArrowArray]
Ids = Union[Iterable[Union[str, bytes, int, None]], ArrowStream, ArrowArray, str]
Numbers = Union[Iterable[Union[int, None]], ArrowStream, ArrowArray]
Preferences = Union[Numbers, str]
Pairs = Union[Iterable[Sequence[int]], ArrowStream, ArrowArray, memoryview]
TruePairs = Iterable[Union[tuple[Any, Any], tuple[Any, Any, Optional[str]]]]
Labelled = Iterable[
    Union[
        tuple[Any, Any, bool],
        tuple[Any, Any, bool, float],
        tuple[Any, Any, bool, float, Optional[str]],
    ]
]

Preset = Literal["corpus", "news"]
Output = Literal["both", "groups", "pairs"]
PairsOrGroups = Literal["pairs", "groups"]
SketchOutput = Literal["digests", "num_tokens", "slots", "band_keys", "invalid_bytes"]
Offsets = Literal["characters", "bytes"]
Link = Literal["anchored", "single"]
Representative = Literal["longest", "preferred", "first-id"]
Time = Union[int, datetime, None]
Times = Union[Iterable[Time], ArrowStream, ArrowArray, str]
IndexMode = Literal["replace", "if_new", "if_unmatched"]
Outcome = Literal["added", "replaced", "known_id", "matched", "over_limit"]
Keep = Literal["representative", "first", "last"]
Names = Union[str, Iterable[str]]
Path = Union[str, os.PathLike[str]]
Size = Union[int, str]
