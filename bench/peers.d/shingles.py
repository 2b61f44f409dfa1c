"""What the Python peers share: JSON Lines to shingle hashes, as fast as Python does it.

orjson parses, bytes.translate and split (or re, where a text is not ASCII) find the words, Python's
own hash makes numbers of them, and numpy makes one number of five, for some megabytes of documents
at once: much faster than joining strings and hashing those, which is what the peers' own examples
do. With two workers the file is read in two halves by two processes, since Python finds words under
its interpreter lock. Documents come in another order than in the file.
"""

import os
import re
from multiprocessing import get_context

import numpy
import orjson

WORD = re.compile(r"\w+|\x01").findall
WIDTH = 5
BATCH_BYTES = 4 << 20
BETWEEN = "\x01"  # stands between documents
MULTIPLIER = numpy.uint64(0x9E3779B97F4A7C15)
# Bytes of ASCII text that are not of a word become spaces.
SPACES = bytes(c if chr(c).isalnum() or c in b"_\x01" else 32 for c in range(128)) + bytes(128)


def mixed(values):
    values ^= values >> numpy.uint64(32)
    values *= numpy.uint64(0xD6E8FEB86659FD93)
    values ^= values >> numpy.uint64(32)
    return values


def joined(hashes, width):
    num = len(hashes) - width + 1
    result = hashes[:num].copy()
    for i in range(1, width):
        result *= MULTIPLIER
        result += hashes[i : i + num]
    return mixed(result)


def words_of(texts, is_ascii):
    """All words of lower-cased texts, BETWEEN after each text."""
    text = f" {BETWEEN} ".join(texts) + f" {BETWEEN}"
    # bytes and str of the same ASCII characters have the same hash in CPython.
    return text.encode().translate(SPACES).split() if is_ascii else WORD(text)


def shingle_batch(texts, is_ascii):
    """(hashes of all texts, number of them in each)."""
    words = words_of(texts, is_ascii)
    hashes = numpy.fromiter(map(hash, words), numpy.int64, len(words)).view(numpy.uint64)
    ends = numpy.flatnonzero(hashes == numpy.uint64(hash(BETWEEN) & 0xFFFFFFFFFFFFFFFF))
    starts = numpy.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    text_of = numpy.repeat(numpy.arange(len(ends)), lengths + 1)
    num = max(len(hashes) - WIDTH + 1, 0)
    # A window lies in one text where its ends do, and does not end on BETWEEN.
    whole = text_of[:num] == text_of[WIDTH - 1 :][:num]
    inside = ends[text_of[:num]] > numpy.arange(WIDTH - 1, WIDTH - 1 + num)
    kept = whole & inside
    flat = joined(hashes, WIDTH)[kept] if num else hashes[:0]
    counts = numpy.maximum(lengths - WIDTH + 1, 0)
    short = numpy.flatnonzero((lengths > 0) & (lengths < WIDTH))
    if len(short):
        places = numpy.cumsum(counts)[short]
        alone = [joined(hashes[starts[i] : ends[i]], int(lengths[i]))[0] for i in short]
        flat = numpy.insert(flat, places, alone)
        counts[short] = 1
    return flat, counts


class Batch:
    """Texts of one kind, ASCII or not, that wait to be made shingles of."""

    def __init__(self, is_ascii, out):
        self.is_ascii, self.out = is_ascii, out
        self.ids, self.texts, self.size = [], [], 0

    def add(self, name, text):
        self.ids.append(name)
        self.texts.append(text)
        self.size += len(text)
        if self.size > BATCH_BYTES:
            self.flush()

    def flush(self):
        if self.texts:
            flat, counts = shingle_batch(self.texts, self.is_ascii)
            self.out.append((self.ids, flat, counts))
        self.ids, self.texts, self.size = [], [], 0


def read_part(path, start, end):
    """Documents whose lines begin in (start, end]: ids, hashes, number of them in each."""
    out = []
    batches = {kind: Batch(kind, out) for kind in (True, False)}
    with open(path, "rb") as file:
        file.seek(start)
        at = start + len(file.readline()) if start else 0
        for line in file:
            if at > end:
                break
            at += len(line)
            document = orjson.loads(line)
            text = document["text"].lower().replace(BETWEEN, " ")
            batches[text.isascii()].add(document["id"], text)
    for batch in batches.values():
        batch.flush()
    ids = [name for part in out for name in part[0]]
    nothing = [numpy.empty(0, numpy.uint64)]
    flat = numpy.concatenate([part[1] for part in out] or nothing)
    return ids, flat, numpy.concatenate([part[2] for part in out] or nothing)


def read(path, workers):
    """(ids, flat hashes, starts): document i has flat[starts[i] : starts[i + 1]]."""
    size = os.path.getsize(path)
    cuts = [size * i // workers for i in range(workers + 1)]
    parts = [(path, cuts[i], cuts[i + 1]) for i in range(workers)]
    if workers == 1:
        results = [read_part(*parts[0])]
    else:
        # fork: both halves then hash strings with the same secret.
        with get_context("fork").Pool(workers) as pool:
            results = pool.starmap(read_part, parts)
    ids = [name for part in results for name in part[0]]
    counts = numpy.concatenate([part[2] for part in results])
    starts = numpy.concatenate(([0], numpy.cumsum(counts))).astype(numpy.uint64)
    return ids, numpy.concatenate([part[1] for part in results]), starts


def write_pairs(path, ids, pairs):
    with open(path, "w") as out:
        out.writelines(f"{ids[a]}\t{ids[b]}\n" for a, b in pairs)


def pairs_of_queries(flat, starts):
    """Pairs i < j from the answers to queries 0, 1, ...: flat[starts[i]:starts[i + 1]]."""
    counts = numpy.diff(starts).astype(numpy.int64)
    left = numpy.repeat(numpy.arange(len(counts), dtype=numpy.int64), counts)
    right = flat.astype(numpy.int64)
    kept = left < right
    return left[kept], right[kept]


def verified(matrix, left, right, least):
    """Those pairs whose sketches agree in at least that fraction of their slots."""
    kept = numpy.empty(len(left), bool)
    for at in range(0, len(left), 100_000):
        part = slice(at, at + 100_000)
        agree = (matrix[left[part]] == matrix[right[part]]).mean(axis=1)
        kept[part] = agree >= least
    return zip(left[kept].tolist(), right[kept].tolist())
