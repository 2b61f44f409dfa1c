"""Texts as Spark's Python workers see them: keys, names, and what is sent on of each.

    text key:  | 2^32 - 1 - number of tokens, 4 bytes | digest, 8 | digest, 8 |    all big-endian

Exact copies have one key. Keys in order are texts by size, the most tokens first, texts of as many
by digest: the order in which buckets are read and in which the longest represents. Where a score decides, the size
is the number of shingles, by which samples are read; there a text represents by its tokens (_groups.ranks). Keys follow from
the text alone, so that a task that runs twice, or late, says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Optional, Protocol

import numpy
import pyarrow
import pyarrow.compute

import neardup
from neardup import _core
from neardup._errors import Unsupported
from neardup._keep import Key, orders_of
from neardup.spark._options import IN_ORDER, Options, quoted
from neardup.spark._packs import map_batches

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

KEY_BYTES = 20
MOST_SENT = 1_000_000  # texts of which every worker is told two hashes and where they are wanted, so that they alone are shuffled
ABSENT, UNREADABLE = 1, 2  # of what a document is preferred by


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


class Described:
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


def keys_of(texts: Any, spec: neardup.Spec) -> Any:
    """[texts, KEY_BYTES] uint8."""
    return Described(texts, spec, []).keys


def preferences_of(keys: tuple[Key, ...], columns: list[Any]) -> tuple[Any, Any]:
    """What keys say of documents as bytes that compare in their order, 8 a key, null without keys; and what is
    lost of each: ABSENT and UNREADABLE."""
    num = len(columns[0]) if columns else 0
    ordered = numpy.empty((num, 8 * len(keys)), numpy.uint8)
    lost = numpy.zeros(num, numpy.int32)
    for i, (key, column) in enumerate(zip(keys, columns)):
        orders = orders_of(key, column)
        absent, unread = (pyarrow.compute.is_null(c).to_numpy(zero_copy_only=False) for c in (column, orders))
        lost |= absent * ABSENT | (unread & ~absent) * UNREADABLE
        numbers = orders.fill_null(2**63 - 1).to_numpy().astype(numpy.int64).view(numpy.uint64)
        ordered[:, 8 * i : 8 * i + 8] = (numbers ^ numpy.uint64(1 << 63)).astype(">u8").view(numpy.uint8).reshape(-1, 8)
    return ordered, lost


def binary_of(num: int, width: int, rows: Any) -> Any:
    """A column of `width` bytes a row from [num, width] uint8."""
    return pyarrow.Array.from_buffers(pyarrow.binary(width), num, [None, pyarrow.py_buffer(numpy.ascontiguousarray(rows))])


NAMED = [
    ("key", pyarrow.binary(KEY_BYTES)), ("tokens", pyarrow.int64()), ("preference", pyarrow.binary()),
    ("name", pyarrow.string()), ("id", pyarrow.string()), ("id_hash", pyarrow.int64()), ("hash", pyarrow.int64()),
]
# The same to Spark.
NAMED_FIELDS = "key binary, tokens bigint, preference binary, name string, id string, id_hash bigint, hash bigint"


def id_of(column: str) -> Column:
    """A null id is an empty one, as in `neardup.scan`; a number is in decimal."""
    from pyspark.sql import functions as F

    return F.coalesce(F.col(quoted(column)).cast("string"), F.lit(""))


def _of_keys(df: DataFrame, keys: tuple[Key, ...]) -> list[Column]:
    """Columns of the keys, under names of their own; an order as whole numbers."""
    from pyspark.sql import functions as F

    types, columns = dict(df.dtypes), []
    for i, key in enumerate(keys):
        column = F.col(quoted(key.field))
        if key.by in IN_ORDER:
            column = _in_order(column, types[key.field])
        columns.append(column.alias(f"key{i}"))
    return columns


def _in_order(column: Column, kind: str) -> Column:
    """Whole numbers in the order of numbers or times. Dates, and times of no zone, are what they say: where a session's
    clocks are turned, some are no times there."""
    from pyspark.sql import functions as F

    if kind == "date":
        return F.unix_date(column).cast("bigint")
    if kind == "timestamp_ntz":
        seconds = F.unix_date(column.cast("date")).cast("bigint") * 86400 + F.hour(column) * 3600 + F.minute(column) * 60
        return seconds * 1_000_000 + (F.date_part(F.lit("SECONDS"), column) * 1_000_000).cast("bigint")
    return F.unix_micros(column) if kind == "timestamp" else column.cast("bigint")


def inputs(df: DataFrame, id: str, text: str, keys: tuple[Key, ...] = ()) -> DataFrame:
    """The columns that decide, under names of their own, with hashes of the id and of the text as it came: they tell a
    row from others, so that texts are found again without being read by Python twice. A text is a string or binary, as it
    came: Java would copy it once more to cast it."""
    from pyspark.sql import functions as F

    content, id_is = F.col(quoted(text)), id_of(id)
    hashes = F.xxhash64(id_is).alias("id_hash"), F.xxhash64(content).alias("hash")
    return df.select(id_is.alias("id"), content.alias("text"), *hashes, *_of_keys(df, keys))


class Source(Protocol):
    """Where rows and their texts come from."""

    @property
    def identity(self) -> str:
        """What a run that goes on from steps made of it must have, too."""

    def map_rows(self, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
        """What the function makes of batches of `inputs`."""

    def rows(self) -> DataFrame:
        """`inputs`."""

    def with_texts(self, placed: DataFrame, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
        """What the function makes of rows of (task, place, mates, id_hash, hash, ...) with `text` instead of hashes: that of
        the row of `inputs` that has these; or null, and rows of (task, place, text) with all that may be it, and no mates."""


class Frame:
    """Rows that come through Spark."""

    identity = ""

    def __init__(self, df: DataFrame, options: Options) -> None:
        self._df, self._options = df, options

    def rows(self) -> DataFrame:
        return inputs(self._df, self._options.id, self._options.text, self._options.keys)

    def map_rows(self, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
        return map_batches(self.rows(), function, schema)

    def with_texts(self, placed: DataFrame, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
        """Runs a job."""
        from pyspark.sql import functions as F

        spots = placed.select("id_hash", "hash", "task", "place")
        if placed.count() <= MOST_SENT:
            spots = F.broadcast(spots)
        rows = inputs(self._df, self._options.id, self._options.text).select("id_hash", "hash", "text")
        found = rows.join(spots, ["id_hash", "hash"])
        others = [name for name in placed.columns if name not in ("task", "place", "id_hash", "hash")]
        nothing = [F.lit(None).cast(placed.schema[name].dataType).alias(name) for name in others]
        nothing_yet = F.lit(None).cast(rows.schema["text"].dataType).alias("text")
        both = placed.select("task", "place", nothing_yet, *others).union(found.select("task", "place", "text", *nothing))
        return map_batches(both, function, schema)


def _annotate(batches: Iterator[Any], options: Options, place: int) -> Iterator[Any]:
    """Columns, and after them those of keys, to the columns, key and preference. place: of the texts."""
    keys = options.keys
    for batch in batches:
        columns = batch.columns[: batch.num_columns - len(keys)]
        preference = pyarrow.nulls(batch.num_rows, pyarrow.binary())
        if keys:
            preference = fixed_binary(preferences_of(keys, batch.columns[len(columns) :])[0])
        key = fixed_binary(Described(columns[place], options.spec, []).keys)
        yield pyarrow.RecordBatch.from_arrays(
            [*columns, key, preference], names=[*batch.schema.names[: len(columns)], "key", "preference"]
        )


NO_ARROW = r"\binterval\b(?! (?:day|hour|minute|second))"  # intervals of months, as Spark writes types


def with_keys(df: DataFrame, options: Options) -> DataFrame:
    """The frame with neardup_id, the id as it came, neardup_key and neardup_preference; texts without words have a
    key too."""
    from pyspark.sql.types import BinaryType, StructField, StructType

    for name, kind in df.dtypes:
        if re.search(NO_ARROW, kind):
            raise Unsupported(f"column '{name}' is {kind}, which Spark hands to no Python worker: drop it, or see that no id stands twice")
    named = df.withColumn("neardup_id", id_of(options.id))
    # Under names of their own: mapInArrow does not find a column with a dot in its name.
    fields = [StructField(f"c{i}", field.dataType) for i, field in enumerate(named.schema.fields)]
    schema = StructType([*fields, StructField("key", BinaryType()), StructField("preference", BinaryType())])
    place = df.columns.index(options.text)
    renamed = [named[quoted(name)].alias(field.name) for name, field in zip(named.columns, fields)]
    with_keys_of = named.select(*renamed, *_of_keys(named, options.keys))
    keyed = map_batches(with_keys_of, partial(_annotate, options=options, place=place), schema)
    return keyed.toDF(*named.columns, "neardup_key", "neardup_preference")


# --- documents of one id ---

NAMES = "id string, key binary, preference binary, id_hash bigint, hash bigint, name string"
ENDINGS = r"(?:#[0-9]+)+\z"


def _families(batches: Iterator[Any]) -> Iterator[Any]:
    """Columns, of which the first is an id as bytes, to (family, the columns): the id without its endings, as bytes."""
    for batch in batches:
        family = pyarrow.compute.replace_substring_regex(batch.column(0), ENDINGS, "")
        yield pyarrow.RecordBatch.from_arrays([family, *batch.columns], names=["family", *batch.schema.names])


def _with_families(rows: DataFrame) -> DataFrame:
    """Java's regular expressions follow each ending one call deeper."""
    from pyspark.sql.types import BinaryType, StructField, StructType

    fields = [StructField("family", BinaryType()), *rows.schema.fields]
    return map_batches(rows, _families, StructType(fields))


