"""neardup.dedup of what the tool reads: JSON Lines and the like; and keys, the same for all formats."""

from __future__ import annotations

import csv
import functools
import gzip
import http.server
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, run_tool, write_jsonl

import neardup

A = "one two three four five six seven"
B = "One, two, three: four five six seven!"


def write(path: Path, texts: list[str], **columns: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    documents = [{"text": t, **{k: v[i] for k, v in columns.items()}} for i, t in enumerate(texts)]
    data = write_jsonl(documents)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def read(path: Path) -> list[dict]:
    data = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()]


# --- as the tool does ---


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"preset": "news", "repair": ["tags", "entities"], "fold": "safe", "threads": 1},
        {"threshold": 0.5, "annotate": True},
        {"keep": "longest", "memory": "64M", "threshold": 0.4},
        {"representative": "first-id", "containment": 0.9, "recall": 0.95, "shingle": "word:3"},
    ],
    ids=str,
)
def test_it_writes_what_the_tool_writes(tmp_path: Path, options: dict[str, Any]) -> None:
    source = SAMPLES / "news.jsonl"
    arguments = []
    for name, value in options.items():
        value = ",".join(value) if isinstance(value, list) else value
        arguments.append(f"--{name}" if value is True else f"--{name}={value}")
    wanted = run_tool("dedup", "-q", *arguments, str(source))
    done = neardup.dedup(source, tmp_path / "out.jsonl", **options)
    assert (tmp_path / "out.jsonl").read_bytes() == wanted
    assert done.files == [str(tmp_path / "out.jsonl")] and done.scan is None
    lines = [line for line in wanted.splitlines() if b'"neardup_kind":"' not in line]
    assert done.kept == len(lines) < done.documents
    assert done.stats["groups"] > 0 and done.stats["plan"]["recall"] >= 0


def test_a_folder_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in" / "a.jsonl", [A, "else"])
    write(tmp_path / "in" / "deep" / "b.jsonl.gz", [B, "other"])
    (tmp_path / "in" / "c.tsv").write_text(f"id\ttext\n1\t{A}\n2\tthird\n")
    monkeypatch.chdir(tmp_path)
    for source, target in (("in", "out"), (tmp_path / "in", tmp_path / "out2")):
        done = neardup.dedup(source, target)
        assert (done.documents, done.kept) == (6, 4)
        names = [os.path.relpath(file, target) for file in done.files]
        assert names == ["a.jsonl", "c.tsv", "deep/b.jsonl.gz"]
        assert read(Path(target) / "a.jsonl") == [{"text": A}, {"text": "else"}]
        assert read(Path(target) / "deep" / "b.jsonl.gz") == [{"text": "other"}]
        assert (Path(target) / "c.tsv").read_text() == "id\ttext\n2\tthird\n"


