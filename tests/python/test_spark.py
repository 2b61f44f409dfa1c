"""neardup.spark gives what the engine gives, whatever the partitions, and says what it cannot do."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("java is not there", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings("ignore")  # pyspark's own, and LossWarning

from conftest import run_tool, write_jsonl  # noqa: E402
from pyspark.sql import Observation  # noqa: E402
from spark_frames import (  # noqa: E402
    assert_same,
    documents,
    frame,
    of_engine,
    of_unique_ids,
    Row,
    session,
    words,
)

import neardup  # noqa: E402
import neardup.spark  # noqa: E402
from neardup._keep import Key  # noqa: E402
from neardup.spark import __main__ as job  # noqa: E402
from neardup.spark import _candidates, _copies, _dedup, _documents, _files, _links, _options, _packs, _pairs, _rare, _steps, _texts, _verify  # noqa: E402
from neardup.spark._steps import Steps  # noqa: E402


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    made = session("local[2]")
    yield made
    made.stop()


# Partitions, documents under one template, options.
CASES: list[tuple[int, int, dict[str, Any]]] = [
    (1, 560, {}),
    (7, 0, {"max_matches": 20, "representative": "preferred", "preferences": "number", "edges_a_task": 100, "containment": 0.9}),
    (3, 200, {"preset": "news", "max_matches": 0}),
]


@pytest.mark.parametrize("partitions, num_hot, options", CASES, ids=str)
def test_pairs_groups_and_counts_are_the_engines(
    spark: Any, partitions: int, num_hot: int, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids that stand twice in the first, copies in parts without a cap and with one in the others."""
    if options.get("max_matches") == 0:
        monkeypatch.setattr(_pairs, "MANY_COPIES", 8)
    rows = documents(num_hot) if not options else of_unique_ids(documents(num_hot))
    wanted = of_engine(rows, **options)
    assert len(wanted.pairs()) > 300 and (wanted.stats["capped_buckets"] > 0) == (num_hot > 512)
    assert (wanted.stats["common_documents"] > 0) == ("preset" in options)
    assert (wanted.stats["capped_documents"] > 0) == (options.get("max_matches") == 20)
    observed = Observation("read")
    scan = neardup.spark.Scan(frame(spark, rows, partitions), observation=observed, **options)
    assert_same(scan, wanted)
    scan.release()
    assert observed.get == {name: wanted.stats[name] for name in observed.get} and observed.get["no_words"] > 0


def test_chains_become_stars(spark: Any) -> None:
    """In rounds first, then by one task; single links of documents are in the long form."""
    r = random.Random(4)
    links, wanted = [], []
    for chain in (r.sample(range(1000), 9), r.sample(range(1000, 2000), 9)):
        ranks = [number.to_bytes(4, "big") for number in chain]
        links += [(min(pair), max(pair)) for pair in zip(ranks, ranks[1:])]
        wanted += [(min(ranks), rank) for rank in ranks if rank != min(ranks)]
    df = spark.createDataFrame(links, "low binary, high binary")
    for most in (100, 10):
        options = _options.make_options("id", "text", neardup.Spec(), edges_a_task=most)
        found = _links.stars(df, options, Steps(spark, None, ""))
        assert sorted((bytes(row.low), bytes(row.high)) for row in found.collect()) == sorted(wanted)


def test_dedup_keeps_what_the_tool_keeps(spark: Any, tmp_path: Path) -> None:
    """By keys before the size and after it, with documents that lack their fields, and rows of one id."""
    keys = ["earliest:date,longest,max:score", "prefer:source=AFP,Reuters", "first"]
    r = random.Random(3)
    records = []
    for id, text, _ in documents(num_hot=0):
        if id is not None and text is not None:
            records.append({"id": id, "text": text, "date": r.choice(["2024-05-01", "1 May 24", "soon", None])})
            records[-1].update(score=r.choice([None, -1.5, 2.0]), source=r.choice(["Reuters", "dpa", "AFP"]))
    (tmp_path / "in.jsonl").write_bytes(write_jsonl(records))
    typed = [f"--keep={key}" for key in keys]
    counted = tmp_path / "stats.json"
    out = run_tool("dedup", "-q", *typed, f"--stats={counted}", "-o", "-", str(tmp_path / "in.jsonl"))
    rows = [(*record.values(), i) for i, record in enumerate(records)]
    df = spark.createDataFrame(rows, "id string, text string, date string, score double, source string, `a.order` int")
    scan = neardup.spark.Scan(df.repartition(3), keep=keys, order="a.order")
    done = _dedup.deduplicated(scan, annotate=False)
    assert done.columns == df.columns
    # Of rows of one id and text any may stay.
    kept = [(record["id"], record["text"]) for record in map(json.loads, out.splitlines())]
    assert sorted(row[:2] for row in done.collect()) == sorted(kept)
    wanted = json.loads(counted.read_bytes())["notes"]
    stats = {row.name: row.value for row in scan.stats().collect()}
    for name in ("without_preference", "unreadable_preference"):
        assert stats[name] == wanted[name] > 0
    scan.release()


def annotations(rows: list[Row]) -> list[Any]:
    """What `dedup --annotate` of the engine says of each: id, group, representative, kind, similarity."""
    found: dict[str, Any] = {}
    for number, group in enumerate(of_engine(rows).groups(), 1):
        found[group.representative] = (number, group.representative, None, None)
        for member in group.members:
            found[member.id] = (number, group.representative, member.kind, member.jaccard)
    return [(row[0], *found.get(str(row[0]), (None,) * 4)) for row in rows]


