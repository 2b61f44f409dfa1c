"""python -m neardup, and the command neardup: the command line tool that the package carries."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def tool() -> Path:
    """Where the command line tool is."""
    return Path(__file__).parent / "_bin" / "neardup"


def main() -> int:
    """Becomes the tool."""
    path = tool()
    try:
        os.execv(path, [str(path), *sys.argv[1:]])
    except OSError as error:
        print(f"neardup: cannot run '{path}': {error.strerror}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
