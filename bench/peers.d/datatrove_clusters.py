"""datatrove: its MinHash pipeline on the local executor. FILE OUT WORKERS

What was set, and why:
- 5-grams, 16 buckets of 8 hashes: its default of 14 buckets finds less at 0.8.
- 32-bit xxhash, its quicker precision; collisions do not matter at this size.
- Text normalisation: lower case and punctuation only; its further steps (numbers, diacritics) cost
  time and make other shingles than the truth has.
- Words by splitting at spaces, in place of its word tokenisers: its normalisation has left nothing
  but words and spaces, and spaCy (its tokeniser for most languages) took six times as long as
  all the rest. The class it asks for is its own; LANGUAGE only decides which one it would load.
- lines_to_buffer 10,000 in place of 5: fewer reads.
- As many tasks and workers as there are cores; the corpus is cut into that many files beforehand,
  which the time includes.
- Its result is clusters: chains of matches through any bucket, not checked.
"""

import os
import shutil
import struct
import sys
import tempfile

import orjson
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.utils.hashing import HashConfig
from datatrove.utils.text import TextNormConfig
from datatrove.utils.word_tokenizers import WordTokenizer

LANGUAGE = "chr"  # any whose tokeniser is WhitespaceTokenizer
CONFIG = MinhashConfig(
    n_grams=5,
    num_buckets=16,
    hashes_per_bucket=8,
    hash_config=HashConfig(precision=32, hash_fc="xxhash"),
    norm_config=TextNormConfig(norm_unicode_diacritics=False, norm_numbers=False),
)


class SpaceTokenizer(WordTokenizer):
    def word_tokenize(self, text):
        return text.split()

    def sent_tokenize(self, text):
        return [text]

    def span_tokenize(self, text):
        return [(0, len(text))]


def split(corpus, folder, parts):
    """Cuts the corpus at line ends, one file a task; a reader takes whole files."""
    size = os.path.getsize(corpus)
    os.makedirs(folder)
    with open(corpus, "rb") as lines:
        for part in range(parts):
            end = size * (part + 1) // parts
            with open(f"{folder}/{part:05d}.jsonl", "wb") as out:
                out.write(lines.read(max(end - lines.tell(), 0)))
                out.write(lines.readline() if part + 1 < parts else b"")


def run(pipeline, tasks, workers, logs):
    LocalPipelineExecutor(
        pipeline=pipeline, tasks=tasks, workers=workers, logging_dir=logs, skip_completed=False
    ).run()


def clusters(folder, parts):
    """(line within the part, part, cluster) from the files of the cluster step."""
    for part in range(parts):
        name = f"{folder}/{part:06d}.clusters"
        if os.path.exists(name):
            with open(name, "rb") as file:
                for line, cluster in struct.iter_unpack("<2I", file.read()):
                    yield part, line, cluster


def main(corpus, out, workers):
    workers = int(workers)
    work = tempfile.mkdtemp(prefix="datatrove-", dir=os.path.dirname(os.path.abspath(out)))
    split(corpus, f"{work}/in", workers)
    reader = JsonlReader(f"{work}/in")
    signature = MinhashDedupSignature(f"{work}/sigs", config=CONFIG, language=LANGUAGE)
    signature.word_tokenizer = SpaceTokenizer()
    run([reader, signature], workers, workers, f"{work}/log1")
    buckets = MinhashDedupBuckets(
        f"{work}/sigs", f"{work}/dups", config=CONFIG, lines_to_buffer=10_000
    )
    run([buckets], CONFIG.num_buckets, workers, f"{work}/log2")
    cluster = MinhashDedupCluster(
        f"{work}/dups", f"{work}/clusters", config=CONFIG, save_cluster_id=True
    )
    run([cluster], 1, 1, f"{work}/log3")
    ids = []
    for part in range(workers):
        with open(f"{work}/in/{part:05d}.jsonl", "rb") as lines:
            ids.append([orjson.loads(line)["id"] for line in lines])
    with open(out, "w") as file:
        file.write("#clusters\n")
        for part, line, number in clusters(f"{work}/clusters", workers):
            file.write(f"{ids[part][line]}\t{number}\n")
    shutil.rmtree(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
