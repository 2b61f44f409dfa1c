"""An index that lasts, by neardup.Index, datasketch's MinHashLSH in Redis, and rensa's: adding, asking, room taken.

usage: index_stores.py [--documents N] [--queries N] CORPUS.jsonl

Needs neardup's wheel, datasketch, redis, redis-server (a Debian package) and rensa. All get the same texts, jaccard 0.8
over word 5-grams; datasketch sketches them as its documentation says is quickest, update_batch of the encoded shingles
and an insertion session, num_perm 128; rensa as in rensa_pairs.py. They tell candidates; neardup's answers are verified,
from the texts that it keeps. What redis-server takes of the processor counts too. Redis keeps everything in memory, and
is saved to the disk at the end. rensa has no store: its index lies in the process's memory, and lasts as a pickle of
the whole, which is written again after whatever was added; once, at the end, is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import random
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import datasketch
import redis
import rensa

import neardup

WORD = re.compile(r"\w+")


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shingles(text: str) -> list[bytes]:
    words = WORD.findall(text.lower())
    return list({" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))})


def minhash(text: str) -> datasketch.MinHash:
    made = datasketch.MinHash(num_perm=128)
    made.update_batch(shingles(text))
    return made


class Redis:
    """datasketch in a redis-server of its own, behind a socket."""

    name = "datasketch + Redis"

    def __init__(self, folder: str) -> None:
        self.folder, socket = folder, f"{folder}/socket"
        self.server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        self.client = redis.Redis(unix_socket_path=socket)
        while not Path(socket).exists():
            time.sleep(0.05)
        storage = {"type": "redis", "basename": b"seen", "redis": {"unix_socket_path": socket}}
        self.lsh = datasketch.MinHashLSH(threshold=0.8, num_perm=128, storage_config=storage)

    def add(self, documents: list[tuple[str, str]]) -> None:
        with self.lsh.insertion_session() as session:
            for key, text in documents:
                session.insert(key, minhash(text))

    def query(self, text: str) -> int:
        return len(self.lsh.query(minhash(text)))

    def seconds(self) -> float:
        return time.process_time() + processor_seconds(self.server.pid)

    def room(self) -> tuple[int, int]:
        memory = self.client.info("memory")["used_memory"]
        self.client.save()
        return memory, os.path.getsize(f"{self.folder}/dump.rdb")

    def close(self) -> None:
        self.server.terminate()
        self.server.wait()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Rensa:
    """rensa's R-MinHash and its index, which knows documents by number."""

    name = "rensa, pickled"
    slots, bands, seed = 128, 16, 42

    def __init__(self, folder: str) -> None:
        self.file, self.before = f"{folder}/seen.pickle", resident_bytes()
        self.index = rensa.RMinHashLSH(0.8, self.slots, self.bands)

    def sketch(self, texts: list[str]) -> Any:
        return rensa.RMinHash.from_token_sets([shingles(text) for text in texts], self.slots, self.seed)

    def add(self, documents: list[tuple[str, str]]) -> None:
        for first in range(0, len(documents), 1000):
            self.index.insert_many(self.sketch([text for _, text in documents[first : first + 1000]]), first)

    def query(self, text: str) -> int:
        return len(self.index.query(self.sketch([text])[0]))

    def seconds(self) -> float:
        return time.process_time()

    def room(self) -> tuple[int, int]:
        memory = resident_bytes() - self.before
        with open(self.file, "wb") as file:
            pickle.dump(self.index, file, pickle.HIGHEST_PROTOCOL)
        return memory, os.path.getsize(self.file)

    def close(self) -> None:
        pass


class Index:
    """neardup.Index; its memory is what the system may hold of its files."""

    name = "neardup.Index"

    def __init__(self, folder: str) -> None:
        self.index = neardup.Index.create(f"{folder}/seen", threshold=0.8)

    def add(self, documents: list[tuple[str, str]]) -> None:
        ids, texts = zip(*documents)
        self.index.add_batch(texts, ids, commit_every=10000)

    def query(self, text: str) -> int:
        return len(self.index.query(text))

    def seconds(self) -> float:
        return time.process_time()

    def room(self) -> tuple[int, int]:
        return 0, self.index.stat()["bytes"]

    def close(self) -> None:
        self.index.close()


def measure(make: Callable[[str], Any], documents: list[tuple[str, str]], queries: int) -> None:
    folder = tempfile.mkdtemp()
    store = make(folder)
    try:
        start, wall = store.seconds(), time.perf_counter()
        store.add(documents)
        added, wall = store.seconds() - start, time.perf_counter() - wall
        micros, found = [], 0
        for _, text in random.Random(1).choices(documents, k=queries):
            start = time.perf_counter()
            found += store.query(text)
            micros.append((time.perf_counter() - start) * 1e6)
        micros.sort()
        memory, disk = store.room()
        print(
            f"{store.name:20} {len(documents) / wall:10.0f} {len(documents) / added:12.0f}"
            f" {micros[len(micros) // 2]:10.0f} {micros[len(micros) * 99 // 100]:10.0f}"
            f" {memory / len(documents):10.0f} {disk / len(documents):10.0f} {found / queries:8.2f}",
            flush=True,
        )
    finally:
        store.close()
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--documents", type=int, default=20000)
    parser.add_argument("--queries", type=int, default=2000)
    options = parser.parse_args()
    with open(options.corpus, encoding="utf8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(options.documents))]
    documents = [(str(i), text) for i, text in enumerate(texts) if text]
    print(f"{len(documents)} documents, {sum(len(text) for _, text in documents) / len(documents):.0f} characters each")
    print(
        f"{'':20} {'adds_per_s':>10} {'per_cpu_s':>12} {'p50_us':>10} {'p99_us':>10}"
        f" {'memory':>10} {'disk':>10} {'found':>8}"
    )
    for make in (Index, Rensa, Redis):
        measure(make, documents, options.queries)


if __name__ == "__main__":
    main()
