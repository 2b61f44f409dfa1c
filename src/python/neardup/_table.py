"""neardup.Table: what arrives, against what is there."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Optional, TypeVar, Union

from neardup import _core
from neardup._errors import AlreadyExists, NotFound
from neardup._spec import Spec

if TYPE_CHECKING:
    from neardup._types import Names

Key = TypeVar("Key", bound=Hashable)


class Match(NamedTuple):
    """A text of a table that the text asked for matches; similarities are exact.

    `kind` is seen from the text asked for: "contains" where it holds the match. `query_in_match`:
    how much of it stands in the match.
    """

    key: Any
    kind: str
    jaccard: float
    query_in_match: float
    match_in_query: float


class Table(Generic[Key]):
    """Texts in memory, under keys of one's own: add, query and remove, one text at a time.

    spec: what texts are read by and what matches: a `neardup.Spec`, or None for the one that the
    other arguments make (see there). Any thread may use a table, several at once: queries run
    side by side, without the GIL. Memory: about 8 bytes for each word and 300 for each text.

    >>> import neardup
    >>> table = neardup.Table(threshold=0.5)
    >>> table.add("x", "one two three four five six")
    >>> table.add("y", "something else")
    >>> [(match.key, match.kind) for match in table.query("One two three four five six seven")]
    [('x', 'near')]
    >>> table.remove("x")
    >>> len(table), "x" in table, table.query("one two three four five six")
    (1, False, [])
    """

    __slots__ = ("_handle", "_keys", "_lock", "_next", "_numbers", "recall", "spec")

    spec: Spec
    """What texts are read by, and what matches."""
    recall: float
    """The chance that a match exactly at the threshold is found."""

    def __init__(
        self,
        spec: Optional[Spec] = None,
        *,
        threshold: Optional[float] = None,
        containment: Optional[float] = None,
        recall: Optional[float] = None,
        shingle: Optional[str] = None,
        repair: Optional[Names] = None,
        fold: Optional[Names] = None,
    ) -> None:
        given = (threshold, containment, recall, shingle, repair, fold)
        if spec is None:
            spec = Spec(
                threshold=threshold,
                containment=containment,
                recall=recall,
                shingle=shingle,
                repair=repair,
                fold=fold,
            )
        elif any(option is not None for option in given):
            raise TypeError("options go into the spec, where there is one")
        self.spec = spec
        self._handle, self.recall = _core.table_new(spec.line, spec.threshold, spec.containment)
        self._lock = threading.Lock()
        self._numbers: dict[Key, int] = {}
        self._keys: dict[int, Key] = {}
        self._next = 0

    def add(self, key: Key, text: Union[str, bytes]) -> None:
        """Adds a text. Raises AlreadyExists where the key is taken: nothing changes then."""
        with self._lock:
            if key in self._numbers:
                raise AlreadyExists(f"the key is taken: {key!r}")
            number = self._next
            self._next += 1
            self._numbers[key] = number
            self._keys[number] = key
        try:
            _core.table_insert(self._handle, number, text)
        except BaseException:
            self._forget(key, number)
            raise

    def query(self, text: Union[str, bytes], max_matches: int = 0) -> list[Match]:
        """The texts that match, the most similar first (then the earlier added), at most
        max_matches (0: all)."""
        matches = []
        for found in _core.table_query(self._handle, text, max_matches):
            try:
                matches.append(Match(self._keys[found[0]], *found[1:]))
            except KeyError:  # another thread removed it meanwhile
                continue
        return matches

    def remove(self, key: Key) -> None:
        """Takes a text out. Raises NotFound where there is no such key."""
        with self._lock:
            number = self._numbers.get(key)
            if number is None:
                raise NotFound(f"there is no such key: {key!r}")
            _core.table_remove(self._handle, number)
            del self._numbers[key]
            del self._keys[number]

    def _forget(self, key: Key, number: int) -> None:
        with self._lock:
            del self._numbers[key]
            del self._keys[number]

    @property
    def capped_queries(self) -> int:
        """Queries so far that met a key shared by more texts than are looked at (10,000), so that
        matches may be missing."""
        return _core.table_capped(self._handle)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Key]:
        """The keys, in the order in which they were added."""
        return iter(list(self._numbers))

    def __repr__(self) -> str:
        return f"<neardup.Table: {len(self)} texts, {self.spec.line}>"
