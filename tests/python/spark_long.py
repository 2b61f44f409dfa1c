"""The long form of test_spark.py, which `./run test spark-long` runs with spark_workers.py: 1, 7 and 200 partitions, with
real worker processes too, the development sets where they are, and what very many documents share."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")
pytestmark = pytest.mark.filterwarnings("ignore")  # pyspark's own, and LossWarning

from conftest import SHARED, read_jsonl, run_tool, write_jsonl  # noqa: E402
from spark_frames import (  # noqa: E402
    assert_same,
    documents,
    frame,
    group_line,
    group_lines,
    of_engine,
    pair_lines,
    session,
    words,
)

import neardup.spark  # noqa: E402
from neardup.spark import _files  # noqa: E402

CLUSTER = "local-cluster[2,1,1024]"
MASTERS = ["local[2]", CLUSTER]
PARTITIONS = [1, 7, 200]
# How many documents are generated, and how many share one text or one footer.
GENERATED = int(os.environ.get("NEARDUP_SPARK_GENERATED", "100000"))
MANY = int(os.environ.get("NEARDUP_SPARK_MANY", "20000"))


@pytest.fixture(scope="module", params=MASTERS)
def spark(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Both as they are used: with adaptive execution and compiled plans, and with speculation."""
    made = session(
        request.param,
        **{
            "spark.driver.memory": "2g",
            "spark.speculation": "true",
            "spark.sql.adaptive.enabled": "true",
            "spark.sql.codegen.wholeStage": "true",
            "spark.sql.codegen.factoryMode": "FALLBACK",
            "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
            "spark.sql.shuffle.partitions": "8",
            "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        },
    )
    made.sparkContext.setCheckpointDir(str(tmp_path_factory.mktemp("cuts")))
    yield made
    made.stop()


@pytest.mark.parametrize("preset", ["corpus", "news"])
@pytest.mark.parametrize("partitions", PARTITIONS)
def test_any_partitions_in_any_order(spark: Any, partitions: int, preset: str) -> None:
    rows = documents()
    random.Random(partitions).shuffle(rows)
    scan = neardup.spark.Scan(frame(spark, rows, partitions), preset=preset)
    assert_same(scan, of_engine(rows, preset=preset))
    scan.release()


def test_single_links_are_the_engines(spark: Any) -> None:
    """Chains of more links than a task joins; members that do not match their representative are measured."""
    options: dict[str, Any] = {"link": "single", "representative": "first-id"}
    rows = documents(num_hot=0)
    wanted = of_engine(rows, output="groups", **options)
    assert any(member.kind == "none" for group in wanted.groups() for member in group.members)
    scan = neardup.spark.Scan(frame(spark, rows, 3), edges_a_task=100, **options)
    assert group_lines(scan.groups()) == sorted(map(group_line, wanted.groups()))
    scan.release()


# --- as the tool prints it ---


def assert_as_the_tool(spark: Any, folder: Path, found: list[dict], partitions: int, **options: Any) -> None:
    """Pairs and groups are the tool's lines. Worker processes read files themselves."""
    path = folder / "documents.jsonl"
    path.write_bytes(write_jsonl([{"id": d["id"], "text": d["text"]} for d in found]))
    df = spark.read.schema("id string, text string").json(str(path)).repartition(partitions)
    if spark.sparkContext.master == CLUSTER:
        df.write.parquet(str(folder / "parquet"))
        df = spark.read.parquet(str(folder / "parquet"))
    scan = neardup.spark.Scan(df, **options)
    assert isinstance(scan._source, _files.Files) == (spark.sparkContext.master == CLUSTER)
    typed = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    for of_spark, wanted in [
        (lambda: pair_lines(scan.pairs()), "--pairs"),
        (lambda: group_lines(scan.groups()), "--groups"),
    ]:
        lines = run_tool("scan", "-q", "--format=jsonl", wanted, *typed, str(path)).decode().splitlines(keepends=True)
        assert of_spark() == sorted(lines) != []
    scan.release()


SETS = (
    "mccormick_articles/docs_2500.jsonl",
    "reuters21578/docs.jsonl.zst",
    "spdx_licences/docs.jsonl.zst",
    "tos_versions_fr/docs.jsonl.zst",
    "variants_bbc_en/docs.jsonl.zst",
    "wiki_versions/docs.jsonl.zst",
)


@pytest.mark.parametrize("path", SETS)
def test_development_sets(spark: Any, path: str, tmp_path: Path) -> None:
    """Each with both presets, one with each master, and so many partitions in turn."""
    if not (SHARED / path).exists():
        pytest.skip(f"{path} is not there")
    turn = SETS.index(path) + MASTERS.index(spark.sparkContext.master)
    preset = ["corpus", "news"][turn % 2]
    assert_as_the_tool(spark, tmp_path, read_jsonl(SHARED / path), PARTITIONS[turn % 3], preset=preset)

# --- what very many documents share ---


def generated(num: int) -> Iterator[str]:
    """Texts of which one in ten is a near-copy, and one in 25 under one of four templates, each of which more bear
    than a bucket compares: of 100,000 texts 1,000 each."""
    r = random.Random(7)
    templates = [words(r, 120) for _ in range(4)]
    made: list[str] = []
    for i in range(num):
        if i % 25 == 0:
            text = [*templates[r.randrange(4)], f"own{i}"]
        elif i % 10 == 1:
            text = [*made[r.randrange(len(made))].split(), f"more{i}"]
        else:
            text = words(r, r.randrange(20, 120))
        made.append(" ".join(text))
        yield made[-1]


def copies_of_one(num: int) -> Iterator[str]:
    text = " ".join(words(random.Random(5), 80))
    yield from (text for _ in range(num))


def under_one_footer(num: int) -> Iterator[str]:
    """None like another, but for one in a hundred that has one word more than the one before."""
    r = random.Random(6)
    footer, own = words(r, 60), []
    for i in range(num):
        own = [*own, f"more{i}"] if i % 100 == 99 else words(r, 20)
        yield " ".join([*own, *footer])


@pytest.mark.parametrize("preset", ["corpus", "news"])
@pytest.mark.parametrize(
    "made, num", [(generated, GENERATED), (copies_of_one, MANY), (under_one_footer, MANY)], ids=lambda of: getattr(of, "__name__", "")
)
def test_what_very_many_share(
    spark: Any, tmp_path: Path, made: Callable[[int], Iterator[str]], num: int, preset: str
) -> None:
    """One preset with each master; bench/spark tells what it takes."""
    if (MASTERS.index(spark.sparkContext.master) + (made is copies_of_one)) % 2 != (preset == "news"):
        pytest.skip("with the other master")
    found = [{"id": f"d{i}", "text": text} for i, text in enumerate(made(num))]
    assert_as_the_tool(spark, tmp_path, found, 7, preset=preset)
