"""Rows of results as named tuples. Their fields are those of the Arrow columns, in order."""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

Id = Union[str, int]
"""What a document is called: its id, or where none was given the number of its row."""


class Pair(NamedTuple):
    """Two documents that match; similarities are exact, over all their shingles.

    `a` and `b` are their ids, `a` the smaller one, and `a_row` and `b_row` their rows, from 0.
    `kind`: "exact", "near", "contains" (a holds b), "contained" or "partial". `jaccard`, `a_in_b`
    (how much of a stands in b) and `b_in_a` are from 0 to 1. `a_covered` and `b_covered` are there
    where the scan has a coverage.
    """

    a: Id
    b: Id
    a_row: int
    b_row: int
    kind: str
    jaccard: float
    a_in_b: float
    b_in_a: float
    a_covered: Optional[float] = None
    b_covered: Optional[float] = None


class Member(NamedTuple):
    """A document of a group beside the group's representative: see Pair.

    `kind` is seen from the representative: "contains" where it holds the member.
    """

    id: Id
    row: int
    kind: str
    jaccard: float
    in_representative: float
    representative_in: float
    covered: Optional[float] = None
    representative_covered: Optional[float] = None


class Group(NamedTuple):
    """Documents of which one, the representative, stands for all: each member matches it.

    `size` counts the representative too; `members` are without it, ordered by id.
    """

    representative: Id
    representative_row: int
    size: int
    members: list[Member]


class Renamed(NamedTuple):
    """A document whose `id` an earlier one has: in results it is called `name`."""

    name: Id
    row: int
    id: Id


def pair(row: tuple) -> Pair:
    return Pair(*row)


def group(row: tuple) -> Group:
    return Group(row[0], row[1], row[2], [Member(*member) for member in row[3]])


def renamed(row: tuple) -> Renamed:
    return Renamed(*row)
