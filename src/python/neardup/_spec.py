"""neardup.Spec and neardup.plan: what hashes are made by, and how candidates are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from neardup import _core
from neardup._errors import InvalidArgument

if TYPE_CHECKING:
    from neardup._types import Names, Preset


class Memory(NamedTuple):
    """Estimates: `set_bytes` for shingle sets, `index_bytes` for the rest; together about the peak."""

    index_bytes: int
    set_bytes: int


class Plan(NamedTuple):
    """`bands` groups of `rows` slots each, of a sketch of `slots`; `recall` is had at `threshold`."""

    threshold: float
    recall: float
    bands: int
    rows: int
    slots: int

    def probability(self, jaccard: float) -> float:
        """The chance that a pair of that similarity is found: 1 - (1 - jaccard**rows)**bands."""
        return _core.plan_probability(tuple(self), jaccard)

    def memory(self, documents: float, mean_shingles: float = 400, mean_id_bytes: float = 24) -> Memory:
        """What a scan of so many documents holds, of so many shingles (about their words) each."""
        return Memory(*_core.plan_memory(tuple(self), documents, mean_shingles, mean_id_bytes))


def plan(
    *,
    threshold: Optional[float] = None,
    containment: Optional[float] = None,
    recall: Optional[float] = None,
) -> Plan:
    """The bands and rows that a scan takes for a threshold and the recall asked for.

    threshold, containment, recall: as of `neardup.scan`. Raises InvalidArgument for those out of
    range, LimitError where no plan reaches the recall.

    >>> import neardup
    >>> plan = neardup.plan(threshold=0.8, recall=0.99)
    >>> plan.bands, plan.rows, plan.slots
    (12, 5, 60)
    >>> round(plan.probability(0.5), 3)
    0.317
    """
    options = {"threshold": threshold, "containment": containment, "recall": recall}
    return Plan(*_core.plan(options))


class Spec:
    """What decides whether the hashes of two texts can be compared, and what counts as a match.

    Made from options of `neardup.scan`: shingle, repair, fold; threshold, containment and recall
    give the bands. Immutable, comparable, hashable, to be pickled.

    line: all that hashes depend on, in one line of text. Whatever stores or ships hashes carries
        it, and whoever reads them checks it. Equal specs have equal lines.
    threshold: the jaccard similarity that a match has at least; containment, score and coverage: the
        share of one text in the other, the verdict on both, and the part covered that make a match
        too, 0 where none does. No line tells these.
    shingle: "word:N" or "char:N". repair, fold: names of what is undone, and taken for the same.
    bands: keys of a text, each made of `rows` slots; texts that share one are candidates. 0 where
        a coverage or a score decides. slots: of a sketch.
    unicode: the version of Unicode that words are read by.

    >>> import neardup
    >>> spec = neardup.Spec(threshold=0.8)
    >>> spec.bands, spec.rows, spec.shingle
    (12, 5, 'word:5')
    >>> neardup.Spec.parse(spec.line, threshold=0.8) == spec
    True
    """

    line: str
    threshold: float
    containment: float
    score: float
    coverage: float
    shingle: str
    repair: tuple[str, ...]
    fold: tuple[str, ...]
    bands: int
    rows: int
    slots: int
    unicode: str

    __slots__ = (
        *("line", "threshold", "containment", "score", "coverage", "shingle", "repair", "fold"),
        *("bands", "rows", "slots", "unicode"),
    )

    def __init__(
        self,
        *,
        preset: Preset = "corpus",
        threshold: Optional[float] = None,
        containment: Optional[float] = None,
        coverage: Optional[float] = None,
        score: Optional[float] = None,
        recall: Optional[float] = None,
        shingle: Optional[str] = None,
        repair: Optional[Names] = None,
        fold: Optional[Names] = None,
    ) -> None:
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
        }
        line, rule, _ = _core.spec_make(options)
        self._set(line, *rule)

    def _set(
        self, line: str, threshold: float, containment: float, score: float, coverage: float = 0.0
    ) -> None:
        fields = _core.spec_fields(line)
        fields.update(threshold=threshold, containment=containment, score=score, coverage=coverage)
        for name in self.__slots__:
            value = fields[name]
            object.__setattr__(self, name, tuple(value) if isinstance(value, list) else value)

    @classmethod
    def parse(
        cls, line: str, *, threshold: float = 0.8, containment: float = 0.0, score: float = 0.0
    ) -> Spec:
        """The spec of a line, with what counts as a match, which no line tells. Raises FormatError
        where it is none, or has what this version does not know."""
        rule = _core.rule_check(
            {"threshold": threshold, "containment": containment, "score": score}
        )
        spec = _restore(line, *rule)
        if score and spec.bands:
            raise InvalidArgument("'score' needs a line without bands")
        return spec

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a Spec does not change")

    def check(self, other: Spec) -> None:
        """Raises VersionError, which says what differs, where hashes by the other spec must not be
        compared with this one's."""
        _core.spec_check(self.line, other.line)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Spec):
            return self._key() == other._key()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, float, float, float, float]:
        return self.line, self.threshold, self.containment, self.score, self.coverage

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, self._key()

    def __repr__(self) -> str:
        rule = {"threshold": self.threshold, "containment": self.containment}
        rule.update((name, value) for name in ("score", "coverage") if (value := getattr(self, name)))
        return f"<neardup.Spec: {self.line} {' '.join(f'{n}={v:g}' for n, v in rule.items())}>"


def _restore(line: str, *rule: float) -> Spec:
    spec = Spec.__new__(Spec)
    spec._set(line, *rule)
    return spec
