"""The building blocks, for clusters and for programs of one's own: what a scan is made of.

    neardup.band_keys(texts, spec)       candidates: rows that share a key of one band
    neardup.verify(texts, pairs, spec)   the exact similarity of each
    neardup.rank(...), neardup.group(edges, num_documents, rank=...)
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from neardup import _core
from neardup._column import Column
from neardup._errors import InvalidArgument, NotFound, Unsupported
from neardup._records import Verified, verified
from neardup._rows import Rows
from neardup._spec import Spec

if TYPE_CHECKING:
    from neardup._types import Ids, Link, Numbers, Pairs, Representative, SketchOutput, Texts


class Sketches(NamedTuple):
    """What `neardup.sketch` makes of texts: a row each; None is what was not asked for.

    `digests` [rows, 2] uint64: of the normalised text, the same for exact copies alone.
    `num_tokens` [rows] uint32: 0 matches nothing. `slots` [rows, spec.slots] uint64: the share of
    slots that agree estimates the jaccard similarity. `band_keys` [rows, spec.bands] uint64.
    `invalid_bytes` [rows] uint64: bytes that are no UTF-8, read as U+FFFD.
    """

    digests: Optional[Column] = None
    num_tokens: Optional[Column] = None
    slots: Optional[Column] = None
    band_keys: Optional[Column] = None
    invalid_bytes: Optional[Column] = None


_OUTPUTS: tuple[SketchOutput, ...] = ("digests", "num_tokens", "slots", "band_keys", "invalid_bytes")


def sketch(
    texts: Texts,
    spec: Spec,
    outputs: Iterable[SketchOutput] = _OUTPUTS,
    *,
    text: str = "text",
    threads: Optional[int] = None,
) -> Sketches:
    """Turns texts into digests, sizes, sketches and band keys, as a scan does.

    texts, text: as of `neardup.scan`. outputs: some of "digests", "num_tokens", "slots", "band_keys"
    and "invalid_bytes"; what is not wanted costs nothing. threads: 0 or None: one for each processor.

    Raises TypeError for texts that are none, InvalidArgument for slots or band keys of a spec that
    has none, VersionError for a spec of another version, LimitError for a text over 4 GiB.

    >>> import neardup
    >>> spec = neardup.Spec(threshold=0.8)
    >>> sketches = neardup.sketch(["one two", "One, two!", "three"], spec, ["digests", "num_tokens"])
    >>> sketches.digests[0] == sketches.digests[1]
    True
    >>> sketches.num_tokens.tolist(), sketches.slots
    ([2, 2, 1], None)
    """
    wanted = tuple(outputs)
    for name in wanted:
        if name not in _OUTPUTS:
            raise InvalidArgument(f"'outputs' must be some of {', '.join(_OUTPUTS)}, not {name!r}")
    made = _core.sketch(texts, text, spec.line, wanted, threads or 0)
    digests, tokens, slots, keys, invalid = made
    return Sketches(
        None if digests is None else Column(digests, "uint64", 2),
        None if tokens is None else Column(tokens, "uint32"),
        None if slots is None else Column(slots, "uint64", spec.slots),
        None if keys is None else Column(keys, "uint64", spec.bands),
        None if invalid is None else Column(invalid, "uint64"),
    )


def band_keys(
    texts: Texts, spec: Spec, *, text: str = "text", threads: Optional[int] = None
) -> Column:
    """The band keys of texts, [rows, spec.bands] uint64: two rows with the same key of one band are
    candidates. A text without words has zeros, and matches nothing. Arguments and errors are those
    of `neardup.sketch`.

    >>> import neardup
    >>> spec = neardup.Spec(threshold=0.8)
    >>> keys = neardup.band_keys(["one two three", "One two, three.", "four"], spec)
    >>> keys[0] == keys[1], keys[0] == keys[2], len(keys[0])
    (True, False, 12)
    """
    keys = sketch(texts, spec, ["band_keys"], text=text, threads=threads).band_keys
    assert keys is not None
    return keys


def _numbers_of(table: Any, names: tuple[str, ...]) -> memoryview:
    """The int64 of the first of these columns that a table has."""
    for name in names[:-1]:
        try:
            return memoryview(_core.read_numbers(table, name)).cast("q")
        except NotFound:
            continue
    return memoryview(_core.read_numbers(table, names[-1])).cast("q")


def _as_uint32(values: Iterable[int], what: str) -> bytes:
    try:
        return array("I", values).tobytes()
    except (OverflowError, ValueError):
        raise InvalidArgument(f"{what} must be whole numbers from 0 to 4294967295") from None


def _pair_bytes(pairs: Any) -> bytes:
    """Two uint32 a pair."""
    if hasattr(pairs, "__arrow_c_stream__") or hasattr(pairs, "__arrow_c_array__"):
        a = _numbers_of(pairs, ("a_row", "a"))
        b = _numbers_of(pairs, ("b_row", "b"))
        return _as_uint32(chain.from_iterable(zip(a, b)), "numbers of rows")
    try:
        view = memoryview(pairs)
    except TypeError:
        return _as_uint32(chain.from_iterable(_two(pair) for pair in pairs), "numbers of rows")
    shape = list(view.shape or ())
    if len(shape) != 2 or shape[1] != 2:
        raise InvalidArgument(f"an array of pairs must be [n, 2], not {shape}")
    if view.format in ("I", "@I", "=I", "<I") and view.c_contiguous:
        return view.tobytes()
    rows: list[Any] = view.tolist()
    return _as_uint32(chain.from_iterable(rows), "numbers of rows")


def _two(pair: Any) -> tuple[int, int]:
    try:
        a, b = pair
    except (TypeError, ValueError):
        raise InvalidArgument(f"not a pair of two numbers: {pair!r}") from None
    return a, b


def verify(
    texts: Texts,
    pairs: Pairs,
    spec: Spec,
    *,
    measure: bool = False,
    text: str = "text",
    threads: Optional[int] = None,
) -> Rows[Verified]:
    """Compares pairs of texts exactly, by all their shingles, and with a score by the verdict on them.

    texts, text: as of `neardup.scan`. pairs: pairs of numbers of rows of the texts, from 0: tuples,
    an array [n, 2] of whole numbers, or an Arrow table with columns a and b (or a_row and b_row).
    spec: how texts are read, and by `threshold`, `containment` and `score` what matches. The result
    has a row for each pair, in their order: so where there is no match too, with the kind "none" and
    zeros, or what was measured, if `measure` is set. Quickest where pairs with the same a stand side
    by side.

    Raises TypeError for texts that are none, InvalidArgument for a number that is no row's,
    VersionError for a spec of another version, Unsupported for a coverage, which depends on all
    documents of a scan.

    >>> import neardup
    >>> spec = neardup.Spec(threshold=0.5)
    >>> texts = ["one two three four five six", "one two three four five six seven", "eight"]
    >>> [(row.kind, round(row.jaccard, 2)) for row in neardup.verify(texts, [(0, 1), (1, 2)], spec)]
    [('near', 0.67), ('none', 0.0)]
    """
    if spec.coverage > 0:
        raise Unsupported("'coverage' depends on all documents of a scan")
    rule = (spec.threshold, spec.containment, spec.score)
    frame = _core.verify(
        texts, text, _pair_bytes(pairs), spec.line, rule, measure, threads or 0
    )
    return Rows(frame, verified)


def rank(
    num_tokens: Column,
    digests: Column,
    ids: Optional[Ids] = None,
    *,
    representative: Representative = "longest",
    preferences: Optional[Numbers] = None,
) -> Column:
    """Which documents a group would rather keep: a uint32 each, 0 for the one kept before all.

    num_tokens, digests: those of `neardup.sketch`. ids: which decide between copies of one text;
    None: the numbers of the rows. representative, preferences: as of `neardup.scan`.

    Raises InvalidArgument where they are not as many, or a policy needs what is not given.

    >>> import neardup
    >>> s = neardup.sketch(["one two", "one two three", "one"], neardup.Spec())
    >>> neardup.rank(s.num_tokens, s.digests).tolist()
    [1, 0, 2]
    """
    if representative not in ("longest", "preferred", "first-id"):
        raise InvalidArgument(
            f"'representative' must be 'longest', 'preferred' or 'first-id', not {representative!r}"
        )
    if (representative == "preferred") != (preferences is not None):
        raise InvalidArgument("representative='preferred' and 'preferences' need each other")
    keys: Optional[bytes] = None
    if preferences is not None:
        smallest = -(2**63)
        signed = memoryview(_core.read_numbers(preferences, "preference")).cast("q")
        keys = array("Q", (number - smallest for number in signed)).tobytes()
    return Column(
        _core.rank(num_tokens.data.tobytes(), digests.data.tobytes(), ids, keys, representative),
        "uint32",
    )


def group(
    pairs: Pairs,
    num_documents: int,
    *,
    rank: Optional[Column] = None,
    link: Link = "anchored",
) -> Column:
    """Groups from matches, wherever they come from: for each document the one that represents it.

    pairs: of numbers of documents, as of `neardup.verify`, in any order; all of them count as
    matches. rank: what `neardup.rank` gives; None: documents are numbered by rank. link:
    "anchored": in the order of rank a document that matches no representative so far becomes one,
    each other goes to the first representative that it matches; "single": all that chains of pairs
    connect are one group. The result is an int64 each, the document itself where it represents a
    group or stands alone. So a scan's groups follow from its pairs (with `max_matches=0`).

    Raises InvalidArgument for a number that is no document's.

    >>> import neardup
    >>> neardup.group([(0, 1), (1, 2), (3, 4)], 6).tolist()
    [0, 0, 2, 3, 3, 5]
    >>> neardup.group([(0, 1), (1, 2), (3, 4)], 6, link="single").tolist()
    [0, 0, 0, 3, 3, 5]
    """
    if link not in ("anchored", "single"):
        raise InvalidArgument(f"'link' must be 'anchored' or 'single', not {link!r}")
    ranks = None if rank is None else rank.data.tobytes()
    return Column(_core.group(_pair_bytes(pairs), num_documents, ranks, link == "single"), "int64")
