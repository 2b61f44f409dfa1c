"""Files of columns for neardup.dedup: Parquet and CSV through pyarrow, batch by batch."""

from __future__ import annotations

import json
import os
import posixpath
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from neardup._errors import InvalidArgument, IoError, NotFound
from neardup._keep import Keys, Preferences, parse_keep
from neardup._scan import Order, run_scan, tell_losses

if TYPE_CHECKING:
    from neardup._files import Job
    from neardup._progress import Report
    from neardup._scan import Scan

ANNOTATIONS = ("neardup_group", "neardup_representative", "neardup_kind", "neardup_similarity")


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


def is_table(path: str) -> bool:
    return posixpath.splitext(path)[1].lower() in _KINDS


def is_parquet(path: str) -> bool:
    return _KINDS.get(posixpath.splitext(path)[1].lower()) is _Parquet


def _kind_of(path: str) -> Any:
    return _KINDS[posixpath.splitext(path)[1].lower()]


class _Inputs:
    """The columns that a scan needs, of all files one after the other, as a stream for Arrow; and
    behind them what `preferences` makes of the fields that decide which document is kept."""

    def __init__(self, files: list[Any], columns: list[str], preferences: Preferences) -> None:
        self._files = files
        self._columns = columns
        self._preferences = preferences
        self._wanted = list(dict.fromkeys([*columns, *preferences.keys.fields]))
        self.rows = [0] * len(files)
        self.interruption: Optional[KeyboardInterrupt] = None
        for file in files:
            for name in self._wanted:
                if name not in file.schema.names:
                    raise NotFound(f"'{file.path}' has no column '{name}'")

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow

        fields = [self._files[0].schema.field(name) for name in self._columns]
        schema = pyarrow.schema(fields)
        for name in self._preferences.names:
            fields.append(pyarrow.field(name, pyarrow.int64()))
        batches = self._batches(schema, pyarrow.schema(fields))
        return pyarrow.RecordBatchReader.from_batches(pyarrow.schema(fields), batches).__arrow_c_stream__(
            requested_schema
        )

    def _batches(self, own: Any, whole: Any) -> Iterator[Any]:
        """An interruption here reaches the scan as an error of the stream: it is kept."""
        try:
            yield from self._read(own, whole)
        except KeyboardInterrupt as interruption:
            self.interruption = interruption
            raise

    def _read(self, own: Any, whole: Any) -> Iterator[Any]:
        import pyarrow

        for i, file in enumerate(self._files):
            for batch in file.batches(self._wanted):
                made = self._preferences.columns_of(batch, sum(self.rows))
                self.rows[i] += batch.num_rows
                table = pyarrow.Table.from_batches([batch]).select(self._columns).cast(own)
                for name, column in zip(self._preferences.names, made):
                    table = table.append_column(whole.field(name), column)
                yield from table.to_batches()


def _annotations(result: Scan) -> dict[str, Any]:
    """What the tool's `--annotate` says of each document, as columns over all rows."""
    import pyarrow
    import pyarrow.compute as pc

    rows: list[int] = []
    numbers: list[int] = []
    names: list[Any] = []
    kinds: list[Optional[str]] = []
    similarities: list[Optional[float]] = []
    for number, group in enumerate(result.groups(), 1):
        rows.append(group.representative_row)
        kinds.append(None)
        similarities.append(None)
        for member in group.members:
            rows.append(member.row)
            kinds.append(member.kind)
            similarities.append(member.jaccard)
        numbers += [number] * group.size
        names += [group.representative] * group.size
    at = array("q", [-1]) * len(result)
    for i, row in enumerate(rows):
        at[row] = i
    places = pyarrow.Array.from_buffers(pyarrow.int64(), len(at), [None, pyarrow.py_buffer(at)])
    places = pc.if_else(pc.less(places, 0), None, places)
    id_type = pyarrow.string() if names and isinstance(names[0], str) else pyarrow.int64()
    columns = {
        "neardup_group": pyarrow.array(numbers, pyarrow.int64()),
        "neardup_representative": pyarrow.array(names, id_type),
        "neardup_kind": pyarrow.array(kinds, pyarrow.string()),
        "neardup_similarity": pyarrow.array(similarities, pyarrow.float64()),
    }
    return {name: column.take(places) for name, column in columns.items()}


