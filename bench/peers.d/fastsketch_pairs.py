"""FastSketchLSH: sketches and LSH in C++, pairs checked by the sketches. FILE OUT WORKERS

What was set, and why:
- 128 slots, 16 bands of 8, as in its README; 32 bands of 4 gave the same recall to 0.001 and took
  three times as long.
- Prehashed shingles in one array (CSR), "for maximum throughput", by its README.
- Candidates of all documents in one call; agreeing slots counted with numpy, since its own
  estimate_jaccard takes one pair a call from Python.
- OpenMP threads: as many as there are cores to run on.
"""

import sys

import FastSketchLSH
import shingles


def main(corpus, out, workers):
    threads = int(workers)
    ids, flat, starts = shingles.read(corpus, threads)
    sketcher = FastSketchLSH.FastSimilaritySketch(size=128, seed=42)
    matrix = sketcher.batch_csr(flat, starts, prehashed=True, num_threads=threads)
    filled = (starts[1:] > starts[:-1]).nonzero()[0]
    matrix, ids = matrix[filled], [ids[i] for i in filled]
    index = FastSketchLSH.LSH(num_perm=128, num_bands=16, num_threads=threads)
    index.reserve(len(ids))
    index.insert(matrix)
    left, right = shingles.pairs_of_queries(*index.query(matrix, format="csr"))
    shingles.write_pairs(out, ids, shingles.verified(matrix, left, right, 0.8))


main(*sys.argv[1:])
