"""neardup.evaluate: how right a scan is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from neardup import _core
from neardup._errors import InvalidArgument
from neardup._progress import Progress, reporter

if TYPE_CHECKING:
    from neardup._records import Id
    from neardup._types import (
        Ids,
        Labelled,
        Link,
        Names,
        PairsOrGroups,
        Preferences,
        Preset,
        Representative,
        Texts,
        TruePairs,
    )


class Band(NamedTuple):
    """True pairs whose texts have a jaccard similarity from `start` on and below `end`, and how
    many of them were found."""

    start: float
    end: float
    pairs_true: int
    true_positives: int

    @property
    def recall(self) -> Optional[float]:
        """The share that was found; None where there is no such pair."""
        return self.true_positives / self.pairs_true if self.pairs_true else None


class Kind(NamedTuple):
    """Pairs of one kind, as the truth calls it, and how many of them were found."""

    kind: str
    pairs: int
    found: int


class Wrong(NamedTuple):
    """A pair that was found and is not true, or true and was not found."""

    a: Id
    b: Id
    jaccard: float
    a_in_b: float
    b_in_a: float
    kind: Optional[str]


class Evaluation(NamedTuple):
    """What a scan found, against what is true.

    `precision`: the share of the found pairs that are true (1 where none is found); `recall`: the
    share of the true ones that are found (1 where none is true); `f1`: their harmonic mean;
    `weighted_...`: the same, each pair counted by its weight. `ari`: the adjusted Rand index of the
    true clusters and the groups found; NaN where pairs are labelled. `pairs_ignored`: found, and
    left out. `false`: the least similar of the false pairs; `missed`: the most similar ones.
    """

    pairs_true: int
    pairs_found: int
    true_positives: int
    pairs_ignored: int
    precision: float
    recall: float
    f1: float
    weighted_precision: float
    weighted_recall: float
    weighted_f1: float
    ari: float
    bands: list[Band]
    kinds: list[Kind]
    false: list[Wrong]
    missed: list[Wrong]


def evaluate(
    texts: Texts,
    ids: Optional[Ids] = None,
    *,
    pairs: Optional[TruePairs] = None,
    labelled: Optional[Labelled] = None,
    clusters: Union[Mapping[Any, Any], Iterable[tuple[Any, Any]], None] = None,
    exact: bool = False,
    ignore: Optional[TruePairs] = None,
    errors: int = 0,
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
    output: PairsOrGroups = "pairs",
    max_matches: Optional[int] = None,
    link: Optional[Link] = None,
    representative: Optional[Representative] = None,
    preferences: Optional[Preferences] = None,
    threads: Optional[int] = None,
    progress: Progress = None,
) -> Evaluation:
    """Scans texts and compares what that finds with what is true. One of these says what is true:

    pairs: the true pairs, every other one being false: (a, b) or (a, b, kind), by ids or, without
        ids, by numbers of rows.
    labelled: (a, b, is_true), (a, b, is_true, weight) or (a, b, is_true, weight, kind): pairs
        without a label are left out, and counted. The weight is how many pairs it stands for.
    clusters: {id: cluster}, or (id, cluster) each: every pair within one is true.
    exact: true is what reaches the threshold or containment, found by an exact join without a
        sketch: the recall is the scan's own.

    ignore: pairs (a, b) that are neither right nor wrong.
    errors: so many false and missed pairs are listed.
    output: whether the "pairs" or the "groups" of the scan are measured; every pair of a group is
        found.

    All other arguments are those of `neardup.scan`. Documents of one id count as one. Raises
    TypeError for what is no text or no pair, InvalidArgument for options out of range, NotFound for
    an id that no document has, AlreadyExists for a document in two clusters.

    >>> import neardup
    >>> texts = ["one two three four five six", "one two three four five six seven", "eight"]
    >>> found = neardup.evaluate(texts, pairs=[(0, 1), (1, 2)], threshold=0.5)
    >>> found.precision, found.recall, found.pairs_found
    (1.0, 0.5, 1)
    """
    truths = {
        "pairs": pairs,
        "labelled": labelled,
        "clusters": clusters,
        "exact": True if exact else None,
    }
    told = [name for name, known in truths.items() if known is not None]
    if len(told) != 1:
        raise InvalidArgument("one of 'pairs', 'labelled', 'clusters' and 'exact' says what is true")
    known: Any = None if exact else truths[told[0]]
    if isinstance(known, Mapping):
        known = known.items()
    if output not in ("pairs", "groups"):
        raise InvalidArgument(f"'output' must be 'pairs' or 'groups', not {output!r}")
    if errors < 0:
        raise InvalidArgument(f"'errors' must be 0 or more, not {errors}")
    if (representative == "preferred") != (preferences is not None):
        raise InvalidArgument("representative='preferred' and 'preferences' need each other")
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
    with reporter(progress) as report:
        found = _core.evaluate(
            texts, ids, preferences, text, told[0], known, ignore, options, errors, report
        )
    *_, bands, kinds, false, missed = found
    lists = (
        [Band(*band) for band in bands],
        [Kind(*kind) for kind in kinds],
        [Wrong(*wrong) for wrong in false],
        [Wrong(*wrong) for wrong in missed],
    )
    return Evaluation._make((*found[:11], *lists))
