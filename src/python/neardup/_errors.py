"""The exceptions of neardup: all are `Error`, and also the builtin one that comes nearest."""

from __future__ import annotations


class Error(Exception):
    """Anything that neardup raises of its own; wrong types raise TypeError, as everywhere."""


class InvalidArgument(Error, ValueError):
    """An argument outside the range that its description states."""


class LimitError(Error, OverflowError):
    """The input is larger than a stated limit."""


class IoError(Error, OSError):
    """Something cannot be read or written; the message says why."""


class FormatError(Error, ValueError):
    """Bytes, or an Arrow array, are not what they were said to be."""


class NotFound(Error, KeyError):
    """No such document, column or file."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would show it in quotes


class AlreadyExists(Error, KeyError):
    """The key is taken."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class VersionError(Error, ValueError):
    """Made by another version of the hash spec, or by other options."""


class Unsupported(Error, TypeError):
    """This build, machine or type of column is not supported."""


class OutOfMemory(Error, MemoryError):
    """There was not enough memory."""


class Cancelled(Error):
    """A call was told to stop."""


class Busy(Error, OSError):
    """Somebody else holds it: an index has one writer at a time."""


class LossWarning(UserWarning):
    """Documents were left out or read other than they are, or a search was cut short."""


# By the numbers of nd_status (include/neardup/status.h).
BY_STATUS: tuple[type[Error], ...] = (
    Error,
    OutOfMemory,
    InvalidArgument,
    LimitError,
    IoError,
    FormatError,
    NotFound,
    AlreadyExists,
    VersionError,
    Unsupported,
    Cancelled,
    Busy,
)
