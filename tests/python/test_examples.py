"""Every public name is described, and the examples of its description run."""

from __future__ import annotations

import doctest
import inspect
from typing import Any

import pytest

import neardup

PUBLIC = [name for name in neardup.__all__ if name != "__version__"]


def members(thing: Any) -> dict[str, Any]:
    if not inspect.isclass(thing):
        return {}
    return {
        name: value
        for name, value in vars(thing).items()
        if not name.startswith("_") and (inspect.isroutine(value) or isinstance(value, property))
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_descriptions(name: str) -> None:
    thing = getattr(neardup, name)
    assert inspect.getdoc(thing)
    for member, value in members(thing).items():
        assert inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("name", PUBLIC)
def test_examples(name: str) -> None:
    if name == "dedup":
        pytest.importorskip("pyarrow")
        pytest.importorskip("fsspec")
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder().find(getattr(neardup, name), name, globs={}):
        runner.run(test)
    assert runner.summarize().failed == 0


@pytest.mark.parametrize(
    "name",
    ["scan", "within", "compare", "dedup", "plan", "evaluate", "sketch", "band_keys", "verify"]
    + ["group", "rank", "Table", "Index", "Spec"],
)
def test_what_one_calls_has_an_example(name: str) -> None:
    assert ">>>" in (getattr(neardup, name).__doc__ or "")


def test_the_help_of_scan_names_every_argument() -> None:
    text = neardup.scan.__doc__ or ""
    for name in inspect.signature(neardup.scan).parameters:
        assert name in text
