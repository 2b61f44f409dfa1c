"""neardup.compat.datasketch: the calls of datasketch's users, and the accuracy they have there."""

from __future__ import annotations

import copy
import doctest
import math
import pickle
import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neardup.compat import datasketch
from neardup.compat.datasketch import (
    LeanMinHash,
    MinHash,
    MinHashLSH,
    MinHashLSHEnsemble,
    MinHashLSHForest,
    sha1_hash32,
    sha1_hash64,
)


def elements(*ranges: range) -> list[bytes]:
    return [b"%d" % i for each in ranges for i in each]


def sketch(*ranges: range, **options: Any) -> MinHash:
    minhash = MinHash(**options)
    minhash.update_batch(elements(*ranges))
    return minhash


def test_examples() -> None:
    assert doctest.testmod(datasketch).failed == 0
    assert doctest.testmod(datasketch).attempted > 15


# --- MinHash ---


@pytest.mark.parametrize("num_perm", [1, 4, 16, 128, 1024])
def test_order_repetition_and_batches_change_nothing(num_perm: int) -> None:
    items = elements(range(300))
    a, b, c = (MinHash(num_perm=num_perm) for _ in range(3))
    for item in items:
        a.update(item)
    random.Random(1).shuffle(items)
    b.update_batch(items + items[:50])
    for i in range(0, 300, 70):
        c.update_batch(items[i : i + 70])
        assert len(c.hashvalues) == num_perm  # sketches what there is
    assert a == b == c
    assert a.jaccard(b) == 1.0
    assert list(a.hashvalues) == list(c.hashvalues) == list(a.digest())


@pytest.mark.parametrize("size", [10, 100, 3000])
@pytest.mark.parametrize("jaccard", [0.0, 0.2, 0.5, 0.9])
def test_estimates_are_those_of_minhash(size: int, jaccard: float) -> None:
    common = round(2 * size * jaccard / (1 + jaccard))
    exact = common / (2 * size - common)
    num_perm, trials = 128, 60
    found = []
    for trial in range(trials):
        base = trial * 10 * size
        a = sketch(range(base, base + size), num_perm=num_perm, seed=trial)
        b = sketch(range(base + size - common, base + 2 * size - common), num_perm=num_perm, seed=trial)
        found.append(a.jaccard(b))
    spread = math.sqrt(exact * (1 - exact) / num_perm)
    assert abs(sum(found) / trials - exact) <= 4 * spread / math.sqrt(trials)
    error = math.sqrt(sum((f - exact) ** 2 for f in found) / trials)
    assert error <= 1.3 * spread + 1e-9


@pytest.mark.parametrize("size", [1, 5, 50, 500, 50000])
def test_count(size: int) -> None:
    found = [sketch(range(t * size, (t + 1) * size), seed=t).count() for t in range(20)]
    assert sum(found) / 20 == pytest.approx(size, rel=0.1)


def test_union_and_merge_are_those_of_the_sets() -> None:
    a, b = sketch(range(100)), sketch(range(50, 400))
    whole = sketch(range(400))
    assert MinHash.union(a, b) == whole
    grown = a.copy()
    grown.merge(b)
    assert grown == whole and a == sketch(range(100))
    grown.update(b"more")
    assert grown == sketch(range(400)) or grown != whole
    with pytest.raises(ValueError, match="less than 2"):
        MinHash.union(a)


def test_bulk() -> None:
    sets = [elements(range(10)), elements(range(5, 20)), []]
    made = MinHash.bulk(sets, num_perm=64, seed=7)
    assert made == list(MinHash.generator(sets, num_perm=64, seed=7))
    assert made[1] == sketch(range(5, 20), num_perm=64, seed=7)
    assert made[2].is_empty() and not made[0].is_empty()


def test_empty_and_cleared() -> None:
    a, b = MinHash(), MinHash()
    assert a.is_empty() and a.count() == 0 and a.jaccard(b) == 1.0
    a.update(b"x")
    assert not a.is_empty() and a.jaccard(b) == 0.0
    a.clear()
    assert a == b
    a.update_batch([])
    assert a.is_empty()


def test_hash_functions() -> None:
    a, b = MinHash(hashfunc=sha1_hash32), MinHash(hashfunc=lambda text: len(text))
    a.update(b"x")
    assert a.hashfunc is sha1_hash32 and a != sketch()
    b.update_batch(["xx", "yy"])
    c = MinHash(hashfunc=lambda text: 2)
    c.update("anything")
    assert b == c
    assert sha1_hash32(b"x") == sha1_hash64(b"x") % 2**32
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match="64 bits"):
            MinHash(hashfunc=lambda _, wrong=wrong: wrong).update(b"x")
    with pytest.raises(TypeError):
        MinHash(hashfunc=lambda _: "x").update(b"x")  # type: ignore[arg-type,return-value]
    with pytest.raises(ValueError, match="callable"):
        MinHash(hashfunc=5)  # type: ignore[arg-type]


