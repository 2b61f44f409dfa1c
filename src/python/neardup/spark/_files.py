"""Where the rows of a frame come from: through Spark, or from Parquet files that the workers read themselves.

A text that Spark reads is decoded, hashed and copied by Java several times before Python has it, which takes longer than
all that the engine does with it. So where a frame is a plain read of Parquet files, each worker opens them by their
paths, and Spark knows of numbers alone. A read is plain where every row of every file is a row of the frame, and the
columns asked for are columns of the files as they are; whatever else is done to a frame, its rows come through Spark.

The row groups of a file are parts, and some parts a task's. A row is known by its place:

    place:  | part, 31 bits | row in the part, 32 |

Texts that are wanted later are read again at their places. A file must not change until then, which is seen by its size
and time of change.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Optional
from urllib.parse import unquote, urlsplit

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.parquet

from neardup.spark._options import IN_ORDER, Options, quoted
from neardup.spark._packs import map_batches, one_batch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SETTING = "spark.neardup.readFiles"  # false: all rows come through Spark
MOST_FILES = 10_000  # whose footers are read at once, where the job starts
PART_BYTES = 128 << 20  # of the columns asked for: read by one task, about
LEAST_PART_BYTES = 4 << 20  # likewise; and what to open a file counts for
MOST_ROWS, MOST_BYTES = 1 << 12, 8 << 20  # of a batch, about
FEW_ROWS = 1 << 8  # of a batch where a dictionary, or common beginnings, hide how long texts are
TELLING = ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "RLE", "BIT_PACKED")  # encodings that do not; the last two are of what is null
ROW_BITS = 32
ROW_MASK = (1 << ROW_BITS) - 1

# The types of Spark that a file holds as they are.
TYPES = {
    "string": (pyarrow.string(), pyarrow.large_string()),
    "binary": (pyarrow.binary(), pyarrow.large_binary()),
    "tinyint": (pyarrow.int8(),),
    "smallint": (pyarrow.int16(),),
    "int": (pyarrow.int32(),),
    "bigint": (pyarrow.int64(),),
    "float": (pyarrow.float32(),),
    "double": (pyarrow.float64(),),
}


class File(NamedTuple):
    path: str
    size: int
    changed: int  # nanoseconds


class Part(NamedTuple):
    """Some row groups of a file, one after the other."""

    file: File
    first: int  # of the groups
    rows: tuple[int, ...]  # of each group
    batch_rows: tuple[int, ...]  # of a batch of each group


@dataclass(frozen=True)
class Columns:
    """What is asked of files, by the frame's names."""

    id: str
    text: str
    keys: tuple[tuple[str, bool], ...] = ()  # of each key, and whether it is an order

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([self.id, self.text, *(name for name, _ in self.keys)]))


# --- on the workers ---


def hashes_of(column: Any) -> Any:
    """[rows] int64 of a column of strings without nulls, equal for equal ones."""
    offsets = numpy.frombuffer(column.buffers()[1], numpy.int32)[column.offset : column.offset + len(column) + 1].astype(numpy.int64)
    data = numpy.frombuffer(column.buffers()[2] or b"", numpy.uint8)[offsets[0] : offsets[-1]]
    ends, lengths = offsets - offsets[0], numpy.diff(offsets)
    factors = numpy.full(max(1, int(lengths.max(initial=0))), 0x9E3779B97F4A7C15, numpy.uint64).cumprod(dtype=numpy.uint64)
    places = numpy.arange(len(data)) - numpy.repeat(ends[:-1], lengths)
    sums = numpy.append(numpy.uint64(0), ((data + numpy.uint64(1)) * factors[places]).cumsum(dtype=numpy.uint64))
    mixed = sums[ends[1:]] - sums[ends[:-1]]
    for shift, factor in ((32, 0xBF58476D1CE4E5B9), (29, 0x94D049BB133111EB), (32, 1)):
        mixed = (mixed ^ (mixed >> numpy.uint64(shift))) * numpy.uint64(factor)
    return mixed.view(numpy.int64)


