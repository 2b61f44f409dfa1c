"""Texts as Spark's Python workers see them: keys, names, and what is sent on of each.

    text key:  | 2^32 - 1 - number of tokens, 4 bytes | digest, 8 | digest, 8 |    all big-endian

Exact copies have one key. Keys in order are texts by size, the most tokens first, texts of as many
by digest: the order in which buckets are read and in which the longest represents. They follow from
the text alone, so that a task that runs twice, or late, says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

import numpy
import pyarrow
import pyarrow.compute

import neardup
from neardup import _core
from neardup.spark._options import Options, quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Observation

KEY_BYTES = 20
MOST_SEEN = 100_000  # texts that a task remembers


def fixed_binary(rows: Any) -> Any:
    """A column of binary from [rows, width] uint8; Spark has none of a fixed size."""
    num, width = rows.shape
    offsets = numpy.arange(0, (num + 1) * width, width, dtype=numpy.int32)
    return pyarrow.Array.from_buffers(
        pyarrow.binary(), num, [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(numpy.ascontiguousarray(rows))]
    )


def fixed_rows(column: Any, width: int) -> Any:
    """[rows, width] uint8 of a column of binary without nulls, each of `width` bytes."""
    fixed = column.cast(pyarrow.binary(width))
    data = numpy.frombuffer(fixed.buffers()[1], dtype=numpy.uint8)
    return data[fixed.offset * width :][: len(fixed) * width].reshape(-1, width)


def text_keys(num_tokens: Any, digests: Any) -> Any:
    """[rows, KEY_BYTES] uint8."""
    keys = numpy.empty((len(num_tokens), KEY_BYTES), dtype=numpy.uint8)
    sizes = (0xFFFFFFFF - num_tokens.astype(numpy.uint32)).astype(">u4")
    keys[:, :4] = sizes.view(numpy.uint8).reshape(-1, 4)
    keys[:, 4:] = digests.astype(">u8").view(numpy.uint8).reshape(-1, 16)
    return keys


class _Described:
    """What a batch's texts are told by: keys, and what else is asked for. Where a score decides, the size of a
    text is its shingles, else its tokens, as the engine orders texts."""

    def __init__(self, column: Any, spec: neardup.Spec, outputs: list[Any]) -> None:
        self.sketches = neardup.sketch(column, spec, ["digests", "num_tokens", *outputs], threads=1)
        assert self.sketches.digests is not None and self.sketches.num_tokens is not None
        self.tokens = self.sketches.num_tokens.to_numpy()
        self.has_words = self.tokens > 0
        sizes = self.tokens
        if spec.score > 0:
            sizes, self.shifts, self.ends, self.samples = (
                numpy.frombuffer(data, kind)
                for data, kind in zip(_core.samples(column, "text", spec.line, 1), ("u4", "u1", "u8", "u8"))
            )
        self.keys = text_keys(sizes, self.sketches.digests.to_numpy())

    def only_with_words(self, column: Any) -> Any:
        """Null for texts without."""
        return pyarrow.compute.if_else(pyarrow.array(self.has_words), column, pyarrow.scalar(None, column.type))


def _read(batches: Iterator[Any], spec: neardup.Spec) -> Iterator[Any]:
    """(id, text, preference) to the columns of `documents`."""
    for batch in batches:
        ids, texts, preferences = batch.columns
        told = _Described(texts, spec, ["invalid_bytes", *(["band_keys"] if spec.bands else [])])
        assert told.sketches.invalid_bytes is not None
        columns = {
            "id": ids,
            "preference": preferences,
            "tokens": pyarrow.array(told.tokens.astype(numpy.int64)),
            "bytes": pyarrow.compute.binary_length(texts).fill_null(0).cast(pyarrow.int64()),
            "invalid": pyarrow.array(told.sketches.invalid_bytes.to_numpy().astype(numpy.int64)),
            "key": told.only_with_words(fixed_binary(told.keys)),
        }
        if spec.bands:
            assert told.sketches.band_keys is not None
            # What a batch of the engine keeps of a band key: its upper half.
            bands = (told.sketches.band_keys.to_numpy().reshape(len(ids), -1) >> 32).astype(numpy.uint32)
            columns["bands"] = told.only_with_words(fixed_binary(bands.view(numpy.uint8)))
        else:
            columns["shift"] = pyarrow.array(told.shifts.astype(numpy.int32))
            offsets = pyarrow.py_buffer(numpy.append(0, told.ends * 8).astype(numpy.int32))
            samples = pyarrow.Array.from_buffers(
                pyarrow.binary(), len(ids), [None, offsets, pyarrow.py_buffer(told.samples)]
            )
            columns["samples"] = told.only_with_words(samples)
        yield pyarrow.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


_READ = "id string, preference bigint, tokens bigint, bytes bigint, invalid bigint, key binary"


def counts() -> dict[str, Column]:
    """What is told of documents, by the names of the tool's --stats: aggregates of _READ."""
    from pyspark.sql import functions as F

    return {
        "documents": F.count("*"),
        "text_bytes": F.sum("bytes"),
        "tokens": F.sum("tokens"),
        "no_words": F.sum((F.col("tokens") == 0).cast("bigint")),
        "invalid_utf8": F.sum((F.col("invalid") > 0).cast("bigint")),
        "invalid_bytes": F.sum("invalid"),
    }


def id_of(column: str) -> Column:
    """A null id is an empty one, as in `neardup.scan`; a number is in decimal."""
    from pyspark.sql import functions as F

    return F.coalesce(F.col(quoted(column)).cast("string"), F.lit(""))


