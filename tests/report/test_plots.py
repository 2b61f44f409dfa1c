"""Pictures of what the benchmarks measured: bench/plot, and what calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import TOOL

pytest.importorskip("matplotlib")

PLOT = Path(__file__).parents[2] / "bench/plot"
BENCH = Path(TOOL).with_name("neardup-bench")
CONTEXT = {"data": "made up", "options": "word:5", "machine": "<a machine> & more", "kernel": "avx2"}


def texts(svg: Path) -> list[str]:
    """What is written in the picture, in the order of the file."""
    root = ElementTree.parse(svg).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return [" ".join("".join(e.itertext()).split()) for e in root.iter("{http://www.w3.org/2000/svg}text")]


def plot(results: str, svg: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *options, str(PLOT), str(svg)], input=results,
                          capture_output=True, text=True, check=False)


def test_the_bench_draws_its_table(tmp_path: Path) -> None:
    svg = tmp_path / "scale.svg"
    command = [str(BENCH), "scale", "--from", "500", "--to", "5000", "--runs", "1", "--svg", str(svg)]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr
    assert "documents " in done.stdout
    assert {"Seconds of a scan", "Megabytes of a scan", "1,000", "wall clock"} <= set(texts(svg))
    assert list(tmp_path.iterdir()) == [svg]


def test_stages_stand_beside_their_limits(tmp_path: Path) -> None:
    rows = [CONTEXT | {"stage": "read", "mb_per_s": 500.0, "limit": "read(2)", "limit_mb_per_s": 2000.0,
                       "of_limit": 0.25},
            CONTEXT | {"stage": "group", "mb_per_s": None, "limit": "look", "limit_mb_per_s": None,
                       "of_limit": 1.25},
            CONTEXT | {"stage": "none", "mb_per_s": None, "limit": "-", "limit_mb_per_s": None,
                       "of_limit": None}]
    for name in ("a.svg", "b.svg"):
        done = plot("".join(json.dumps({"stage": row["stage"]} | row) + "\n" for row in rows), tmp_path / name)
        assert done.returncode == 0, done.stderr
    written = texts(tmp_path / "a.svg")
    assert {"read", "group", "25 % of read(2): 500 of 2,000 MB/s", "125 % of look"} <= set(written)
    assert "none" not in written
    assert any("<a machine> & more, kernel avx2" in line for line in written)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_peers_stand_in_the_order_of_their_speed(tmp_path: Path) -> None:
    figures = {"slow": (90.0, 100.0, 130.0), "quick": (1.0, 2.0, 2.5), "middle": (9.0, 10.0, 10.0)}
    results = {
        "data": "7 documents, 1 MB", "machine": "some machine",
        "rows": [{"tool": tool, "cores": 1, "wall": runs[1], "precision": 0.875, "recall": 0.5}
                 for tool, runs in figures.items()] + [{"tool": "broken", "cores": 1, "error": "exit 1"}],
        "runs": [[tool, 1, [{"wall": wall, "rss": wall * 1e6} for wall in runs]]
                 for tool, runs in figures.items()] + [["broken", 1, [{"error": "exit 1"}]]],
    }
    done = plot(json.dumps(results), tmp_path / "peers.svg")
    assert done.returncode == 0, done.stderr
    written = texts(tmp_path / "peers.svg")
    assert [line for line in written if line in figures] == ["quick", "middle", "slow"]
    assert "precision 0.88, recall 0.50" in written
    assert any("medians of 3 runs" in line for line in written)


@pytest.mark.parametrize(("results", "message"), [
    ("", "there are no results to draw"), ('{"scan":"1 thread"}\n', "these are no results of"),
    ('{"stage":"read"}\n', "cannot read these results"), ("{", "cannot read these results"),
    ('{"rows":[{"tool":"a","error":"exit 1"}],"runs":[]}', "no tool has a result"),
    ('{"stage":"read","of_limit":null}\n', "no stage took any time")])
def test_what_cannot_be_drawn_is_said(tmp_path: Path, results: str, message: str) -> None:
    done = plot(results, tmp_path / "none.svg")
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert done.stderr.startswith(f"plot: {message}")


def test_without_matplotlib_it_says_so(tmp_path: Path) -> None:
    done = plot('{"stage":"read","of_limit":1}', tmp_path / "none.svg", "-I", "-S")
    assert done.returncode == 3
    assert "has no matplotlib" in done.stderr
