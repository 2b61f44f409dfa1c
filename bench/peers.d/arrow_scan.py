"""neardup.scan of an Arrow table in memory beside the tool on the same documents as JSON Lines, in turn.

usage: arrow_scan.py [--runs N] [--threads N] CORPUS.jsonl

In an environment with neardup's wheel and pyarrow. Times are of a whole process of the tool, pairs
written to /dev/null, and of the call alone; a list of str is measured too. Medians are printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Callable

import pyarrow

import neardup
from neardup.__main__ import tool


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("corpus")
    arguments = parser.parse_args()
    ids, texts = [], []
    with open(arguments.corpus, encoding="utf8") as lines:
        for line in lines:
            document = json.loads(line)
            ids.append(document["id"])
            texts.append(document["text"])
    table = pyarrow.table({"id": ids, "text": texts})
    threads = arguments.threads
    command = [tool(), "scan", "-q", "--pairs", "--threads", str(threads), "-o", "/dev/null", arguments.corpus]
    if threads == 0:
        command = [part for part in command if part not in ("--threads", "0")]
    found = []

    def scan_table() -> None:
        result = neardup.scan(table, "id", output="pairs", threads=threads)
        found.append(pyarrow.table(result.pairs()).num_rows)

    def scan_list() -> None:
        result = neardup.scan(texts, ids, output="pairs", threads=threads)
        found.append(len(result.pairs()))

    work: dict[str, Callable[[], object]] = {
        "tool, JSON Lines": lambda: subprocess.run(command, check=True),
        "Python, Arrow table": scan_table,
        "Python, list of str": scan_list,
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for i in range(arguments.runs):
        for name in list(work)[:: 1 if i % 2 else -1]:
            start = time.perf_counter()
            work[name]()
            times[name].append(time.perf_counter() - start)
    assert len(set(found)) == 1
    first = statistics.median(times["tool, JSON Lines"])
    print(f"{len(ids)} documents, {found[0]} pairs, {arguments.runs} runs, medians")
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:22}{median:8.3f} s{median / first:8.2f} of the tool's")


if __name__ == "__main__":
    main()
