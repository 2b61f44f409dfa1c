"""Results: rows for Python, columns for everything that reads Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar, Union, overload

from neardup import _core

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Row = TypeVar("Row")

_AT_ONCE = 1024


class Rows(Generic[Row]):
    """A table of results, held as Arrow columns and shown as named tuples.

    It works as a sequence: `len(rows)`, `rows[0]`, `for row in rows`. Whatever reads Arrow takes it
    without copying: `pyarrow.table(rows)`, `polars.DataFrame(rows)`, `duckdb.sql("from rows")`.
    Immutable; any thread may read it.
    """

    __slots__ = ("_frame", "_make")

    def __init__(self, frame: Any, make: Callable[[tuple[Any, ...]], Row]) -> None:
        self._frame = frame
        self._make = make

    def __len__(self) -> int:
        return _core.frame_len(self._frame)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Row, list[Row]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        return self._make(_core.frame_rows(self._frame, place, place + 1)[0])

    def __iter__(self) -> Iterator[Row]:
        num = len(self)
        for start in range(0, num, _AT_ONCE):
            for row in _core.frame_rows(self._frame, start, min(start + _AT_ONCE, num)):
                yield self._make(row)

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return [name for name, _ in _core.frame_type(self._frame)[1]]

    def to_pylist(self) -> list[dict[str, Any]]:
        """The rows as dicts by column name; lists of rows inside them as lists of dicts."""
        fields = _core.frame_type(self._frame)[1]
        return [_as_dict(row, fields) for row in _core.frame_rows(self._frame, 0, len(self))]

    def to_arrow(self) -> pyarrow.Table:
        """The same as a pyarrow.Table, without copying; pyarrow has to be there."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_stream(self).read_all()

    def to_pandas(self) -> pandas.DataFrame:
        """The same as a pandas.DataFrame; pandas and pyarrow have to be there."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """The same as a polars.DataFrame; polars has to be there."""
        import polars

        return polars.DataFrame(self)

    def __arrow_c_schema__(self) -> Any:
        """The Arrow PyCapsule interface: the schema of the columns."""
        return _core.frame_schema(self._frame)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The Arrow PyCapsule interface: batches of the columns. A requested schema is not heeded,
        as the interface allows."""
        return _core.frame_stream(self._frame)

    def __repr__(self) -> str:
        return f"<neardup.Rows: {len(self)} rows of {', '.join(self.column_names)}>"


def _as_dict(row: tuple[Any, ...], fields: list[Any]) -> dict[str, Any]:
    return {name: _as_value(value, kind) for value, (name, kind) in zip(row, fields)}


def _as_value(value: Any, kind: Any) -> Any:
    if isinstance(kind, str):
        return value
    if kind[0] == "+l":
        return [_as_dict(item, kind[1]) for item in value]
    return _as_dict(value, kind[1])
