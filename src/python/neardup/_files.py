"""Where neardup.dedup finds its inputs: on this machine, or wherever fsspec reaches."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from neardup._errors import InvalidArgument, NotFound, Unsupported

if TYPE_CHECKING:
    from neardup._types import Link, Path, Representative


class LocalFiles:
    """What is needed of a file system of fsspec's, for files of this machine where it is not there."""

    protocol = ("file", "local")

    @staticmethod
    def glob(pattern: str) -> list[str]:
        return glob.glob(pattern, recursive=True)

    @staticmethod
    def find(folder: str) -> list[str]:
        return [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]

    isdir = staticmethod(os.path.isdir)
    exists = staticmethod(os.path.exists)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalFiles)

    __hash__ = None  # type: ignore[assignment]


def reach(given: Path) -> tuple[Any, str]:
    """The file system of a path, and the path in it."""
    path = os.fspath(given)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        if "://" in path:
            raise Unsupported(f"'{path}' needs fsspec, which is not installed") from None
        return LocalFiles(), os.path.abspath(path)
    fs, stripped = url_to_fs(path)
    return fs, stripped


def is_local(fs: Any) -> bool:
    return "file" in fs.protocol


class Found(NamedTuple):
    """One of the inputs: the files that it stands for, and whether it is a folder of them."""

    given: str
    path: str
    files: list[str]
    is_folder: bool


def _files_of(fs: Any, folder: str) -> list[str]:
    """All below a folder, but for hidden ones and the marks that Spark leaves (_SUCCESS)."""
    return [
        path
        for path in sorted(fs.find(folder))
        if not any(name.startswith((".", "_")) for name in posixpath.relpath(path, folder).split("/"))
    ]


def find(inputs: Union[Path, Iterable[Path]]) -> tuple[Any, list[Found]]:
    """The file system, and each input; files are sorted within a pattern or folder."""
    if isinstance(inputs, (str, os.PathLike)):
        inputs = [inputs]
    system: Any = None
    found = []
    for item in inputs:
        given = os.fspath(item)
        fs, path = reach(given)
        if system is not None and fs != system:
            raise InvalidArgument("all inputs must be of one file system")
        system = fs
        is_folder = False
        if any(c in path for c in "*?["):
            files = sorted(p for p in fs.glob(path) if not fs.isdir(p))
        else:
            is_folder = fs.isdir(path)
            files = _files_of(fs, path) if is_folder else [path] if fs.exists(path) else []
        if not files:
            raise NotFound(f"there is no file '{given}'")
        found.append(Found(given, path, files, is_folder))
    if system is None:
        raise InvalidArgument("there are no inputs")
    return system, found


class Job(NamedTuple):
    """What `neardup.dedup` was asked for."""

    fs: Any
    found: list[Found]
    out_fs: Any
    output: str
    is_file: bool
    text: str
    ids: Optional[str]
    keep: Optional[list[str]]
    representative: Optional[Representative]
    preferences: Optional[str]
    annotate: bool
    removed: Optional[str]
    matching: dict[str, Any]
    link: Optional[Link]
    memory_bytes: Optional[int]
    temp_dir: Optional[str]
    strict: bool
