"""neardup.Table: texts one at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neardup

A = "one two three four five six seven"


def test_finds_what_a_scan_finds(news: list[dict]) -> None:
    texts = {d["id"]: d["text"] for d in news}
    table: neardup.Table[str] = neardup.Table(threshold=0.4, recall=0.99999)
    found = set()
    for key, text in texts.items():
        for match in table.query(text):
            found.add((*sorted((key, match.key)), match.jaccard))
        table.add(key, text)
    result = neardup.scan(texts.values(), texts, threshold=0.4, recall=0.99999)
    assert found == {(p.a, p.b, p.jaccard) for p in result.pairs()}
    assert list(table) == list(texts)
    assert table.recall >= 0.99999


def test_matches_come_best_first() -> None:
    table: neardup.Table[object] = neardup.Table(threshold=0.3)
    table.add(("any", "key"), A + " eight nine")
    table.add(None, A)
    table.add(7, A.upper())
    assert [m.key for m in table.query(A)] == [None, 7, ("any", "key")]
    assert [m.key for m in table.query(A, max_matches=1)] == [None]
    assert table.query(A)[2] == (("any", "key"), "near", 3 / 5, 1.0, 3 / 5)
    assert table.query("") == []


def test_containment() -> None:
    table: neardup.Table[str] = neardup.Table(containment=0.9)
    table.add("long", " ".join(f"w{i}" for i in range(60)))
    (match,) = table.query(" ".join(f"w{i}" for i in range(20)))
    assert (match.kind, match.query_in_match) == ("contained", 1.0)


def test_keys() -> None:
    table: neardup.Table[str] = neardup.Table(neardup.Spec())
    table.add("x", A)
    with pytest.raises(neardup.AlreadyExists, match="the key is taken: 'x'"):
        table.add("x", "other")
    with pytest.raises(neardup.NotFound, match="no such key: 'y'"):
        table.remove("y")
    with pytest.raises(TypeError):
        table.add("z", 5)  # type: ignore[arg-type]
    assert "z" not in table and "x" in table and len(table) == 1
    table.remove("x")
    assert len(table) == 0
    table.add("x", A)
    assert [m.key for m in table.query(A)] == ["x"]
    with pytest.raises(TypeError):
        table.add([], A)  # type: ignore[type-var]


def test_options_and_specs() -> None:
    with pytest.raises(TypeError, match="go into the spec"):
        neardup.Table(neardup.Spec(), threshold=0.5)
    with pytest.raises(neardup.InvalidArgument, match="no bands"):
        neardup.Table(neardup.Spec(preset="news"))
    assert neardup.Table(threshold=0.5).spec == neardup.Spec(threshold=0.5)


def test_many_threads() -> None:
    table: neardup.Table[int] = neardup.Table()
    stop = threading.Event()

    def write(start: int) -> None:
        for i in range(start, start + 300):
            table.add(i, f"{A} {i % 7}")
            if i % 3 == 0:
                table.remove(i)

    def read() -> int:
        most = 0
        while not stop.is_set():
            most = max(most, len(table.query(A + " 3")))
        return most

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for writer in [pool.submit(write, 1000 * n) for n in range(4)]:
            writer.result()
        stop.set()
        for reader in readers:
            reader.result()
    assert len(table) == 800
    assert len(table.query(A + " 3")) == sum(1 for key in table if key % 7 == 3)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "query"]), st.integers(0, 5), st.integers(0, 3))
)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_is_a_dict_of_texts(steps: list[tuple[str, int, int]]) -> None:
    texts = [A, A + " eight", "else", ""]
    table: neardup.Table[int] = neardup.Table(threshold=0.7, recall=0.999999)
    wanted: dict[int, int] = {}
    for step, key, text in steps:
        if step == "query":
            found = {match.key for match in table.query(texts[text])}
            alike = {0: {0, 1}, 1: {0, 1}, 2: {2}, 3: set()}[text]
            assert found == {k for k, t in wanted.items() if t in alike}
        elif (key in wanted) == (step == "add"):
            with pytest.raises(neardup.Error):
                table.add(key, texts[text]) if step == "add" else table.remove(key)
        elif step == "add":
            table.add(key, texts[text])
            wanted[key] = text
        else:
            table.remove(key)
            del wanted[key]
    assert sorted(table) == sorted(wanted)
