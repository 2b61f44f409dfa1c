"""neardup.Index: what has been seen, in a folder on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from neardup import _core
from neardup._column import Column
from neardup._errors import InvalidArgument, LimitError, NotFound
from neardup._progress import reporter
from neardup._rows import Rows
from neardup._spec import Spec

if TYPE_CHECKING:
    from types import TracebackType

    from neardup._progress import Progress
    from neardup._types import Ids, IndexMode, Names, Outcome, Preset, Texts, Time, Times

    Path = Union[str, os.PathLike[str]]
    Id = Union[str, bytes, int]

_MODES = ("replace", "if_new", "if_unmatched")
_OUTCOMES: tuple[Outcome, ...] = ("added", "replaced", "known_id", "matched", "over_limit")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class IndexMatch(NamedTuple):
    """A document of an index that a text matches; similarities are exact.

    `kind` is seen from the text asked for: "contains" where it holds the match. `query_in_match`:
    how much of it stands in the match; `query_covered`: the same in order, edited words inside
    included. That, `match_covered` and the `score` of the verdict are None where the index gives
    no verdicts. `source` is None and `time` 0 where they are not known; `time` is in microseconds
    since 1970 in UTC.
    """

    id: str
    kind: str
    jaccard: float
    query_in_match: float
    match_in_query: float
    query_covered: Optional[float]
    match_covered: Optional[float]
    score: Optional[float]
    source: Optional[str]
    time: int


class IndexEntry(NamedTuple):
    """What an index knows of a document. `source` is "" and `time` 0 where they are not known.

    `time`: microseconds since 1970 in UTC. `text_bytes`: of the text as it came; `words`: in it.
    """

    id: str
    source: str
    time: int
    text_bytes: int
    words: int


class Added(NamedTuple):
    """What became of the rows of a batch.

    `added` came under a new id, `replaced` took the place of the document of their id; the others
    were left out: `known_id` for an id that is there, `matched` for a match, `over_limit` for a
    text above 4 GB or an id or a source above 64 KiB. `rows`: True for each row that is in now.
    """

    added: int
    replaced: int
    known_id: int
    matched: int
    over_limit: int
    rows: Column


class Index:
    """Documents in a folder on disk: asked and changed one by one or in batches.

    Made with `Index.create`, opened with `Index.open`. It has one writer at a time, in whatever
    process, and any number of readers, who see the state of when they opened or refreshed it.
    Changes are seen at once by the index that made them, and by others after `commit`, which a
    `with` statement that ends without an exception does too. Whatever ends the process, the index
    is as of its last commit. A change that fails drops all changes since then.

    Any thread may use an index, one at a time: the others wait, without the GIL.

    >>> import neardup, tempfile
    >>> path = tempfile.mkdtemp() + "/seen"
    >>> with neardup.Index.create(path, threshold=0.5) as ix:
    ...     ix.add("agency", "One two three four five six seven.", source="wire", time=1714521600000000)
    'added'
    >>> with neardup.Index.open(path) as ix:
    ...     [(match.id, match.kind) for match in ix.query("one two three four five six seven eight")]
    ...     ix.add_batch(["Something else"], ids=["courier"]).added
    ...     ix.remove("agency")
    ...     "agency" in ix, len(ix)
    [('agency', 'near')]
    1
    (False, 1)
    """

    __slots__ = ("_handle", "path", "readonly", "score", "spec")

    _handle: Any
    path: str
    """The folder."""
    readonly: bool
    """Whether nothing of it can be changed here."""
    spec: Spec
    """What its texts are read by, and what matches."""
    score: Optional[float]
    """The score of a verdict that makes a match too; None: it gives no verdicts."""

    def __init__(self) -> None:
        raise TypeError("an index is opened by neardup.Index.open or neardup.Index.create")

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        preset: Preset = "corpus",
        threshold: Optional[float] = None,
        containment: Optional[float] = None,
        score: Optional[float] = None,
        recall: Optional[float] = None,
        shingle: Optional[str] = None,
        repair: Optional[Names] = None,
        fold: Optional[Names] = None,
        synced: bool = True,
        threads: int = 0,
    ) -> Index:
        """Makes an empty index in a new folder, and opens it to write.

        preset, threshold, containment, score, recall, shingle, repair, fold: as of `neardup.scan`;
        they are the index's for good. synced, threads: as of `open`. Raises AlreadyExists where something is
        there.
        """
        options = {
            "preset": preset,
            "threshold": threshold,
            "containment": containment,
            "score": score,
            "recall": recall,
            "shingle": shingle,
            "repair": repair,
            "fold": fold,
        }
        _core.index_create(os.fsencode(path), options)
        return cls.open(path, synced=synced, threads=threads)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        readonly: bool = False,
        spec: Optional[Spec] = None,
        synced: bool = True,
        threads: int = 0,
        wait: float = 0,
    ) -> Index:
        """Opens an index.

        readonly: leaves the index to others to write. spec: what the caller's texts are read by;
        VersionError where the index is made by another one. synced: a commit survives the machine;
        if not, one that stops may lose the last thousands of documents, and commits do not wait
        for the disk. threads: of batches, 0 for one for each processor. wait: how many seconds to
        wait for another writer.

        Raises NotFound where there is no index, Busy where another one writes, VersionError where
        another version of Unicode or of the format made it, FormatError where it is damaged.
        """
        if not 0 <= wait <= 4e6:
            raise InvalidArgument(f"'wait' must be from 0 to 4e6 seconds, not {wait!r}")
        made = cls.__new__(cls)
        made.path = os.fsdecode(path)
        made.readonly = readonly
        made._handle, line, threshold, containment, score = _core.index_open(
            os.fsencode(path), not readonly, synced, threads, int(wait * 1000), spec.line if spec else None
        )
        made.spec = Spec.parse(line, threshold=threshold, containment=containment)
        made.score = score or None
        return made

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            if kind is None and not self.readonly:
                self.commit()
        finally:
            self.close()

    def close(self) -> None:
        """Closes it; changes that are not committed are dropped. Further calls of it raise
        InvalidArgument."""
        _core.index_close(self._handle)

    def add(
        self,
        id: Id,
        text: Union[str, bytes],
        *,
        source: Optional[str] = None,
        time: Time = None,
        mode: IndexMode = "replace",
    ) -> Outcome:
        """Adds a document, and says what became of it: see `Added`.

        source: who had it. time: when; a datetime (one without a time zone is UTC), or microseconds
        since 1970 in UTC. mode: "replace" takes the place of a document of that id, "if_new" adds
        only under a new id, and "if_unmatched" only what has no match in the index either. Raises
        LimitError for a text above 4 GB, or an id or a source above 64 KiB.
        """
        number = _core.index_add(self._handle, id, text, source, _microseconds(time), _mode(mode))
        outcome = _OUTCOMES[number]
        if outcome == "over_limit":
            raise LimitError("a text, an id or a source is too long")
        return outcome

    def add_batch(
        self,
        texts: Texts,
        ids: Ids = "id",
        *,
        text: str = "text",
        sources: Optional[Texts] = None,
        times: Optional[Times] = None,
        mode: IndexMode = "replace",
        commit_every: int = 0,
        progress: Progress = None,
    ) -> Added:
        """Adds many documents in their order, read on several threads.

        texts, ids, text: as of `neardup.scan`: lists, or whatever speaks Arrow; of a table, the
        names of its columns. sources: in the same way. times: of whole numbers, datetimes or Arrow
        timestamps. mode: as of `add`. progress: as of `neardup.scan`.

        commit_every: commits after so many documents and at the end; 0 commits nothing, and keeps
        about 1 KB a document in memory until `commit`. After an exception, Ctrl-C too, the
        index is as of the last commit.

        >>> import neardup, tempfile
        >>> with neardup.Index.create(tempfile.mkdtemp() + "/seen") as ix:
        ...     added = ix.add_batch(["One two three", "one two three!"], [1, 2], mode="if_unmatched")
        >>> added.added, added.matched, added.rows.tolist()
        (1, 1, [True, False])
        """
        with reporter(progress) as report:
            outcomes = _core.index_add_batch(
                *(self._handle, texts, ids, sources, _as_numbers(times), text),
                *(_mode(mode), _whole(commit_every, "commit_every"), report),
            )
        counts = (outcomes.count(number) for number in range(len(_OUTCOMES)))
        return Added._make((*counts, Column(outcomes.translate(_IS_IN), "bool")))

    def remove(self, id: Id) -> None:
        """Takes a document out. Raises NotFound where there is none of that id."""
        _core.index_remove(self._handle, id)

    def remove_before(self, time: Time) -> int:
        """Takes out all documents with a time before that one, and says how many."""
        return _core.index_remove_before(self._handle, _microseconds(time))

    def commit(self) -> None:
        """Makes the changes so far durable, and visible to others, all or none."""
        _core.index_commit(self._handle)

    def roll_back(self) -> None:
        """Drops the changes since the last commit."""
        _core.index_roll_back(self._handle)

    def refresh(self) -> None:
        """Sees what others have committed since the index was opened or refreshed."""
        _core.index_refresh(self._handle)

    def query(
        self,
        text: Union[str, bytes],
        k: int = 0,
        *,
        threshold: Optional[float] = None,
        containment: Optional[float] = None,
        score: Optional[float] = None,
        since: Time = None,
        before: Time = None,
        not_source: Optional[str] = None,
        not_id: Optional[Id] = None,
    ) -> list[IndexMatch]:
        """The documents that a text matches, best first: those that a scan of all of them and it
        would report.

        k: the best ones; 0: all. threshold, containment: higher than the index's own. score: another
        than the index's, where it gives verdicts; any threshold will do there. since, before: only
        documents of that time or later, and of times before. not_source: none of that source.
        not_id: the id that the text has in the index, if it is there: no match of itself.
        """
        rule = (threshold, containment, score)
        return self._query(text, not_id, False, k, rule, since, before, not_source)

    def query_id(
        self,
        id: Id,
        k: int = 0,
        *,
        threshold: Optional[float] = None,
        containment: Optional[float] = None,
        score: Optional[float] = None,
        since: Time = None,
        before: Time = None,
        not_source: Optional[str] = None,
    ) -> list[IndexMatch]:
        """The same for a document of the index, without itself. Raises NotFound where there is none
        of that id."""
        rule = (threshold, containment, score)
        return self._query(None, id, True, k, rule, since, before, not_source)

    def _query(
        self,
        text: Union[str, bytes, None],
        id: Optional[Id],
        by_id: bool,
        k: int,
        rule: tuple[Optional[float], Optional[float], Optional[float]],
        since: Time,
        before: Time,
        not_source: Optional[str],
    ) -> list[IndexMatch]:
        threshold, containment, score = (limit or 0.0 for limit in rule)
        found = _core.index_query(
            self._handle, text, id, by_id, _whole(k, "k"), threshold, containment, score,
            _microseconds(since), _microseconds(before), not_source,
        )
        return [
            IndexMatch(id, kind, jaccard, query_in, match_in, *verdict, source, time)
            for id, kind, jaccard, query_in, match_in, verdict, source, time in found
        ]

    def get(self, id: Id) -> IndexEntry:
        """What is known of a document. Raises NotFound where there is none of that id."""
        return Rows(_core.index_get(self._handle, id), _entry)[0]

    def documents(self) -> Rows[IndexEntry]:
        """All documents, in the order in which they were added; as Arrow too. Ids that are not
        UTF-8 are shown with U+FFFD."""
        return Rows(_core.index_documents(self._handle), _entry)

    def __iter__(self) -> Iterator[IndexEntry]:
        """The documents there are now."""
        return iter(self.documents())

    def __contains__(self, id: object) -> bool:
        try:
            _core.index_get(self._handle, id)
        except NotFound:
            return False
        return True

    def __len__(self) -> int:
        return _core.index_len(self._handle)

    def stat(self) -> dict[str, int]:
        """What it holds, and where its bytes go: the figures of `neardup index stat`."""
        return _core.index_stat(self._handle)

    def check(self, progress: Progress = None) -> None:
        """Reads all of it and compares it with itself. Raises FormatError, with the first thing
        that is wrong."""
        with reporter(progress) as report:
            _core.index_check(self._handle, report)

    def compact(self) -> None:
        """Writes it anew, without what was removed; commit first. Needs room for both."""
        _core.index_compact(self._handle)

    def copy(self, path: Path) -> None:
        """Copies what is committed to a new folder, also while others write."""
        _core.index_copy(self._handle, os.fsencode(path))

    def merge(self, path: Path, *, mode: IndexMode = "replace") -> int:
        """Adds all documents of another index, of the same spec, and says how many."""
        return _core.index_merge(self._handle, os.fsencode(path), _mode(mode))

    def __repr__(self) -> str:
        return f"<neardup.Index: {self.path!r}, {self.spec.line}>"


_IS_IN = bytes(int(number < 2) for number in range(256))


def _entry(row: tuple[Any, ...]) -> IndexEntry:
    return IndexEntry(*row)


def _mode(mode: str) -> int:
    if mode not in _MODES:
        raise InvalidArgument(f"'mode' must be one of {', '.join(map(repr, _MODES))}, not {mode!r}")
    return _MODES.index(mode)


def _whole(number: int, name: str) -> int:
    if number < 0:
        raise InvalidArgument(f"'{name}' must not be below 0, and is {number!r}")
    return number


def _microseconds(time: Time) -> int:
    if time is None:
        return 0
    if isinstance(time, datetime):
        aware = time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc)
        return (aware - _EPOCH) // timedelta(microseconds=1)
    return time


def _as_numbers(times: Any) -> Any:
    """An iterable's datetimes as numbers; a column, or the name of one, as it is."""
    if times is None or isinstance(times, str):
        return times
    if hasattr(times, "__arrow_c_stream__") or hasattr(times, "__arrow_c_array__"):
        return times
    return (None if time is None else _microseconds(time) for time in times)