def inputs(df: DataFrame, id: str, text: str, preferences: Optional[str] = None) -> DataFrame:
    """The columns that decide, under names of their own."""
    from pyspark.sql import functions as F

    preference = F.lit(None) if preferences is None else F.col(quoted(preferences))
    return df.select(
        id_of(id).alias("id"),
        F.col(quoted(text)).cast("binary").alias("text"),
        preference.cast("bigint").alias("preference"),
    )


def documents(df: DataFrame, options: Options, observation: Optional[Observation]) -> DataFrame:
    """_READ of every row, and bands, or shift and samples: key, bands and samples are null without words."""
    rows = inputs(df, options.id, options.text, options.preferences)
    more = "bands binary" if options.spec.bands else "shift int, samples binary"
    read = rows.mapInArrow(partial(_read, spec=options.spec), f"{_READ}, {more}")
    if observation is None:
        return read
    return read.observe(observation, *(count.alias(name) for name, count in counts().items()))


def _send(batches: Iterator[Any], spec: neardup.Spec) -> Iterator[Any]:
    """(text) to (key, text): a copy of what this task has sent not again, mostly."""
    seen: set[bytes] = set()
    for batch in batches:
        texts = batch.column(0)
        told = _Described(texts, spec, [])
        column = fixed_binary(told.keys)
        fresh = told.has_words.copy()
        for row, key in enumerate(column.to_pylist()):
            fresh[row] &= key not in seen
            if len(seen) == MOST_SEEN:
                seen.clear()
            seen.add(key)
        sent = pyarrow.RecordBatch.from_arrays([column, texts], names=["key", "text"])
        yield sent.filter(pyarrow.array(fresh))


def keyed_texts(df: DataFrame, options: Options) -> DataFrame:
    """(key, text): every text at least once, copies seldom twice from one partition."""
    texts = inputs(df, options.id, options.text).select("text")
    return texts.mapInArrow(partial(_send, spec=options.spec), "key binary, text binary")


def _annotate(batches: Iterator[Any], spec: neardup.Spec, place: int) -> Iterator[Any]:
    for batch in batches:
        column = fixed_binary(_Described(batch.column(place), spec, []).keys)
        yield pyarrow.RecordBatch.from_arrays(
            [*batch.columns, column], names=[*batch.schema.names, "key"]
        )


def with_keys(df: DataFrame, options: Options) -> DataFrame:
    """The frame with neardup_id, the id as it came, and neardup_key; texts without words have a key too."""
    from pyspark.sql.types import BinaryType, StructField, StructType

    named = df.withColumn("neardup_id", id_of(options.id))
    # Under names of their own: mapInArrow does not find a column with a dot in its name.
    fields = [StructField(f"c{i}", field.dataType) for i, field in enumerate(named.schema.fields)]
    schema = StructType([*fields, StructField("key", BinaryType())])
    place = df.columns.index(options.text)
    keyed = named.toDF(*(field.name for field in fields)).mapInArrow(
        partial(_annotate, spec=options.spec, place=place), schema
    )
    return keyed.toDF(*named.columns, "neardup_key")


# --- documents of one id ---


def _rename(batches: Iterator[Any]) -> Iterator[Any]:
    """(family, id, preference, text, key), by family, to (id, key, preference, name): the engine names them."""
    schema = pyarrow.schema(
        [("id", pyarrow.string()), ("key", pyarrow.binary()), ("preference", pyarrow.int64()), ("name", pyarrow.string())]
    )
    rows: list[Any] = []
    for batch in batches:
        rows.extend(batch.to_pylist())
        last = rows[-1]["family"] if rows else None
        whole = [row for row in rows if row["family"] != last]
        rows = [row for row in rows if row["family"] == last]
        if whole:
            yield _named(whole, schema)
    if rows:
        yield _named(rows, schema)


def _named(rows: list[Any], schema: Any) -> Any:
    ids = [row["id"] for row in rows]
    preferences = [row["preference"] for row in rows]
    has_preferences = any(p is not None for p in preferences)
    scan = neardup.scan(
        [row["text"] for row in rows],
        ids,
        output="groups",
        threads=1,
        representative="preferred" if has_preferences else None,
        preferences=preferences if has_preferences else None,
    )
    names = list(ids)
    for renamed in scan.renamed():
        names[renamed.row] = str(renamed.name)
    return pyarrow.RecordBatch.from_pylist(
        [
            {"id": row["id"], "key": row["key"], "preference": row["preference"], "name": name}
            for row, name in zip(rows, names)
        ],
        schema=schema,
    )


def duplicate_names(df: DataFrame, read: DataFrame, options: Options) -> DataFrame:
    """(id, key, preference, name) of all rows whose id several have, or that such a row might be called.

    A document is called ID#2, ID#3 where another has its id, unless one has that: so those whose ids
    are the same but for such endings are named together.
    """
    from pyspark.sql import functions as F

    family = F.regexp_replace(F.col("id"), r"(#\d+)+\z", "")
    repeated = read.groupBy("id").count().where("count > 1").select(family.alias("family")).distinct()
    rows = inputs(df, options.id, options.text, options.preferences)
    keyed = with_keys(rows, _plain(options)).withColumn("family", family)
    chosen = keyed.join(repeated, "family", "left_semi").select(
        "family", "id", "preference", "text", F.col("neardup_key").alias("key")
    )
    together = chosen.repartition("family").sortWithinPartitions("family")
    return together.mapInArrow(_rename, "id string, key binary, preference bigint, name string")


def _plain(options: Options) -> Options:
    """For frames whose columns have this module's names."""
    from dataclasses import replace

    return replace(options, id="id", text="text", preferences=None)