def test_elements_are_bytes_or_buffers() -> None:
    numpy = pytest.importorskip("numpy")
    a, b = MinHash(), MinHash()
    a.update_batch(numpy.array([1, 2, 300]))
    for number in (1, 2, 300):
        b.update(struct.pack("<q", number))
    assert a == b
    c, d = MinHash(), MinHash()
    c.update(bytearray(b"xyz"))
    d.update(memoryview(b"xyz"))
    assert c == d
    for wrong in ("text", 5, None, [1]):
        with pytest.raises(TypeError):
            MinHash().update(wrong)


def test_sketches_that_cannot_be_compared() -> None:
    a = MinHash(num_perm=64)
    for other in (MinHash(num_perm=128), MinHash(num_perm=64, seed=2), "x"):
        for call in (a.jaccard, a.merge, lambda o: MinHash.union(a, o)):
            with pytest.raises(ValueError):
                call(other)
    assert a != MinHash(num_perm=64, seed=2) and a != "x"
    for num_perm in (0, -1, 1025):
        with pytest.raises((ValueError, OverflowError)):
            MinHash(num_perm=num_perm)
    with pytest.raises(ValueError, match="scheme"):
        MinHash(scheme="affine32")
    with pytest.raises(RuntimeError, match="GPU"):
        MinHash(gpu_mode="always")


