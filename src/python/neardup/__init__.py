"""Near-duplicate text: copies across documents and repeats inside them, verified, fast.

    import neardup

    result = neardup.scan(texts)          # lists, or anything that speaks Arrow
    result.pairs()                        # with exact similarities
    kept = table.filter(pyarrow.array(result.keep_mask()))

`help(neardup.scan)` says all of it.
"""

from neardup import _core
from neardup._batch import Sketches, band_keys, group, rank, sketch, verify
from neardup._column import Column
from neardup._dedup import Deduplicated, dedup
from neardup._errors import (
    AlreadyExists,
    Busy,
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
from neardup._evaluation import Band, Evaluation, Kind, Wrong, evaluate
from neardup._index import Added, Index, IndexEntry, IndexMatch
from neardup._passages import Comparison, Evidence, Verdict, Within, compare, within
from neardup._records import (
    Group,
    Member,
    Pair,
    Passage,
    Place,
    Renamed,
    Repeat,
    Repeating,
    Verified,
)
from neardup._rows import Rows
from neardup._scan import Scan, scan
from neardup._spec import Memory, Plan, Spec, plan
from neardup._table import Match, Table

__version__: str = _core.VERSION

__all__ = [
    "Added",
    "AlreadyExists",
    "Band",
    "Busy",
    "Cancelled",
    "Column",
    "Comparison",
    "Deduplicated",
    "Error",
    "Evaluation",
    "Evidence",
    "FormatError",
    "Group",
    "Index",
    "IndexEntry",
    "IndexMatch",
    "InvalidArgument",
    "IoError",
    "Kind",
    "LimitError",
    "LossWarning",
    "Match",
    "Member",
    "Memory",
    "NotFound",
    "OutOfMemory",
    "Pair",
    "Passage",
    "Place",
    "Plan",
    "Renamed",
    "Repeat",
    "Repeating",
    "Rows",
    "Scan",
    "Sketches",
    "Spec",
    "Table",
    "Unsupported",
    "Verified",
    "Verdict",
    "VersionError",
    "Within",
    "Wrong",
    "band_keys",
    "compare",
    "dedup",
    "evaluate",
    "group",
    "plan",
    "rank",
    "scan",
    "sketch",
    "verify",
    "within",
]