def _rename(batches: Iterator[Any]) -> Iterator[Any]:
    """(family, id, key, preference, text, id_hash, hash), by family, to NAMES: the engine names them. Ids are bytes, as
    they need not be UTF-8."""
    kinds = {"string": pyarrow.binary(), "binary": pyarrow.binary(), "bigint": pyarrow.int64()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in (field.split() for field in NAMES.split(", "))])
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
    # In their order: what the engine is given is one number.
    preferences = {p: number for number, p in enumerate(sorted({row["preference"] or b"" for row in rows}))}
    scan = neardup.scan(
        [row["text"] for row in rows],
        ids,
        output="groups",
        threads=1,
        representative="preferred",
        preferences=[preferences[row["preference"] or b""] for row in rows],
    )
    names = list(ids)
    for renamed in scan.renamed():
        names[renamed.row] = ids[renamed.row] + b"#" + str(renamed.name).rpartition("#")[2].encode()
    made = pyarrow.RecordBatch.from_pylist(
        [
            {**{field: row[field] for field in ("id", "key", "preference", "id_hash", "hash")}, "name": name}
            for row, name in zip(rows, names)
        ],
        schema=schema,
    )
    columns = [c.view(pyarrow.string()) if name in ("id", "name") else c for name, c in zip(schema.names, made.columns)]
    return pyarrow.RecordBatch.from_arrays(columns, names=schema.names)


