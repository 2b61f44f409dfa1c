"""The package needs nothing else: not numpy, not pyarrow, not tqdm."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = '''
import sys, warnings
for name in ("numpy", "pyarrow", "pandas", "polars", "tqdm", "fsspec"):
    sys.modules[name] = None
import pathlib, tempfile
import neardup
from neardup.compat.datasketch import LeanMinHash, MinHash, MinHashLSH, MinHashLSHEnsemble, MinHashLSHForest

A = "one two three four five six seven"
result = neardup.scan([A, A + ".", None, "else"])
assert result.keep_mask().tolist() == [True, False, True, True]
assert memoryview(result.representatives().data).tolist() == [0, 0, 2, 3]
assert [tuple(pair)[:2] for pair in result.pairs()] == [(0, 1)] and len(result.groups()) == 1
assert result.pairs().to_pylist()[0]["kind"] == "exact" and result.stats["documents"] == 4
spec = neardup.Spec(threshold=0.5)
keys = neardup.band_keys([A, A], spec)
assert keys.tolist()[0] == keys.tolist()[1]
assert len(neardup.verify([A, A], [(0, 1)], spec)) == 1
assert neardup.group([(0, 1)], 3).tolist() == [0, 0, 2]
assert neardup.evaluate([A, A], pairs=[(0, 1)]).f1 == 1
assert len(neardup.within(A + ". " + A)) == 1 and neardup.compare(A, A).jaccard == 1
table = neardup.Table()
table.add("x", A)
assert table.query(A)[0].key == "x"
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    neardup.scan([A], progress=True)
assert "tqdm is not installed" in str(told[0].message)
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "in.txt").write_text(A)
(folder / "in.jsonl").write_text('{"text":"%s"}\\n' % A * 2)
assert neardup.dedup(folder / "in.jsonl", folder / "out.jsonl").kept == 1
try:
    neardup.dedup("s3://bucket/in.jsonl", folder / "out.jsonl")
except neardup.Unsupported as error:
    assert "needs fsspec" in str(error)
else:
    raise AssertionError
for call in (result.keep_mask().to_numpy, lambda: neardup.dedup("x.parquet", folder)):
    try:
        call()
    except (ImportError, neardup.NotFound):
        continue
    raise AssertionError
minhash = MinHash(num_perm=32)
minhash.update_batch([b"x", b"y"])
lsh = MinHashLSH(num_perm=32)
lsh.insert("x", minhash)
assert lsh.query(LeanMinHash(minhash)) == ["x"] and len(minhash.hashvalues) == 32
forest = MinHashLSHForest(num_perm=32)
forest.add("x", minhash)
forest.index()
assert forest.query(minhash, 1) == ["x"]
ensemble = MinHashLSHEnsemble(threshold=0.5, num_perm=32, num_part=1)
ensemble.index([("x", minhash, 2)])
assert list(ensemble.query(minhash, 2)) == ["x"]
print("done")
'''


def test_all_of_it_works_without_any_other_package() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr
