"""Near-duplicate text: copies across documents and repeats inside them, verified, fast.

    import neardup

    result = neardup.scan(texts)          # lists, or anything that speaks Arrow
    result.pairs()                        # with exact similarities
    kept = table.filter(pyarrow.array(result.keep_mask()))

`help(neardup.scan)` says all of it.
"""

from neardup import _core
from neardup._column import Column
from neardup._errors import (
    AlreadyExists,
    Cancelled,
    Error,
    FormatError,
    InvalidArgument,
    IoError,
    LimitError,
    LossWarning,
    NotFound,
    OutOfMemory,
    Unsupported,
    VersionError,
)
from neardup._records import Group, Member, Pair, Renamed
from neardup._rows import Rows
from neardup._scan import Scan, scan

__version__: str = _core.VERSION

__all__ = [
    "AlreadyExists",
    "Cancelled",
    "Column",
    "Error",
    "FormatError",
    "Group",
    "InvalidArgument",
    "IoError",
    "LimitError",
    "LossWarning",
    "Member",
    "NotFound",
    "OutOfMemory",
    "Pair",
    "Renamed",
    "Rows",
    "Scan",
    "Unsupported",
    "VersionError",
    "scan",
]
