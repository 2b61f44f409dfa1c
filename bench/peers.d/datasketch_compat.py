"""datasketch's own benchmarks (benchmark/sketches/minhash_benchmark.py, benchmark/lsh_benchmark.py), as
calls of either package: sketching one element at a time and in batches, inserting into an index, querying.

usage: datasketch_compat.py [--runs N] [--sets N] [--num-perm N] [CORPUS.jsonl]

Both take turns; medians are printed, and their ratios. The texts are those of a file of JSON Lines, cut
into the word 3-grams of the benchmark, or made of numbers where none is given.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
from typing import Any, Callable

import datasketch

from neardup.compat import datasketch as ours

PACKAGES = {"datasketch": datasketch, "neardup.compat": ours}


def ngrams(text: str, n: int = 3) -> list[bytes]:
    words = text.split()
    grams = {" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1))}
    return [gram.encode("utf8") for gram in grams]


def read_sets(path: str | None, num: int) -> list[list[bytes]]:
    if path is None:
        rng = random.Random(1)
        texts = [
            [b"a-%d-%d" % (x, x) for x in rng.sample(range(100 * i, 100 * i + 400), 200)]
            for i in range(num // 2)
        ]
        return texts + [text[: rng.randrange(100, 200)] for text in texts]
    with open(path, encoding="utf8") as lines:
        return [ngrams(json.loads(line)["text"]) for line, _ in zip(lines, range(num))]


def update_each(package: Any, elements: list[bytes], num_perm: int) -> int:
    minhash = package.MinHash(num_perm=num_perm)
    for element in elements:
        minhash.update(element)
    len(minhash.hashvalues)
    return len(elements)


def timed(work: Callable[[], int]) -> float:
    """Nanoseconds for each of what the work says it did."""
    gc.collect()
    start = time.perf_counter()
    num = work()
    return (time.perf_counter() - start) * 1e9 / num


def insert_all(lsh: Any, minhashes: list[Any]) -> int:
    for i, minhash in enumerate(minhashes):
        lsh.insert(i, minhash)
    return len(minhashes)


def query_all(lsh: Any, minhashes: list[Any]) -> int:
    for minhash in minhashes:
        lsh.query(minhash)
    return len(minhashes)


def run(package: Any, sets: list[list[bytes]], num_perm: int) -> dict[str, float]:
    elements = [b"a-%d-%d" % (x, x) for x in range(5000)]
    times = {"update, an element": timed(lambda: update_each(package, elements, num_perm))}
    minhashes: list[Any] = []

    def bulk() -> int:
        minhashes.extend(package.MinHash.bulk(sets, num_perm=num_perm))
        for minhash in minhashes:
            len(minhash.hashvalues)
        return sum(map(len, sets))

    times["update_batch, an element"] = timed(bulk)
    lsh = package.MinHashLSH(threshold=0.5, num_perm=num_perm)
    times["insert, a set"] = timed(lambda: insert_all(lsh, minhashes))
    times["query, a set"] = timed(lambda: query_all(lsh, minhashes))
    times["jaccard, a pair"] = timed(
        lambda: len([a.jaccard(b) for a, b in zip(minhashes, minhashes[1:])])
    )
    return times


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sets", type=int, default=4000)
    parser.add_argument("--num-perm", type=int, default=128)
    parser.add_argument("corpus", nargs="?")
    arguments = parser.parse_args()
    sets = read_sets(arguments.corpus, arguments.sets)
    all_times: dict[str, list[dict[str, float]]] = {name: [] for name in PACKAGES}
    for i in range(arguments.runs):
        for name in list(PACKAGES)[:: 1 if i % 2 else -1]:
            all_times[name].append(run(PACKAGES[name], sets, arguments.num_perm))
    print(f"{len(sets)} sets of {statistics.mean(map(len, sets)):.0f} elements, "
          f"{arguments.num_perm} slots, {arguments.runs} runs, medians in ns")
    print(f"{'':26}{'datasketch':>12}{'neardup':>12}{'ratio':>8}")
    for stage in all_times["datasketch"][0]:
        a, b = (statistics.median(t[stage] for t in all_times[name]) for name in PACKAGES)
        print(f"{stage:26}{a:12.0f}{b:12.0f}{a / b:8.1f}")


if __name__ == "__main__":
    main()
