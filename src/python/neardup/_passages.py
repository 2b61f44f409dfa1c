"""neardup.within and neardup.compare: passages that stand twice in a text, or in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union, overload

from neardup import _core
from neardup._errors import InvalidArgument
from neardup._progress import Progress, reporter
from neardup._records import Passage, Repeat, Repeating, passage, repeating
from neardup._rows import Rows
from neardup._scan import tell_losses

if TYPE_CHECKING:
    from neardup._types import Ids, Names, Offsets, Preset, Texts


class Within(Rows[Repeating]):
    """What `neardup.within` finds: a row for each document that repeats something, ordered by id."""

    __slots__ = ("stats",)

    stats: dict[str, int]
    """What was read, found and left out; the names are those of the tool's `--stats`."""

    def __init__(self, frame: Any, stats: dict[str, int]) -> None:
        super().__init__(frame, repeating)
        self.stats = stats


class Evidence(NamedTuple):
    """A word, a number, or two characters of a script without spaces, normalised; `bits`: how much it
    says, the binary logarithm of how rare such words are."""

    text: str
    bits: float
    is_number: bool


class Verdict(NamedTuple):
    """Whether an editor would call one text a copy of the other, and why.

    Three questions are answered by numbers, above 0 for yes: is most of one text `held` by the other,
    is what differs `edited` and not other facts, and do they share more of their `own` than what
    stands below both? The least decides; `score` is its logistic function, 0.5 and more for a copy.
    `a_covered`, `b_covered`: parts of each that stand in the other in order, edited words inside
    included. Of the evidence the strongest pieces are told: at most eight for each place.
    """

    score: float
    held: float
    edited: float
    own: float
    a_covered: float
    b_covered: float
    in_both: list[Evidence]
    only_in_a: list[Evidence]
    only_in_b: list[Evidence]


class Comparison(NamedTuple):
    """Two texts side by side; similarities are exact, over all their shingles.

    `kind`: "exact", "near", "contains" (a holds b), "contained", "partial" (neither, but they share
    passages) or "none". `shingles_a`, `shingles_b` and `shingles_common` count different ones.
    `verdict`: None where no score was asked for.
    """

    kind: str
    jaccard: float
    a_in_b: float
    b_in_a: float
    shingles_a: int
    shingles_b: int
    shingles_common: int
    verdict: Optional[Verdict]
    passages: Rows[Passage]


_LOSSES = {
    "too_long_normalised": "documents left out: longer than 4 GiB, as read or normalised",
    "invalid_utf8": "documents with invalid UTF-8, read as U+FFFD",
    "capped_passages": "documents that may repeat more: a cap was reached",
}


def _in_characters(offsets: str) -> bool:
    if offsets not in ("characters", "bytes"):
        raise InvalidArgument(f"'offsets' must be 'characters' or 'bytes', not {offsets!r}")
    return offsets == "characters"


