"""neardup.scan of an Arrow table, pairs written as they are for everybody. FILE [OUT WORKERS]

What was set, and why:
- The documents are an Arrow file, which is mapped into memory: that is what neardup.scan is for. With
  FILE alone it is written, once: FILE.arrow.
- Pairs alone are asked for, as of the tool.
"""

import os
import sys

import pyarrow
import pyarrow.json


def prepare(corpus):
    target = corpus + ".arrow"
    if os.path.exists(target):
        return
    options = pyarrow.json.ReadOptions(block_size=64 << 20)
    table = pyarrow.json.read_json(corpus, read_options=options).select(["id", "text"])
    with pyarrow.OSFile(target + ".part", "wb") as sink:
        with pyarrow.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=8192)
    os.replace(target + ".part", target)


def main(corpus, out, workers):
    import neardup

    with pyarrow.memory_map(corpus + ".arrow") as source:
        table = pyarrow.ipc.open_file(source).read_all()
        result = neardup.scan(table, "id", threshold=0.8, output="pairs", threads=int(workers))
        pairs = pyarrow.table(result.pairs())
    with open(out, "w", encoding="utf-8") as sink:
        for a, b in zip(pairs.column("a").to_pylist(), pairs.column("b").to_pylist()):
            sink.write(f"{a}\t{b}\n")


if len(sys.argv) > 2:
    main(*sys.argv[1:])
else:
    prepare(sys.argv[1])
