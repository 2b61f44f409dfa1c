"""Which document of a group is kept, by the tool's keys (`--keep`), for the columns of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Optional, Union

from neardup import _core
from neardup._errors import InvalidArgument

MOST_KEYS = 8
_FIELD_KEYS = ("earliest", "latest", "max", "min", "prefer")
_TURNED = ("latest", "max", "last")  # the largest comes first
_LAST = 2**63 - 1  # what cannot be read
_ALLOWED = (
    "longest, first, earliest:FIELD, latest:FIELD, max:FIELD, min:FIELD, "
    "prefer:FIELD=A,B,... (last), with a comma between them"
)


class Key(NamedTuple):
    by: str
    field: str = ""
    names: tuple[str, ...] = ()


class Keys(NamedTuple):
    """Keys that decide one after the other, the number of words after `size_place` of them."""

    items: list[Key]
    size_place: int

    @property
    def fields(self) -> list[str]:
        return [key.field for key in self.items if key.field]


def _split(typed: str) -> list[str]:
    """Keys of one string: the names of `prefer` go on to its end."""
    keys: list[str] = []
    while typed:
        if typed.startswith("prefer:"):
            return [*keys, typed]
        key, comma, typed = typed.partition(",")
        keys.append(key)
        if comma and not typed:
            keys.append("")
    return keys


def _key_of(text: str, typed: str) -> Key:
    by, colon, rest = text.partition(":")
    names: tuple[str, ...] = ()
    if by == "prefer":
        rest, equals, listed = rest.partition("=")
        names = tuple(listed.split(","))
        is_right = bool(rest and equals and all(names))
    else:
        is_right = bool(rest) if by in _FIELD_KEYS else by in ("longest", "first") and not colon
    if not is_right:
        raise InvalidArgument(f"'keep' must be of {_ALLOWED}, not {typed!r}")
    return Key(by, re.sub(r"\\(.)", r"\1", rest), names)


def parse_keep(keep: Union[str, Iterable[str]]) -> Keys:
    """Reads what the tool's `--keep` takes, one string or several. Raises InvalidArgument."""
    items: list[Key] = []
    size_place: Optional[int] = None
    for typed in [keep] if isinstance(keep, str) else keep:
        if not isinstance(typed, str):
            raise TypeError("'keep' must be a str, or a list of them")
        for text in _split(typed) or [""]:
            key = _key_of(text, typed)
            if key.by != "longest":
                items.append(key)
            elif size_place is None:
                size_place = len(items)
    if len(items) > MOST_KEYS:
        raise InvalidArgument(f"'keep' takes at most {MOST_KEYS} keys beside 'longest'")
    if not items and size_place is None:
        raise InvalidArgument("'keep' must not be empty")
    return Keys(items, len(items) if size_place is None else size_place)


# --- columns ---


def _numbers_of(column: Any) -> Any:
    """A column of numbers or of times as doubles, seconds since 1970; null where it is neither."""
    import pyarrow
    import pyarrow.compute as pc

    kind = column.type
    if pyarrow.types.is_date(kind):
        column, kind = column.cast(pyarrow.timestamp("ms")), pyarrow.timestamp("ms")
    if pyarrow.types.is_timestamp(kind):
        steps = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        return pc.divide(column.cast(pyarrow.int64()).cast(pyarrow.float64(), safe=False), steps)
    if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind):
        numbers = column.cast(pyarrow.float64(), safe=False)
        return pc.if_else(pc.is_finite(numbers), numbers, None)
    return pyarrow.nulls(len(column), pyarrow.float64())


def orders_of(key: Key, column: Any) -> Any:
    """Whole numbers, smaller for what is rather kept; null where the field says nothing. `column` of a key without
    a field is its order, whole numbers too."""
    import pyarrow
    import pyarrow.compute as pc

    if key.by not in _FIELD_KEYS:
        return pc.bit_wise_not(column) if key.by in _TURNED else column
    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if key.by == "prefer":
        return _places_of(key, column)
    if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
        read = _core.read_orders(column, key.field, key.by in ("earliest", "latest"))
        order = pyarrow.Array.from_buffers(pyarrow.int64(), len(column), [None, pyarrow.py_buffer(read)])
        order = pc.if_else(pc.equal(order, _LAST), None, order)
    else:
        # The bits of a double, made to compare as whole numbers: those of a negative one turned over.
        bits = pc.add(_numbers_of(column), 0.0).view(pyarrow.int64())  # -0 and 0 are one number
        least = pyarrow.scalar(-(2**63), pyarrow.int64())
        order = pc.if_else(pc.less(bits, 0), pc.bit_wise_xor(pc.bit_wise_not(bits), least), bits)
    return pc.bit_wise_not(order) if key.by in _TURNED else order


def _places_of(key: Key, column: Any) -> Any:
    """The place of a text among the names; all others come after them."""
    import pyarrow
    import pyarrow.compute as pc

    if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):  # which need not be UTF-8
        found = pc.index_in(column, value_set=pyarrow.array(key.names, column.type)).cast(pyarrow.int64())
        return pc.if_else(pc.is_null(column), None, found.fill_null(len(key.names)))
    places: dict[Any, int] = {name: i for i, name in reversed(list(enumerate(key.names)))}
    last = len(key.names)
    return pyarrow.array(
        [places.get(t, last) if isinstance(t, str) else None for t in column.to_pylist()], pyarrow.int64()
    )


class Preferences:
    """Makes the columns of whole numbers that a scan is given from the keys' fields, and counts."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.names = [f"neardup key {i}" for i in range(len(keys.items))]
        self.num_absent = 0
        self.num_unreadable = 0

    def columns_of(self, batch: Any, first_row: int) -> list[Any]:
        import pyarrow
        import pyarrow.compute as pc

        columns = []
        absent = unreadable = pyarrow.scalar(False)
        for key in self.keys.items:
            if key.by == "first":
                rows = range(first_row, first_row + batch.num_rows)
                columns.append(pyarrow.array(rows, pyarrow.int64()))
                continue
            column = batch.column(key.field)
            order = orders_of(key, column)
            columns.append(order)
            absent = pc.or_(absent, column.is_null())
            unreadable = pc.or_(unreadable, pc.and_not(order.is_null(), column.is_null()))
        if self.keys.fields:
            self.num_absent += absent.sum().as_py() or 0
            self.num_unreadable += unreadable.sum().as_py() or 0
        return columns

    def losses(self) -> list[str]:
        """As the tool tells them."""
        told = (
            ("documents without the field that chooses the representative, chosen last", self.num_absent),
            (
                "documents whose field that chooses the representative cannot be read, chosen last",
                self.num_unreadable,
            ),
        )
        return [f"{what}: {count}" for what, count in told if count]