@overload
def within(  # type: ignore[overload-overlap]  # a str is an iterable of str too
    texts: Union[str, bytes],
    *,
    preset: Preset = "corpus",
    repair: Optional[Names] = None,
    fold: Optional[Names] = None,
    similarity: Optional[float] = None,
    min_words: Optional[int] = None,
    min_words_inside: Optional[int] = None,
    offsets: Offsets = "characters",
    strict: bool = False,
) -> list[Repeat]: ...
@overload
def within(
    texts: Texts,
    ids: Optional[Ids] = None,
    *,
    text: str = "text",
    preset: Preset = "corpus",
    repair: Optional[Names] = None,
    fold: Optional[Names] = None,
    similarity: Optional[float] = None,
    min_words: Optional[int] = None,
    min_words_inside: Optional[int] = None,
    offsets: Offsets = "characters",
    threads: Optional[int] = None,
    strict: bool = False,
    progress: Progress = None,
) -> Within: ...
def within(
    texts: Union[str, bytes, Texts],
    ids: Optional[Ids] = None,
    *,
    text: str = "text",
    preset: Preset = "corpus",
    repair: Optional[Names] = None,
    fold: Optional[Names] = None,
    similarity: Optional[float] = None,
    min_words: Optional[int] = None,
    min_words_inside: Optional[int] = None,
    offsets: Offsets = "characters",
    threads: Optional[int] = None,
    strict: bool = False,
    progress: Progress = None,
) -> Union[list[Repeat], Within]:
    """Finds passages that stand at two places and more in one text, word for word or edited.

    texts: one str or bytes, which gives a list of its repeats; or many texts, as of `neardup.scan`,
        which gives a row for each that repeats something, ordered by id.
    ids, text, preset, repair, fold: as of `neardup.scan`; places are those of the text as it came.
    similarity: the identity that an edited passage has at least, above 0, at most 1: words that
        both places have in the same order, by the words of the longer one (0.6).
    min_words: the shortest passage that is the same in every word and fills whole lines or sentences.
    min_words_inside: the shortest that begins or ends inside a sentence, or was edited.
    offsets: "characters" of a str, or "bytes" of UTF-8, as the tool has them.
    threads, strict, progress: as of `neardup.scan`.

    Raises TypeError for texts that are none, InvalidArgument for options out of range.

    >>> import neardup
    >>> text = "A paragraph that stands here twice. Something else. A paragraph that stands here twice."
    >>> (repeat,) = neardup.within(text)
    >>> [text[place.start : place.end] for place in repeat.places]
    ['A paragraph that stands here twice', 'A paragraph that stands here twice']
    >>> [row.id for row in neardup.within([text, "something else"], ids=["x", "y"])]
    ['x']
    """
    is_one = isinstance(texts, (str, bytes, bytearray))
    options = {
        "similarity": similarity,
        "min_words": min_words,
        "min_words_inside": min_words_inside,
    }
    with reporter(progress) as report:
        frame, stats = _core.within(
            [texts] if is_one else texts,
            ids,
            text,
            {"preset": preset, "repair": repair, "fold": fold},
            options,
            threads or 0,
            _in_characters(offsets),
            report,
        )
    tell_losses(
        [f"{meaning}: {stats[name]}" for name, meaning in _LOSSES.items() if stats[name]], strict
    )
    result = Within(frame, stats)
    if is_one:
        return result[0].repeats if result else []
    return result


def compare(
    a: Union[str, bytes],
    b: Union[str, bytes],
    *,
    preset: Preset = "corpus",
    threshold: Optional[float] = None,
    containment: Optional[float] = None,
    score: Optional[float] = None,
    shingle: Optional[str] = None,
    repair: Optional[Names] = None,
    fold: Optional[Names] = None,
    similarity: Optional[float] = None,
    min_words: Optional[int] = None,
    min_words_inside: Optional[int] = None,
    offsets: Offsets = "characters",
) -> Comparison:
    """How similar two texts are, and which passages they share.

    preset, repair, fold: as of `neardup.scan`: what is done to both texts first.
    threshold, containment, score, shingle: as of `neardup.scan`: what `kind` is decided by.
    similarity, min_words, min_words_inside, offsets: as of `neardup.within`. Passages are ordered
        by their places in a, where they do not overlap.

    Raises TypeError where one is no text, InvalidArgument for options out of range.

    >>> import neardup
    >>> result = neardup.compare("One two three four five six.", "Zero. One two three four five six.")
    >>> result.kind, round(result.jaccard, 2), result.a_in_b
    ('partial', 0.67, 1.0)
    >>> [(passage.words, passage.b.start) for passage in result.passages]
    [(6, 6)]
    """
    matching = {
        "preset": preset,
        "threshold": threshold,
        "containment": containment,
        "score": score,
        "shingle": shingle,
        "repair": repair,
        "fold": fold,
    }
    passages = {
        "similarity": similarity,
        "min_words": min_words,
        "min_words_inside": min_words_inside,
    }
    compared = _core.compare(a, b, matching, passages, _in_characters(offsets))
    return Comparison(*compared[:-2], _verdict(compared[-2]), Rows(compared[-1], passage))


def _verdict(told: Optional[tuple[Any, ...]]) -> Optional[Verdict]:
    if told is None:
        return None
    return Verdict._make((*told[:6], *([Evidence(*e) for e in place] for place in told[6:])))
