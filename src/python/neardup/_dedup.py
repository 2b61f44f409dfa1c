"""neardup.dedup: files of columns without their near-copies, batch by batch."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from neardup._errors import InvalidArgument, IoError, NotFound, Unsupported
from neardup._scan import Scan, scan

if TYPE_CHECKING:
    from neardup._progress import Progress
    from neardup._types import Keep, Link, Names, Preset, Representative

    Path = Union[str, os.PathLike[str]]


class Deduplicated(NamedTuple):
    """What `neardup.dedup` did: `documents` were read, `kept` stayed; `files` were written.

    `scan` is the scan that decided: its rows are those of all inputs one after the other.
    """

    documents: int
    kept: int
    files: list[str]
    scan: Scan


class _Parquet:
    """A Parquet file: batches of some columns, and row groups of all."""

    def __init__(self, fs: Any, path: str) -> None:
        import pyarrow.parquet

        self._handle = fs.open(path, "rb")
        self._file = pyarrow.parquet.ParquetFile(self._handle)
        self.path = path
        self.schema = self._file.schema_arrow

    def batches(self, columns: list[str]) -> Iterator[Any]:
        return self._file.iter_batches(columns=columns)  # type: ignore[no-any-return]

    def groups(self) -> Iterator[Any]:
        """Tables, each written as one part."""
        for i in range(self._file.num_row_groups):
            yield self._file.read_row_group(i)

    def writer(self, sink: Any, schema: Any) -> Any:
        import pyarrow.parquet

        compression = "snappy"
        metadata = self._file.metadata
        if metadata.num_row_groups and metadata.num_columns:
            compression = metadata.row_group(0).column(0).compression.lower()
        return pyarrow.parquet.ParquetWriter(
            sink, schema, compression="none" if compression == "uncompressed" else compression
        )

    @staticmethod
    def write(writer: Any, table: Any) -> None:
        writer.write_table(table, row_group_size=max(1, table.num_rows))

    def close(self) -> None:
        self._file.close()
        self._handle.close()


class _Csv:
    """A CSV file with a header: every column is text, so that no value changes."""

    def __init__(self, fs: Any, path: str) -> None:
        import pyarrow
        import pyarrow.csv

        self._fs = fs
        self.path = path
        with fs.open(path, "rb") as handle:
            reader = pyarrow.csv.open_csv(handle, parse_options=self._parsing())
            names = reader.schema.names
        self.schema = pyarrow.schema([(name, pyarrow.string()) for name in names])

    @staticmethod
    def _parsing() -> Any:
        import pyarrow.csv

        return pyarrow.csv.ParseOptions(newlines_in_values=True)

    def _read(self, columns: Optional[list[str]]) -> Iterator[Any]:
        import pyarrow.csv

        converting = pyarrow.csv.ConvertOptions(
            column_types=self.schema, strings_can_be_null=False, include_columns=columns
        )
        with self._fs.open(self.path, "rb") as handle:
            yield from pyarrow.csv.open_csv(
                handle, parse_options=self._parsing(), convert_options=converting
            )

    def batches(self, columns: list[str]) -> Iterator[Any]:
        return self._read(columns)

    def groups(self) -> Iterator[Any]:
        import pyarrow

        for batch in self._read(None):
            yield pyarrow.Table.from_batches([batch])

    def writer(self, sink: Any, schema: Any) -> Any:
        import pyarrow.csv

        return pyarrow.csv.CSVWriter(sink, schema)

    @staticmethod
    def write(writer: Any, table: Any) -> None:
        writer.write_table(table)

    def close(self) -> None:
        pass


_KINDS = {".parquet": _Parquet, ".pq": _Parquet, ".csv": _Csv}


def _kind_of(path: str) -> Any:
    kind = _KINDS.get(posixpath.splitext(path)[1].lower())
    if kind is None:
        raise Unsupported(f"'{path}' is no kind of file that dedup knows: {', '.join(_KINDS)}")
    return kind


def _find(inputs: Union[Path, Iterable[Path]]) -> tuple[Any, list[str]]:
    """The file system and the paths, each once, sorted within one pattern or folder."""
    from fsspec.core import url_to_fs

    if isinstance(inputs, (str, os.PathLike)):
        inputs = [inputs]
    system: Any = None
    paths: dict[str, None] = {}
    for given in inputs:
        fs, path = url_to_fs(os.fspath(given))
        if system is not None and fs != system:
            raise InvalidArgument("all inputs must be of one file system")
        system = fs
        if any(c in path for c in "*?["):
            found = sorted(fs.glob(path))
        elif fs.isdir(path):
            found = [p for p in sorted(fs.find(path)) if posixpath.splitext(p)[1].lower() in _KINDS]
        else:
            found = [path] if fs.exists(path) else []
        if not found:
            raise NotFound(f"there is no file '{os.fspath(given)}'")
        paths.update(dict.fromkeys(found))
    if system is None:
        raise InvalidArgument("there are no inputs")
    return system, list(paths)


def _outputs(paths: list[str], output: str) -> list[str]:
    """Where each input goes: below a folder by its place below the folder that all share."""
    if len(paths) == 1 and posixpath.splitext(output)[1].lower() in _KINDS:
        if _kind_of(output) is not _kind_of(paths[0]):
            raise InvalidArgument(f"'{output}' is another kind of file than its input")
        return [output]
    common = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    return [posixpath.join(output, posixpath.relpath(path, common)) for path in paths]


class _Inputs:
    """The columns that a scan needs, of all files one after the other, as a stream for Arrow."""

    def __init__(self, files: list[Any], columns: list[str]) -> None:
        self._files = files
        self._columns = columns
        self.rows = [0] * len(files)
        for file in files:
            for name in columns:
                if name not in file.schema.names:
                    raise NotFound(f"'{file.path}' has no column '{name}'")

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow

        schema = pyarrow.schema([self._files[0].schema.field(name) for name in self._columns])
        reader = pyarrow.RecordBatchReader.from_batches(schema, self._batches(schema))
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self, schema: Any) -> Iterator[Any]:
        import pyarrow

        for i, file in enumerate(self._files):
            for batch in file.batches(self._columns):
                self.rows[i] += batch.num_rows
                table = pyarrow.Table.from_batches([batch]).select(self._columns)
                yield from table.cast(schema).to_batches()


def _write(file: Any, fs: Any, path: str, columns: dict[str, Any], start: int, annotate: bool) -> tuple[int, int]:
    """One file of the rows that stay: how many there were, and stayed."""
    import pyarrow

    num = kept = 0
    schema = file.schema
    for name, column in columns.items() if annotate else ():
        if name in schema.names:
            raise InvalidArgument(f"'{file.path}' has a column '{name}' already")
        schema = schema.append(pyarrow.field(name, column.type))
    with fs.open(path, "wb") as sink:
        writer = file.writer(sink, schema)
        try:
            for table in file.groups():
                mask = columns["neardup_keep"].slice(start + num, table.num_rows)
                if len(mask) != table.num_rows:
                    break  # the caller sees that there are other rows
                if annotate:
                    for name, column in columns.items():
                        table = table.append_column(
                            schema.field(name), column.slice(start + num, table.num_rows)
                        )
                num += len(mask)
                kept += mask.true_count
                file.write(writer, table if annotate else table.filter(mask))
        finally:
            writer.close()
    return num, kept


def dedup(
    inputs: Union[Path, Iterable[Path]],
    output: Path,
    *,
    text: str = "text",
    ids: Optional[str] = None,
    keep: Keep = "representative",
    annotate: bool = False,
    preset: Preset = "corpus",
    threshold: Optional[float] = None,
    containment: Optional[float] = None,
    coverage: Optional[float] = None,
    score: Optional[float] = None,
    recall: Optional[float] = None,
    shingle: Optional[str] = None,
    repair: Optional[Names] = None,
    fold: Optional[Names] = None,
    link: Optional[Link] = None,
    representative: Optional[Representative] = None,
    preferences: Optional[str] = None,
    threads: Optional[int] = None,
    strict: bool = False,
    progress: Progress = None,
) -> Deduplicated:
    """Writes files without their near-copies: of every group one document stays.

    inputs: a file, a folder, a pattern such as "in/*.parquet", or several of them: Parquet (.parquet,
        .pq) or CSV with a header (.csv), here or wherever fsspec reaches ("s3://...").
    output: a folder, made where it is not there, that gets a file for each input by the same name; or,
        for one input, a file.
    text, ids, preferences: names of columns. ids decide between copies of one text, and between
        documents where representative="first-id".
    keep: "representative", or the "first" or "last" row of a group.
    annotate: write all rows, with two columns more: neardup_keep (bool) and neardup_representative
        (int64), the row that stands for a row's group, counted from 0 over all inputs.

    All other arguments are those of `neardup.scan`. Files are read twice, batch by batch: once the
    columns that decide, and once all, which are written unchanged and in their order, a row group
    for each that was read, compressed alike. Memory: that of a scan, and one row group. An output
    appears when it is whole, all of them at the end. Needs pyarrow and fsspec: neardup[parquet].

    Raises NotFound where there is no such file or column, InvalidArgument where an output is an
    input, IoError where a file changed meanwhile, Unsupported for other kinds of files.

    >>> import neardup, pyarrow, pyarrow.parquet, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> texts = pyarrow.table({"text": ["one two three", "else", "One, two, three!"], "n": [1, 2, 3]})
    >>> pyarrow.parquet.write_table(texts, f"{folder}/in.parquet")
    >>> done = neardup.dedup(f"{folder}/in.parquet", f"{folder}/out.parquet")
    >>> done.documents, done.kept
    (3, 2)
    >>> pyarrow.parquet.read_table(f"{folder}/out.parquet").to_pydict()
    {'text': ['one two three', 'else'], 'n': [1, 2]}
    """
    import pyarrow
    from fsspec.core import url_to_fs

    fs, paths = _find(inputs)
    out_fs, out_root = url_to_fs(os.fspath(output))
    targets = _outputs(paths, out_root)
    if type(fs) is type(out_fs) and set(paths) & set(targets):
        raise InvalidArgument("an output is an input")
    for path in paths:
        _kind_of(path)
    files = []
    try:
        for path in paths:
            files.append(_kind_of(path)(fs, path))
        wanted = dict.fromkeys(name for name in (text, ids, preferences) if name is not None)
        source = _Inputs(files, list(wanted))
        result = scan(
            source,
            ids,
            text=text,
            preset=preset,
            threshold=threshold,
            containment=containment,
            coverage=coverage,
            score=score,
            recall=recall,
            shingle=shingle,
            repair=repair,
            fold=fold,
            output="groups",
            link=link,
            representative=representative,
            preferences=preferences,
            threads=threads,
            strict=strict,
            progress=progress,
        )
        columns = {
            "neardup_keep": pyarrow.array(result.keep_mask(keep)),
            "neardup_representative": pyarrow.array(result.representatives()),
        }
        start = kept = 0
        with out_fs.transaction:
            for file, target, rows in zip(files, targets, source.rows):
                out_fs.makedirs(posixpath.dirname(target), exist_ok=True)
                num, stayed = _write(file, out_fs, target, columns, start, annotate)
                if num != rows:
                    raise IoError(f"'{file.path}' changed while it was read")
                start += num
                kept += stayed
    finally:
        for file in files:
            file.close()
    return Deduplicated(start, kept, targets, result)