def _write(file: Any, fs: Any, path: str, mask: Any, columns: dict[str, Any], start: int) -> int:
    """One file: its rows that stay or, where there are `columns` to add, all. How many it has."""
    import pyarrow

    num = 0
    schema = file.schema
    for name, column in columns.items():
        schema = schema.append(pyarrow.field(name, column.type))
    with fs.open(path, "wb") as sink:
        writer = file.writer(sink, schema)
        try:
            for table in file.groups():
                stays = mask.slice(start + num, table.num_rows)
                if len(stays) != table.num_rows:
                    return -1  # there are more rows now
                for name, column in columns.items():
                    table = table.append_column(
                        schema.field(name), column.slice(start + num, table.num_rows)
                    )
                num += len(stays)
                file.write(writer, table if columns else table.filter(stays))
        finally:
            writer.close()
    return num


def _outputs(paths: list[str], output: str, is_file: bool) -> list[str]:
    """Where each input goes: below a folder by its place below the folder that all share."""
    if is_file:
        if len(paths) > 1:
            raise InvalidArgument(f"several tables cannot go into one file, '{output}'")
        if not is_table(output) or _kind_of(output) is not _kind_of(paths[0]):
            raise InvalidArgument(f"'{output}' is another kind of file than its input")
        return [output]
    common = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    return [posixpath.join(output, posixpath.relpath(path, common)) for path in paths]


def _write_removed(path: str, result: Scan) -> None:
    """The list that the tool's `--removed` gives."""
    ratios = ("jaccard", "in_representative", "representative_in", "covered", "representative_covered", "score")
    with open(f"{path}.part", "w", encoding="utf8") as file:
        for group in result.groups():
            for member in group.members:
                line = {"id": member.id, "representative": group.representative, "kind": member.kind}
                text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))[:-1]
                for name in ratios:
                    value = getattr(member, name)
                    text += "" if value is None else f',"{name}":{value:.6f}'
                file.write(text + "}\n")
    os.replace(f"{path}.part", path)


class _Files:
    """The inputs while they are open."""

    def __init__(self, fs: Any, paths: list[str]) -> None:
        self.items: list[Any] = []
        try:
            for path in paths:
                self.items.append(_kind_of(path)(fs, path))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for file in self.items:
            file.close()


def _write_all(
    files: list[Any], rows: list[int], out_fs: Any, targets: list[str], mask: Any, columns: dict[str, Any]
) -> None:
    start = 0
    with out_fs.transaction:
        for file, target, num in zip(files, targets, rows):
            out_fs.makedirs(posixpath.dirname(target), exist_ok=True)
            if _write(file, out_fs, target, mask, columns, start) != num:
                raise IoError(f"'{file.path}' changed while it was read")
            start += num


def _scan(job: Job, source: _Inputs, keys: Keys, names: list[str], report: Optional[Report]) -> Scan:
    order = Order(tuple(names), keys.size_place)
    representative = job.representative
    if job.preferences is not None:
        order = Order((job.preferences,), 1)
    elif job.keep is not None:
        representative = "preferred" if names else "longest"
    options = {**job.matching, "output": "groups", "link": job.link, "representative": representative}
    try:
        return run_scan(
            source, job.ids, job.text, options, order, job.memory_bytes, job.temp_dir, job.strict, report
        )
    except IoError:
        if source.interruption is not None:
            raise source.interruption from None
        raise


def dedup(job: Job, report: Optional[Report]) -> tuple[Scan, list[str]]:
    """Scans the files' columns, and writes what stays. The scan, and the files."""
    import pyarrow

    paths = list(dict.fromkeys(path for one in job.found for path in one.files))
    targets = _outputs(paths, job.output, job.is_file)
    if type(job.fs) is type(job.out_fs) and set(paths) & set(targets):
        raise InvalidArgument("an output is an input")
    keys = Keys([], 0) if job.keep is None else parse_keep(job.keep)
    preferences = Preferences(keys)
    files = _Files(job.fs, paths)
    try:
        for file in files.items if job.annotate else ():
            for name in ANNOTATIONS:
                if name in file.schema.names:
                    raise InvalidArgument(f"'{file.path}' has a column '{name}' already")
        wanted = [name for name in (job.text, job.ids, job.preferences) if name is not None]
        source = _Inputs(files.items, list(dict.fromkeys(wanted)), preferences)
        result = _scan(job, source, keys, preferences.names, report)
        tell_losses(preferences.losses(), job.strict)
        added = _annotations(result) if job.annotate else {}
        mask = pyarrow.array(result.keep_mask())
        _write_all(files.items, source.rows, job.out_fs, targets, mask, added)
        if job.removed is not None:
            _write_removed(job.removed, result)
    finally:
        files.close()
    return result, targets