@pytest.mark.parametrize("unique", [True, False])
def test_dedup_annotates_every_row(spark: Any, unique: bool) -> None:
    """By their ids, and by their texts where an id stands twice."""
    rows = of_unique_ids(documents(num_hot=0))
    wanted = annotations(rows)
    if not unique:
        rows += [("alone", "nothing like it", 1), ("alone", "nor like this", 1)]
        wanted += [("alone", None, None, None, None)] * 2
    found = neardup.spark.dedup(frame(spark, rows, 3), annotate=True, unique_ids=unique).drop("text", "number")
    assert sorted(map(repr, map(tuple, found.collect()))) == sorted(map(repr, wanted))


def test_orders_are_columns_of_numbers_and_times() -> None:
    """As the first and the last of them, nulls after all; in bytes that compare in the same order."""
    import pyarrow

    given = pyarrow.array([5, None, 1 - 2**63, 2**63 - 2, 0], pyarrow.int64())
    for by, wanted in [("first", [2, 4, 0, 3, 1]), ("last", [3, 0, 4, 2, 1])]:
        ordered, lost = _texts.preferences_of((Key(by, "n"),), [given])
        assert sorted(range(5), key=lambda i: ordered[i].tobytes()) == wanted
        assert lost.tolist() == [0, _texts.ABSENT, 0, 0, 0]


COPIES = [("a", "one two three four five six seven"), ("b", "one two three four five six seven")]


@pytest.mark.parametrize(
    "zone, first, second",
    [
        ("America/New_York", "timestamp_ntz'2024-03-10 02:30:00.5'", "timestamp_ntz'2024-03-10 03:15:00'"),  # clocks are turned
        ("Pacific/Apia", "date'2011-12-30'", "date'2011-12-31'"),  # a day that was not there
        ("UTC", "date'9999-12-31'", "make_date(400000, 1, 1)"),
        ("UTC", "timestamp'1969-12-31 23:59:59.999999'", "timestamp'1970-01-01 00:00:00'"),
    ],
)
def test_times_are_in_order_in_any_zone(spark: Any, zone: str, first: str, second: str) -> None:
    own = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        df = spark.createDataFrame(COPIES, "id string, text string").selectExpr("*", f"if(id = 'b', {first}, {second}) time")
        for keep, kept in [("first", "b"), ("last", "a")]:
            assert [row.id for row in neardup.spark.dedup(df, keep=keep, order="time").select("id").collect()] == [kept]
    finally:
        spark.conf.set("spark.sql.session.timeZone", own)