@pytest.mark.parametrize("num_perm", [4, 128])
def test_copies_and_pickles_go_on(num_perm: int) -> None:
    a = sketch(range(100), num_perm=num_perm, seed=3, hashfunc=sha1_hash32)
    for other in (a.copy(), copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert other == a and other.hashfunc is sha1_hash32
        other.update(b"more")
    again = MinHash(seed=a.seed, hashvalues=a.hashvalues, permutations=a.permutations, scheme=a.scheme)
    assert again.jaccard(a) == 1.0 and len(again) == num_perm
    assert a == sketch(range(100), num_perm=num_perm, seed=3, hashfunc=sha1_hash32)


def test_lean_sketches() -> None:
    a = sketch(range(100), num_perm=64, seed=5)
    lean = LeanMinHash(a)
    assert lean.jaccard(a) == a.jaccard(lean) == 1.0
    assert lean == LeanMinHash(seed=5, hashvalues=a.hashvalues) and len({lean, LeanMinHash(a)}) == 1
    for call in (lean.update, lean.update_batch):
        with pytest.raises(TypeError, match="Cannot update"):
            call(b"x")
    for order in "@=<>!":
        buffer = bytearray(lean.bytesize(order) + 3)
        lean.serialize(buffer, order)
        assert LeanMinHash.deserialize(buffer, order) == lean
        with pytest.raises(ValueError, match="too short"):
            LeanMinHash.deserialize(buffer[:50], order)
        with pytest.raises(ValueError, match="too short"):
            LeanMinHash.deserialize(b"", order)
    assert pickle.loads(pickle.dumps(lean)) == lean and lean.copy() == lean
    assert LeanMinHash.union(lean, LeanMinHash(sketch(range(50, 150), num_perm=64, seed=5))).jaccard(
        sketch(range(150), num_perm=64, seed=5)
    ) == 1.0
    with pytest.raises(ValueError, match="enough space"):
        lean.serialize(bytearray(10))
    with pytest.raises(ValueError, match="no sketch of this package"):
        LeanMinHash.deserialize(struct.pack("@qi4I", 1, 4, 1, 2, 3, 4))  # datasketch 1
    with pytest.raises(ValueError, match="cannot be None"):
        LeanMinHash()


# --- MinHashLSH ---


def test_index() -> None:
    lsh = MinHashLSH(threshold=0.5, num_perm=128)
    assert (lsh.b, lsh.r, lsh.h) == (25, 5, 128) and lsh.is_empty()
    a, b, c = sketch(range(100)), sketch(range(5, 105)), sketch(range(900, 950))
    lsh.insert("a", a)
    lsh.insert(("b", 1), b)
    lsh.insert(None, c)
    assert set(lsh.query(a)) == {"a", ("b", 1)}
    assert lsh.query(c) == [None] and lsh.query(sketch(range(2000, 2100))) == []
    assert "a" in lsh and "x" not in lsh and not lsh.is_empty()
    with pytest.raises(ValueError, match="already exists"):
        lsh.insert("a", c)
    with pytest.raises(ValueError, match="does not exist"):
        lsh.remove("x")
    lsh.remove("a")
    assert lsh.query(a) == [("b", 1)]
    lsh.insert("a", c)
    assert set(lsh.query(c)) == {None, "a"}
    with pytest.raises(ValueError, match="Expecting minhash with length 128, got 64"):
        lsh.insert("y", MinHash(64))
    with pytest.raises(ValueError):
        lsh.query("text")
    assert "y" not in lsh


def test_parameters() -> None:
    assert (MinHashLSH(threshold=0.9).b, MinHashLSH(threshold=0.9).r) == (5, 25)
    recall = MinHashLSH(threshold=0.8, weights=(0.2, 0.8))
    precision = MinHashLSH(threshold=0.8, weights=(0.8, 0.2))
    assert (1 / recall.b) ** (1 / recall.r) < (1 / precision.b) ** (1 / precision.r)
    lsh = MinHashLSH(num_perm=128, params=(16, 8))
    assert (lsh.b, lsh.r) == (16, 8)
    for options in (
        {"threshold": 1.5},
        {"num_perm": 1},
        {"weights": (0.5, 0.6)},
        {"weights": (-0.5, 1.5)},
        {"params": (16, 9)},
        {"params": (1, 8)},
        {"storage_config": {"type": "redis"}},
    ):
        with pytest.raises(ValueError):
            MinHashLSH(**options)  # type: ignore[arg-type]


def test_sessions_buffers_and_counts() -> None:
    sets = {i: sketch(range(10 * i, 10 * i + 40)) for i in range(20)}
    lsh = MinHashLSH(threshold=0.4)
    with lsh.insertion_session(buffer_size=5) as session:
        for key, minhash in sets.items():
            session.insert(key, minhash)
    assert list(lsh.keys) == list(range(20)) and lsh.buffer_size == 5
    lsh.add_to_query_buffer(sets[3])
    lsh.add_to_query_buffer(sets[4])
    assert set(lsh.collect_query_buffer()) == set(lsh.query(sets[3])) & set(lsh.query(sets[4]))
    assert lsh.collect_query_buffer() == []
    counts = lsh.get_counts()
    assert len(counts) == lsh.b and all(sum(band.values()) == 20 for band in counts)
    assert all(sum(band.values()) == 2 for band in lsh.get_subset_counts(3, 4))
    with lsh.deletion_session() as deletion:
        for key in range(19):
            deletion.remove(key)
    assert lsh.query(sets[19]) == [19] and lsh.query(sets[3]) == []


def test_merging_and_pickling() -> None:
    a, b = MinHashLSH(threshold=0.5), MinHashLSH(threshold=0.5)
    a.insert("x", sketch(range(50)))
    b.insert("y", sketch(range(50)))
    b.insert("z", sketch(range(70, 90)))
    a.merge(b, check_overlap=True)
    assert set(a.query(sketch(range(50)))) == {"x", "y"} and "z" in a
    again = pickle.loads(pickle.dumps(a))
    assert set(again.query(sketch(range(50)))) == {"x", "y"}
    again.remove("x")
    assert again.query(sketch(range(50))) == ["y"] and "x" in a
    with pytest.raises(ValueError, match="overlapping"):
        a.merge(b, check_overlap=True)
    with pytest.raises(ValueError, match="different initialization"):
        a.merge(MinHashLSH(threshold=0.9))
    with pytest.raises(ValueError, match="Cannot merge type"):
        a.merge("x")  # type: ignore[arg-type]


def test_keys_that_are_pickled_or_repeated() -> None:
    lsh = MinHashLSH(threshold=0.5, prepickle=True)
    lsh.insert(["a", "list"], sketch(range(50)))  # type: ignore[arg-type]
    assert lsh.query(sketch(range(50))) == [["a", "list"]] and ["a", "list"] in lsh  # type: ignore
    lsh.remove(["a", "list"])  # type: ignore[arg-type]
    assert lsh.is_empty()
    lsh.insert("k", sketch(range(50)))
    lsh.insert("k", sketch(range(60, 99)), check_duplication=False)
    assert lsh.query(sketch(range(50))) == lsh.query(sketch(range(60, 99))) == ["k"]
    assert pickle.loads(pickle.dumps(lsh)).query(sketch(range(50))) == ["k"]
    lsh.remove("k")
    assert lsh.query(sketch(range(50))) == []


def test_finds_as_theory_says() -> None:
    lsh = MinHashLSH(threshold=0.5)
    pairs = 1500
    for i in range(pairs):
        lsh.insert(i, sketch(range(1000 * i, 1000 * i + 90)))
    for shift, jaccard in ((22, 68 / 112), (30, 0.5), (50, 40 / 140)):
        found = sum(
            i in lsh.query(sketch(range(1000 * i + shift, 1000 * i + shift + 90))) for i in range(pairs)
        )
        expected = 1 - (1 - jaccard**lsh.r) ** lsh.b
        assert found / pairs == pytest.approx(expected, abs=5 * math.sqrt(0.25 / pairs))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["insert", "remove", "query"]), st.integers(0, 9))))