class _Open:
    """A file that a part is read from."""

    def __init__(self, part: Part, columns: list[str]) -> None:
        self._part, self._columns = part, columns
        self._source = open(part.file.path, "rb")
        self.check()
        self._file = pyarrow.parquet.ParquetFile(self._source, pre_buffer=False, buffer_size=1 << 20)

    def check(self) -> None:
        found = os.fstat(self._source.fileno())
        if (found.st_size, found.st_mtime_ns) != self._part.file[1:]:
            raise RuntimeError(f"'{self._part.file.path}' was changed while it was being read")

    def batches(self, group: int) -> Iterator[Any]:
        """Of a group, counted in the part. Where few rows are read at once, as texts may be long, but are not, several at once
        are one batch."""
        waiting: list[Any] = []
        num_rows = num_bytes = 0
        for batch in self._file.iter_batches(
            self._part.batch_rows[group], row_groups=[self._part.first + group], columns=self._columns, use_threads=False
        ):
            if waiting and (num_rows + batch.num_rows > MOST_ROWS or num_bytes + batch.nbytes > MOST_BYTES):
                yield waiting[0] if len(waiting) == 1 else one_batch(waiting)
                waiting, num_rows, num_bytes = [], 0, 0
            waiting.append(batch)
            num_rows, num_bytes = num_rows + batch.num_rows, num_bytes + batch.nbytes
        if waiting:
            yield waiting[0] if len(waiting) == 1 else one_batch(waiting)

    def close(self) -> None:
        self.check()  # what was read until now
        self._source.close()


def _column(batch: Any, name: str) -> Any:
    """As Spark hands it over: never of a large type."""
    column = batch.column(batch.schema.get_field_index(name))
    plain = {pyarrow.large_string(): pyarrow.string(), pyarrow.large_binary(): pyarrow.binary()}.get(column.type)
    return column if plain is None else column.cast(plain)


def _as_inputs(batch: Any, columns: Columns, first_place: int) -> Any:
    """(id, text, id_hash, hash, and columns of keys), as `inputs` makes them; hash is the place."""
    ids = _column(batch, columns.id)
    if not pyarrow.types.is_string(ids.type):
        ids = ids.cast(pyarrow.string())
    ids = ids.fill_null("")
    places = numpy.arange(first_place, first_place + batch.num_rows)
    of_keys = [_column(batch, name).cast(pyarrow.int64()) if is_order else _column(batch, name) for name, is_order in columns.keys]
    arrays = [ids, _column(batch, columns.text), pyarrow.array(hashes_of(ids)), pyarrow.array(places), *of_keys]
    return pyarrow.RecordBatch.from_arrays(
        arrays, names=["id", "text", "id_hash", "hash", *(f"key{i}" for i in range(len(of_keys)))]
    )


def _rows(parts: list[tuple[int, Part]], columns: Columns) -> Iterator[Any]:
    """The rows of parts, with their numbers."""
    for number, part in parts:
        file, place = _Open(part, columns.names), number << ROW_BITS
        for group in range(len(part.rows)):
            for batch in file.batches(group):
                yield _as_inputs(batch, columns, place)
                place += batch.num_rows
        file.close()


