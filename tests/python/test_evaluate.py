"""neardup.evaluate: the figures of the tool's eval."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from conftest import SAMPLES, ratio, run_tool

import neardup


def rows_of(name: str) -> list[list[str]]:
    lines = (SAMPLES / name).read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def check(result: neardup.Evaluation, *arguments: str) -> list[dict]:
    of_tool = run_tool("eval", "-q", "--format", "jsonl", *arguments, str(SAMPLES / "news.jsonl"))
    told, *errors = map(json.loads, of_tool.splitlines())
    for name in ("pairs_true", "pairs_found", "true_positives", "pairs_ignored"):
        assert getattr(result, name) == told[name]
    for name in ("precision", "recall", "f1", "ari"):
        assert ratio(getattr(result, name)) == ratio(told[name])
    assert [(b.pairs_true, b.true_positives) for b in result.bands] == [
        (b["pairs_true"], b["true_positives"]) for b in told["bands"]
    ]
    return errors


def test_true_pairs(news: list[dict]) -> None:
    texts, ids = [d["text"] for d in news], [d["id"] for d in news]
    truth = [tuple(row[:3]) for row in rows_of("news_truth.tsv")]
    for threshold in (0.4, 0.8):
        result = neardup.evaluate(texts, ids, pairs=truth, threshold=threshold, errors=3)
        errors = check(
            result,
            *("--threshold", str(threshold), "--errors", "3", "--by-kind"),
            *("--truth", str(SAMPLES / "news_truth.tsv")),
        )
        assert [k.kind for k in result.kinds] == sorted({row[2] for row in truth})
        assert [(w.a, w.b) for w in result.missed] == [
            (w["a"], w["b"]) for w in errors if w["error"] == "missed"
        ]


def test_clusters(news: list[dict]) -> None:
    texts, ids = [d["text"] for d in news], [d["id"] for d in news]
    clusters = {row[0]: row[1] for row in rows_of("news_clusters.tsv")}
    for output in ("pairs", "groups"):
        result = neardup.evaluate(
            texts, ids, clusters=clusters, preset="news", output=output  # type: ignore[arg-type]
        )
        arguments = ["--clusters", str(SAMPLES / "news_clusters.tsv"), "--preset", "news"]
        check(result, *arguments, *(["--groups"] if output == "groups" else []))
    assert neardup.evaluate(texts, ids, clusters=clusters.items()).pairs_true == result.pairs_true


def test_exact(news: list[dict]) -> None:
    texts, ids = [d["text"] for d in news], [d["id"] for d in news]
    check(neardup.evaluate(texts, ids, exact=True, threshold=0.5), "--exact", "--threshold", "0.5")


A = "one two three four five six"
B = "one two three four five six seven"


def test_labelled_pairs_and_rows() -> None:
    texts = [A, B, A, "else"]
    labelled = [(0, 1, True, 10.0, "cut"), (0, 2, False), (1, 3, True, 2.0)]
    result = neardup.evaluate(texts, labelled=labelled, threshold=0.5, errors=5)
    assert (result.pairs_true, result.pairs_found, result.true_positives) == (2, 2, 1)
    assert result.pairs_ignored == 1  # 1 and 2, which nobody labelled
    assert result.weighted_recall == pytest.approx(10 / 12)
    assert math.isnan(result.ari)
    assert [(w.a, w.b, w.jaccard) for w in result.false] == [(0, 2, 1.0)]
    assert [(w.a, w.b, w.kind) for w in result.missed] == [(1, 3, None)]
    assert [tuple(k) for k in result.kinds] == [("cut", 1, 1)]


def test_ignored_pairs() -> None:
    result = neardup.evaluate([A, B, A], pairs=[(0, 1)], ignore=[(2, 0), [1, 2]], threshold=0.5)
    assert (result.pairs_found, result.pairs_ignored, result.precision) == (1, 2, 1.0)
    assert [band.recall for band in result.bands if band.pairs_true] == [1.0]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, neardup.InvalidArgument),
        ({"pairs": [], "exact": True}, neardup.InvalidArgument),
        ({"pairs": [(0, 7)]}, neardup.NotFound),
        ({"pairs": [(1, 1)]}, neardup.InvalidArgument),
        ({"pairs": [(1,)]}, TypeError),
        ({"pairs": [("x", 1)]}, TypeError),
        ({"pairs": 5}, TypeError),
        ({"clusters": [(0, "p"), (0, "q")]}, neardup.AlreadyExists),
        ({"labelled": [(0, 1, True, -1.0)]}, neardup.InvalidArgument),
        ({"exact": True, "coverage": 0.4}, neardup.InvalidArgument),
        ({"exact": True, "output": "both"}, neardup.InvalidArgument),
        ({"exact": True, "errors": -1}, neardup.InvalidArgument),
        ({"exact": True, "threshold": 2}, neardup.InvalidArgument),
    ],
    ids=str,
)
def test_what_is_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        neardup.evaluate([A, B, "else"], **arguments)
