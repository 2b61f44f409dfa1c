"""neardup.dedup: files in, files out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import neardup

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("fsspec")

A = "one two three four five six seven"
B = "One, two, three: four five six seven!"


def table_of(texts: list[Any], **columns: Any) -> Any:
    return pa.table({"text": texts, "n": list(range(len(texts))), **columns})


def test_files_of_a_folder_keep_their_columns_and_row_groups(tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    nested = [{"x": [i, None]} for i in range(6)]
    first = table_of([A, "else", B, "more", None, A], nested=nested)
    first = first.replace_schema_metadata({"made": "by hand"})
    pq.write_table(first, source / "a.parquet", row_group_size=2, compression="zstd")
    pq.write_table(table_of([B, "other"]), source / "deep" / "b.parquet")
    done = neardup.dedup(str(source / "**" / "*.parquet"), tmp_path / "out")
    assert (done.documents, done.kept) == (8, 5)
    assert done.files == [str(tmp_path / "out" / name) for name in ("a.parquet", "deep/b.parquet")]
    written = pq.ParquetFile(tmp_path / "out" / "a.parquet")
    assert written.metadata.num_row_groups == 3
    assert written.metadata.row_group(0).column(0).compression == "ZSTD"
    whole = pq.ParquetFile(source / "a.parquet").schema_arrow
    assert written.schema_arrow.equals(whole, check_metadata=True)
    assert written.read().to_pylist() == first.take([0, 1, 3, 4]).to_pylist()
    assert pq.read_table(tmp_path / "out" / "deep" / "b.parquet").to_pydict() == {
        "text": ["other"],
        "n": [1],
    }


def test_a_scan_decides(tmp_path: Path, news: list[dict]) -> None:
    texts, ids = [d["text"] for d in news], [d["id"] for d in news]
    pq.write_table(pa.table({"id": ids, "body": texts}), tmp_path / "in.parquet", row_group_size=5)
    for options in ({"threshold": 0.4}, {"preset": "news"}, {"link": "single"}, {"memory": "64M"}):
        done = neardup.dedup(
            tmp_path / "in.parquet", tmp_path / "out.pq", text="body", ids="id", **options
        )
        mask = neardup.scan(texts, ids, **options).keep_mask()
        kept = [i for i, stays in zip(ids, mask) if stays]
        assert pq.read_table(tmp_path / "out.pq").column("id").to_pylist() == kept
        assert done.kept == len(kept)


def test_annotations(tmp_path: Path) -> None:
    pq.write_table(table_of(["x", A, B]), tmp_path / "in.parquet")
    done = neardup.dedup(tmp_path / "in.parquet", tmp_path / "out.parquet", annotate=True)
    assert (done.documents, done.kept) == (3, 2)
    read = pq.read_table(tmp_path / "out.parquet")
    assert read.column("neardup_group").to_pylist() == [None, 1, 1]
    assert read.column("neardup_representative").to_pylist() == [None, 1, 1]
    assert read.column("neardup_kind").to_pylist() == [None, None, "exact"]
    assert read.column("neardup_similarity").to_pylist() == [None, None, 1.0]
    with pytest.raises(neardup.InvalidArgument, match="has a column 'neardup_group' already"):
        neardup.dedup(tmp_path / "out.parquet", tmp_path / "again.parquet", annotate=True)
    assert not (tmp_path / "again.parquet").exists()


def test_preferences(tmp_path: Path) -> None:
    pq.write_table(table_of([A, B, A], age=[3, 1, 2]), tmp_path / "in.parquet")
    neardup.dedup(
        tmp_path / "in.parquet",
        tmp_path / "out.parquet",
        representative="preferred",
        preferences="age",
    )
    assert pq.read_table(tmp_path / "out.parquet").column("n").to_pylist() == [1]


def test_csv_values_do_not_change(tmp_path: Path) -> None:
    rows = f'id,text\n007,"{A}"\n,"with ""quotes"",\nand lines"\nNA,"{B}"\n1.50,\n'
    (tmp_path / "in.csv").write_text(rows)
    done = neardup.dedup(tmp_path / "in.csv", tmp_path / "out.csv", ids="id")
    assert (done.documents, done.kept) == (4, 3)
    import csv

    with open(tmp_path / "out.csv", newline="") as lines:
        assert list(csv.reader(lines)) == [
            ["id", "text"],
            ["007", A],
            ["", 'with "quotes",\nand lines'],
            ["1.50", ""],
        ]


def test_other_file_systems() -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    with memory.open("/in/x.parquet", "wb") as sink:
        pq.write_table(table_of([A, B]), sink)
    done = neardup.dedup("memory://in/*.parquet", "memory://out")
    with memory.open("/out/x.parquet", "rb") as written:
        assert pq.read_table(written).num_rows == done.kept == 1


def test_what_is_refused(tmp_path: Path) -> None:
    pq.write_table(table_of([A]), tmp_path / "in.parquet")
    (tmp_path / "x.txt").write_text("text")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    cases: list[tuple[Any, Any, dict[str, Any], type[Exception]]] = [
        ("none.parquet", "out", {}, neardup.NotFound),
        ("*.none", "out", {}, neardup.NotFound),
        ("in.parquet", "out", {"text": "body"}, neardup.NotFound),
        ("in.parquet", "out", {"text": "n"}, neardup.Unsupported),
        ("in.parquet", "", {}, neardup.InvalidArgument),
        ("in.parquet", "out.csv", {}, neardup.InvalidArgument),
        ("*", "out", {}, neardup.Unsupported),
        ("in.parquet", "out", {"keep": "best"}, neardup.InvalidArgument),
        ("in.parquet", "out", {"keep": "max:none"}, neardup.NotFound),
        ("in.parquet", "out", {"keep": "max"}, neardup.InvalidArgument),
        ("in.parquet", "out", {"keep": []}, neardup.InvalidArgument),
        ("in.parquet", "out", {"keep": ["first"] * 9}, neardup.InvalidArgument),
        ("in.parquet", "out", {"keep": [1]}, TypeError),
        ("in.parquet", "out", {"keep": "first", "representative": "longest"}, neardup.InvalidArgument),
        ("in.parquet", "out", {"memory": "lots"}, neardup.InvalidArgument),
        ("in.parquet", "out", {"memory": 2**80}, neardup.InvalidArgument),
        ("in.parquet", "out", {"temp_dir": tmp_path}, neardup.InvalidArgument),
        ("in.parquet", "out", {"memory": "64M", "temp_dir": tmp_path / "none"}, neardup.IoError),
        ("in.parquet", "out", {"annotate": True, "removed": tmp_path / "r"}, neardup.InvalidArgument),
        ("in.parquet", "out", {"threshold": 2}, neardup.InvalidArgument),
        ("broken.parquet", "out", {}, pa.ArrowInvalid),
    ]
    for source, target, options, error in cases:
        with pytest.raises(error):
            neardup.dedup(tmp_path / source, tmp_path / target, **options)
    with pytest.raises(neardup.InvalidArgument, match="no inputs"):
        neardup.dedup([], tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["broken.parquet", "in.parquet", "x.txt"]


def test_nothing_is_written_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        pq.write_table(table_of([A, "else"]), tmp_path / f"{name}.parquet")
    from neardup import _tables

    write = _tables._Parquet.write

    def fail_in_second(writer: Any, table: Any) -> None:
        if write.__dict__.setdefault("called", False):
            raise OSError("the disk is full")
        write.__dict__["called"] = True
        write(writer, table)

    monkeypatch.setattr(_tables._Parquet, "write", staticmethod(fail_in_second))
    with pytest.raises(OSError, match="disk is full"):
        neardup.dedup([tmp_path / "a.parquet", tmp_path / "b.parquet"], tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


def test_ctrl_c_while_a_table_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    pq.write_table(table_of([A, B]), tmp_path / "in.parquet")
    monkeypatch.setattr("neardup._keep.Preferences.columns_of", interrupt)
    with pytest.raises(KeyboardInterrupt):
        neardup.dedup(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert os.listdir(tmp_path) == ["in.parquet"]
