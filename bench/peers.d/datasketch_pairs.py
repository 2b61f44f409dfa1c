"""datasketch: MinHash and MinHashLSH in numpy, pairs checked by the sketches. FILE OUT WORKERS [MODULE]

What was set, and why:
- num_perm 128; params (16, 8), which propose a pair at 0.8 with a chance of 0.95: its own optimum,
  9 bands of 13, does so with 0.40.
- Shingles reach it hashed to 32 bits, the width of its scheme, so hashfunc does nothing: its
  default, SHA-1 of each shingle, would take longer than all the rest.
- Sketches are made in as many processes as there are cores.
- Identical candidates are met once (j > i), and checked with its own jaccard.
- MODULE is what is imported in its place: neardup.compat.datasketch, by the same calls.
"""

import importlib
import sys
from multiprocessing import get_context

import numpy
import shingles

datasketch = importlib.import_module(sys.argv[4] if len(sys.argv) > 4 else "datasketch")

SLOTS, LEAST = 128, 0.8
work = {}


def itself(value):
    return value


def sketch_range(bounds):
    flat, starts = work["flat"], work["starts"]
    sketch = datasketch.MinHash(num_perm=SLOTS, hashfunc=itself)
    rows = numpy.empty((bounds[1] - bounds[0], SLOTS), sketch.hashvalues.dtype)
    for row, i in enumerate(range(*bounds)):
        sketch.clear()
        sketch.update_batch(flat[int(starts[i]) : int(starts[i + 1])].tolist())
        rows[row] = sketch.hashvalues
    return rows


def sketch_all(flat, starts, workers):
    work.update(flat=(flat & numpy.uint64(0xFFFFFFFF)).astype(numpy.uint32), starts=starts)
    num = len(starts) - 1
    ranges = [(at, min(at + 2000, num)) for at in range(0, num, 2000)]
    if workers == 1:
        return numpy.concatenate([sketch_range(r) for r in ranges])
    with get_context("fork").Pool(workers) as pool:
        return numpy.concatenate(pool.map(sketch_range, ranges, chunksize=1))


def pairs(rows, starts):
    plain = datasketch.MinHash(num_perm=SLOTS, hashfunc=itself)
    index = datasketch.MinHashLSH(threshold=LEAST, num_perm=SLOTS, params=(16, 8))
    sketches = {
        i: datasketch.MinHash(
            num_perm=SLOTS,
            hashfunc=itself,
            hashvalues=rows[i],
            permutations=plain.permutations,
            scheme=plain.scheme,
        )
        for i in (starts[1:] > starts[:-1]).nonzero()[0].tolist()
    }
    # Each pair is found by the later of the two, before it is in the index itself.
    for i, sketch in sketches.items():
        for j in index.query(sketch):
            if sketch.jaccard(sketches[j]) >= LEAST:
                yield j, i
        index.insert(i, sketch, check_duplication=False)


def main(corpus, out, workers):
    ids, flat, starts = shingles.read(corpus, int(workers))
    rows = sketch_all(flat, starts, int(workers))
    shingles.write_pairs(out, ids, pairs(rows, starts))


main(*sys.argv[1:4])