def test_several_files_go_into_one(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [A, "else"])
    write(tmp_path / "-b.jsonl", [B])
    done = neardup.dedup(tmp_path / "*.jsonl", tmp_path / "all.jsonl.gz", removed=tmp_path / "removed")
    assert (done.documents, done.kept) == (3, 2)
    assert len(read(tmp_path / "all.jsonl.gz")) == 2
    (gone,) = read(tmp_path / "removed")
    assert gone["kind"] == "exact" and {gone["id"][-2:], gone["representative"][-2:]} == {":1"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["-b.jsonl", "a.jsonl", "all.jsonl.gz", "removed"]


def test_losses_are_told(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(f'{{"text":"{A}"}}\nnonsense\n{{"body":1}}\n{{"text":"?"}}\n')
    with pytest.warns(neardup.LossWarning) as told:
        done = neardup.dedup(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [str(w.message).partition(":")[0] for w in told] == [
        "records that are not a JSON object, left out",
        "records without the text field, left out",
    ]
    assert told[0].filename == __file__
    assert done.documents == 2 and done.stats["no_words"] == 1
    with pytest.raises(neardup.FormatError, match="not a JSON object.*without the text field"):
        neardup.dedup(tmp_path / "in.jsonl", tmp_path / "strict.jsonl", strict=True)
    assert not (tmp_path / "strict.jsonl").exists()


def test_what_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", [A])
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "x.jsonl", [A])
    cases: list[tuple[str, str, dict[str, Any], type[Exception]]] = [
        ("none.jsonl", "out", {}, neardup.NotFound),
        ("in.jsonl", "in.jsonl", {}, neardup.InvalidArgument),
        ("folder", "folder/out", {}, neardup.InvalidArgument),
        ("in.jsonl", "none/out.jsonl", {}, neardup.IoError),
        ("in.jsonl", "out.jsonl", {"text": "body"}, neardup.NotFound),
        ("in.jsonl", "out.jsonl", {"threshold": 2}, neardup.InvalidArgument),
        ("in.jsonl", "out.jsonl", {"memory": "1M"}, neardup.InvalidArgument),
        ("in.jsonl", "out.jsonl", {"memory": True}, neardup.InvalidArgument),
        ("in.jsonl", "out.jsonl", {"link": "single"}, neardup.InvalidArgument),
        ("in.jsonl", "out.jsonl", {"keep": "best:x"}, neardup.InvalidArgument),
        ("in.jsonl", "out.jsonl", {"representative": "preferred"}, neardup.InvalidArgument),
        ("in.jsonl", "out.jsonl", {"removed": tmp_path / "none" / "x"}, neardup.IoError),
    ]
    for source, target, options, error in cases:
        with pytest.raises(error):
            neardup.dedup(tmp_path / source, tmp_path / target, **options)
    assert sorted(os.listdir(tmp_path)) == ["folder", "in.jsonl"]


def test_progress_and_what_a_callback_raises(tmp_path: Path) -> None:
    texts = [f"{i} {i + 1} {A} {i} " + "and so on " * 100 for i in range(400)]
    write(tmp_path / "in.jsonl", texts)
    seen: list[tuple[str, int, int]] = []

    def note(phase: str, done: int, total: int) -> None:
        seen.append((phase, done, total))

    neardup.dedup(tmp_path / "in.jsonl", tmp_path / "out.jsonl", progress=note)
    assert seen and all(0 <= done <= total for _, done, total in seen)
    assert {phase for phase, _, _ in seen} <= {"read", "read again", "search", "compare"}

    def interrupt(phase: str, done: int, total: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    whole = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl").unlink()
    with pytest.raises(KeyboardInterrupt):
        neardup.dedup(tmp_path / "in.jsonl", tmp_path / "out.jsonl", progress=interrupt)
    assert set(os.listdir(tmp_path)) <= {"in.jsonl", "out.jsonl"}  # nothing half done
    if (tmp_path / "out.jsonl").exists():
        assert (tmp_path / "out.jsonl").read_bytes() == whole  # it was quicker


def test_it_needs_no_other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neardup import _dedup, _files

    def is_absent(path: Any) -> tuple[Any, str]:
        return _files.LocalFiles(), os.path.abspath(path)

    monkeypatch.setattr(_files, "reach", is_absent)
    monkeypatch.setattr(_dedup, "reach", is_absent)
    monkeypatch.setattr(_dedup, "find_spec", lambda name: None)
    write(tmp_path / "in" / "deep" / "a.jsonl", [A, B])
    (tmp_path / "in" / "b.csv").write_text(f"text\n{A}\nelse\n")
    assert neardup.dedup(tmp_path / "in", tmp_path / "out").kept == 2
    assert neardup.dedup(tmp_path / "in" / "*.csv", tmp_path / "out2").kept == 2
    assert neardup.dedup([tmp_path / "in" / "b.csv"], tmp_path / "out.csv").files == [str(tmp_path / "out.csv")]


# --- elsewhere ---


def test_memory_is_a_place() -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    for name, texts in (("a.jsonl", [A, "else"]), ("deep/b.jsonl.gz", [B])):
        data = write_jsonl([{"text": t} for t in texts])
        with memory.open(f"/tool/in/{name}", "wb") as sink:
            sink.write(gzip.compress(data) if name.endswith("gz") else data)
    done = neardup.dedup("memory://tool/in", "memory://tool/out")
    assert done.kept == 2
    assert done.files == ["/tool/out/in/a.jsonl", "/tool/out/in/deep/b.jsonl.gz"] or done.files == [
        "/tool/out/a.jsonl",
        "/tool/out/deep/b.jsonl.gz",
    ]
    one = neardup.dedup("memory://tool/in/*.jsonl", "memory://tool/all.jsonl")
    assert one.files == ["/tool/all.jsonl"]
    with memory.open("/tool/all.jsonl") as written:
        assert [json.loads(line)["text"] for line in written] == [A, "else"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_server_is_a_place(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    write(tmp_path / "in" / "a.jsonl.gz", [A, B, "else"])
    pq.write_table(pa.table({"text": [A, "else", B]}), tmp_path / "in" / "b.parquet")
    with serving(tmp_path / "in") as url:
        done = neardup.dedup(f"{url}/a.jsonl.gz", tmp_path / "out.jsonl")
        assert done.kept == 2 and read(tmp_path / "out.jsonl") == [{"text": A}, {"text": "else"}]
        neardup.dedup(f"{url}/b.parquet", tmp_path / "out.parquet")
        assert pq.read_table(tmp_path / "out.parquet").to_pydict() == {"text": [A, "else"]}
        with pytest.raises(neardup.NotFound):
            neardup.dedup(f"{url}/none.jsonl", tmp_path / "none.jsonl")


# --- what is kept ---

DATES = [
    "2024-05-17T09:30:00+02:00",
    "Fri, 17 May 2024 07:29:59 GMT",
    "1715931001",
    "20240518",
    "May 16, 2024",
    "no date",
    "",
    " 2024 ",
]
SCORES = ["3", "-1.5", "1e2", "0", "-0", "x", "", "NaN"]
SOURCES = ["a", "b", "", "c", "a", "B", "b", "d"]
KEYS: list[Any] = [
    "first",
    "longest",
    "earliest:date",
    "latest:date",
    "max:score",
    "min:score,first",
    "longest,max:score",
    ["prefer:source=b,c", "latest:date"],
    "min:none\\.at all,prefer:source=d",
]


@pytest.mark.filterwarnings("ignore::neardup.LossWarning")
@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_keys_choose_alike_in_all_formats(tmp_path: Path, keys: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    texts, n, dates, scores, sources = [], [], [], [], []
    for i in range(len(DATES)):
        for j in range(len(SCORES)):  # groups of three of the same words
            for k in range(3):
                texts.append(f"group {i} and {j} has " + "words " * 5 + "," * (k == 1))
                n.append(str(len(n)))
                dates.append(DATES[(i + k * (j + 1)) % len(DATES)])
                scores.append(SCORES[(j + k * (i + 1)) % len(SCORES)])
                sources.append(SOURCES[(i + j + k * 3) % len(SOURCES)])
    columns = {"text": texts, "n": n, "date": dates, "score": scores, "source": sources, "none.at all": n}
    rows = [dict(zip(columns, row)) for row in zip(*columns.values())]
    (tmp_path / "in.jsonl").write_bytes(write_jsonl(rows))
    pq.write_table(pa.table(columns), tmp_path / "in.parquet", row_group_size=50)
    with open(tmp_path / "in.csv", "w", newline="") as sink:
        csv.writer(sink).writerows([columns, *zip(*columns.values())])
    kept = []
    for kind in ("jsonl", "parquet", "csv"):
        neardup.dedup(tmp_path / f"in.{kind}", tmp_path / f"out.{kind}", keep=keys)
    kept.append([row["n"] for row in read(tmp_path / "out.jsonl")])
    kept.append(pq.read_table(tmp_path / "out.parquet").column("n").to_pylist())
    with open(tmp_path / "out.csv", newline="") as lines:
        kept.append([row["n"] for row in csv.DictReader(lines)])
    assert len(kept[0]) == len(texts) // 3
    assert kept[1] == kept[0] and kept[2] == kept[0]


def test_keys_of_typed_columns(tmp_path: Path) -> None:
    import datetime
    import decimal

    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    day = datetime.date(2024, 5, 17)
    times = [datetime.datetime(2024, 5, 17, 9, minute) for minute in (0, 30, 15)]
    columns = {
        "text": [A, B, A],
        "time": pa.array(times, pa.timestamp("us", "UTC")),
        "day": pa.array([day, None, day.replace(year=2025)]),
        "float": pa.array([float("nan"), -1.5, -2.5]),
        "decimal": pa.array([decimal.Decimal(n) for n in (1, 3, 2)]),
        "name": pa.array(["x", "y", None]).dictionary_encode(),
        "flag": [True, False, None],
        "n": [0, 1, 2],
    }
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")

    def kept(keys: str) -> int:
        neardup.dedup(tmp_path / "in.parquet", tmp_path / "out.parquet", keep=keys)
        return pq.read_table(tmp_path / "out.parquet").column("n").to_pylist()[0]

    assert [kept("latest:time"), kept("earliest:time"), kept("max:decimal"), kept("max:n")] == [1, 0, 1, 2]
    absent = "documents without the field that chooses the representative, chosen last: 1"
    with pytest.warns(neardup.LossWarning, match=absent):
        assert kept("latest:day") == 2
    with pytest.warns(neardup.LossWarning, match=absent):
        assert kept("prefer:name=y,x") == 1
    unreadable = "documents whose field that chooses the representative cannot be read, chosen last: "
    with pytest.warns(neardup.LossWarning, match=unreadable + "1"):
        assert [kept("min:float"), kept("max:float")] == [2, 1]
    with pytest.warns(neardup.LossWarning) as told:
        assert kept("min:flag,max:n") == 2
    assert [str(w.message) for w in told] == [absent, unreadable + "2"]
    with pytest.raises(neardup.FormatError, match="cannot be read"):
        neardup.dedup(tmp_path / "in.parquet", tmp_path / "none.parquet", keep="min:flag", strict=True)
    assert not (tmp_path / "none.parquet").exists()


def test_the_list_of_what_is_removed_is_the_tools(tmp_path: Path, news: list[dict]) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    rows = [{"id": d["id"], "text": d["text"]} for d in news]
    (tmp_path / "in.jsonl").write_bytes(write_jsonl(rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    for options in ({"threshold": 0.4}, {"preset": "news"}, {"coverage": 0.5}):
        lists = []
        for kind in ("jsonl", "parquet"):
            neardup.dedup(
                tmp_path / f"in.{kind}",
                tmp_path / f"out.{kind}",
                ids="id",
                removed=tmp_path / f"removed.{kind}",
                **options,  # type: ignore[arg-type]
            )
            lists.append((tmp_path / f"removed.{kind}").read_text())
        assert lists[0] and lists[0] == lists[1]