def _read(batches: Iterator[Any], tasks: list[list[tuple[int, Part]]], columns: Columns, then: Callable[[Iterator[Any]], Iterator[Any]]) -> Iterator[Any]:
    """Numbers of tasks to what `then` makes of their rows."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield from then(_rows(tasks[number], columns))


class _Reader:
    """Texts of a part at rows that are asked for in their order."""

    def __init__(self, part: Part, text: str) -> None:
        self._part, self._text = part, text
        self._file = _Open(part, [text])
        self._group = -1
        self._batches: Iterator[Any] = iter(())
        self._ends = numpy.cumsum(part.rows)
        self._begin = self._end = 0  # the rows of the batch
        self._batch: Any = None

    def take(self, rows: Any) -> Any:
        """The texts of the first of these rows, as many as there are in one batch."""
        first = int(rows[0])
        while first >= self._end:
            group = int(numpy.searchsorted(self._ends, first, "right"))
            if group > self._group:  # those between are not read
                self._group = group
                self._batches = self._file.batches(group)
                self._end = int(self._ends[group]) - self._part.rows[group]
            self._batch = _column(next(self._batches), self._text)
            self._begin, self._end = self._end, self._end + len(self._batch)
        return self._batch.take(pyarrow.array(rows[: int(numpy.searchsorted(rows, self._end))] - self._begin))

    def close(self) -> None:
        self._file.close()


def _with_texts(batches: Iterator[Any], parts: list[Part], text: str) -> Iterator[Any]:
    """Rows with the place of a text as `hash`, in its order, to the same with the text in its stead."""
    current, reader = -1, None
    for batch in batches:
        places = batch.column("hash").to_numpy()
        names = [name for name in batch.schema.names if name != "hash"]
        begin = 0
        while begin < len(places):
            number = int(places[begin]) >> ROW_BITS
            if number != current or reader is None:
                if reader is not None:
                    reader.close()
                current, reader = number, _Reader(parts[number], text)
            end = int(numpy.searchsorted(places, (number + 1) << ROW_BITS))
            texts = reader.take(places[begin:end] & ROW_MASK)
            others = batch.slice(begin, len(texts)).select(names)
            yield pyarrow.RecordBatch.from_arrays([*others.columns, texts], names=[*names, "text"])
            begin += len(texts)
    if reader is not None:
        reader.close()


def _find(batches: Iterator[Any], parts: list[Part], text: str, then: Callable[[Iterator[Any]], Iterator[Any]]) -> Iterator[Any]:
    """Rows of `_with_texts` to what `then` makes of them."""
    yield from then(_with_texts(batches, parts, text))


# --- where the job starts ---


def _class_of(thing: Any) -> str:
    name: str = thing.getClass().getName()
    return name.removeprefix("org.apache.spark.sql.")


def _relation_of(df: DataFrame, names: list[str]) -> Any:
    """The relation of files that a frame is, as it is planned; None where it is more, or another one."""
    plan = df.select(*map(quoted, names))._jdf.queryExecution().optimizedPlan()
    chosen = plan.output()
    if _class_of(plan) == "catalyst.plans.logical.Project":
        listed = plan.projectList()
        if any(_class_of(listed.apply(i)) != "catalyst.expressions.AttributeReference" for i in range(listed.size())):
            return None
        plan = plan.child()
    if _class_of(plan) != "execution.datasources.LogicalRelation":
        return None
    relation = plan.relation()
    if (
        plan.isStreaming()
        or _class_of(relation) != "execution.datasources.HadoopFsRelation"
        or _class_of(relation.fileFormat()) != "execution.datasources.parquet.ParquetFileFormat"
        or _class_of(relation.location()) != "execution.datasources.InMemoryFileIndex"
        or not relation.bucketSpec().isEmpty()
        or set(relation.options().keys().mkString("\n").split("\n")) - {"", "path", "paths"}
    ):
        return None
    # The columns are the files' own, under their names.
    output, of_files = plan.output(), set(relation.dataSchema().fieldNames()) - set(relation.partitionSchema().fieldNames())
    names_of = {output.apply(i).exprId().id(): output.apply(i).name() for i in range(output.size())}
    found = [(chosen.apply(i).name(), names_of.get(chosen.apply(i).exprId().id())) for i in range(chosen.size())]
    return relation if found == [(name, name) for name in names] and of_files.issuperset(names) else None


def _is_allowed(df: DataFrame) -> bool:
    """Whether no setting changes what Spark reads."""
    setting = df.sparkSession.conf.get
    if str(setting(SETTING, "true")).lower() != "true":
        return False
    changing = ("spark.sql.files.ignoreCorruptFiles", "spark.sql.files.ignoreMissingFiles", "spark.sql.parquet.fieldId.read.enabled")
    hadoop = df.sparkSession.sparkContext._jsc.hadoopConfiguration()
    encrypted = setting("parquet.crypto.factory.class", None) or hadoop.get("parquet.crypto.factory.class")
    return not encrypted and all(str(setting(name, "false")).lower() == "false" for name in changing)


def _file_of(url: str) -> Optional[File]:
    """A regular file that this machine reaches by its path."""
    split = urlsplit(url)
    if split.scheme != "file" or split.netloc or split.query or split.fragment:
        return None
    path = unquote(split.path)
    try:
        found = os.stat(path)
    except OSError:
        return None
    return File(path, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _batch_rows(group: Any, columns: list[Any]) -> int:
    """Rows of which the values are some MOST_BYTES, as far as the footer tells."""
    if any(encoding not in TELLING for column in columns for encoding in column.encodings):
        return FEW_ROWS
    num_bytes = sum(int(column.total_uncompressed_size) for column in columns)
    return max(1, min(MOST_ROWS, MOST_BYTES * int(group.num_rows) // max(1, num_bytes)))


def _parts_of(file: File, types: dict[str, str]) -> Optional[list[tuple[Part, int]]]:
    """The parts of a file, with their bytes; None where it does not hold the columns as they are."""
    try:
        with open(file.path, "rb") as source:
            opened = pyarrow.parquet.ParquetFile(source)
            footer, schema = opened.metadata, opened.schema_arrow
    except (OSError, pyarrow.ArrowException):
        return None
    lower = [name.lower() for name in schema.names]
    if any(lower.count(name.lower()) != 1 or name not in schema.names or "." in name for name in types):
        return None
    if any(schema.field(name).type not in TYPES[types[name]] for name in types):
        return None
    leaves = {footer.schema.column(i).path: i for i in range(footer.num_columns)}
    parts: list[tuple[Part, int]] = []
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        columns = [group.column(leaves[name]) for name in types]
        num_bytes = sum(column.total_compressed_size for column in columns)
        one = Part(file, number, (group.num_rows,), (_batch_rows(group, columns),))
        if parts and parts[-1][1] + num_bytes <= PART_BYTES:
            last, before = parts[-1]
            one = last._replace(rows=last.rows + one.rows, batch_rows=last.batch_rows + one.batch_rows)
            parts[-1] = one, before + num_bytes
        else:
            parts.append((one, num_bytes))
    return None if any(sum(part.rows) > ROW_MASK for part, _ in parts) else parts


class Files:
    """Rows that workers read from files."""

    def __init__(self, df: DataFrame, columns: Columns, parts: list[tuple[Part, int]]) -> None:
        self._df, self._columns = df, columns
        self._parts = [part for part, _ in parts]
        total = sum(num_bytes + LEAST_PART_BYTES for _, num_bytes in parts)
        most = min(PART_BYTES, max(LEAST_PART_BYTES, total // df.sparkSession.sparkContext.defaultParallelism))
        self._tasks: list[list[tuple[int, Part]]] = []
        left = 0
        for number, (part, num_bytes) in enumerate(parts):
            if left < num_bytes or not self._tasks:
                self._tasks.append([])
                left = most
            self._tasks[-1].append((number, part))
            left -= num_bytes + LEAST_PART_BYTES

    @property
    def identity(self) -> str:
        return blake2b(repr(self._parts).encode(), digest_size=16).hexdigest()

    def map_rows(self, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
        """What the function makes of batches of `inputs`."""
        num = len(self._tasks)
        read = partial(_read, tasks=self._tasks, columns=self._columns, then=function)
        return map_batches(self._df.sparkSession.range(0, num, 1, max(1, num)), read, schema)

    def rows(self) -> DataFrame:
        """`inputs`."""
        types = dict(self._df.dtypes)
        of_keys = [f", key{i} {'bigint' if is_order else types[name]}" for i, (name, is_order) in enumerate(self._columns.keys)]
        text = types[self._columns.text]
        return self.map_rows(iter, f"id string, text {text}, id_hash bigint, hash bigint{''.join(of_keys)}")

    def with_texts(self, placed: DataFrame, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
        from pyspark.sql import functions as F

        rows = placed.drop("id_hash").repartition(max(1, len(self._tasks)), F.shiftright("hash", ROW_BITS)).sortWithinPartitions("hash")
        return map_batches(rows, partial(_find, parts=self._parts, text=self._columns.text, then=function), schema)


def files_of(df: DataFrame, options: Options) -> Optional[Files]:
    """The files that a frame is, where it is a plain read of them."""
    columns = Columns(options.id, options.text, tuple((key.field, key.by in IN_ORDER) for key in options.keys))
    types = {name: kind for name, kind in df.dtypes if name in columns.names}
    if any(kind not in TYPES for kind in types.values()) or getattr(df, "_jdf", None) is None or not _is_allowed(df):
        return None
    relation = _relation_of(df, columns.names)
    urls = list(relation.inputFiles()) if relation is not None else []
    if not 0 < len(urls) <= MOST_FILES:
        return None
    parts: list[tuple[Part, int]] = []
    for url in sorted(urls):
        file = _file_of(url)
        more = _parts_of(file, types) if file is not None else None
        if more is None:
            return None
        parts.extend(more)
    return Files(df, columns, parts)
