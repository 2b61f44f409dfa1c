"""Rows of results as named tuples. Their fields are those of the Arrow columns, in order."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Union

Id = Union[str, int]
"""What a document is called: its id, or where none was given the number of its row."""


class Pair(NamedTuple):
    """Two documents that match; similarities are exact, over all their shingles.

    `a` and `b` are their ids, `a` the smaller one, and `a_row` and `b_row` their rows, from 0.
    `kind`: "exact", "near", "contains" (a holds b), "contained" or "partial". `jaccard`, `a_in_b`
    (how much of a stands in b) and `b_in_a` are from 0 to 1. `a_covered` and `b_covered` are there
    where the scan has a coverage or a score, `score` where it has one.
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
    score: Optional[float] = None


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
    score: Optional[float] = None


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


def pair(row: tuple[Any, ...]) -> Pair:
    return Pair(*row)


def group(row: tuple[Any, ...]) -> Group:
    return Group(row[0], row[1], row[2], [Member(*member) for member in row[3]])


def renamed(row: tuple[Any, ...]) -> Renamed:
    return Renamed(*row)


class Place(NamedTuple):
    """A stretch of a text: `text[start:end]`, from its first to its last word; lines from 1.

    Offsets are characters, or bytes of UTF-8 where the call says so.
    """

    start: int
    end: int
    line: int
    end_line: int


class Repeat(NamedTuple):
    """A passage that stands at two places and more in one text; places ascend.

    `similarity`: the identity of the place least like the first one, 1 where all are the same word
    for word; `words`: how many stand at the first.
    """

    similarity: float
    words: int
    places: list[Place]


class Repeating(NamedTuple):
    """A document that repeats something, by its id and its row."""

    id: Id
    row: int
    repeats: list[Repeat]


class Passage(NamedTuple):
    """A passage that two texts share, by its place in either.

    `similarity`: the identity of the two places: words that both have in the same order, by the words
    of the longer one. `words`: how many stand in the first.
    """

    similarity: float
    words: int
    a: Place
    b: Place


class Verified(NamedTuple):
    """Two rows of a batch, compared: `kind` is "none", and the rest 0, where they do not match.

    The last three are None unless the spec has a score: see `Pair`."""

    a: int
    b: int
    kind: str
    jaccard: float
    a_in_b: float
    b_in_a: float
    a_covered: Optional[float] = None
    b_covered: Optional[float] = None
    score: Optional[float] = None


def repeat(row: tuple[Any, ...]) -> Repeat:
    return Repeat(row[0], row[1], [Place(*place) for place in row[2]])


def repeating(row: tuple[Any, ...]) -> Repeating:
    return Repeating(row[0], row[1], [repeat(r) for r in row[2]])


def passage(row: tuple[Any, ...]) -> Passage:
    return Passage(row[0], row[1], Place(*row[2]), Place(*row[3]))


def verified(row: tuple[Any, ...]) -> Verified:
    return Verified(*row)
