"""A program that uses everything, for type checkers: mypy --strict and pyright. It also runs."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

import neardup
from neardup.compat.datasketch import (
    LeanMinHash,
    MinHash,
    MinHashLSH,
    MinHashLSHDeletionSession,
    MinHashLSHEnsemble,
    MinHashLSHForest,
    MinHashLSHInsertionSession,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TEXTS: list[Union[str, bytes, None]] = ["one two three four five six", b"One two three four five, six!", None]


def report(phase: str, done: int, total: int) -> None:
    print(phase, done, total)


def scanning() -> int:
    result: neardup.Scan = neardup.scan(
        TEXTS,
        ["x", "y", "z"],
        preset="corpus",
        threshold=0.7,
        repair=["tags", "entities"],
        fold="safe",
        representative="preferred",
        preferences=([2, 1, None], [1, 1, 1]),
        memory="64M",
        progress=report,
    )
    verdicts: neardup.Scan = neardup.scan(TEXTS, preset="news", score=0.6, output="groups", strict=True)
    rows_of_groups: neardup.Column = verdicts.representatives()
    pairs: neardup.Rows[neardup.Pair] = result.pairs()
    kinds: list[str] = [pair.kind for pair in pairs]
    groups: list[neardup.Group] = result.groups()[0:2]
    members: list[neardup.Member] = [member for group in groups for member in group.members]
    mask: neardup.Column = result.keep_mask(keep="first")
    names: list[neardup.Renamed] = list(result.renamed())
    rows: list[dict[str, Any]] = pairs.to_pylist()
    stats: dict[str, Any] = result.stats
    return len(rows_of_groups) + len(kinds) + len(members) + len(mask) + len(names) + len(rows) + len(stats)


def passages() -> float:
    repeats: list[neardup.Repeat] = neardup.within("one two three four five. One two three four five.")
    places: list[neardup.Place] = [place for repeat in repeats for place in repeat.places]
    within: neardup.Within = neardup.within(TEXTS, offsets="bytes", min_words=5)
    documents: list[neardup.Repeating] = list(within)
    compared: neardup.Comparison = neardup.compare("one two", "one two three", containment=0.9)
    shared: Iterator[neardup.Passage] = iter(compared.passages)
    verdict: Optional[neardup.Verdict] = neardup.compare("one two", "one two three", preset="news").verdict
    evidence: list[neardup.Evidence] = [*verdict.in_both, *verdict.only_in_a] if verdict else []
    return len(evidence) + compared.jaccard + len(places) + len(documents) + sum(p.similarity for p in shared)


def blocks() -> int:
    spec = neardup.Spec(threshold=0.5, shingle="word:2")
    again: neardup.Spec = neardup.Spec.parse(spec.line, threshold=0.5)
    again.check(spec)
    sketches: neardup.Sketches = neardup.sketch(TEXTS, spec, ["digests", "num_tokens"])
    keys: neardup.Column = neardup.band_keys(TEXTS, spec)
    verified: neardup.Rows[neardup.Verified] = neardup.verify(TEXTS, [(0, 1)], spec)
    matches: list[tuple[int, int]] = [(row.a, row.b) for row in verified if row.kind != "none"]
    assert sketches.num_tokens is not None and sketches.digests is not None
    rank: neardup.Column = neardup.rank(sketches.num_tokens, sketches.digests, ["p", "q", "r"])
    groups: neardup.Column = neardup.group(matches, len(TEXTS), rank=rank, link="single")
    return len(keys) + len(groups)


def tables() -> Optional[str]:
    table: neardup.Table[str] = neardup.Table(threshold=0.5)
    table.add("x", "one two three four")
    matches: list[neardup.Match] = table.query("one two three four five", max_matches=3)
    table.remove("x")
    return matches[0].kind if matches and "x" not in table else None


def indexes(folder: str) -> int:
    with neardup.Index.create(f"{folder}/seen", threshold=0.5, repair="tags") as ix:
        outcome: str = ix.add("x", "one two three four", source="wire", time=datetime(2024, 5, 1))
        added: neardup.Added = ix.add_batch(TEXTS, ["y", b"z", 3], times=[1, None, datetime(2024, 5, 1)])
    with neardup.Index.open(Path(folder) / "seen", readonly=True, spec=ix.spec, wait=0.5) as reader:
        matches: list[neardup.IndexMatch] = reader.query(b"one two three", k=3, since=5)
        again: list[neardup.IndexMatch] = reader.query_id("x", not_source="other")
        entry: neardup.IndexEntry = reader.get("x")
        rows: neardup.Rows[neardup.IndexEntry] = reader.documents()
        times: list[int] = [e.time for e in reader]
        stats: dict[str, int] = reader.stat()
    kept: neardup.Column = added.rows
    return len(outcome) + len(matches + again) + entry.words + len(rows) + len(times) + stats["texts"] + len(kept)


def measuring() -> float:
    plan: neardup.Plan = neardup.plan(threshold=0.8, recall=0.95)
    memory: neardup.Memory = plan.memory(10**6)
    found: neardup.Evaluation = neardup.evaluate(TEXTS, pairs=[(0, 1)], errors=2)
    by_band: list[neardup.Band] = found.bands
    by_kind: list[neardup.Kind] = found.kinds
    bands: list[Optional[float]] = [band.recall for band in by_band]
    wrong: list[neardup.Wrong] = found.missed
    return len(by_kind) + plan.probability(0.5) + memory.set_bytes + found.f1 + len(bands) + len(wrong)


def files(folder: str) -> int:
    done: neardup.Deduplicated = neardup.dedup(f"{folder}/*.parquet", f"{folder}/out", annotate=True)
    done = neardup.dedup(
        [f"{folder}/a.jsonl"],
        f"{folder}/all.jsonl.gz",
        keep=["latest:date", "longest"],
        removed=f"{folder}/removed.jsonl",
        memory=1 << 30,
        temp_dir=folder,
        progress=True,
    )
    stats: dict[str, Any] = done.stats
    scan: Optional[neardup.Scan] = done.scan
    return done.kept + len(done.files) + len(stats) + (len(scan) if scan else 0)


def sketches() -> list[Any]:
    minhash = MinHash(num_perm=64)
    minhash.update(b"word")
    lean: LeanMinHash = LeanMinHash(minhash)
    whole: MinHash = MinHash.union(minhash, MinHash.bulk([[b"x"]], num_perm=64)[0])
    index = MinHashLSH(threshold=0.5, num_perm=64)
    index.insert("x", whole)
    forest = MinHashLSHForest(num_perm=64)
    forest.add("x", lean)
    forest.index()
    insertion: MinHashLSHInsertionSession = index.insertion_session()
    with insertion as session:
        session.insert("y", minhash)
    deletion: MinHashLSHDeletionSession = index.deletion_session()
    with deletion as removing:
        removing.remove("y")
    ensemble = MinHashLSHEnsemble(threshold=0.5, num_perm=64, num_part=2)
    ensemble.index([("x", whole, 2), ("y", minhash, 1)])
    found: list[Any] = list(ensemble.query(whole, 2))
    return [index.query(lean), forest.query(minhash, 3), lean.jaccard(whole), found]


def clusters(df: DataFrame) -> list[DataFrame]:
    """On Spark: read by the type checkers alone, as a cluster takes its time."""
    from neardup import spark

    pairs: DataFrame = spark.scan_pairs(df, id="url", text="body", threshold=0.7)
    groups: DataFrame = spark.scan_groups(df, id="url", text="body", checkpoint="/tmp/steps")
    left: DataFrame = spark.dedup(df, "url", "body", keep=["latest:date", "first"], order="rank", annotate=True)
    repeats: DataFrame = spark.within(df, id="url", text="body")
    scan = spark.Scan(df, "url", "body", representative="preferred", preferences="rank")
    frames: list[DataFrame] = [scan.pairs(), scan.groups(), scan.members()]
    stats: DataFrame = scan.stats()
    scan.release()
    return [pairs, groups, left, repeats, stats, *frames]


def errors() -> str:
    try:
        neardup.scan(TEXTS, threshold=2.0)
    except neardup.InvalidArgument as error:
        problem: neardup.Error = error
        return str(problem)
    except (neardup.FormatError, neardup.NotFound, neardup.AlreadyExists) as error:
        return str(error)
    except (neardup.IoError, neardup.LimitError, neardup.OutOfMemory, neardup.Unsupported) as error:
        return str(error)
    except (neardup.VersionError, neardup.Busy, neardup.Cancelled):
        warnings.warn("another version", neardup.LossWarning, stacklevel=1)
    return ""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(scanning(), passages(), blocks(), tables(), indexes(made), measuring(), sketches(), errors())
