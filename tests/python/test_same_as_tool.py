"""Python's answers are the tool's, byte for byte once printed, whatever the texts come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import SAMPLES, SHARED, group_line, pair_line, read_jsonl, run_tool, write_jsonl

import neardup

pa = pytest.importorskip("pyarrow")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

SETS = [
    SAMPLES / "news.jsonl",
    SHARED / "mccormick_articles" / "docs_2500.jsonl",
    SHARED / "variants_bbc_en" / "docs.jsonl.zst",
    SHARED / "spdx_licences" / "docs.jsonl.zst",
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"threshold": 0.4, "max_matches": 3},
    {"containment": 0.9, "representative": "first-id", "link": "single"},
    {"preset": "news"},
    {"coverage": 0.5},
    {"shingle": "char:7", "repair": "all", "fold": "safe", "recall": 0.9},
]
FORMS: dict[str, Callable[[list], Any]] = {
    "list": list,
    "bytes": lambda texts: [t.encode("utf-8", "surrogatepass") for t in texts],
    "pyarrow": pa.array,
    "pyarrow large": lambda texts: pa.array(texts, pa.large_string()),
    "pyarrow view": lambda texts: pa.array(texts, pa.string_view()),
    "pyarrow binary": lambda texts: pa.array([t.encode() for t in texts], pa.binary()),
    "pyarrow dictionary": lambda texts: pa.array(texts).dictionary_encode(),
    "pyarrow chunked": lambda texts: pa.chunked_array(
        [texts[i : i + 7] for i in range(0, len(texts), 7)], pa.string()
    ),
    "polars": polars.Series,
    "pandas": pandas.Series,
}


def tool_options(options: dict[str, Any]) -> list[str]:
    return [part for k, v in options.items() for part in ("--" + k.replace("_", "-"), str(v))]


def load(path: Path) -> list[dict]:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return read_jsonl(path)


@pytest.mark.filterwarnings("ignore::neardup.LossWarning")  # the tool says so on stderr
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("path", SETS, ids=lambda path: path.parent.name)
def test_pairs_and_groups(path: Path, options: dict[str, Any]) -> None:
    documents = load(path)
    ids = [d["id"] for d in documents]
    result = neardup.scan([d["text"] for d in documents], ids, **options)
    lines = write_jsonl(documents)
    typed = tool_options({k: v for k, v in options.items() if k not in ("link", "representative")})
    of_tool = run_tool("scan", "-q", "--format", "jsonl", "--pairs", *typed, "-", stdin=lines)
    assert "".join(map(pair_line, result.pairs())).encode() == of_tool
    typed = tool_options({k: v for k, v in options.items() if k != "max_matches"})
    of_tool = run_tool("scan", "-q", "--format", "jsonl", *typed, "-", stdin=lines)
    assert "".join(map(group_line, result.groups())).encode() == of_tool
    groups_only = neardup.scan([d["text"] for d in documents], ids, output="groups", **options)
    assert list(groups_only.groups()) == list(result.groups())


@pytest.mark.parametrize("form", FORMS)
def test_whatever_the_texts_come_in(form: str, news: list[dict]) -> None:
    documents = news + [{"id": f"ß{i}", "text": d["text"].upper()} for i, d in enumerate(news)]
    texts = [d["text"] for d in documents]
    ids = [d["id"] for d in documents]
    wanted = neardup.scan(texts, ids, threshold=0.4)
    assert len(wanted.pairs()) > 10
    for form_of_ids in ("list", form):
        result = neardup.scan(FORMS[form](texts), FORMS[form_of_ids](ids), threshold=0.4)
        assert list(result.pairs()) == list(wanted.pairs())
        assert list(result.groups()) == list(wanted.groups())
        assert result.stats == wanted.stats


def tables(texts: list[str], ids: list[str]) -> list[Any]:
    columns = {"other": list(range(len(texts))), "id": ids, "text": texts}
    table = pa.table(columns)
    return [
        table,
        table.to_reader(max_chunksize=5),
        table.to_batches()[0],
        table.slice(0),
        polars.DataFrame(columns),
        pandas.DataFrame(columns),
        pa.chunked_array([table.to_struct_array().chunk(0)]),
    ]


def test_columns_of_tables(news: list[dict]) -> None:
    texts = [d["text"] for d in news]
    ids = [d["id"] for d in news]
    wanted = list(neardup.scan(texts, ids, threshold=0.4).pairs())
    for table in tables(texts, ids):
        assert list(neardup.scan(table, "id", threshold=0.4).pairs()) == wanted
    for table in tables(texts, ids):
        assert list(neardup.scan(table, ids, threshold=0.4).pairs()) == wanted


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads(threads: int, news: list[dict]) -> None:
    texts = [d["text"] for d in news] * 40
    result = neardup.scan(texts, threads=threads)
    assert list(result.pairs()) == list(neardup.scan(texts).pairs())


def test_tables_of_duckdb(news: list[dict]) -> None:
    duckdb = pytest.importorskip("duckdb")
    table = pa.table({"text": [d["text"] for d in news], "id": [d["id"] for d in news]})
    assert table.num_rows > 3
    with duckdb.connect() as connection:
        connection.register("documents", table)
        wanted = neardup.scan(table, "id", threshold=0.4)
        relation = connection.sql("select id, text, 1 as n from documents")
        result = neardup.scan(relation, "id", threshold=0.4)
        assert list(result.pairs()) == list(wanted.pairs()) and len(result.pairs()) > 0
        pairs = pa.table(result.pairs())
        connection.register("found", pairs)
        assert connection.sql("select count(*) from found").fetchall() == [(len(pairs),)]
