"""neardup.scan: near-copies across documents."""

from __future__ import annotations

import os
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from neardup import _core
from neardup._column import Column
from neardup._errors import FormatError, InvalidArgument, LossWarning, OutOfMemory
from neardup._progress import Progress, reporter
from neardup._records import Group, Pair, Renamed, group, pair, renamed
from neardup._rows import Rows

if TYPE_CHECKING:
    from neardup._types import (
        Ids,
        Keep,
        Link,
        Names,
        Output,
        Path,
        Preferences,
        Preset,
        Representative,
        Size,
        Texts,
    )


class Scan:
    """The result of `neardup.scan`. It keeps what the scan knows until it is released.

    Any thread may ask it, several at once.
    """

    __slots__ = ("_handle",)

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def pairs(self) -> Rows[Pair]:
        """Every pair of documents that match, ordered by `a`, then `b`.

        Ids are ordered by their bytes, and numbers of rows as numbers. A document with more than
        `max_matches` pairs keeps the best of them, and `stats["capped_documents"]` counts it.
        Raises InvalidArgument where the scan was asked for groups alone. A new table each time.
        """
        return Rows(_core.scan_pairs(self._handle), pair)

    def groups(self) -> Rows[Group]:
        """Every group of two documents and more, ordered by the representative's id.

        In the order of rank (the longest first, say) a document that matches no representative so
        far becomes one; each other goes to the first representative that it matches. Raises
        InvalidArgument where the scan was asked for pairs alone. A new table each time.
        """
        return Rows(_core.scan_groups(self._handle), group)

    def keep_mask(self, keep: Keep = "representative") -> Column:
        """Which rows stay when of every group one document is kept: a bool for each row.

        `keep`: the "representative", or the "first" or the "last" row of a group. Documents in no
        group stay. `table.filter(pyarrow.array(mask))`, `df[mask.to_numpy()]` and
        `df.filter(polars.Series(mask))` apply it.
        """
        if keep not in ("representative", "first", "last"):
            raise InvalidArgument(
                f"'keep' must be 'representative', 'first' or 'last', not {keep!r}"
            )
        return Column(_core.scan_keep(self._handle, keep), "bool")

    def representatives(self) -> Column:
        """For each row the row that represents its group: an int64, the row itself where it
        represents, or stands alone. Equal numbers are one group: so this serves as a label."""
        return Column(_core.scan_representatives(self._handle), "int64")

    def renamed(self) -> Rows[Renamed]:
        """Documents that came with an id that another one has: the first of them keeps it, the
        others are called ID#2, ID#3 and so on."""
        return Rows(_core.scan_renamed(self._handle), renamed)

    @property
    def stats(self) -> dict[str, Any]:
        """What was done, what was left out, and the plan; the names are those of `--stats`."""
        return _core.scan_stats(self._handle)

    def __len__(self) -> int:
        """The number of rows that were scanned."""
        return _core.scan_num_rows(self._handle)

    def __repr__(self) -> str:
        stats = self.stats
        return (
            f"<neardup.Scan: {len(self)} documents, {stats['pairs']} pairs, "
            f"{stats['groups']} groups>"
        )


