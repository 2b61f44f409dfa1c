"""What the tests on Spark share: a session, frames of documents, and results as the tool prints them."""

from __future__ import annotations

import os
import random
import sys
from typing import Any, Optional

from conftest import group_line, pair_line, read_jsonl, SAMPLES

import neardup


def session(master: str, **settings: str) -> Any:
    """A small one: plans of tests are cheaper to interpret than to compile, and to make once."""
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("neardup-tests")
    wanted = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        "spark.driver.host": "localhost",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        **settings,
    }
    for name, value in wanted.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


Row = tuple[Optional[str], Optional[str], Optional[int]]


def words(random_of: random.Random, num: int) -> list[str]:
    return [f"w{random_of.randrange(5000)}" for _ in range(num)]


def documents(num_hot: int = 560, seed: int = 1) -> list[Row]:
    """Rows of id, text and a number: news, a template that more than a bucket compares bear, chains,
    copies, a text that repeats itself, ids that stand twice or not at all, and texts without words."""
    r = random.Random(seed)
    rows: list[Row] = [(d["id"], d["text"], i) for i, d in enumerate(read_jsonl(SAMPLES / "news.jsonl"))]
    template = words(r, 300)
    for i in range(num_hot):
        own = [*template[: r.randrange(299, 301)], f"own{i}"]
        rows.append((f"hot-{i}", " ".join(own), r.randrange(100)))
    for i in range(40):
        chain = words(r, 60)
        for k in range(5):
            rows.append((f"chain-{i}-{k}", " ".join(chain), None if k == 2 else r.randrange(9)))
            chain[r.randrange(60)] = f"c{i}-{k}"
            chain.append(f"more{k}")
    copied = words(r, 50)
    rows += [(f"copy-{i}", " ".join(copied).upper() if i % 2 else " ".join(copied), i) for i in range(30)]
    rows += [("twice", " ".join(template), 1), ("twice", " ".join(copied), 2), ("twice", " ".join(copied), 2)]
    rows += [("twice#2", " ".join(template[3:]), 5), (None, " ".join(copied), 4), (None, "alone here", None)]
    story = words(r, 60)  # with more words in the one, and more shingles in the other
    rows += [("more-words", " ".join([*story, *story[:12], *story[:12]]), 1)]
    rows += [("more-shingles", " ".join([*story, *words(r, 6)]), 2)]
    rows += [("ß-empty", "", 1), ("null", None, None), ("null", None, None), ("dots", "... !", 3)]
    r.shuffle(rows)
    return rows


def of_unique_ids(rows: list[Row]) -> list[Row]:
    """Those of `documents` that neither share an id nor look as if they did."""
    return [row for row in rows if row[0] not in (None, "twice", "twice#2", "null")]


def frame(spark: Any, rows: list[Row], partitions: int) -> Any:
    made = spark.createDataFrame(rows, "id string, text string, number bigint")
    return made.repartition(partitions)


def pair_lines(found: Any) -> list[str]:
    """Of a frame, sorted."""
    return sorted(
        pair_line(neardup.Pair(p.a, p.b, 0, 0, *p[2:])) for p in found.collect()
    )


def group_lines(found: Any) -> list[str]:
    lines = []
    for g in found.collect():
        members = [neardup.Member(m.id, 0, *m[1:]) for m in g.members]
        lines.append(group_line(neardup.Group(g.representative, 0, g.size, members)))
    return sorted(lines)


def of_engine(rows: list[Row], **options: Any) -> neardup.Scan:
    """The scan on this machine that Spark's is compared with."""
    numbers = [row[2] for row in rows] if "preferences" in options else None
    given = {k: v for k, v in options.items() if k not in ("edges_a_task", "preferences", "unique_ids")}
    return neardup.scan([row[1] for row in rows], [row[0] for row in rows], preferences=numbers, **given)


def assert_same(scan: Any, wanted: neardup.Scan) -> None:
    """Pairs, groups and counts of a scan on Spark are those of the engine."""
    assert pair_lines(scan.pairs()) == sorted(map(pair_line, wanted.pairs()))
    assert group_lines(scan.groups()) == sorted(map(group_line, wanted.groups()))
    stats = {row.name: row.value for row in scan.stats().collect()}
    assert stats.pop("capped_comparisons") >= wanted.stats["capped_comparisons"]
    assert stats == {name: wanted.stats[name] for name in stats}
