"""Progress of long calls: a callback of the caller's, or a bar."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional, Union

Report = Callable[[str, int, int], object]
Progress = Union[Report, bool, None]
"""progress(phase, done, total), total being 0 where it is not known; or True for a bar."""


@contextmanager
def reporter(progress: Progress) -> Iterator[Optional[Report]]:
    """What the engine calls."""
    if progress is True:
        with _bar() as report:
            yield report
    else:
        yield progress or None


@contextmanager
def _bar() -> Iterator[Optional[Report]]:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        warnings.warn("there is no progress bar: tqdm is not installed", UserWarning, stacklevel=5)
        yield None
        return
    bar: Any = None
    current = ""

    def report(phase: str, done: int, total: int) -> None:
        nonlocal bar, current
        if phase != current:
            if bar is not None:
                bar.close()
            bar = tqdm(desc=phase, total=total or None)
            current = phase
        bar.update(done - bar.n)

    try:
        yield report
    finally:
        if bar is not None:
            bar.close()
