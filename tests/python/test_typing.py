"""The package is typed: a program that uses everything passes the strictest checkers, and runs."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import neardup

PROGRAM = Path(__file__).parent / "typed_program.py"


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not there")


def test_it_uses_everything() -> None:
    """Every public name, so that the checkers see each."""
    text = PROGRAM.read_text()
    modules = {"neardup": "neardup", "neardup.spark": "spark"}
    for module, prefix in modules.items():
        found = ast.parse((Path(neardup.__file__).parents[1] / module.replace(".", "/") / "__init__.py").read_text())
        (names,) = (
            ast.literal_eval(node.value)
            for node in found.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        )
        missing = [name for name in names if f"{prefix}.{name}" not in text]
        assert len(names) > 3 and not missing
    from neardup.compat import datasketch

    public = [n for n, c in vars(datasketch).items() if isinstance(c, type) and c.__module__ == datasketch.__name__]
    assert len(public) > 5
    assert [name for name in public if not name.startswith("_") and name not in text] == []


def test_it_runs() -> None:
    subprocess.run([sys.executable, "-W", "error", str(PROGRAM)], check=True, stdout=subprocess.DEVNULL)


def test_mypy() -> None:
    needs("mypy")
    assert "Success" in run("mypy", "--strict", "--config-file=", str(PROGRAM))


def test_mypy_on_the_package() -> None:
    needs("mypy")
    assert "Success" in run("mypy", "--strict", "--config-file=", "--ignore-missing-imports", "-p", "neardup")


def test_pyright() -> None:
    """Reads one line: pyright may have to fetch itself, which is not what is tested."""
    needs("pyright")
    try:
        run("pyright", "--version")
    except AssertionError:
        pytest.skip("pyright cannot be had")
    assert "0 errors" in run("pyright", "--pythonpath", sys.executable, str(PROGRAM))
