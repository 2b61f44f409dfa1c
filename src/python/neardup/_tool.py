"""neardup.dedup for the formats that the command line tool reads: the tool of this package does it."""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from neardup import _errors
from neardup._files import is_local

if TYPE_CHECKING:
    from neardup._files import Found, Job
    from neardup._progress import Report

_PACKED = (".gz", ".zst", ".xz", ".bz2", ".lz4")
_RECORDS = (".jsonl", ".ndjson", ".jsonlines", ".json", ".csv", ".tsv", ".txt")

# What the tool's progress line calls a phase, and what progress callbacks get.
_PHASES = {"reading": "read", "rereading": "read again", "searching": "search", "comparing": "compare"}
_PROGRESS = re.compile(r"([a-z]+) .*?([0-9]+) %")

# Notes of the tool's that tell of no loss.
_REMARKS = {"no_page", "hidden", "same_file", "own_output", "no_words", "duplicate_ids", "invalid_ids"}

# What a failure's message says, and what is raised; IoError where nothing fits.
_FAILURES: tuple[tuple[str, type[_errors.Error]], ...] = (
    ("stopped by '--strict'", _errors.FormatError),
    ("out of memory|'--memory' is too little", _errors.OutOfMemory),
    ("would replace an input|lie in one another|would both be", _errors.InvalidArgument),
    ("records without the text field[^;]*; no document is left", _errors.NotFound),
    ("no document is left", _errors.FormatError),
    ("cannot be written again|are refused", _errors.Unsupported),
)


class Ran(NamedTuple):
    """What the tool said: its statistics, and a message for each kind of loss."""

    stats: dict[str, Any]
    losses: list[str]


def is_file_name(output: str) -> bool:
    """Whether an output is to be one file, and not a folder."""
    stem = output.lower()
    for ending in _PACKED:
        if stem.endswith(ending):
            return True
    return stem.endswith(_RECORDS)


# --- running it ---


def _raise(code: int, messages: list[str]) -> None:
    said = "; ".join(message for message in messages if not message.startswith("see 'neardup"))
    if code == 2:
        raise _errors.InvalidArgument(said)
    for pattern, error in _FAILURES:
        if re.search(pattern, said):
            raise error(said.replace("; stopped by '--strict'", ""))
    raise _errors.IoError(said or f"the tool ended with {code}")


def _lines(stream: Any, report: Optional[Report]) -> Iterator[str]:
    """The lines that the tool writes; what is written over a line is its progress."""
    rest = b""
    while True:
        piece = os.read(stream.fileno(), 65536)
        parts = re.split(rb"(?<=[\r\n])", rest + piece)
        rest = parts.pop() if piece else b""
        for part in parts:
            text = part.decode("utf8", "replace").replace("\x1b[K", "").rstrip("\r\n")
            found = _PROGRESS.match(text)
            if found and found[1] in _PHASES:
                if report:
                    report(_PHASES[found[1]], int(found[2]), 100)
            elif text:
                yield text
        if not piece:
            return


def _run(arguments: list[str], folder: Optional[str], report: Optional[Report]) -> Ran:
    """Runs `neardup dedup`. It is ended before an exception leaves: Ctrl-C, or the callback's."""
    from neardup.__main__ import tool

    with tempfile.NamedTemporaryFile(prefix="neardup-stats-") as stats:
        command = [str(tool()), "dedup", "--stats", stats.name]
        command += ["--progress" if report else "--no-progress", *arguments]
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            messages = [line.removeprefix("neardup: ") for line in _lines(process.stderr, report)]
            code = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            if process.stderr:
                process.stderr.close()
        if code != 0:
            _raise(code, messages)
        with open(stats.name, encoding="utf8") as file:
            counts = json.load(file)
    names = [name for name, count in counts["notes"].items() if count > 0]
    losses = [text for name, text in zip(names, messages[1:]) if name not in _REMARKS]
    return Ran(counts, losses)


# --- its arguments ---


