"""neardup.Index: what has been seen, in a folder on disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import run_tool

import neardup
from neardup import Index

A = "one two three four five six seven"
DAY = datetime(2024, 5, 1, tzinfo=timezone.utc)
MICROSECONDS = 1714521600 * 10**6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seen"


def matches_of(ix: Index) -> set[tuple[str, str, float, float, float]]:
    found = set()
    for entry in ix:
        for m in ix.query_id(entry.id):
            a, b = (entry.id, m.id), (m.query_in_match, m.match_in_query)
            a, b = (a, b) if a[0] < a[1] else (a[::-1], b[::-1])
            found.add((*a, m.jaccard, *b))
    return found


def pairs_of(documents: list[dict]) -> set[tuple[str, str, float, float, float]]:
    result = neardup.scan([d["text"] for d in documents], [d["id"] for d in documents], threshold=0.4)
    return {(p.a, p.b, p.jaccard, p.a_in_b, p.b_in_a) for p in result.pairs()}


def test_finds_the_news_that_a_scan_finds(path: Path, news: list[dict]) -> None:
    texts, ids = [d["text"] for d in news], [d["id"] for d in news]
    with Index.create(path, preset="news") as ix:
        assert ix.add_batch(texts[::-1], ids[::-1]).added == len(news)
        assert ix.score == 0.5 and ix.spec.bands == 0
    expected = {
        (p.a, p.b, p.jaccard, p.a_covered, p.b_covered, p.score)
        for p in neardup.scan(texts, ids, preset="news").pairs()
    }
    with Index.open(path, readonly=True) as ix:
        found = {
            (id, m.id, m.jaccard, m.query_covered, m.match_covered, m.score)
            for id in ids
            for m in ix.query_id(id)
            if id < m.id
        }
        assert found == expected != set()
        for text, id in zip(texts, ids):
            assert len(ix.query(text, not_id=id)) == len(ix.query_id(id))
            assert len(ix.query_id(id, score=0.99)) <= len(ix.query_id(id))
        ix.check()


def test_gives_verdicts_only_where_it_was_made_with_a_score(path: Path) -> None:
    with Index.create(path) as ix:
        ix.add("a", A)
        match = ix.query(A)[0]
        assert (ix.score, match.query_covered, match.match_covered, match.score) == (None,) * 4
        with pytest.raises(neardup.InvalidArgument, match="without a score"):
            ix.query(A, score=0.5)


def test_finds_what_a_scan_finds(path: Path, news: list[dict]) -> None:
    half, rest = news[: len(news) // 2], news[len(news) // 2 :]
    with Index.create(path, threshold=0.4) as ix:
        assert ix.add_batch([d["text"] for d in half], [d["id"] for d in half]).added == len(half)
        for d in reversed(rest):
            assert ix.add(d["id"], d["text"]) == "added"
    with Index.open(path) as ix:
        assert len(ix) == len(news) and matches_of(ix) == pairs_of(news) != set()
        for d in news[::3]:
            ix.remove(d["id"])
        left = [d for i, d in enumerate(news) if i % 3 != 0]
        assert len(ix) == len(left) and matches_of(ix) == pairs_of(left)
        for d in news[::3]:
            found = {(m.id, m.jaccard) for m in ix.query(d["text"])}
            ids = {e["id"] for e in left}
            wanted = {(({p[0], p[1]} - {d["id"]}).pop(), p[2]) for p in pairs_of(news) if d["id"] in p[:2]}
            assert found == {(id, jaccard) for id, jaccard in wanted if id in ids}
    with Index.open(path, readonly=True) as ix:
        ix.check()
        assert [e.id for e in ix.documents()] == [e["id"] for e in half if e in left] + [
            e["id"] for e in reversed(rest) if e in left
        ]


def test_the_tool_reads_it(path: Path) -> None:
    with Index.create(path, threshold=0.5, shingle="word:2") as ix:
        ix.add("a", A, source="wire", time=DAY)
    told = run_tool("index", "query", "--id", "a", str(path))
    assert told == b'{"id":"a","matches":[]}\n'
    assert run_tool("index", "check", str(path)) == b""
    with Index.open(path) as ix:
        assert ix.spec == neardup.Spec(threshold=0.5, shingle="word:2")
        assert ix.get("a") == ("a", "wire", MICROSECONDS, len(A), 7)
        assert (ix.path, ix.readonly) == (str(path), False) and str(path) in repr(ix)


def test_modes_and_outcomes(path: Path) -> None:
    with Index.create(path) as ix:
        assert ix.add("a", A) == "added"
        assert ix.add("a", A, mode="if_new") == "known_id"
        assert ix.add("b", A, mode="if_unmatched") == "matched"
        assert ix.add("a", A) == "replaced"
        added = ix.add_batch([A, "else", None], ["a", "b", 3], mode="if_new")
        assert added[:5] == (2, 0, 1, 0, 0) and added.rows.tolist() == [False, True, True]
        added = ix.add_batch([A, "x " * 9, b"else"], ["c", "d", "b"], mode="if_unmatched")
        assert added[:5] == (1, 0, 1, 1, 0) and added.rows.tolist() == [False, True, False]
        with pytest.raises(neardup.LimitError):
            ix.add("i" * 70000, A)
        assert ix.add_batch([A], ["i" * 70000]).over_limit == 1
        with pytest.raises(neardup.InvalidArgument, match="'mode' must be one of"):
            ix.add("a", A, mode="other")  # type: ignore[arg-type]
        assert sorted(e.id for e in ix) == ["3", "a", "b", "d"] and 3 in ix and "e" not in ix


def test_queries_are_limited(path: Path) -> None:
    with Index.create(path, threshold=0.5) as ix:
        for i in range(5):
            ix.add(i, A, source="north" if i % 2 else None, time=DAY + timedelta(days=i))
        ix.add("n", A + " eight")
        assert [m.id for m in ix.query(A)] == ["0", "1", "2", "3", "4", "n"]
        assert [m.id for m in ix.query(A, k=2)] == ["0", "1"]
        assert [m.id for m in ix.query(A, threshold=1.0)] == ["0", "1", "2", "3", "4"]
        assert [m.id for m in ix.query(A, not_id=0, not_source="north")] == ["2", "4", "n"]
        naive = (DAY + timedelta(days=3)).replace(tzinfo=None)
        assert [m.id for m in ix.query(A, since=MICROSECONDS + 1, before=naive)] == ["1", "2"]
        (m,) = ix.query_id("n", 1)
        assert m == ("0", "near", 0.75, 0.75, 1.0, None, None, None, None, MICROSECONDS)
        assert ix.query_id(1, before=DAY) == [] and ix.query("") == []
        assert ix.remove_before(DAY + timedelta(days=2)) == 2 and len(ix) == 4
        with pytest.raises(neardup.InvalidArgument, match="cannot find what is below"):
            ix.query(A, threshold=0.4)
        for call in (ix.query_id, ix.get, ix.remove):
            with pytest.raises(neardup.NotFound, match="'7'"):
                call(7)


def test_columns_of_tables(path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    days = [DAY, None, DAY + timedelta(days=1)]
    table = pa.table(
        {
            "url": ["a", "b", "c"],
            "text": [A, A, A],
            "site": ["x", None, "y"],
            "at": pa.array(days, pa.timestamp("us", "UTC")),
        }
    )
    with Index.create(path) as ix:
        ix.add_batch(table.to_reader(), "url", sources="site", times="at")
        next_day = MICROSECONDS + 86400 * 10**6
        assert [e[:3] for e in ix] == [("a", "x", MICROSECONDS), ("b", "", 0), ("c", "y", next_day)]
        assert ix.documents().to_arrow().column("id").to_pylist() == ["a", "b", "c"]
        for unit in ("s", "ms", "ns"):
            ix.add_batch([A] * 3, list("abc"), times=table["at"].cast(pa.timestamp(unit, "UTC")))
            assert [e.time for e in ix] == [MICROSECONDS, 0, next_day]
        for kind in (pa.uint64(), pa.int64(), pa.uint8()):
            ix.add_batch([A] * 3, list("abc"), times=pa.array([5, 0, None], kind))
            assert [e.time for e in ix] == [5, 0, 0]
        ix.add_batch([A] * 3, list("abc"), times=[7, None, DAY])
        assert [e.time for e in ix] == [7, 0, MICROSECONDS]
        before_1970 = pa.array([-1, -1000, -(10**18)], pa.timestamp("ns"))
        ix.add_batch([A] * 3, list("abc"), times=before_1970)
        assert [e.time for e in ix] == [-1, -1, -(10**15)]
        huge = pa.array([2**62, -(2**62), 1], pa.timestamp("s"))
        ix.add_batch([A] * 3, list("abc"), times=huge)
        assert [e.time for e in ix] == [0, -(2**63), 10**6]  # what is beyond all times is not known
        with pytest.raises(neardup.Unsupported, match="whole numbers or timestamps"):
            ix.add_batch([A], ["a"], times=pa.array([1.5]))
        with pytest.raises(TypeError, match="the texts are no table"):
            ix.add_batch([A], ["a"], sources="site")
        with pytest.raises(TypeError, match="need ids"):
            ix.add_batch([A], None)  # type: ignore[arg-type]
        with pytest.raises(neardup.InvalidArgument, match="more texts than sources"):
            ix.add_batch([A, A], ["a", "b"], sources=["x"])


def test_ids_are_any_bytes(path: Path) -> None:
    with Index.create(path) as ix:
        ix.add(b"\xff", A, source="\udcfe")
        ix.add_batch([A, A], [b"\xfd", 2**70])
        found = ix.query(A)
        assert sorted(m.id for m in found) == [str(2**70), "\udcfd", "\udcff"]
        assert [m.source for m in found if m.id == "\udcff"] == ["\udcfe"]
        assert all(m.id in ix for m in found) and b"\xff" in ix
        assert [e.id for e in ix] == ["\ufffd", "\ufffd", str(2**70)]
        for wrong in (None, 1.5, []):
            with pytest.raises(TypeError):
                ix.add(wrong, A)  # type: ignore[arg-type]
        for call in (
            lambda: ix.add("a", 5),  # type: ignore[arg-type]
            lambda: ix.add("a", A, source=5),  # type: ignore[arg-type]
            lambda: ix.query(None),  # type: ignore[arg-type]
            lambda: ix.query(None, not_id=7),  # type: ignore[arg-type]
            lambda: ix.query(A, not_source=7),  # type: ignore[arg-type]
            lambda: ix.query_id(None),  # type: ignore[arg-type]
        ):
            with pytest.raises(TypeError, match="must be str or bytes"):
                call()


def test_what_is_not_committed_is_dropped(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Index.create(path) as ix:
        ix.add("a", A)
        ix.commit()
        ix.add("b", A)
        raise ZeroDivisionError
    with Index.open(path) as ix:
        assert [e.id for e in ix] == ["a"]
        ix.add("c", A)
        ix.roll_back()
        ix.add("d", A)
        assert [e.id for e in ix] == ["a", "d"]
        with pytest.raises(TypeError, match="text 1"):
            ix.add_batch([A, 5], ["e", "f"])  # type: ignore[list-item]
        assert [e.id for e in ix] == ["a"]

    def breaks() -> Iterator[str]:
        for i in range(5000):
            yield f"{A} {i}"
        raise ZeroDivisionError

    with Index.open(path, synced=False) as ix:
        with pytest.raises(ZeroDivisionError):
            ix.add_batch(breaks(), range(5000))
        assert len(ix) == 1
        with pytest.raises(ZeroDivisionError):
            ix.add_batch(breaks(), range(5000), commit_every=1500)
        assert 1 < len(ix) < 5001  # what was committed stays
        with pytest.raises(neardup.InvalidArgument, match="'commit_every'"):
            ix.add_batch([A], ["x"], commit_every=-1)


def test_ctrl_c_ends_a_batch(path: Path) -> None:
    def endless() -> Iterator[str]:
        for i in range(10**9):
            if i == 3000:
                os.kill(os.getpid(), signal.SIGINT)
            yield f"{A} {i}"

    with Index.create(path, synced=False) as ix:
        with pytest.raises(KeyboardInterrupt):
            ix.add_batch(endless(), range(10**9))
        assert len(ix) == 0

        def stop(phase: str, done: int, total: int) -> None:
            assert (phase, total) == ("add", 0)
            raise ZeroDivisionError(str(done))

        with pytest.raises(ZeroDivisionError):
            ix.add_batch([A], ["a"], progress=stop)
        assert len(ix) == 0


def test_readers_and_the_one_writer(path: Path) -> None:
    with Index.create(path) as writer, Index.open(path, readonly=True) as reader:
        writer.add("a", A)
        assert len(reader) == 0
        writer.commit()
        assert len(reader) == 0
        reader.refresh()
        assert [m.id for m in reader.query(A)] == ["a"]
        with pytest.raises(neardup.InvalidArgument, match="open for reading"):
            reader.add("b", A)
        with pytest.raises(neardup.Busy, match="is being written by process"):
            Index.open(path)
        script = "import neardup, sys; neardup.Index.open(sys.argv[1])"
        done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=False)
        assert b"neardup._errors.Busy" in done.stderr
        started = time.monotonic()
        with pytest.raises(OSError, match="is being written"):
            Index.open(path, wait=0.2)
        assert time.monotonic() - started >= 0.2


def test_what_cannot_be_opened(path: Path, tmp_path: Path) -> None:
    with pytest.raises(neardup.NotFound, match="is not an index"):
        Index.open(tmp_path)
    with pytest.raises(neardup.NotFound):
        Index.open(tmp_path / "nowhere")
    Index.create(path).close()
    with pytest.raises(neardup.AlreadyExists):
        Index.create(path)
    with pytest.raises(neardup.VersionError, match="made with 'shingle=word:5', not with 'shingle=word:3'"):
        Index.open(path, spec=neardup.Spec(shingle="word:3"))
    Index.open(path, spec=neardup.Spec()).close()
    with pytest.raises(neardup.InvalidArgument, match="'threshold'"):
        Index.create(tmp_path / "other", threshold=2)
    with pytest.raises(neardup.InvalidArgument, match="'wait'"):
        Index.open(path, wait=-1)
    with pytest.raises(TypeError):
        Index()
    ix = Index.open(path)
    ix.close()
    ix.close()
    for call in (ix.commit, ix.stat, ix.compact, ix.check, lambda: ix.query(A), lambda: len(ix)):
        with pytest.raises(neardup.InvalidArgument, match="the index is closed"):
            call()
    for file in path.iterdir():
        file.write_bytes(b"x" * 5000)
    with pytest.raises(neardup.FormatError):
        Index.open(path)


def test_keeping(path: Path, tmp_path: Path) -> None:
    with Index.create(path, threshold=0.5) as ix:
        ix.add_batch([f"{A} {i}" for i in range(200)], range(200))
        with pytest.raises(neardup.InvalidArgument, match="commit first"):
            ix.compact()
        ix.commit()
        ix.check(progress=print)
        ix.remove(7)
        ix.commit()
        assert ix.stat()["removed_documents"] == 1 and ix.stat()["documents"] == len(ix) == 199
        ix.compact()
        assert ix.stat()["removed_documents"] == 0
        ix.copy(tmp_path / "copy")
    with Index.create(tmp_path / "other", threshold=0.5) as ix:
        ix.add(3, "something else")
        assert ix.merge(tmp_path / "copy", mode="if_new") == 198
        assert [m.id for m in ix.query_id(5, 1)] != [] and len(ix) == 199
        with pytest.raises(neardup.NotFound):
            ix.merge(tmp_path / "nowhere")


def test_many_threads(path: Path) -> None:
    stop = threading.Event()
    with Index.create(path, synced=False) as ix:

        def write(start: int) -> None:
            for i in range(start, start + 50):
                ix.add(i, f"{A} {i % 7}")
                if i % 3 == 0:
                    ix.remove(i)

        def read() -> int:
            most = 0
            while not stop.is_set():
                most = max(most, len(ix.query(A + " 3")))
            return most

        with ThreadPoolExecutor(6) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            for writer in [pool.submit(write, 1000 * n) for n in range(4)]:
                writer.result()
            stop.set()
            for reader in readers:
                reader.result()
        wanted = {str(i) for n in range(4) for i in range(1000 * n, 1000 * n + 50) if i % 3 != 0}
        assert {e.id for e in ix} == wanted
        assert {m.id for m in ix.query(A + " 3", threshold=1.0)} == {i for i in wanted if int(i) % 7 == 3}


def test_no_call_leaks(path: Path, tmp_path: Path) -> None:
    from test_limits import peak_kb

    def step() -> None:
        with Index.open(path, synced=False) as ix:
            ix.add("a", A, source="wire")
            ix.add_batch([A, A + " x"], ["b", "c"], sources=["p", None])
            ix.query(A), ix.query_id("b"), ix.get("a"), list(ix), ix.stat()
            with pytest.raises(neardup.NotFound):
                ix.get("nobody")
            ix.remove("a")
            with pytest.raises(TypeError):
                ix.add_batch([5], ["x"])  # type: ignore[list-item]

    Index.create(path).close()
    for _ in range(30):
        step()
    before = peak_kb()
    for _ in range(100):
        step()
    assert peak_kb() - before < 4000