def test_index_is_a_dict_of_sketches(steps: list[tuple[str, int]]) -> None:
    lsh = MinHashLSH(threshold=0.5, num_perm=32)
    sets = [sketch(range(i % 3 * 50, i % 3 * 50 + 40), num_perm=32) for i in range(10)]
    wanted: set[int] = set()
    for step, key in steps:
        if step == "query":
            assert set(lsh.query(sets[key])) == {k for k in wanted if k % 3 == key % 3}
        elif (step == "insert") == (key in wanted):
            with pytest.raises(ValueError):
                lsh.insert(key, sets[key]) if step == "insert" else lsh.remove(key)
        elif step == "insert":
            lsh.insert(key, sets[key])
            wanted.add(key)
        else:
            lsh.remove(key)
            wanted.remove(key)


# --- forest and ensemble ---


def test_forest() -> None:
    forest = MinHashLSHForest(num_perm=128, l=8)
    sets = {f"s{i}": sketch(range(5 * i, 5 * i + 100)) for i in range(40)}
    for key, minhash in sets.items():
        forest.add(key, minhash)
    assert forest.is_empty() and forest.query(sets["s7"], 3) == [] and "s7" in forest
    forest.index()
    assert forest.query(sets["s7"], 1) == ["s7"]
    hits = sum(
        len({f"s{i - 1}", f"s{i}", f"s{i + 1}"} & set(forest.query(sets[f"s{i}"], 3)))
        for i in range(1, 39)
    )
    assert hits > 0.7 * 3 * 38
    assert list(forest.get_minhash_hashvalues("s3")) == list(sets["s3"].hashvalues)
    forest.add("late", sketch(range(9000, 9100)))
    assert forest.query(sketch(range(9000, 9100)), 1) == []
    forest.index()
    assert forest.query(sketch(range(9000, 9100)), 1) == ["late"]
    assert pickle.loads(pickle.dumps(forest)).query(sets["s7"], 1) == ["s7"]
    for call in (
        lambda: forest.add("s7", sets["s7"]),
        lambda: forest.add("x", MinHash(64)),
        lambda: forest.query(sets["s7"], 0),
        lambda: forest.query(MinHash(64), 1),
        lambda: MinHashLSHForest(num_perm=4, l=8),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(KeyError):
        forest.get_minhash_hashvalues("none")


def test_ensemble_finds_by_containment() -> None:
    ensemble = MinHashLSHEnsemble(threshold=0.8, num_perm=256, num_part=8)
    sizes = [20 + 15 * i for i in range(60)]
    starts = [10000 * i for i in range(60)]
    entries = [(i, sketch(range(s, s + n), num_perm=256), n) for i, (s, n) in enumerate(zip(starts, sizes))]
    assert ensemble.is_empty()
    ensemble.index(iter(entries))
    assert 3 in ensemble and 99 not in ensemble and not ensemble.is_empty()
    found = wrong = 0
    for i, (start, size) in enumerate(zip(starts, sizes)):
        query = range(start + size // 3, start + size)
        answer = list(ensemble.query(sketch(query, num_perm=256), len(query)))
        found += i in answer
        wrong += len(set(answer) - {i})
    assert found >= 50 and wrong <= 10
    for call in (
        lambda: ensemble.index(entries),
        lambda: MinHashLSHEnsemble().index([]),
        lambda: MinHashLSHEnsemble().index([("x", MinHash(), 0)]),
        lambda: MinHashLSHEnsemble(m=1),
        lambda: MinHashLSHEnsemble(num_part=0),
    ):
        with pytest.raises(ValueError):
            call()


def test_what_is_not_there_says_so() -> None:
    with pytest.raises(ImportError):
        from neardup.compat.datasketch import HyperLogLog  # noqa: F401
    with pytest.raises(AttributeError, match="it is datasketch's alone"):
        datasketch.WeightedMinHash
    with pytest.raises(AttributeError):
        datasketch.nothing
