"""neardup.scan: what it takes, gives and refuses."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neardup

A = "one two three four five six seven"
B = "One, two, three: four five six seven!"


def test_without_ids_rows_are_numbers_in_their_order() -> None:
    result = neardup.scan([A] * 12)
    pairs = [(p.a, p.b) for p in result.pairs()]
    assert pairs == [(i, j) for i in range(12) for j in range(i + 1, 12)]
    assert [(p.a_row, p.b_row) for p in result.pairs()] == pairs
    (group,) = result.groups()
    assert group.representative == 0
    assert [m.id for m in group.members] == list(range(1, 12))


def test_ids_of_all_kinds() -> None:
    result = neardup.scan([A, B, A], [7, b"x", "\u00e9"])
    assert [(p.a, p.b, p.a_row, p.b_row) for p in result.pairs()] == [
        ("7", "x", 0, 1),
        ("7", "é", 0, 2),
        ("x", "é", 1, 2),
    ]


def test_ids_that_are_no_utf8_are_repaired_in_results_alone() -> None:
    result = neardup.scan([A, A, A], [b"a\xff\xfe", b"\xe2\x82", b"\xf0\x9f\x98\x80"])
    assert [p.a for p in result.pairs()] == ["a\ufffd\ufffd", "a\ufffd\ufffd", "\ufffd"]
    assert result.pairs()[0].b == "\ufffd"


def test_nulls_are_documents_without_words() -> None:
    result = neardup.scan([None, A, math.nan, B])
    assert [(p.a, p.b) for p in result.pairs()] == [(1, 3)]
    assert result.stats["documents"] == 4
    assert result.stats["no_words"] == 2
    assert result.keep_mask().tolist() == [True, True, True, False]


def test_lone_surrogates_are_counted_and_read_as_replacements() -> None:
    with pytest.warns(neardup.LossWarning, match="invalid UTF-8"):
        result = neardup.scan(["\ud800 " + A, A])
    assert result.stats["invalid_utf8"] == 1
    assert len(result.pairs()) == 1
    with pytest.raises(neardup.FormatError, match="invalid UTF-8"):
        neardup.scan(["\ud800 " + A, A], strict=True)


def test_repeated_ids_are_told_apart() -> None:
    result = neardup.scan([A, A, "other"], ["x", "x", "x"])
    names = {row.row: row.name for row in result.renamed()}
    assert sorted(names.values()) == ["x#2", "x#3"]
    assert all(row.id == "x" for row in result.renamed())
    assert result.stats["duplicate_ids"] == 2


def test_keep_mask_keeps_one_of_each_group() -> None:
    texts = [A, A + " eight", "else", B]
    result = neardup.scan(texts, threshold=0.5)
    assert result.keep_mask().tolist() == [False, True, True, False]
    assert result.keep_mask("first").tolist() == [True, False, True, False]
    assert result.keep_mask("last").tolist() == [False, False, True, True]
    assert result.representatives().tolist() == [1, 1, 2, 1]
    with pytest.raises(neardup.InvalidArgument):
        result.keep_mask("best")  # type: ignore[arg-type]


def test_preferences_choose_the_representative() -> None:
    for preferences in ([3, -5, 2], [None, -5, 2]):
        result = neardup.scan([A, B, A], representative="preferred", preferences=preferences)
        assert result.groups()[0].representative == 1
    with pytest.raises(neardup.InvalidArgument, match="need each other"):
        neardup.scan([A], preferences=[1])
    with pytest.raises(neardup.InvalidArgument, match="need each other"):
        neardup.scan([A], representative="preferred")


def test_what_was_not_asked_for_is_refused() -> None:
    with pytest.raises(neardup.InvalidArgument, match="not asked for pairs"):
        neardup.scan([A, B], output="groups").pairs()
    for ask in (neardup.Scan.groups, neardup.Scan.keep_mask, neardup.Scan.representatives):
        with pytest.raises(neardup.InvalidArgument, match="not asked for groups"):
            ask(neardup.scan([A, B], output="pairs"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0}, "'threshold' must be above 0 and at most 1, not 0"),
        ({"threshold": math.nan}, "'threshold'"),
        ({"recall": 1}, "'recall' must be above 0 and below 1, not 1"),
        ({"containment": 1.5}, "'containment'"),
        ({"coverage": -1}, "'coverage'"),
        ({"shingle": "word:0"}, "'shingle'"),
        ({"shingle": "word:65"}, "'shingle'"),
        ({"shingle": "word:5 "}, "'shingle'"),
        ({"shingle": "line:5"}, "'shingle'"),
        ({"repair": "quotes"}, "'repair'"),
        ({"repair": ["tags", "quotes"]}, "'repair'"),
        ({"fold": "tags"}, "'fold' must be some of 'none' 'all' 'safe' 'marks'"),
        ({"fold": ""}, "'fold'"),
        ({"output": "all"}, "'output' must be one of"),
        ({"link": "double"}, "'link'"),
        ({"representative": "best"}, "'representative'"),
        ({"preset": "books"}, "'preset' must be one of 'corpus' 'news', not 'books'"),
        ({"threads": -1}, "'threads'"),
        ({"max_matches": 2**32}, "'max_matches'"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(neardup.InvalidArgument) as raised:
        neardup.scan([A], **options)
    assert message in str(raised.value)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    "options",
    [{"threshold": "x"}, {"threads": 1.5}, {"shingle": 5}, {"repair": 5}, {"preset": 1}, {"text": 5}],
)
def test_options_of_a_wrong_type(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        neardup.scan([A], **options)


def test_no_plan() -> None:
    with pytest.raises(neardup.LimitError):
        neardup.scan([A], threshold=1e-9)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", "texts must be many, as in a list, not one str or bytes"),
        (b"one text", "texts must be many"),
        (5, "texts must be an iterable, or have __arrow_c_stream__ or __arrow_c_array__"),
        ([A, 5], "text 1 is of type 'int': it must be str or bytes"),
        ([A] * 3000 + [[]], "text 3000 is of type 'list'"),
    ],
)
def test_texts_that_are_none(texts: Any, message: str) -> None:
    with pytest.raises(TypeError) as raised:
        neardup.scan(texts)
    assert message in str(raised.value)


def test_ids_that_are_none() -> None:
    with pytest.raises(TypeError, match="id 1 is of type 'tuple'"):
        neardup.scan([A, B], ["x", ()])
    with pytest.raises(TypeError, match="ids are named 'id', but the texts are no table"):
        neardup.scan([A, B], "id")


@pytest.mark.parametrize("num", [0, 1, 3, 1024, 1025, 5000])
def test_as_many_ids_as_texts(num: int) -> None:
    with pytest.raises(neardup.InvalidArgument, match=f"more ids than texts, which are {num}"):
        neardup.scan([A] * num, range(num + 1))
    with pytest.raises(neardup.InvalidArgument, match=f"more texts than ids, which are {num}"):
        neardup.scan([A] * (num + 1), range(num))
    assert len(neardup.scan([A, B] * num, range(2 * num), output="groups")) == 2 * num


def test_what_an_iterable_raises_comes_through() -> None:
    def texts():  # type: ignore[no-untyped-def]
        for i in range(20000):
            yield f"{A} {i}"
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        neardup.scan(texts())


def test_results_are_sequences() -> None:
    pairs = neardup.scan([A, B, A]).pairs()
    assert len(pairs) == 3
    assert pairs[0] == pairs[-3] == list(pairs)[0]
    assert pairs[1:] == list(pairs)[1:]
    with pytest.raises(IndexError):
        pairs[3]
    assert pairs.column_names[:4] == ["a", "b", "a_row", "b_row"]
    assert list(pairs[0]._asdict())[: len(pairs.column_names)] == pairs.column_names
    assert pairs.to_pylist()[0] == {
        "a": 0,
        "b": 1,
        "a_row": 0,
        "b_row": 1,
        "kind": "exact",
        "jaccard": 1.0,
        "a_in_b": 1.0,
        "b_in_a": 1.0,
    }
    assert "3 rows of a, b" in repr(pairs)
    news = neardup.scan([A, B], preset="news")
    assert news.pairs().column_names[-3:] == ["a_covered", "b_covered", "score"]
    assert news.groups()[0].members[0].covered is not None
    assert news.groups()[0].members[0].score == 1
    both = neardup.scan([A, B], preset="news", coverage=0.4, score=0)
    assert both.pairs().column_names[-2:] == ["a_covered", "b_covered"]


def test_nothing_at_all() -> None:
    result = neardup.scan([])
    assert len(result) == len(result.pairs()) == len(result.groups()) == 0
    assert result.keep_mask().tolist() == []
    assert result.pairs().to_pylist() == []


def reference(text: str) -> set[tuple[str, ...]]:
    words = "".join(c if c.isalnum() else " " for c in text).split()
    if not words:
        return set()
    return {tuple(words[i : i + 2]) for i in range(max(1, len(words) - 1))}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=8).map(" ".join), max_size=30))
def test_pairs_are_those_of_a_plain_comparison(texts: list[str]) -> None:
    result = neardup.scan(texts, shingle="word:2", threshold=0.5, recall=0.999999, max_matches=0)
    found = {(p.a, p.b): p.jaccard for p in result.pairs()}
    sets = [reference(text) for text in texts]
    wanted = {}
    for i, a in enumerate(sets):
        for j in range(i + 1, len(sets)):
            if a and sets[j] and len(a & sets[j]) / len(a | sets[j]) >= 0.5:
                wanted[i, j] = len(a & sets[j]) / len(a | sets[j])
    assert found == pytest.approx(wanted)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.text(), st.binary(), st.none()), max_size=40))
def test_any_text_is_taken(texts: list[Any]) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", neardup.LossWarning)
        result = neardup.scan(texts)
    assert len(result) == len(texts) == len(result.keep_mask())
    for group in result.groups():
        assert result.keep_mask()[group.representative_row]


# --- within a cap on memory ---


def test_memory_is_a_cap_and_the_answer_is_the_same(news: list[dict], tmp_path: Path) -> None:
    texts = [f"{d['text']} {i} {j}" for i in range(30) for j, d in enumerate(news)]
    ids = [f"id {i % 300}" for i in range(len(texts))]
    free = neardup.scan(texts, ids, threshold=0.5)
    for memory in (64 << 20, "64M", "20000k"):
        held = neardup.scan(texts, ids, threshold=0.5, memory=memory, temp_dir=tmp_path)
        assert list(held.groups()) == list(free.groups())
        assert list(held.pairs()) == list(free.pairs())
        assert list(held.renamed()) == list(free.renamed())
        assert held.keep_mask().tolist() == free.keep_mask().tolist()
    assert not list(tmp_path.iterdir())
    with pytest.raises(neardup.OutOfMemory, match="'memory' is too little for these documents: '100k'"):
        neardup.scan(texts, memory="100k")
    for wrong in ("", "G", "1 G", "-1", 0, -5, "0", "1.5G", True, 2**63, "9999999999G"):
        with pytest.raises(neardup.InvalidArgument, match="'memory' must be"):
            neardup.scan(texts, memory=wrong)
    with pytest.raises(neardup.InvalidArgument, match="'temp_dir' only works with 'memory'"):
        neardup.scan(texts, temp_dir=tmp_path)
    with pytest.raises(neardup.IoError, match="none"):
        neardup.scan(texts, memory="64M", temp_dir=tmp_path / "none")


def test_preferences_decide_one_after_the_other() -> None:
    texts = ["one two three four", "One two three four.", "one, two, three, four", "else"]
    first, second = [2, 1, 1, 0], [0, 5, 4, 0]
    table = {"text": texts, "first": first, "second": second}

    def kept(texts: Any, preferences: Any) -> list[bool]:
        result = neardup.scan(texts, representative="preferred", preferences=preferences)
        return result.keep_mask().tolist()

    assert kept(texts, first) == [False, True, False, True]
    assert kept(texts, (first, second)) == [False, False, True, True]
    assert kept(texts, (second, first)) == [True, False, False, True]
    pa = pytest.importorskip("pyarrow")
    assert kept(pa.table(table), ("first", "second")) == [False, False, True, True]
    assert kept(pa.table(table), ("second", pa.array(first))) == [True, False, False, True]
    with pytest.raises(neardup.InvalidArgument, match="at most 8 preferences"):
        kept(texts, (first,) * 9)
    with pytest.raises(neardup.InvalidArgument, match="more texts than preferences"):
        kept(texts, (first, second[:3]))