def test_ids_and_names_need_not_be_utf8(spark: Any) -> None:
    """And may have very many endings."""
    many = b"#1" * 20_000
    ids = [b"\xff", b"\xff", b"\xfe", b"a" + many, b"a" + many, b"z"]
    rows = [(bytearray(id), COPIES[0][1]) for id in ids]
    df = spark.createDataFrame(rows, "i binary, text string").selectExpr("cast(i as string) id", "text")
    found = neardup.spark.scan_pairs(df).selectExpr("cast(a as binary) a", "cast(b as binary) b").collect()
    names = sorted([b"\xff", b"\xff#2", b"\xfe", b"a" + many, b"a" + many + b"#2", b"z"])
    assert sorted((bytes(row.a), bytes(row.b)) for row in found) == [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    kept = neardup.spark.dedup(df, keep=["prefer:id=z", "longest"]).select("id").collect()
    assert [row.id for row in kept] == ["z"]


def test_columns_keep_what_they_hold(spark: Any) -> None:
    """Whatever their names look like, and where an id stands twice, too."""
    df = spark.createDataFrame([("a", *COPIES[0], 0.5), ("a", *COPIES[1], 0.5), ("c", "c", "else", 0.25)], "id string, i string, text string, x double")
    for unique in (False, True):
        scores = df.withColumnRenamed("x", "neardup_similarity")
        assert sorted(row.neardup_similarity for row in neardup.spark.dedup(scores, unique_ids=unique, id="i" if unique else "id").collect()) == [0.25, 0.5]
    for name in ("Neardup_Id", "NEARDUP_KIND", "neardup_KEY"):
        with pytest.raises(neardup.InvalidArgument, match=name):
            neardup.spark.dedup(df.withColumnRenamed("x", name))
    for months in ("interval '1-2' year to month", "array(interval '2' month)"):
        carried = df.selectExpr("*", f"{months} as c")
        with pytest.raises(neardup.Unsupported, match="column 'c' is .*interval"):
            neardup.spark.dedup(carried)
        assert neardup.spark.dedup(carried, id="i").count() == 2
    columns = ["timestamp'2024-05-01 12:00:00.5' t", "timestamp_ntz'2024-05-01 12:00:00' n", "date'2024-05-01' d", "1.5BD b", "binary(i) y"]
    columns += ["array(1, null) l", "map('k', struct(1 as f, 'g' as g)) m", "interval '1 02:03:04' day to second s", "cast(null as int) z"]
    carried = df.selectExpr("*", *columns)
    before, after = carried.where("i = 'c'").collect(), neardup.spark.dedup(carried).where("i = 'c'").collect()
    assert before == after and len(after) == 1


@pytest.mark.parametrize("preset", ["corpus", "news"])
def test_large_types_change_nothing(spark: Any, preset: str) -> None:
    settings = {"spark.sql.execution.arrow.useLargeVarTypes": "true", "spark.sql.execution.arrow.maxRecordsPerBatch": "3"}
    before = {name: spark.conf.get(name, None) for name in settings}
    rows = documents(num_hot=0)
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        scan = neardup.spark.Scan(frame(spark, rows, 2), preset=preset)
        assert_same(scan, of_engine(rows, preset=preset))
        scan.release()
    finally:
        for name, was in before.items():
            spark.conf.unset(name) if was is None else spark.conf.set(name, was)


def test_frames_without_rows(spark: Any) -> None:
    scan = neardup.spark.Scan(spark.createDataFrame([], "id bigint, text binary"))
    assert scan.pairs().collect() == scan.groups().collect() == []
    assert _dedup.deduplicated(scan, annotate=True).collect() == []
    scan.release()


def test_repeats_are_those_of_within(spark: Any) -> None:
    text = "A paragraph that stands here twice. Something else. A paragraph that stands here twice."
    df = spark.createDataFrame([("x", text), ("y", "something else"), ("x", text)], "id string, text string")
    found = neardup.spark.within(df.repartition(3)).collect()
    (wanted,) = neardup.within([text])
    assert [row.id for row in found] == ["x", "x"]
    for row in found:
        repeats = [
            neardup.Repeat(r.similarity, r.words, [neardup.Place(*place) for place in r.places]) for r in row.repeats
        ]
        assert repeats == wanted.repeats


def test_steps_are_taken_from_a_checkpoint(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "steps")
    rows = of_unique_ids(documents(num_hot=0))
    df = frame(spark, rows, 2)
    first = neardup.spark.Scan(df, checkpoint=folder)
    pairs = sorted(map(tuple, first.pairs().collect()))
    shutil.rmtree(f"{folder}/matches")
    # What is whole is not made again: these rows are not looked at.
    again = neardup.spark.Scan(df.where("false").union(df.limit(0)), checkpoint=folder)
    assert again._candidates.count() == first._candidates.count() > 0
    for threshold in (0.7, 0.8000001):
        with pytest.raises(neardup.InvalidArgument, match="another run"):
            neardup.spark.scan_pairs(df, checkpoint=folder, threshold=threshold)
    seen = Observation("again")
    neardup.spark.Scan(df, checkpoint=folder, observation=seen).pairs()
    assert seen.get["documents"] == len(rows)
    # By another number of partitions, from steps of the first.
    shutil.rmtree(f"{folder}/candidates")
    shutil.rmtree(f"{folder}/matches", ignore_errors=True)
    partitions = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", str(3 * int(partitions)))
    try:
        assert sorted(map(tuple, neardup.spark.scan_pairs(df, checkpoint=folder).collect())) == pairs
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", partitions)
    with monkeypatch.context() as older, pytest.raises(neardup.InvalidArgument, match="another run"):
        older.setattr(_steps, "LAYOUT", 1)
        neardup.spark.scan_pairs(df, checkpoint=folder)


def test_what_cannot_be_is_said_before_any_job(spark: Any) -> None:
    df = spark.createDataFrame([(1.5, ["a"], "x")], "id double, text array<string>, t string")
    good = df.select(df["t"].alias("id"), df["t"].alias("text"))
    for error, call in [
        (TypeError, lambda: neardup.spark.scan_pairs(df, id="t")),
        (TypeError, lambda: neardup.spark.scan_pairs(df, text="t")),
        (neardup.NotFound, lambda: neardup.spark.scan_groups(df, id="nowhere", text="t")),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(df, threshold=2.0)),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(df, max_matches=-1)),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(df, representative="preferred")),
        (neardup.InvalidArgument, lambda: neardup.spark.within(df, id="t", text="t", similarity=7.0)),
        (neardup.Unsupported, lambda: neardup.spark.scan_pairs(df, preset="news", coverage=0.5)),
        (neardup.Unsupported, lambda: neardup.spark.scan_groups(df, preset="news", link="single")),
        (neardup.InvalidArgument, lambda: neardup.spark.scan_groups(df, link="double")),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(good, keep="first")),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(good, keep="longest", order="id")),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(good, keep="newest")),
        (neardup.InvalidArgument, lambda: neardup.spark.dedup(good, keep="longest", representative="first-id")),
        (neardup.NotFound, lambda: neardup.spark.dedup(good, keep="max:nowhere")),
        (neardup.NotFound, lambda: neardup.spark.dedup(good, keep="last", order="nowhere")),
        (TypeError, lambda: neardup.spark.dedup(good, keep="last", order="text")),
    ]:
        with pytest.raises(error):
            call()
    named = df.select("t", df["t"].alias("neardup_key"))
    with pytest.raises(neardup.InvalidArgument, match="neardup_key"):
        neardup.spark.dedup(named, id="t", text="t")


def test_the_job_writes_what_stays(spark: Any, tmp_path: Path) -> None:
    text = "one two three four five six seven"
    (tmp_path / "in.txt").write_text(f"{text}\n{text.upper()}\n{text}\nelse\n")
    arguments = ["dedup", str(tmp_path / "in.txt"), str(tmp_path / "out"), "--format", "text"]
    job.run(spark, job.parser().parse_args([*arguments, "--stats", str(tmp_path / "stats")]))
    lines = [line for part in (tmp_path / "out").glob("part-*") for line in part.read_text().splitlines()]
    assert len(lines) == 2 and "else" in lines
    stats = spark.read.json(str(tmp_path / "stats"))
    assert {row.name: row.value for row in stats.collect()}["exact_copies"] == 2


