"""neardup.within and neardup.compare: what the tool finds, and offsets that cut the text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, SHARED, ratio, read_jsonl, run_tool, write_jsonl
from hypothesis import given, settings
from hypothesis import strategies as st

import neardup

PARAGRAPH = "The bridge, closed since the flood of last year, opens again on Monday – six weeks late."
TEXT = f"Première.\n{PARAGRAPH}\nSomething else stands here.\n\n{PARAGRAPH}\nEnd."

SETS = [
    SAMPLES / "news.jsonl",
    SHARED / "mccormick_articles" / "docs_2500.jsonl",
    SHARED / "spdx_licences" / "docs.jsonl.zst",
    SHARED / "repeats_bbc_en" / "docs.jsonl",
]


def place_text(place: neardup.Place) -> str:
    return (
        f'{{"start":{place.start},"end":{place.end},"line":{place.line},"end_line":{place.end_line}}}'
    )


def repeating_line(row: neardup.Repeating) -> str:
    repeats = ",".join(
        f'{{"similarity":{ratio(repeat.similarity)},"words":{repeat.words}'
        f',"places":[{",".join(map(place_text, repeat.places))}]}}'
        for repeat in row.repeats
    )
    return f'{{"id":{json.dumps(row.id, ensure_ascii=False)},"repeats":[{repeats}]}}\n'


@pytest.mark.filterwarnings("ignore::neardup.LossWarning")  # the tool says so on stderr
@pytest.mark.parametrize(
    "options",
    [{}, {"preset": "news"}, {"min_words": 20, "min_words_inside": 40, "similarity": 0.9}],
    ids=str,
)
@pytest.mark.parametrize("path", SETS, ids=lambda path: path.parent.name)
def test_within_is_the_tools(path: Path, options: dict[str, Any]) -> None:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    documents = read_jsonl(path)
    typed = [part for k, v in options.items() for part in ("--" + k.replace("_", "-"), str(v))]
    lines = write_jsonl(documents)
    of_tool = run_tool("within", "-q", "--format", "jsonl", *typed, "-", stdin=lines)
    result = neardup.within(
        [d["text"] for d in documents], [d["id"] for d in documents], offsets="bytes", **options
    )
    assert "".join(map(repeating_line, result)).encode() == of_tool


@pytest.mark.parametrize("preset", ["corpus", "news"])
def test_compare_is_the_tools(preset: Any) -> None:
    for a, b in [
        ("news/bridge-agency", "news/bridge-evening"),
        ("news/tram-agence", "news/tram-matin"),
        ("changes/original", "changes/entities"),
    ]:
        paths = [SAMPLES / f"{name}.txt" for name in (a, b)]
        of_tool = json.loads(
            run_tool("compare", "--format", "jsonl", "--preset", preset, *map(str, paths))
        )
        result = neardup.compare(
            paths[0].read_text(), paths[1].read_bytes(), offsets="bytes", preset=preset
        )
        assert result.kind == of_tool["kind"]
        for name in ("jaccard", "a_in_b", "b_in_a"):
            assert ratio(getattr(result, name)) == ratio(of_tool[name])
        for name in ("shingles_a", "shingles_b", "shingles_common"):
            assert getattr(result, name) == of_tool[name]
        assert (result.verdict is None) == (preset == "corpus")
        if result.verdict:
            for name in ("score", "a_covered", "b_covered"):
                assert ratio(getattr(result.verdict, name)) == ratio(of_tool[name])
            for name in ("in_both", "only_in_a", "only_in_b"):
                pieces = getattr(result.verdict, name)
                assert [e.text for e in pieces] == [e["text"] for e in of_tool[name]]
        found = result.passages.to_pylist()
        assert [(p["words"], p["a"], p["b"]) for p in found] == [
            (p["words"], p["a"], p["b"]) for p in of_tool["passages"]
        ]


def test_offsets_cut_the_text() -> None:
    (repeat,) = neardup.within(TEXT)
    assert repeat.similarity == 1
    assert [TEXT[p.start : p.end] for p in repeat.places] == [PARAGRAPH[:-1]] * 2
    assert [p.line for p in repeat.places] == [2, 5]
    data = TEXT.encode()
    (repeat,) = neardup.within(data, offsets="bytes")
    assert [data[p.start : p.end] for p in repeat.places] == [PARAGRAPH[:-1].encode()] * 2
    passages = neardup.compare("é. " + PARAGRAPH, "ßßß. " + PARAGRAPH).passages
    assert [("ßßß. " + PARAGRAPH)[p.b.start : p.b.end] for p in passages] == [PARAGRAPH[:-1]]


def test_one_text_or_many() -> None:
    assert neardup.within("nothing repeats here") == []
    rows = neardup.within(["nothing", TEXT, None, TEXT])
    assert [(row.id, row.row) for row in rows] == [(1, 1), (3, 3)]
    assert rows.stats["repeating_documents"] == 2
    assert rows.to_pylist()[0]["repeats"][0]["places"][0]["line"] == 2
    assert [row.id for row in neardup.within([TEXT, TEXT], ["b", "a"])] == ["a", "b"]


def test_columns_of_tables() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"id": ["x", "y"], "body": [TEXT, "else"]})
    rows = neardup.within(table, "id", text="body")
    assert [row.id for row in rows] == ["x"]
    read = pa.table(rows)
    assert read.column("repeats").type.value_type.field("places").type.value_type.num_fields == 4
    assert read.to_pylist() == rows.to_pylist()


def test_losses_are_told() -> None:
    with pytest.warns(neardup.LossWarning, match="invalid UTF-8"):
        neardup.within([b"\xff"])
    with pytest.raises(neardup.FormatError, match="invalid UTF-8"):
        neardup.within([b"\xff"], strict=True)


@pytest.mark.parametrize(
    "options",
    [{"similarity": 0}, {"min_words": 0}, {"offsets": "words"}, {"similarity": 1.1}],
    ids=str,
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(neardup.InvalidArgument):
        neardup.within([TEXT], **options)
    with pytest.raises(neardup.InvalidArgument):
        neardup.compare(TEXT, TEXT, **options)


def test_what_is_no_text() -> None:
    with pytest.raises(TypeError, match="the second text is of type 'int'"):
        neardup.compare("x", 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        neardup.within(5)  # type: ignore[call-overload]


WORDS = st.sampled_from(["élan", "ß", "two", "three.", "𝔘nicode", "five\n", "six,", "漢字"])


@pytest.mark.filterwarnings("ignore::neardup.LossWarning")
@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_places_begin_and_end_with_words(text: str) -> None:
    for repeat in neardup.within(text, min_words=3, min_words_inside=3):
        assert len(repeat.places) >= 2
        for place in repeat.places:
            piece = text[place.start : place.end]
            assert piece and piece[0].isalnum() and piece[-1].isalnum()
            assert text.count("\n", 0, place.start) + 1 == place.line
    in_bytes = neardup.within(text, min_words=3, min_words_inside=3, offsets="bytes")
    assert [
        [len(text.encode()[: p.start].decode()) for p in repeat.places] for repeat in in_bytes
    ] == [
        [p.start for p in repeat.places]
        for repeat in neardup.within(text, min_words=3, min_words_inside=3)
    ]
