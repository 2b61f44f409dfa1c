"""What must hold for long-running programs: Ctrl-C, no leaks, threads, foreign memory released once."""

from __future__ import annotations

import gc
import os
import random
import resource
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

import neardup
from neardup.compat.datasketch import MinHash, MinHashLSH

A = "one two three four five six seven"
WORDS = [f"w{i}" for i in range(3000)]


def many_texts(num: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    base = [" ".join(rng.choices(WORDS, k=120)) for _ in range(max(1, num // 20))]
    return [rng.choice(base) + f" {i % 97} {rng.choice(WORDS)}" for i in range(num)]


# --- Ctrl-C ---


class Stopwatch:
    """Sends this process Ctrl-C after a while; how long it took to come out."""

    def __init__(self, delay: float) -> None:
        self.sent = 0.0
        self._timer = threading.Timer(delay, self._send)

    def _send(self) -> None:
        self.sent = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)

    def interrupt(self, work: Callable[[], Any]) -> float:
        self._timer.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                work()
            return time.monotonic() - self.sent
        finally:
            self._timer.cancel()
            self._timer.join()


def endless() -> Iterator[str]:
    while True:
        yield A


def slow() -> Iterator[str]:
    """Arrives slower than it is read."""
    while True:
        time.sleep(0.001)
        yield A


@pytest.mark.parametrize("texts", [endless, slow], ids=["endless", "slow"])
@pytest.mark.parametrize("call", [neardup.scan, neardup.within], ids=["scan", "within"])
def test_ctrl_c_while_texts_are_read(call: Callable[..., Any], texts: Callable[[], Any]) -> None:
    assert Stopwatch(0.3).interrupt(lambda: call(texts())) < 5


def test_ctrl_c_in_the_phases_that_follow() -> None:
    """From the callback, so that it comes in a phase that is sure to run."""
    texts = many_texts(20000)
    for options in ({}, {"preset": "news"}, {"output": "groups"}, {"memory": "64M"}):
        phases: set[str] = set()

        def stop(phase: str, done: int, total: int, phases: set[str] = phases) -> None:
            phases.add(phase)
            if phase != "read":
                os.kill(os.getpid(), signal.SIGINT)

        try:
            neardup.scan(texts, progress=stop, **options)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            assert phases - {"read"}
        assert len(neardup.scan(texts[:50], **options)) == 50  # type: ignore[arg-type]


def test_what_a_callback_raises_comes_through() -> None:
    def fail(phase: str, done: int, total: int) -> None:
        raise ZeroDivisionError(phase)

    with pytest.raises(ZeroDivisionError, match="read"):
        neardup.scan(endless(), progress=fail)


# --- memory ---


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def one_of_each() -> None:
    spec = neardup.Spec(threshold=0.5)
    result = neardup.scan([A, A + " eight", b"else", None], ["x", "y", "z", "z"], threshold=0.5)
    assert len(result.pairs().to_pylist()) == len(result.groups()) == 1
    result.keep_mask().tolist()
    neardup.within(A + ". " + A)
    neardup.compare(A, A)
    neardup.band_keys([A], spec)
    neardup.verify([A, A], [(0, 1)], spec)
    neardup.group([(0, 1)], 3)
    neardup.evaluate([A, A], pairs=[(0, 1)])


def refused() -> None:
    for call in (
        lambda: neardup.scan([A, 5]),  # type: ignore[list-item]
        lambda: neardup.scan([A], ["x", "y"]),
        lambda: neardup.scan([A], threshold=2),
        lambda: neardup.compare(A, 5),  # type: ignore[arg-type]
        lambda: neardup.Spec.parse("x"),
        lambda: neardup.evaluate([A], pairs=[(0, 9)]),
    ):
        with pytest.raises((neardup.Error, TypeError)):
            call()


def scan_step() -> None:
    neardup.scan([A, A + " eight", None], threshold=0.5, threads=2).pairs().to_pylist()


def scan_within_memory_step() -> None:
    neardup.scan([A, A], ["x", "x"], memory="8M").groups().to_pylist()


TABLE: neardup.Table[int] = neardup.Table()
INDEX = MinHashLSH(num_perm=32)


def table_step() -> None:
    TABLE.add(1, A)
    TABLE.query(A)
    TABLE.remove(1)


def index_step() -> None:
    minhash = MinHash(num_perm=32)
    minhash.update_batch([b"x", b"y"])
    INDEX.insert("x", minhash)
    INDEX.query(minhash.copy())
    INDEX.remove("x")


def test_no_call_leaks() -> None:
    """NEARDUP_LONG_TESTS: 10^5 rounds of calls, in place of 10^3."""
    rounds = 100000 if os.environ.get("NEARDUP_LONG_TESTS") else 1000
    for step, times in (
        (scan_step, rounds),
        (scan_within_memory_step, rounds // 5),
        (one_of_each, rounds // 20),
        (refused, rounds // 20),
        (table_step, rounds),
        (index_step, rounds),
    ):
        for _ in range(times // 4):
            step()
        gc.collect()
        before = peak_kb()
        for _ in range(times):
            step()
        after = peak_kb()
        print(f"{step.__name__}: {times} times, {before} kB before, {after} kB after")
        assert after - before < 4000, step.__name__


class Counted:
    """An Arrow stream of its own making, that counts what is made and released of it."""

    def __init__(self, texts: list[str]) -> None:
        self.array = pytest.importorskip("pyarrow").array(texts)
        self.made = 0

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        self.made += 1
        return self.array.__arrow_c_array__(requested_schema)


def test_foreign_memory_is_released_once() -> None:
    pa = pytest.importorskip("pyarrow")
    pool = pa.default_memory_pool()
    gc.collect()
    before = pool.bytes_allocated()
    texts = pa.chunked_array([pa.array(many_texts(500, seed)) for seed in range(5)])
    result = neardup.scan(texts, threshold=0.9)
    groups = len(result.groups())
    del texts
    gc.collect()
    assert pool.bytes_allocated() == before
    assert len(result.groups()) == groups
    for texts in (pa.array([5, 6]), pa.array([[A]])):
        with pytest.raises(neardup.Unsupported):
            neardup.scan(texts)
    source = Counted([A, A])
    assert len(neardup.scan(source).pairs()) == 1 and source.made == 1
    table = pa.table(result.groups())
    del result
    gc.collect()
    assert table.num_rows == groups  # the columns outlive the scan
    del table, texts, source
    gc.collect()
    assert pool.bytes_allocated() <= before + 1024


# --- threads ---


def test_many_threads_call_at_once() -> None:
    texts = many_texts(300)
    wanted = list(neardup.scan(texts).pairs())
    shared = neardup.scan(texts)

    def work(i: int) -> bool:
        if i % 3 == 0:
            return list(shared.pairs()) == wanted and len(shared.groups()) > 0
        if i % 3 == 1:
            return list(neardup.scan(texts, threads=1 + i % 2).pairs()) == wanted
        return len(neardup.within(texts[i] + ". " + texts[i])) == 1

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(24)))