@pytest.mark.parametrize("rows_a_batch, most", [(3, 1), (7, 4), (1000, 1 << 16)])
def test_pairs_are_compared_with_the_texts_of_their_task(
    rows_a_batch: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However rows are cut into batches, and however many pairs are compared at once."""
    import pyarrow

    monkeypatch.setattr(_verify, "MANY_PAIRS", most)
    r = random.Random(8)
    texts = [" ".join(f"w{min(i, 40 + r.randrange(40))}" for i in range(60)) for _ in range(8)]
    keys = [bytes([i]) * 20 for i in range(len(texts))]
    rows: list[tuple[Any, ...]] = []
    wanted = []
    for task, members in [(-5, [0, 1, 2, 3]), (2, [3, 4, 0]), (9, [4, 5, 6, 7, 1])]:
        pairs = [(a, b) for b in sorted(members) for a in sorted(members) if a < b]
        rows += [(keys[b], task, keys[a]) for a, b in pairs]
        found = neardup.verify(texts, pairs, neardup.Spec(threshold=0.62))
        wanted += [(keys[row.a], keys[row.b], row.kind, row.jaccard) for row in found if row.kind != "none"]
    assert 0 < len(wanted) < 19
    mates = pyarrow.RecordBatch.from_arrays([pyarrow.array(c) for c in zip(*rows)], names=["key", "task", "mates"])
    mates = pyarrow.Table.from_batches([mates]).to_batches(max_chunksize=rows_a_batch)
    placed = pyarrow.Table.from_batches(_verify._number(iter(mates)))
    assert placed["place"].to_pylist() == [0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 3, 4]
    rows_of_texts: list[dict[str, Any]] = []
    for row in placed.to_pylist():
        rows_of_texts.append({**row, "text": None, "name": f"named {row['key'][0]}"})
        text = {"task": row["task"], "place": row["place"], "text": texts[keys.index(row["key"])].encode()}
        rows_of_texts += [text] * (2 if row["place"] in (0, 3) else 1)  # copies
    schema = pyarrow.schema([*placed.schema, ("text", pyarrow.binary()), ("name", pyarrow.string())])
    joined = pyarrow.Table.from_pylist(rows_of_texts, schema)

    def compared(given: Any) -> list[tuple[Any, ...]]:
        batches = iter(given.to_batches(max_chunksize=rows_a_batch))
        spec = neardup.Spec(threshold=0.62)
        done = [row for b in _verify._compare(batches, spec, False, ["name"]) for row in b.to_pylist()]
        assert all(row[f"{side}_name"] == f"named {row[side][0]}" for row in done for side in "ab")
        return [(row["a"], row["b"], row["kind"], row["jaccard"]) for row in done]

    assert compared(joined) == wanted
    # In any order they come in packs, each text once.
    schema = _verify._schema("name string")
    mixed = joined.take(r.sample(range(len(joined)), len(joined)))
    packs = pyarrow.Table.from_batches(_verify._pack(iter(mixed.to_batches(max_chunksize=rows_a_batch)), schema, 3)).sort_by("slice")
    assert len(joined) > 24 and sum(packs["num"].to_pylist()) == 24
    in_order = pyarrow.Table.from_batches(_verify._in_order(iter(packs.to_batches(max_chunksize=1)), schema))
    assert sorted(compared(in_order)) == sorted(wanted)
    # Or a row has its text.
    both = placed.to_pylist()
    whole = [{**row, "text": texts[keys.index(row["key"])].encode(), "name": f"named {row['key'][0]}"} for row in both]
    assert compared(pyarrow.Table.from_pylist(whole, schema)) == wanted
    with pytest.raises(RuntimeError, match="a text to compare"):
        compared(joined.slice(3))
    with pytest.raises(RuntimeError, match="a text to compare"):
        compared(joined.slice(0, len(joined) - 1 - (placed["place"][-1].as_py() in (0, 3))))


def rare_candidates(texts: list[Any], slices: int = 3, most_rows: int = 1000) -> tuple[list[tuple[bytes, bytes]], int]:
    """Keys of the pairs that Spark's steps propose where a score decides, put together without Spark; and how many texts
    leave some out."""
    import pyarrow
    import pyarrow.compute

    column = pyarrow.array(texts, pyarrow.binary())
    ids, nothing = pyarrow.nulls(len(texts), pyarrow.string()), pyarrow.array([0] * len(texts))
    batch = pyarrow.RecordBatch.from_arrays([ids, column, nothing, nothing], names=["id", "text", "id_hash", "hash"])
    options = _options.make_options("id", "text", neardup.Spec(preset="news"))
    parts = (batch.slice(at, most_rows) for at in range(0, len(texts), most_rows))
    read = [r.filter(pyarrow.compute.equal(r["kind"], _documents.SKETCHES)).select(["pack"]) for r in _documents._read(parts, options, slices)]

    def brought_together(batches: Iterator[Any]) -> Iterator[Any]:
        table = pyarrow.Table.from_batches(list(batches))
        keys = [(name, "ascending") for name in table.column_names[:2]]
        return iter(table.sort_by(keys).to_batches(max_chunksize=2))

    entries = brought_together(_rare._spread(iter(read), options, slices))
    lists = list(brought_together(_rare._cut(entries, slices)))
    pairs = brought_together(_rare._expand(iter(lists), slices))
    found: list[tuple[bytes, bytes]] = []
    for b in _rare._choose(pairs):
        for row in b.to_pylist():
            found += [(row["mates"][at : at + 20], row["key"]) for at in range(0, len(row["mates"]), 20)]
    hot = brought_together(b.filter(pyarrow.compute.equal(b["kind"], _rare.HOT_PICKS)) for b in lists)
    return sorted(found), sum(b.num_rows for b in _rare._left_out(hot))


def of_phrases(num: int = 900) -> list[bytes]:
    """Texts of several of a few long phrases, and words of their own: of any length, and hot by more or less than half."""
    r = random.Random(7)
    phrases = [words(r, 45) for _ in range(8)]
    texts = []
    for _ in range(num):
        held = [phrase for phrase in phrases if r.random() < 0.35]
        own = words(r, r.choice([0, 5, 40, 200, 400]))
        texts.append(" ".join([*own, *(word for phrase in held for word in phrase)]).encode())
    return texts


def test_rare_shingles_propose_what_the_engine_compares() -> None:
    # Of phrases that are hot but rare enough for blocks, too.
    for texts in ([row[1].encode() for row in documents() if row[1] is not None], of_phrases(), of_phrases(320)):
        scan = neardup.scan(texts, preset="news", max_matches=0)
        found, num_common = rare_candidates(texts)
        assert num_common == scan.stats["common_documents"] > 100 and len(found) > 1000
        assert len(found) == len(set(found)) == scan.stats["candidates"]


def test_samples_are_packed_in_parts_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large slices come in the order of keys, and long lists are read before their end is there."""
    texts = of_phrases()
    found = rare_candidates(texts)
    for name, value in {"MOST_ENTRIES": 20000, "ENTRIES_A_ROW": 20, "LARGE_SLICE": 50, "MOST_WAITING": 60, "MOST_PAIRS": 700}.items():
        monkeypatch.setattr(_rare, name, value)
    long = []
    add = _rare._List.add
    monkeypatch.setattr(_rare._List, "add", lambda *given: (long.append(given[0]), add(*given)))
    assert rare_candidates(texts, slices=3000, most_rows=100) == found
    assert len(long) > len(set(long)) + 100


def test_a_long_list_may_end_with_one_text() -> None:
    import numpy

    num = _rare.RARE + 2
    entries = numpy.zeros((num, _rare.ENTRY_BYTES), numpy.uint8)
    entries[:, 15] = numpy.arange(num)
    entries[:, -1] = 1
    lists = _rare._Lists()
    lists.add(-(1 << 63), entries[:-1].tobytes())
    lists._most = 0
    lists.add(num - 1 - (1 << 63), entries[-1:].tobytes())
    lists.end()
    assert not lists.weights and [row[3] for row in lists.hot] == list(range(num))


def test_weights_stop_at_the_most() -> None:
    import numpy

    pairs, weight, task = _rare._summed(numpy.array([7, 5, 7]), numpy.array([_rare.MOST_WEIGHT, 1, 1]), numpy.array([3, 1, 2]))
    assert (pairs.tolist(), weight.tolist(), task.tolist()) == ([5, 7], [1, _rare.MOST_WEIGHT], [1, 2])


@pytest.mark.parametrize("small", [False, True])
def test_buckets_of_any_size_are_read_in_order(small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole slices at once, or a large bucket in parts; copies of a text count once, wherever they are."""
    import pyarrow

    if small:
        for name, number in [("FEW_MEMBERS", 3000), ("LARGE_SLICE", 100), ("MEMBERS_A_ROW", 10), ("MOST_WAITING", 200)]:
            monkeypatch.setattr(_candidates, name, number)
    r = random.Random(9)
    keys = [r.randbytes(20) for _ in range(3000)]
    bands = {key: [r.choice([7, r.randrange(500), r.randrange(2**32)]) for _ in range(4)] for key in keys}
    rows = [(key, b"".join(n.to_bytes(4, "little") for n in bands[key])) for key in keys + keys[:700]]
    r.shuffle(rows)
    spread = []
    for task in (rows[:2000], rows[2000:]):
        batch = pyarrow.RecordBatch.from_arrays([pyarrow.array(c) for c in zip(*task)], names=["key", "bands"])
        for b in _candidates._spread(iter([batch.slice(0, 900), batch.slice(900)]), 4, 8):
            spread += list(zip(*(column.to_pylist() for column in b.columns)))
    spread.sort(key=lambda row: row[:2])
    packed = pyarrow.Table.from_arrays([pyarrow.array(c) for c in zip(*spread)], names=["slice", "prefix", "members"])
    cut = _candidates._cut(iter(packed.to_batches(max_chunksize=50)))
    found = sorted(block for b in cut for block in b.column(0).to_pylist())
    wanted: list[bytes] = []
    for band in range(4):
        buckets: dict[int, list[bytes]] = {}
        for key in sorted(keys):
            buckets.setdefault(bands[key][band], []).append(key)
        for members in buckets.values():
            blocks = _candidates._Blocks(wanted)
            blocks.add(members)
            blocks.end()
    assert found == sorted(wanted) and any(len(block) == 24 for block in found)


@pytest.mark.parametrize("most", [5, 1 << 18])
def test_copies_become_one_text_in_parts_of_any_size(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is merged first; each document of a text with copies is told once."""
    import pyarrow

    monkeypatch.setattr(_copies, "MOST_WAITING", most)
    r = random.Random(11)
    rows: list[dict[str, Any]] = []
    for i in range(300):
        key = r.choice([b"hot", b"warm", b"%d" % r.randrange(200)]).rjust(20, b"-")
        named = {"name": None if i % 3 else f"named {i}", "id": f"id{i}", "id_hash": i, "hash": r.randrange(9)}
        rows.append({"key": key, "tokens": 7, "preference": bytes([r.randrange(3)]), **named})
    documents = pyarrow.RecordBatch.from_pylist(rows, _copies.NAMED_SCHEMA)
    packs = [_packs.packed(documents.slice(i, 7)) for i in range(0, 300, 7)]
    sent = _packs.rows_of_packs([(0, _copies.DOCUMENTS, 7, 7, pack) for pack in packs])
    texts: list[dict[str, Any]] = []
    shared: list[dict[str, Any]] = []
    copied: list[tuple[bytes, str]] = []
    for batch in _copies._gather(iter(pyarrow.Table.from_batches([sent]).to_batches(max_chunksize=4))):
        for row in batch.to_pylist():
            if row["kind"] in (_copies.TEXTS, _copies.SHARED):
                found = _packs.unpacked(row["pack"], _copies.TEXTS_SCHEMA)
                assert (row["num"], row["copies"]) == (len(found), sum(found.column("copies").to_pylist()))
                assert found.column("name").null_count > 0 and found.column("least_name").null_count > 0
                (texts if row["kind"] == _copies.TEXTS else shared).extend(_copies.whole(found).to_pylist())
            else:
                found = _packs.unpacked(row["pack"], _copies.COPIED_SCHEMA)
                copied += zip(*(column.to_pylist() for column in found.columns))
    of_key: dict[bytes, list[dict[str, Any]]] = {}
    for row in rows:
        of_key.setdefault(row["key"], []).append({**row, "name": row["name"] or row["id"]})
    wanted = []
    for members in of_key.values():
        best = min(members, key=lambda row: (row["preference"], row["name"], row["id"], row["hash"]))
        wanted.append({**best, "least_name": min(row["name"] for row in members), "copies": len(members)})
    assert sorted(map(repr, texts)) == sorted(map(repr, wanted))
    assert sorted(map(repr, shared)) == sorted(repr(row) for row in texts if row["copies"] > 1)
    several = [row for members in of_key.values() if len(members) > 1 for row in members]
    assert sorted(copied) == sorted((row["key"], row["name"]) for row in several)


def test_packs_of_long_ids_have_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy
    import pyarrow

    monkeypatch.setattr(_packs, "MOST_BYTES", 100_000)
    batch = pyarrow.RecordBatch.from_pydict({"id": [f"{i:01000}" for i in range(1000)]})
    sent = list(_packs.in_slices(batch, numpy.arange(1000) % 3, 0)) + _packs.in_packs(pyarrow.Table.from_batches([batch]), 3, 0)
    assert sum(row[2] for row in sent) == 2000 and all(len(row[4]) < 101_000 for row in sent)
    ids = [row for *_, pack in sent for row in _packs.unpacked(pack, batch.schema).column(0).to_pylist()]
    assert sorted(ids) == sorted(2 * batch.column(0).to_pylist())


@pytest.mark.parametrize("cut", [1, 2, 3, 6])
def test_a_text_of_the_same_hashes_is_not_taken_for_another(cut: int) -> None:
    """Rows of one place come with the texts of all rows that look like the right one; batches end anywhere."""
    import pyarrow

    spec = neardup.Spec()
    right = [("all of it stands in both of them but for the last word " + end).encode() for end in ("here", "there")]
    wrong = [b"a text before them that somebody gave the same hashes", b"one behind them"]
    keys = [bytes(key) for key in _texts.keys_of(pyarrow.array(right, pyarrow.binary()), spec)]
    rows: list[dict[str, Any]] = []
    for place, (key, mates) in enumerate(zip(keys, (b"", bytes(4)))):
        rows.append({"task": 5, "place": place, "text": None, "key": key, "mates": mates})
        rows += [{"task": 5, "place": place, "text": text} for text in sorted([*wrong, right[place], right[place]])]
    kinds = [("task", pyarrow.int64()), ("place", pyarrow.int32()), ("text", pyarrow.binary())]
    schema = pyarrow.schema([*kinds, ("key", pyarrow.binary()), ("mates", pyarrow.binary())])
    whole = pyarrow.RecordBatch.from_pylist(rows, schema)
    batches = [whole.slice(i, cut) for i in range(0, len(rows), cut)]
    found = [row for batch in _verify._compare(iter(batches), spec, True, []) for row in batch.to_pylist()]
    assert [(row["a"], row["b"], round(row["jaccard"], 3)) for row in found] == [(keys[0], keys[1], 0.818)]


# --- files that workers read themselves ---


def written(rows: list[Row], path: Path, **options: Any) -> None:
    """Rows as Parquet, in row groups of some."""
    import pyarrow.parquet

    table = pyarrow.table({name: column for name, column in zip(("id", "text", "number"), zip(*rows))})
    pyarrow.parquet.write_table(table, path, **options)


def test_workers_read_parquet_themselves(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several parts a file and files a task; ids that stand twice, and nulls; names of files that are encoded."""
    for name, number in [("PART_BYTES", 10_000), ("LEAST_PART_BYTES", 100)]:
        monkeypatch.setattr(_files, name, number)
    rows = documents(num_hot=0)
    for i, file in enumerate(("a b.parquet", "%c.parquet", "ü.parquet", "y.parquet", "z.parquet")):
        start = [0, 100, 200, len(rows) - 4, len(rows) - 2, len(rows)]
        written(rows[start[i] : start[i + 1]], tmp_path / file, row_group_size=10, use_dictionary=["id"] if i else True)
    options = {"representative": "preferred", "preferences": "number"}
    scan = neardup.spark.Scan(spark.read.parquet(str(tmp_path)), **options)
    assert isinstance(scan._source, _files.Files) and len(scan._source._tasks) > 1
    assert any(len(part.rows) > 1 for part in scan._source._parts) and len(scan._source._parts) > len(scan._source._tasks)
    assert_same(scan, of_engine(rows, **options))
    scan.release()


def test_only_plain_reads_are_read_by_workers(spark: Any, tmp_path: Path) -> None:
    """What is done to a frame, or changes what Spark reads, is Spark's to do."""
    from pyspark.sql import functions as F

    rows = [(f"i{i}", f"text {i}", i) for i in range(9)]
    path = str(tmp_path / "plain")
    (tmp_path / "plain").mkdir()
    written(rows, tmp_path / "plain" / "a.parquet")
    df = spark.read.parquet(path)
    df.write.partitionBy("number").parquet(str(tmp_path / "parts"))
    df.write.bucketBy(2, "id").option("path", str(tmp_path / "bucketed")).saveAsTable("neardup_bucketed")
    (tmp_path / "mixed").mkdir()
    written(rows, tmp_path / "mixed" / "a.parquet")
    df.select("id", "text", F.col("number").cast("int")).write.mode("append").parquet(str(tmp_path / "mixed"))
    df.createOrReplaceTempView("neardup_view")

    def source(frame: Any, id: str = "id", text: str = "text", **options: Any) -> bool:
        return isinstance(neardup.spark.Scan(frame, id, text, **options)._source, _files.Files)

    try:
        # One file or more, all of each, whatever else is in them.
        for plain in (df, df.select("text", "id"), df.drop("number"), spark.table("neardup_view"), df.where("true"), df.alias("x")):
            assert source(plain)
        assert source(df.withColumnRenamed("id", "other").withColumnRenamed("other", "id"))
        assert source(df, "number") and source(df, "text", "text")
        assert source(df, keep="first", order="number") and source(spark.read.schema("id string, text string").parquet(path))
        twice = spark.read.parquet(path, f"{path}/a.parquet")
        assert source(twice) and neardup.spark.Scan(twice)._source.rows().count() == twice.count()
        assert source(spark.read.parquet(str(tmp_path / "parts"))) and source(spark.read.parquet(str(tmp_path / "mixed")))
        cached = df.select("id", "text").persist()
        others = [
            df.where("number > 3"), df.limit(5), df.union(df), df.distinct(), df.sample(0.5), df.repartition(2), df.orderBy("id"),
            df.withColumn("text", F.lower("text")), df.select("id", F.col("id").alias("text")),
            df.withColumnRenamed("id", "text2").withColumnRenamed("text", "id").withColumnRenamed("text2", "text"),
            df.select(F.col("text").alias("id"), F.col("id").alias("text")), cached, spark.createDataFrame(rows, "id string, text string, number long"),
            spark.read.parquet(str(tmp_path / "parts")).where("number = 3"), spark.table("neardup_bucketed"),
            spark.read.option("mergeSchema", "true").parquet(path), spark.read.option("ignoreMissingFiles", "true").parquet(path),
            spark.read.schema("id string, text string, other string").parquet(path).select(F.col("other").alias("text"), "id"),
            spark.read.schema("id string, text string, number int").parquet(str(tmp_path / "mixed")).select("id", F.col("text")).where("id is not null"),
        ]
        for other in others:
            assert not source(other)
        cached.unpersist()
        # Columns that the files do not hold as they are asked for.
        wider = spark.read.schema("id string, text binary, more string, ID2 string").parquet(path)
        assert not source(wider) and not source(wider, "more", "id")
        assert not source(spark.read.parquet(str(tmp_path / "parts")), "number")
        assert not source(spark.read.parquet(str(tmp_path / "mixed")), "number")
        assert not source(df.withColumn("seen", F.current_timestamp()), keep="last", order="seen")
        for setting, value in ((_files.SETTING, "false"), ("spark.sql.files.ignoreCorruptFiles", "true"), ("parquet.crypto.factory.class", "x")):
            spark.conf.set(setting, value)
            assert not source(df)
            spark.conf.unset(setting)
        assert source(df)
    finally:
        spark.sql("drop table if exists neardup_bucketed")


def test_files_that_change_between_the_readings_are_an_error(spark: Any, tmp_path: Path) -> None:
    """Not another answer; nor are places of other files taken from a checkpoint."""
    text = " ".join(f"word{i}" for i in range(40))
    rows: list[Row] = [(f"i{i}", f"{text} {'more' if i else ''}", i) for i in range(3)]
    (tmp_path / "in").mkdir()
    written(rows, tmp_path / "in" / "a.parquet")
    scans = [neardup.spark.Scan(spark.read.parquet(str(tmp_path / "in")), checkpoint=folder) for folder in (None, str(tmp_path / "steps"))]
    for scan in scans:
        assert scan._candidates.count() == 2
    # Unchanged, a later run goes on from there.
    shutil.copytree(tmp_path / "steps", tmp_path / "more")
    again = neardup.spark.Scan(spark.read.parquet(str(tmp_path / "in")), checkpoint=str(tmp_path / "more"))
    assert again.pairs().count() == 3
    written(rows[::-1], tmp_path / "in" / "a.parquet")
    for scan in scans:
        with pytest.raises(Exception, match="was changed while it was being read"):
            scan.pairs().collect()
        scan.release()
    with pytest.raises(neardup.InvalidArgument, match="another run"):
        neardup.spark.scan_pairs(spark.read.parquet(str(tmp_path / "in")), checkpoint=str(tmp_path / "steps"))


@pytest.mark.parametrize("batch_rows, most", [(1, 1), (3, 7), (100, 1000)])
def test_texts_are_read_again_at_their_places(batch_rows: int, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever lies between them, however rows that ask for them are cut, and however many are read at once."""
    import pyarrow

    monkeypatch.setattr(_files, "MOST_ROWS", most)

    rows: list[Row] = [(f"i{i}", None if i == 7 else f"text {i}", i) for i in range(50)]
    written(rows, tmp_path / "a.parquet", row_group_size=9)
    file = _files._file_of((tmp_path / "a.parquet").as_uri())
    assert file is not None and _files._file_of((tmp_path / "none").as_uri()) is _files._file_of(tmp_path.as_uri()) is None
    assert _files._file_of(f"hdfs://{tmp_path}/a.parquet") is None
    ((part, _),) = _files._parts_of(file, {"id": "string", "text": "string"}) or []
    parts = [part._replace(first=0, rows=part.rows[:2], batch_rows=(batch_rows,) * 2), part._replace(first=2, rows=part.rows[2:], batch_rows=(batch_rows,) * 4)]
    batches = list(_files._rows(list(enumerate(parts)), _files.Columns("id", "text")))
    assert max(batch.num_rows for batch in batches) == min(9, most - most % batch_rows)
    read = pyarrow.Table.from_batches(batches)
    assert read["id"].to_pylist() == [row[0] for row in rows] and read["text"].to_pylist() == [row[1] for row in rows]
    wanted = sorted([0, 7, 8, 8, 19, 20, 40, 40, 49])
    places = [read["hash"][i].as_py() for i in wanted]
    assert places == sorted(places)
    table = pyarrow.table({"hash": places, "task": wanted})
    found = pyarrow.Table.from_batches(_files._with_texts(iter(table.to_batches(max_chunksize=4)), parts, "text"))
    assert found["task"].to_pylist() == wanted and found["text"].to_pylist() == [rows[i][1] for i in wanted]
    changing = _files._Open(parts[0], ["id"])
    next(changing.batches(0))
    os.utime(file.path, ns=(0, 0))
    with pytest.raises(RuntimeError, match="was changed"):
        changing.close()


@pytest.mark.parametrize("encoding", ["dictionary", "DELTA_BYTE_ARRAY"])
def test_long_texts_that_files_hide_are_few_at_once(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow
    import pyarrow.parquet

    monkeypatch.setattr(_files, "MOST_BYTES", 1 << 20)
    texts = [*(f"text {i}" for i in range(_files.FEW_ROWS)), *(["word " * 4000] * 600)]
    table = pyarrow.table({"id": [str(i) for i in range(len(texts))], "text": texts})
    how: Any = {} if encoding == "dictionary" else {"use_dictionary": False, "column_encoding": {"text": encoding}}
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", **how)
    file = _files._file_of((tmp_path / "a.parquet").as_uri())
    assert file is not None
    ((part, _),) = _files._parts_of(file, {"id": "string", "text": "string"}) or []
    batches = list(_files._Open(part, ["id", "text"]).batches(0))
    assert [text for batch in batches for text in batch["text"].to_pylist()] == texts
    # Small ones do not wait for long ones: what is too much together is never one batch.
    assert max(batch.num_rows for batch in batches) <= _files.FEW_ROWS and batches[0].nbytes < 10_000


def test_nothing_of_two_gigabytes_is_cut_off() -> None:
    import numpy
    import pyarrow

    half = pyarrow.py_buffer(numpy.zeros(1_200_000_000, numpy.uint8))  # which takes no memory
    ends = pyarrow.py_buffer(numpy.array([0, len(half)], numpy.int32))
    batch = pyarrow.RecordBatch.from_arrays([pyarrow.Array.from_buffers(pyarrow.binary(), 1, [None, ends, half])], names=["id"])
    with pytest.raises(RuntimeError, match="more than 2 GB"):
        _packs.one_batch([batch, batch])
    assert pyarrow.types.is_large_binary(_verify._schema("").field("text").type)  # of a slice of tasks they may be more


def test_workers_look_for_garbage_in_no_modules(spark: Any) -> None:
    def frozen(batches: Iterator[Any]) -> Iterator[Any]:
        import gc

        import neardup.spark
        import pyarrow

        assert neardup.spark.__name__ and list(batches)
        yield pyarrow.RecordBatch.from_arrays([pyarrow.array([gc.get_freeze_count()])], names=["num"])

    (row,) = spark.range(0, 1, 1, 1).mapInArrow(frozen, "num bigint").collect()
    assert row.num > 10_000


def test_hashes_tell_ids_apart() -> None:
    import numpy
    import pyarrow

    ids = ["", "a", "b", "ab", "ba", "aa", "\0", "\0\0", *(f"id-{i}" for i in range(50_000)), "long" * 10_000]
    hashes = _files.hashes_of(pyarrow.array(ids))
    assert len(set(hashes.tolist())) == len(ids)
    assert (_files.hashes_of(pyarrow.array(["else", *ids]).slice(1)) == hashes).all()
    # They spread evenly.
    counts = numpy.bincount(_packs.slices_of_numbers(hashes, 16), minlength=16)
    assert counts.min() > 2900 and counts.max() < 3400
    assert len(_files.hashes_of(pyarrow.array([], pyarrow.string()))) == 0


def test_the_rule_of_buckets_is_the_engines() -> None:
    header = Path(__file__).parents[2] / "include" / "neardup" / "bucket.h"
    line = next(line for line in header.read_text().splitlines() if "ND_BUCKET_WHOLE =" in line)
    rule = (_candidates.WHOLE, _candidates.LEADERS, _candidates.WINDOW)
    assert line.strip() == "enum {{ ND_BUCKET_WHOLE = {}, ND_BUCKET_LEADERS = {}, ND_BUCKET_WINDOW = {} }};".format(*rule)


def pairs_of(batches: Iterator[Any]) -> list[tuple[int, int]]:
    """(larger, smaller) of texts whose keys are numbers."""
    found = []
    for batch in batches:
        for key, mates in zip(batch.column(0).to_pylist(), batch.column(2).to_pylist()):
            of_row = [mates[i : i + 20] for i in range(0, len(mates), 20)]
            found += [(int.from_bytes(mate, "big"), int.from_bytes(key, "big")) for mate in of_row]
    return found


@pytest.mark.parametrize("size", [40, 513, 512 * 2, 1700])
def test_blocks_of_a_bucket_propose_its_pairs_once(size: int) -> None:
    out: list[bytes] = []
    blocks = _candidates._Blocks(out)
    keys = [i.to_bytes(20, "big") for i in range(size)]
    for start in range(0, size, 300):
        blocks.add(keys[start : start + 300])
    blocks.end()
    import pyarrow

    batch = pyarrow.RecordBatch.from_arrays([pyarrow.array(out, pyarrow.binary())], names=["block"])
    found = pairs_of(_candidates._expand(iter([batch])))
    wanted = {(i, j) for i in range(size) for j in range(i + 1, size) if size <= 512 or i < 16 or j - i <= 48}
    assert len(found) == len(wanted) and set(found) == wanted
    # Several blocks propose them; each is compared at its first task.
    rows = [row for _ in range(2) for b in _candidates._expand(iter([batch])) for row in zip(*map(pyarrow.Array.to_pylist, b.columns))]
    again = pyarrow.Table.from_batches([_candidates.mates_batch(sorted(rows))]).to_batches(max_chunksize=500)
    assert sorted(pairs_of(_candidates._once(iter(again)))) == sorted(wanted)
    assert size <= 512 or _candidates.num_left_out(size) == size * (size - 1) // 2 - len(wanted)