def scan(
    texts: Texts,
    ids: Optional[Ids] = None,
    *,
    text: str = "text",
    preset: Preset = "corpus",
    threshold: Optional[float] = None,
    containment: Optional[float] = None,
    coverage: Optional[float] = None,
    score: Optional[float] = None,
    recall: Optional[float] = None,
    shingle: Optional[str] = None,
    repair: Optional[Names] = None,
    fold: Optional[Names] = None,
    output: Output = "both",
    max_matches: Optional[int] = None,
    link: Optional[Link] = None,
    representative: Optional[Representative] = None,
    preferences: Union[Preferences, tuple[Preferences, ...], None] = None,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    temp_dir: Optional[Path] = None,
    strict: bool = False,
    progress: Progress = None,
) -> Scan:
    """Finds near-copies among texts: every match is verified by its exact similarity.

    texts: a list or any iterable of str or bytes (UTF-8), or whatever has `__arrow_c_stream__` or
        `__arrow_c_array__` (pyarrow, polars, pandas, duckdb): a column of strings or binary, also
        large, view or dictionary-encoded, or a table, of which `text` names the column. Arrow data
        are not copied. A null text is a document without words, which matches nothing.
    ids: as many str, bytes or whole numbers, or the name of a column of the table. Documents are
        ordered by the bytes of their ids; several with one id are told apart (see `Scan.renamed`).
        None: the numbers of the rows, from 0.
    preset: "corpus" for texts that are nearly the same (word 5-grams, jaccard 0.8), "news" for
        syndicated copies that were cut, embedded, re-led or edited. What follows overrides it.
    threshold: jaccard similarity that a match has at least, above 0, at most 1.
    containment: also match where this share of one text's shingles stands in the other; 0: off.
    coverage: also match where passages that make up this share of one text stand in the other,
        edits inside them included; 0: off.
    score: also match where the verdict on two texts reaches this: names, numbers and rare words in
        both, against those that differ; 0: off. At 0.5 about four of five natural pairs are right.
    recall: chance that a pair exactly at the threshold is found, between 0 and 1 (0.99).
    shingle: what texts are compared by: "word:N" or "char:N", N from 1 to 64.
    repair: undone before comparing: "none", "all", or some of "entities", "tags", "mojibake",
        "hyphenation", in a list or parted by commas.
    fold: what a script writes in two ways and is taken for the same: "none", "all", "safe" (those
        that join no two words of a language), or some of "marks", "apostrophes", "yeh-kaf" and so on.
    output: "both" for pairs and groups; "groups" alone needs fewer comparisons; "pairs".
    max_matches: pairs that a document keeps, the best ones (1,000); 0: all.
    link: "anchored": every member of a group matches its representative; "single": some member.
    representative: which document of a group is kept: "longest", "first-id", or "preferred", the one
        with the smallest of `preferences`, a column of whole numbers (nulls last), or a tuple of up
        to eight of them that decide one after the other; then the longest.
    threads: 0 or None: one for each processor.
    memory: most bytes that the engine takes, a number or "64M" or "1G": what does not fit goes to
        temporary files, and a cap that is too small raises OutOfMemory. What Python and the texts
        take comes on top. The answer is the same. The news preset, coverage and score use no files.
    temp_dir: the folder of those files, which have no names and are gone with the process.
    strict: raise FormatError where otherwise a LossWarning says what was lost or cut short.
    progress: called as progress(phase, done, total) now and then in this thread, phase being "read",
        "search" or "compare" and total 0 where nobody knows it; or True for a bar by tqdm.

    The answer depends on the documents and the options alone: it is that of the command line tool.
    Other Python threads run on meanwhile; Ctrl-C ends the call. Raises TypeError for texts that are
    none, InvalidArgument for options out of range, LimitError where no plan reaches the recall,
    OutOfMemory. Memory: about 8 bytes for each word and 300 for each document.

    >>> import neardup
    >>> texts = ["one two three four five six seven", "One, two, three: four five six seven!", "eight"]
    >>> result = neardup.scan(texts, ids=["x", "y", "z"])
    >>> [(pair.a, pair.b, pair.kind, pair.jaccard) for pair in result.pairs()]
    [('x', 'y', 'exact', 1.0)]
    >>> result.keep_mask().tolist()
    [True, False, True]
    """
    options = {
        "preset": preset,
        "threshold": threshold,
        "containment": containment,
        "coverage": coverage,
        "score": score,
        "recall": recall,
        "shingle": shingle,
        "repair": repair,
        "fold": fold,
        "output": output,
        "max_matches": max_matches,
        "link": link,
        "representative": representative,
        "threads": threads,
    }
    if (representative == "preferred") != (preferences is not None):
        raise InvalidArgument("representative='preferred' and 'preferences' need each other")
    if not isinstance(preferences, tuple):
        preferences = () if preferences is None else (preferences,)
    return run_scan(
        texts, ids, text, options, Order(preferences, len(preferences)), memory, temp_dir, strict, progress
    )


class Order(NamedTuple):
    """What decides which document of a group is kept, where it is preferences: columns, one after the
    other, and the number of words after so many of them."""

    columns: tuple[Preferences, ...]
    size_place: int


def run_scan(
    texts: Texts,
    ids: Optional[Ids],
    text: str,
    options: dict[str, Any],
    order: Order,
    memory: Optional[Size],
    temp_dir: Optional[Path],
    strict: bool,
    progress: Progress,
) -> Scan:
    """A scan with its options as the module has them. Warns of losses, or raises."""
    memory_bytes = 0 if memory is None else num_bytes(memory)
    if memory is None and temp_dir is not None:
        raise InvalidArgument("'temp_dir' only works with 'memory'")
    folder = None if temp_dir is None else os.fspath(temp_dir)
    with reporter(progress) as report:
        try:
            handle = _core.scan(texts, ids, *order, text, options, memory_bytes, folder, report)
        except OutOfMemory:
            if memory is None:
                raise
            raise OutOfMemory(f"'memory' is too little for these documents: {memory!r}") from None
    tell_losses(_core.scan_losses(handle), strict)
    return Scan(handle)


def num_bytes(memory: Size) -> int:
    """A number of bytes, also as the tool has it: "64k", "300M", "1G"."""
    found = re.fullmatch(r"([0-9]{1,18})([kmgt]?)", str(memory), re.IGNORECASE)
    if found is None or isinstance(memory, bool) or not 0 < int(found[1]):
        raise InvalidArgument(f"'memory' must be a number of bytes, also as '300M' or '1G', not {memory!r}")
    number = int(found[1]) << (10 * (" kmgt".index(found[2].lower()) if found[2] else 0))
    if number >= 1 << 63:
        raise InvalidArgument(f"'memory' must be below 2^63 bytes, not {memory!r}")
    return number


def tell_losses(losses: list[str], strict: bool) -> None:
    """Warns of each, or raises for all."""
    if losses and strict:
        raise FormatError("; ".join(losses))
    for loss in losses:
        warnings.warn(loss, LossWarning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """How far up the first function is that is not of this package, for who calls this."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("neardup."):
        frame = frame.f_back
        level += 1
    return level