def repeated_ids(df: DataFrame, options: Options) -> DataFrame:
    """(id) of those that several rows have."""
    return df.select(id_of(options.id).alias("id")).groupBy("id").count().where("count > 1").select("id")


def duplicate_names(source: Source, df: DataFrame, options: Options) -> DataFrame:
    """NAMES of all rows whose id several have, or that such a row might be called.

    A document is called ID#2, ID#3 where another has its id, unless one has that: so those whose ids
    are the same but for such endings are named together.
    """
    from pyspark.sql import functions as F

    repeated = _with_families(repeated_ids(df, options).select(F.col("id").cast("binary"))).select("family").distinct()
    rows = source.rows().withColumn("text", F.col("text").cast("binary"))
    keyed = with_keys(rows, _plain(options)).select(
        F.col("id").cast("binary"), F.col("neardup_key").alias("key"), F.col("neardup_preference").alias("preference"),
        "text", "id_hash", "hash",
    )
    together = _with_families(keyed).join(repeated, "family", "left_semi").repartition("family").sortWithinPartitions("family")
    return map_batches(together, _rename, NAMES)


def _plain(options: Options) -> Options:
    """For frames whose columns have this module's names."""
    from dataclasses import replace

    keys = tuple(key._replace(field=f"key{i}") for i, key in enumerate(options.keys))
    return replace(options, id="id", text="text", keys=keys)
