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
