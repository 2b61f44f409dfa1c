"""One column of numbers, for everything that reads Arrow, buffers or sequences."""

from __future__ import annotations

from collections.abc import Iterator
from struct import calcsize
from typing import TYPE_CHECKING, Any, Optional, Union, overload

from neardup import _core

if TYPE_CHECKING:
    import numpy

_CODES = {"bool": "?", "int64": "q", "uint64": "Q", "uint32": "I"}


class Column:
    """One value a row, or with `width` so many. Immutable; any thread may read it.

    `memoryview(column.data)`, `numpy.asarray(column)` and `column.tolist()` show it, and whatever
    reads Arrow takes it: `pyarrow.array(column)`, `polars.Series(column)`. `kind` is "bool", "int64",
    "uint64" or "uint32".
    """

    __slots__ = ("_view", "kind", "width")

    _view: memoryview[Any]

    def __init__(self, data: bytes, kind: str, width: Optional[int] = None) -> None:
        view: Any = memoryview(data)  # Any: type checkers know cast by literal formats alone
        self.kind = kind
        self.width = width
        num = len(view) // calcsize(_CODES[kind])
        if width is None:
            self._view = view.cast(_CODES[kind])
        elif num == 0:
            self._view = view  # a memoryview cannot have a dimension of 0
        else:
            self._view = view.cast(_CODES[kind], [num // width, width])

    @property
    def data(self) -> memoryview[Any]:
        """The values: [rows], or [rows, width]."""
        return self._view

    def __len__(self) -> int:
        return len(self._view)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: Union[int, slice]) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        if self.width is None:
            return self._view[place]
        return [self._view[place, j] for j in range(self.width)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def tolist(self) -> list[Any]:
        """The values as a list, of lists where there is a width."""
        values: list[Any] = self._view.tolist()
        return values

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """The values as a read-only array that shares this memory; numpy has to be there."""
        import numpy

        array = numpy.frombuffer(self._view, dtype=self.kind)
        return array if self.width is None else array.reshape(-1, self.width)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> numpy.ndarray[Any, Any]:
        array = self.to_numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """The Arrow PyCapsule interface, of type `kind` or fixed_size_list<kind>[width]. Copies."""
        return _core.export_column(self._view.tobytes(), self.kind, self.width or 0)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Column):
            return (self.kind, self.width, self.data) == (other.kind, other.width, other.data)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        of = self.kind if self.width is None else f"{self.kind}[{self.width}]"
        return f"<neardup.Column: {len(self)} of {of}>"
