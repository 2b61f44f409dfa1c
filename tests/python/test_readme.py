"""What the page for Python shows is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest


def test_readme() -> None:
    pytest.importorskip("pyarrow")
    page = Path(__file__).parents[2] / "src" / "python" / "README.md"
    results = doctest.testfile(str(page), module_relative=False)
    assert results.attempted > 20 and results.failed == 0
