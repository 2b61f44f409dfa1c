"""The building blocks make the pairs and the groups of a scan."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from conftest import SAMPLES, SHARED, read_jsonl
from hypothesis import given, settings
from hypothesis import strategies as st

import neardup

A = "one two three four five six seven"
B = "One, two, three: four five six seven!"


def candidates(keys: neardup.Column, tokens: neardup.Column) -> set[tuple[int, int]]:
    """Rows that share a key, each two once; small buckets are compared whole."""
    found = set()
    for band in range(keys.width or 0):
        buckets: dict[int, list[int]] = {}
        for row in range(len(keys)):
            if tokens[row]:
                buckets.setdefault(keys.data[row, band], []).append(row)
        for rows in buckets.values():
            found.update((a, b) for i, a in enumerate(rows) for b in rows[i + 1 :])
    return found


@pytest.mark.filterwarnings("ignore::neardup.LossWarning")
@pytest.mark.parametrize("options", [{}, {"threshold": 0.5, "containment": 0.8}], ids=str)
@pytest.mark.parametrize("link", ["anchored", "single"])
@pytest.mark.parametrize("representative", ["longest", "first-id", "preferred"])
def test_blocks_make_a_scan(options: dict[str, Any], link: Any, representative: Any) -> None:
    path = SHARED / "mccormick_articles" / "docs_2500.jsonl"
    documents = read_jsonl(path if path.exists() else SAMPLES / "news.jsonl")
    documents += [{"id": f"copy {d['id']}", "text": d["text"].upper()} for d in documents[:9]]
    texts = [d["text"] for d in documents]
    ids = [d["id"] for d in documents]
    preferences = None
    if representative == "preferred":
        preferences = [-len(text) % 7 - 3 for text in texts]
    spec = neardup.Spec(**options)
    sketches = neardup.sketch(texts, spec)
    assert sketches.band_keys and sketches.num_tokens and sketches.digests
    pairs = sorted(candidates(sketches.band_keys, sketches.num_tokens))
    matches = [m for m in neardup.verify(texts, pairs, spec) if m.kind != "none"]
    ranks = neardup.rank(
        sketches.num_tokens,
        sketches.digests,
        ids,
        representative=representative,
        preferences=preferences,
    )
    assert sorted(ranks) == list(range(len(texts)))
    groups = neardup.group([m[:2] for m in matches], len(texts), rank=ranks, link=link)
    result = neardup.scan(
        texts,
        ids,
        link=link,
        representative=representative,
        preferences=preferences,
        max_matches=0,
        **options,
    )
    wanted = {tuple(sorted((p.a_row, p.b_row))): p.jaccard for p in result.pairs()}
    assert {(m.a, m.b): m.jaccard for m in matches} == wanted
    assert groups.tolist() == result.representatives().tolist()


def test_outputs_that_are_not_wanted_are_none() -> None:
    spec = neardup.Spec()
    made = neardup.sketch([A, None, B], spec, ["slots"])
    assert made.digests is made.num_tokens is made.band_keys is None
    assert made.slots is not None
    assert made.slots[0] == made.slots[2]
    assert (len(made.slots), made.slots.width) == (3, spec.slots)
    assert neardup.sketch([], spec).digests is not None
    with pytest.raises(neardup.InvalidArgument, match="'outputs' must be some of"):
        neardup.sketch([A], spec, ["keys"])  # type: ignore[list-item]
    with pytest.raises(neardup.InvalidArgument):
        neardup.band_keys([A], neardup.Spec(preset="news"))


def test_band_keys_are_arrow_and_numpy() -> None:
    keys = neardup.band_keys([A, B, "x"], neardup.Spec())
    assert keys.data.shape == (3, 12)
    pa = pytest.importorskip("pyarrow")
    assert pa.array(keys).type == pa.list_(pa.field("item", pa.uint64(), False), 12)
    assert pa.array(keys).to_pylist() == keys.tolist()
    numpy = pytest.importorskip("numpy")
    assert numpy.asarray(keys).shape == (3, 12)
    assert (keys.to_numpy()[0] == keys.to_numpy()[1]).all()


def test_bytes_that_are_no_utf8_are_counted() -> None:
    made = neardup.sketch([A, b"\xff a \xfe", None], neardup.Spec(), ["invalid_bytes"])
    assert made.invalid_bytes is not None and made.invalid_bytes.tolist() == [0, 2, 0]


def test_verify_measures_what_does_not_match() -> None:
    texts = [A, A + " eight nine ten eleven", "else"]
    spec = neardup.Spec(threshold=0.9)
    none, apart = neardup.verify(texts, [(0, 1), (0, 2)], spec, measure=True)
    wanted = neardup.verify(texts, [(0, 1)], neardup.Spec(threshold=0.1))[0]
    assert (none.kind, none.jaccard, none.a_in_b, none.b_in_a) == ("none", *wanted[3:6])
    assert 0 < none.jaccard < 0.9 and (apart.kind, apart.jaccard) == ("none", 0)
    assert neardup.verify(texts, [(0, 1)], spec)[0].jaccard == 0


def test_verify_by_the_verdict_says_what_a_scan_says() -> None:
    """Also of specs that were parsed, or sent to another process."""
    texts = [d["text"] for d in read_jsonl(SAMPLES / "news.jsonl")]
    spec = neardup.Spec(preset="news")
    assert spec.score == 0.5 and "score=0.5" in repr(spec) and neardup.Spec().score == 0
    pairs = [(i, j) for i in range(len(texts)) for j in range(i + 1, len(texts))]
    found = {(m.a, m.b): m[2:] for m in neardup.verify(texts, pairs, spec) if m.kind != "none"}
    scan = neardup.scan(texts, preset="news").pairs()
    assert len(scan) > 3 and {(p.a_row, p.b_row): p[4:] for p in scan} == found
    for other in (
        pickle.loads(pickle.dumps(spec)),
        neardup.Spec.parse(spec.line, threshold=spec.threshold, score=0.5),
    ):
        assert other == spec
        assert list(neardup.verify(texts, pairs[:9], other)) == list(neardup.verify(texts, pairs[:9], spec))
    with pytest.raises(neardup.InvalidArgument, match="without bands"):
        neardup.Spec.parse(neardup.Spec().line, score=0.5)
    with pytest.raises(neardup.Unsupported, match="all documents"):
        neardup.verify(texts, pairs, neardup.Spec(preset="news", coverage=0.5))


def test_verify_answers_each_pair_in_order() -> None:
    spec = neardup.Spec(threshold=0.5)
    rows = neardup.verify([A, B, "else", A + " eight"], [(3, 0), (0, 1), (2, 2), (1, 2)], spec)
    assert [(r.a, r.b, r.kind) for r in rows] == [
        (3, 0, "near"),
        (0, 1, "exact"),
        (2, 2, "exact"),
        (1, 2, "none"),
    ]
    assert rows[0].jaccard == pytest.approx(3 / 4)
    assert (rows[0].a_in_b, rows[0].b_in_a) == (0.75, 1.0)


def test_pairs_of_all_kinds() -> None:
    numpy = pytest.importorskip("numpy")
    pa = pytest.importorskip("pyarrow")
    spec = neardup.Spec(threshold=0.5)
    texts = [A, B, "else"]
    wanted = list(neardup.verify(texts, [(0, 1), (1, 2)], spec))
    array = numpy.array([[0, 1], [1, 2]])
    for pairs in (
        array,
        array.astype("uint32"),
        numpy.asfortranarray(array),
        array.tolist(),
        pa.table({"a": [0, 1], "b": [1, 2]}),
        pa.table({"x": ["", ""], "a_row": [0, 1], "b_row": [1, 2], "a": ["p", "q"]}),
        iter([(0, 1), (1, 2)]),
    ):
        assert list(neardup.verify(texts, pairs, spec)) == wanted
    scanned = neardup.scan(texts, ["p", "q", "r"]).pairs()
    assert neardup.group(scanned, 3).tolist() == [0, 0, 2]
    assert len(neardup.verify(texts, numpy.zeros((0, 2), "int64"), spec)) == 0


@pytest.mark.parametrize(
    "pairs",
    [[(0, 3)], [(0, -1)], [(0, 2**32)], [(0,)], [(0, 1, 2)], [5], [("x", "y")]],
    ids=str,
)
def test_pairs_that_are_none(pairs: Any) -> None:
    with pytest.raises((neardup.InvalidArgument, TypeError)):
        neardup.verify([A, B, "x"], pairs, neardup.Spec())
    with pytest.raises((neardup.InvalidArgument, TypeError)):
        neardup.group(pairs, 3)


def test_arrays_of_a_wrong_shape() -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(neardup.InvalidArgument, match=r"must be \[n, 2\]"):
        neardup.group(numpy.zeros((2, 3), "uint32"), 3)


def test_arguments_that_do_not_fit_together() -> None:
    made = neardup.sketch([A, B], neardup.Spec())
    assert made.num_tokens and made.digests
    for arguments in (
        {"ids": ["x"]},
        {"representative": "preferred"},
        {"representative": "preferred", "preferences": [1]},
        {"representative": "best"},
    ):
        with pytest.raises(neardup.InvalidArgument):
            neardup.rank(made.num_tokens, made.digests, **arguments)  # type: ignore[arg-type]
    with pytest.raises(neardup.InvalidArgument, match="as many digests"):
        neardup.rank(made.num_tokens, neardup.sketch([A], neardup.Spec()).digests)  # type: ignore
    with pytest.raises(neardup.InvalidArgument, match="as many ranks"):
        neardup.group([], 3, rank=made.num_tokens)
    with pytest.raises(neardup.InvalidArgument, match="'link'"):
        neardup.group([], 3, link="double")  # type: ignore[arg-type]
    with pytest.raises(neardup.LimitError):
        neardup.group([], -1)


def test_specs_are_values() -> None:
    spec = neardup.Spec(threshold=0.7, shingle="char:7", repair=["tags", "entities"], fold="marks")
    assert spec == neardup.Spec(
        threshold=0.7, shingle="char:7", repair="entities,tags", fold="marks"
    )
    assert spec.line.startswith("neardup hash=")
    assert (spec.shingle, spec.repair, spec.fold) == ("char:7", ("entities", "tags"), ("marks",))
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert len({spec, pickle.loads(pickle.dumps(spec)), neardup.Spec()}) == 2
    assert neardup.Spec.parse(spec.line, threshold=0.7) == spec
    assert neardup.Spec.parse(spec.line, threshold=0.9) != spec
    assert neardup.Spec(preset="news").bands == 0
    with pytest.raises(AttributeError):
        spec.threshold = 0.9
    spec.check(neardup.Spec.parse(spec.line))
    with pytest.raises(neardup.VersionError, match="shingle"):
        spec.check(neardup.Spec(threshold=0.7))


@pytest.mark.parametrize("line", ["", "neardup", "neardup hash=1 unicode=15.0.0 shingle=word:5"])
def test_lines_that_are_no_specs(line: str) -> None:
    with pytest.raises(neardup.FormatError):
        neardup.Spec.parse(line)


def test_rules_out_of_range() -> None:
    line = neardup.Spec().line
    with pytest.raises(neardup.InvalidArgument, match="'threshold'"):
        neardup.Spec.parse(line, threshold=0)
    with pytest.raises(neardup.InvalidArgument, match="'containment'"):
        neardup.Spec.parse(line, containment=2)


def test_hashes_of_another_version_are_refused() -> None:
    line = neardup.Spec().line.replace("hash=1", "hash=77")
    spec = neardup.Spec.parse(line)
    for call in (
        lambda: neardup.sketch([A], spec),
        lambda: neardup.verify([A], [], spec),
        lambda: neardup.Table(spec),
    ):
        with pytest.raises(neardup.VersionError):
            call()


def test_plans() -> None:
    plan = neardup.plan(threshold=0.8)
    assert (plan.bands, plan.rows, plan.slots) == (12, 5, 60)
    assert plan.probability(0.8) == pytest.approx(plan.recall) == pytest.approx(1 - (1 - 0.8**5) ** 12)
    assert plan.memory(10**6).set_bytes == 3_200_000_000
    for jaccard in (-0.1, 1.1, float("nan")):
        with pytest.raises(neardup.InvalidArgument):
            plan.probability(jaccard)
    with pytest.raises(neardup.LimitError):
        neardup.plan(threshold=0.001)
    with pytest.raises(neardup.InvalidArgument):
        neardup.plan(recall=1)


EDGES = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(EDGES, st.permutations(range(20)))
def test_groups_are_anchored_by_rank(edges: list[tuple[int, int]], rank: list[int]) -> None:
    column = neardup.Column(b"".join(r.to_bytes(4, "little") for r in rank), "uint32")
    linked = {frozenset(edge) for edge in edges}
    representatives: list[int] = []
    wanted = [0] * 20
    for document in sorted(range(20), key=lambda d: rank[d]):
        taker = [r for r in representatives if frozenset((r, document)) in linked]
        if not taker:
            representatives.append(document)
        wanted[document] = taker[0] if taker else document
    assert neardup.group(edges, 20, rank=column).tolist() == wanted
