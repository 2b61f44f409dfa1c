"""neardup.dedup: files without their near-copies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from neardup import _tables, _tool
from neardup._errors import InvalidArgument, Unsupported
from neardup._files import Job, find, reach
from neardup._progress import reporter
from neardup._scan import Scan, num_bytes, tell_losses

if TYPE_CHECKING:
    from neardup._files import Found
    from neardup._progress import Progress, Report
    from neardup._types import Link, Names, Path, Preset, Representative, Size


class Deduplicated(NamedTuple):
    """What `neardup.dedup` did: `documents` were read, `kept` stayed; `files` were written.

    `stats` has the counts by the names of `--stats`. `scan` is the scan that decided, whose rows are
    those of all inputs one after the other; None where the tool did it.
    """

    documents: int
    kept: int
    files: list[str]
    stats: dict[str, Any]
    scan: Optional[Scan]


def _is_file_name(output: str) -> bool:
    """Whether the output is one file: by its ending, as nothing need be there yet."""
    return not output.endswith("/") and (_tables.is_table(output) or _tool.is_file_name(output))


def _are_tables(found: list[Found]) -> bool:
    """Whether the inputs are for pyarrow; raises where some Parquet is among other files."""
    paths = [path for one in found for path in one.files]
    parquet = [path for path in paths if _tables.is_parquet(path)]
    if not parquet:
        return all(map(_tables.is_table, paths)) and find_spec("pyarrow") is not None
    for path in paths:
        if not _tables.is_table(path):
            raise Unsupported(f"Parquet and other files do not go together: '{parquet[0]}', '{path}'")
    return True


def _names(names: Optional[Names]) -> Union[str, list[str], None]:
    return names if names is None or isinstance(names, str) else list(names)


def _by_scan(job: Job, report: Optional[Report]) -> Deduplicated:
    result, files = _tables.dedup(job, report)
    stats = result.stats
    return Deduplicated(len(result), len(result) - stats["group_members"], files, stats, result)


def _by_tool(job: Job, report: Optional[Report]) -> Deduplicated:
    if job.link is not None:
        raise InvalidArgument("'link' only works with Parquet and CSV")
    ran, files = _tool.dedup(job, report)
    tell_losses(ran.losses, False)
    stats = {"plan": ran.stats["plan"], **ran.stats["counts"]}
    documents = stats["documents"]
    return Deduplicated(documents, documents - stats["group_members"], files, stats, None)


def dedup(
    inputs: Union[Path, Iterable[Path]],
    output: Path,
    *,
    text: str = "text",
    ids: Optional[str] = None,
    keep: Union[str, Iterable[str], None] = None,
    annotate: bool = False,
    removed: Optional[Path] = None,
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
    memory: Optional[Size] = None,
    temp_dir: Optional[Path] = None,
    strict: bool = False,
    progress: Progress = None,
) -> Deduplicated:
    """Writes files without their near-copies: of every group one document stays.

    inputs: a file, a folder, a pattern such as "in/*.parquet", or several of them: JSON Lines, JSON,
        CSV, TSV, lines and single texts or pages, plain or compressed (.gz, .zst, .xz, .bz2, .lz4),
        as the command `neardup dedup` reads them; or Parquet (.parquet, .pq). Here, or wherever
        fsspec reaches ("s3://...", "https://...").
    output: a folder that gets a file for each input by the same name, those of a folder by their
        place in it; or, if it ends in .jsonl, .csv.gz or the like, a file.
    text, ids, preferences: names of columns or fields. ids decide between copies of one text, and
        between documents where representative="first-id".
    keep: which document of a group stays, by keys that decide one after the other, as "latest:date,max:n"
        or in a list: "longest", "first" (in the input), "earliest:FIELD", "latest:FIELD", "max:FIELD",
        "min:FIELD", "prefer:FIELD=A,B,..." (whose names go on to the end). None: by `representative`.
    annotate: write all documents, with four columns or fields more: neardup_group,
        neardup_representative, neardup_kind and neardup_similarity, null for a document in no group,
        the last two also for the representative.
    removed: a file here that gets, as JSON Lines, each document that is removed, with the one that
        stays for it and their similarity.
    memory: a cap as that of `neardup.scan`; for formats of the command, of all that it takes, 64M or
        more. A row group of Parquet comes on top.

    All other arguments are those of `neardup.scan`. Files are read twice, and what stays is written
    as it came and in its order: records byte for byte; rows of Parquet, and of plain CSV files, which
    are read by pyarrow (neardup[parquet]), with all their columns, a row group for each that was read
    and compressed alike. Outputs appear when all are whole. Files elsewhere need fsspec; those that
    the command reads are copied to `temp_dir` first. `link` only works with Parquet and CSV.

    Raises NotFound where there is no such file or column, InvalidArgument where an output is an
    input, IoError where a file changed meanwhile, Unsupported for other kinds of files.

    >>> import neardup, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> texts = ["one two three", "else", "One, two, three!"]
    >>> n = (folder / "in.jsonl").write_text("".join('{"text":"%s"}\\n' % text for text in texts))
    >>> done = neardup.dedup(folder / "in.jsonl", folder / "out.jsonl")
    >>> done.documents, done.kept
    (3, 2)
    >>> print((folder / "out.jsonl").read_text(), end="")
    {"text":"one two three"}
    {"text":"else"}
    """
    if keep is not None and (representative is not None or preferences is not None):
        raise InvalidArgument("'keep' does not work with 'representative' or 'preferences'")
    if (representative == "preferred") != (preferences is not None):
        raise InvalidArgument("representative='preferred' and 'preferences' need each other")
    if memory is None and temp_dir is not None:
        raise InvalidArgument("'temp_dir' only works with 'memory'")
    if annotate and removed is not None:
        raise InvalidArgument("'annotate' and 'removed' exclude each other")
    matching = {
        "preset": preset,
        "threshold": threshold,
        "containment": containment,
        "coverage": coverage,
        "score": score,
        "recall": recall,
        "shingle": shingle,
        "repair": _names(repair),
        "fold": _names(fold),
        "threads": threads,
    }
    fs, found = find(inputs)
    out_fs, out_path = reach(output)
    job = Job(
        fs=fs,
        found=found,
        out_fs=out_fs,
        output=out_path,
        is_file=_is_file_name(os.fspath(output)),
        text=text,
        ids=ids,
        keep=[keep] if isinstance(keep, str) else None if keep is None else list(keep),
        representative=representative,
        preferences=preferences,
        annotate=annotate,
        removed=None if removed is None else os.path.abspath(removed),
        matching=matching,
        link=link,
        memory_bytes=None if memory is None else num_bytes(memory),
        temp_dir=None if temp_dir is None else os.path.abspath(temp_dir),
        strict=strict,
    )
    with reporter(progress) as report:
        return _by_scan(job, report) if _are_tables(found) else _by_tool(job, report)
