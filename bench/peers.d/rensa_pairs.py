"""rensa: R-MinHash over all shingles, its LSH index, its own similarity. FILE OUT WORKERS WAY

What was set, and why:
- num_perm 128: its own benchmark's slots. 16 bands of 8, which propose a pair at 0.8 with a chance of
  0.95; the 8 bands of 16 of its benchmark, 0.20, flagged half as many documents here.
- Shingles reach it hashed (shingles.py); its sketches are of all of them. The rho pipeline samples
  token positions and is not run: another measure than the jaccard of the sets.
- "flags" is its fastest way: one matrix of sketches, flags of the documents that share a band. It
  tells no pairs, and checks nothing.
- "pairs" needs its Python objects, queries for each of them, and its own jaccard for the check.
- "cminhash" is its other sketch. It has no index, only a deduplicator that says what to remove.
- rayon uses as many threads as there are cores to run on.
"""

import sys

import rensa
import shingles

SLOTS, BANDS, SEED, LEAST = 128, 16, 42, 0.8


def bytes_of_shingles(flat, starts):
    """One list of 8-byte tokens a document, made when asked for."""
    tokens = flat.view("V8")
    for i in range(len(starts) - 1):
        yield tokens[int(starts[i]) : int(starts[i + 1])].tolist()


def empty_documents(starts):
    return starts[1:] == starts[:-1]


def flags(flat, starts):
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(flat, starts, SLOTS, SEED)
    index = rensa.RMinHashLSH(LEAST, SLOTS, BANDS)
    found = index.query_duplicate_flags_matrix_one_shot(matrix)
    return [i for i, empty in enumerate(empty_documents(starts)) if found[i] and not empty]


def pairs(flat, starts):
    sketches = rensa.RMinHash.from_token_sets(bytes_of_shingles(flat, starts), SLOTS, SEED)
    index = rensa.RMinHashLSH(LEAST, SLOTS, BANDS)
    index.insert_many(sketches, 0)
    empty = empty_documents(starts)
    for i, candidates in enumerate(index.query_all(sketches)):
        if len(candidates) > 1 and not empty[i]:
            sketch = sketches[i]
            yield from (
                (i, j) for j in candidates if j > i and sketch.jaccard(sketches[j]) >= LEAST
            )


def removed(flat, starts):
    empty = empty_documents(starts)
    tokens = bytes_of_shingles(flat, starts)
    deduplicator = rensa.CMinHashDeduplicator(LEAST, SLOTS)
    numbers = [i for i in range(len(empty)) if not empty[i]]
    documents = ((str(i), t) for i, t in enumerate(tokens) if t)
    kept = deduplicator.add_pairs(documents)
    return [i for i, is_kept in zip(numbers, kept) if not is_kept]


def main(corpus, out, workers, way):
    ids, flat, starts = shingles.read(corpus, int(workers))
    if way == "pairs":
        shingles.write_pairs(out, ids, pairs(flat, starts))
        return
    found = flags(flat, starts) if way == "flags" else removed(flat, starts)
    with open(out, "w") as file:
        file.write(f"#{'flags' if way == 'flags' else 'removed'}\n")
        file.writelines(f"{ids[i]}\n" for i in found)


main(*sys.argv[1:])
