"""Members of many lists, packed: a row of Spark for each would cost ten times what it takes to sort them in Python.

    member:  | number of the list, 8 bytes | key of a text, KEY_BYTES | what else is to be known of it |

Members go to slices of their numbers, a fixed part of all. A row holds many of one slice.
"""

from __future__ import annotations

from typing import Any

import numpy
import pyarrow

MEMBERS = "slice int, prefix bigint, members binary"
MUCH = 8  # times the mean of all slices


def column_of(members: Any, at: int, kind: str) -> Any:
    """A number of each of [members, width] uint8."""
    width = numpy.dtype(kind).itemsize
    return numpy.ascontiguousarray(members[:, at : at + width]).view(kind).reshape(-1)


def numbers_of(members: Any) -> Any:
    return column_of(members, 0, "u8")


def prefixes_of(members: Any) -> Any:
    """The first bytes of the keys, as numbers in their order."""
    return column_of(members, 8, ">u8").astype(numpy.uint64)


def in_slices(members: Any, slices: int, members_a_row: int, large_slice: int) -> Any:
    """A batch of MEMBERS. Those of a slice of more than large_slice, if that is far above the others, are in the order of
    keys, with the prefix of the first in each row; so a long list can be read in order without being held. Other rows have
    the least prefix."""
    own = ((numbers_of(members) & numpy.uint64(0xFFFFFFFF)) * numpy.uint64(slices)) >> numpy.uint64(32)
    order = numpy.argsort(own.astype(numpy.uint16 if slices <= 1 << 16 else numpy.uint64), kind="stable")
    members, counts = members.take(order, axis=0), numpy.bincount(own.astype(numpy.int64), minlength=slices)
    starts = numpy.cumsum(counts) - counts
    is_large = counts > max(large_slice, MUCH * len(members) // slices)
    for start, num in zip(starts[is_large].tolist(), counts[is_large].tolist()):
        of_slice = members[start : start + num]
        members[start : start + num] = of_slice.take(numpy.argsort(prefixes_of(of_slice)), axis=0)
    nums = -(-counts // members_a_row)
    numbers = numpy.repeat(numpy.arange(slices), nums)
    nth = numpy.arange(len(numbers)) - numpy.repeat(numpy.cumsum(nums) - nums, nums)
    begins = starts[numbers] + members_a_row * nth
    prefixes = numpy.where(is_large[numbers], prefixes_of(members[begins]), numpy.uint64(0))
    offsets = (members.shape[1] * numpy.append(begins, len(members))).astype(numpy.int32)
    column = pyarrow.Array.from_buffers(pyarrow.binary(), len(begins), [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(members)])
    signed = (prefixes ^ numpy.uint64(1 << 63)).view(numpy.int64)
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array(numbers.astype(numpy.int32)), pyarrow.array(signed), column], names=["slice", "prefix", "members"]
    )


def in_order(members: Any) -> Any:
    """By list and key, each once."""
    parts = [column_of(members, at, kind) for at, kind in ((24, ">u4"), (16, ">u8"), (8, ">u8"), (0, "u8"))]
    order = numpy.lexsort(parts)
    is_new = numpy.zeros(max(0, len(order) - 1), bool)
    for part in parts:
        part = part[order]
        is_new |= part[1:] != part[:-1]
    return members.take(order[numpy.append(True, is_new)[: len(order)]], axis=0)


def runs(members: Any) -> tuple[Any, Any, Any]:
    """Lists, and where the members of each start and end."""
    numbers = numbers_of(members)
    starts = numpy.flatnonzero(numpy.append(True, numbers[1:] != numbers[:-1])[: len(numbers)])
    return numbers[starts], starts, numpy.append(starts[1:], len(numbers))[: len(starts)]


class Slice:
    """The members of one slice, which come by prefix. Long lists are read before their end is there, so that what waits stays
    small."""

    def __init__(self, width: int, most_waiting: int, most_short: int) -> None:
        self._width, self._least = width, most_waiting  # bytes of a member; members that are sorted at once, if it can be
        self._most_short = most_short  # members of a list that is not long
        self._waiting = [numpy.empty((0, width), numpy.uint8)]
        self._num, self._most = 0, most_waiting
        self._long: set[int] = set()  # lists of which the first members are read

    def read(self, number: int, members: Any) -> None:
        """Takes the next members of a long list, which come in order."""
        raise NotImplementedError

    def add(self, prefix: int, members: Any) -> None:
        if self._num > self._most:
            self._read_long(numpy.uint64(prefix + (1 << 63)))
            self._most = max(self._least, 2 * self._num)
        self._waiting.append(numpy.frombuffer(members, numpy.uint8).reshape(-1, self._width))
        self._num += len(self._waiting[-1])

    def was_long(self, numbers: Any) -> Any:
        """Whether members of these lists have been read."""
        return numpy.isin(numbers, numpy.fromiter(self._long, numpy.uint64, len(self._long)))

    def _read_long(self, prefix: Any) -> None:
        """The members below prefix, of lists that are long by these alone: no more come there."""
        members = numpy.concatenate(self._waiting)
        is_below = prefixes_of(members) < prefix
        below = in_order(members[is_below])
        numbers, starts, ends = runs(below)
        is_long = (ends - starts > self._most_short) | self.was_long(numbers)
        for number, start, end in zip(*(column[is_long].tolist() for column in (numbers, starts, ends))):
            self._long.add(number)
            self.read(number, below[start:end])
        self._waiting = [below[numpy.repeat(~is_long, ends - starts)], members[~is_below]]
        self._num = sum(map(len, self._waiting))

    def rest(self) -> Any:
        """The members that wait."""
        return numpy.concatenate(self._waiting)