def _arguments(job: Job) -> list[str]:
    """Options by the tool's names, in one word with their values."""
    keep, representative = job.keep, job.representative
    if representative == "preferred":
        keep, representative = [f"min:{job.preferences}"], None
    settings: dict[str, Any] = {
        **job.matching,
        "representative": representative,
        "text-field": job.text,
        "id-field": job.ids,
        "removed": job.removed,
        "memory": job.memory_bytes,
        "temp-dir": job.temp_dir,
    }
    arguments = [f"--keep={key}" for key in keep or ()]
    for name, value in settings.items():
        if isinstance(value, list):
            value = ",".join(value)
        if value is not None:
            arguments.append(f"--{name}={value}")
    for name, is_set in (("annotate", job.annotate), ("strict", job.strict)):
        arguments += [f"--{name}"] if is_set else []
    return arguments


def _operands(found: list[Found]) -> list[str]:
    """The inputs as the shell would give them: ids are paths where documents have none."""
    paths: list[str] = []
    for one in found:
        for path in [one.path] if one.is_folder else one.files:
            is_relative = not os.path.isabs(one.given) and "://" not in one.given
            paths.append(os.path.relpath(path) if is_relative else path)
    return [path if path.startswith(("/", ".")) else os.path.join(".", path) for path in paths]


# --- files elsewhere ---


def _fetch(fs: Any, found: list[Found], folder: str) -> list[str]:
    """Copies the inputs into a folder. What the tool is given then, seen from there."""
    operands = []
    for one in found:
        root = one.path if one.is_folder else None
        for path in one.files:
            name = posixpath.relpath(path, posixpath.dirname(root or path))
            local = os.path.join(folder, *name.split("/"))
            if os.path.exists(local):
                raise _errors.InvalidArgument(f"two inputs would both be '{name}'")
            os.makedirs(os.path.dirname(local), exist_ok=True)
            with fs.open(path, "rb") as source, open(local, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            if not one.is_folder:
                operands.append(name)
        if root is not None:
            operands.append(posixpath.basename(root))
    return operands


def _send(fs: Any, source: str, target: str) -> None:
    fs.makedirs(posixpath.dirname(target), exist_ok=True)
    with open(source, "rb") as read, fs.open(target, "wb") as sink:
        shutil.copyfileobj(read, sink, 1 << 20)


def _below(folder: str) -> list[str]:
    """The files in a folder, as paths from there, sorted."""
    return sorted(
        os.path.relpath(os.path.join(path, name), folder)
        for path, _, names in os.walk(folder)
        for name in names
    )


@contextmanager
def _workplace(is_needed: bool, temp_dir: Optional[str]) -> Iterator[str]:
    """A folder that is gone afterwards, if one is needed."""
    if not is_needed:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="neardup-", dir=temp_dir) as folder:
        os.mkdir(os.path.join(folder, "in"))
        yield folder


def dedup(job: Job, report: Optional[Report]) -> tuple[Ran, list[str]]:
    """Runs the tool on inputs that are here, or are fetched first. What it did, and the files."""
    is_fetched, is_sent = not is_local(job.fs), not is_local(job.out_fs)
    with _workplace(is_fetched or is_sent, job.temp_dir) as folder:
        cwd = os.path.join(folder, "in") if is_fetched else None
        operands = _fetch(job.fs, job.found, cwd) if cwd else _operands(job.found)
        target = os.path.abspath(job.output)
        if is_sent:
            target = os.path.join(folder, posixpath.basename(job.output) if job.is_file else "out")
        before = set() if job.is_file else set(_below(target))
        outputs = ["-o", target if job.is_file else os.path.join(target, "")]
        ran = _run([*_arguments(job), *outputs, "--", *operands], cwd, report)
        if job.is_file:
            written = {target: job.output}
        else:
            new = [name for name in _below(target) if name not in before]
            written = {os.path.join(target, name): posixpath.join(job.output, name) for name in new}
        if is_sent:
            with job.out_fs.transaction:
                for source, path in written.items():
                    _send(job.out_fs, source, path)
    return ran, list(written.values())
