"""The package is typed: a program that uses everything passes the strictest checkers, and runs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "typed_program.py"


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not there")


def test_it_runs() -> None:
    subprocess.run([sys.executable, "-W", "error", str(PROGRAM)], check=True, stdout=subprocess.DEVNULL)


def test_mypy() -> None:
    needs("mypy")
    assert "Success" in run("mypy", "--strict", "--config-file=", str(PROGRAM))


def test_pyright() -> None:
    """Reads one line: pyright may have to fetch itself, which is not what is tested."""
    needs("pyright")
    try:
        run("pyright", "--version")
    except AssertionError:
        pytest.skip("pyright cannot be had")
    assert "0 errors" in run("pyright", "--pythonpath", sys.executable, str(PROGRAM))
