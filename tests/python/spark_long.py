"""What is too long for test_spark.py, run by `./run test spark-long`: real worker processes, one of them killed
on the way, and workers that get the package with the job."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")
pytestmark = pytest.mark.filterwarnings("ignore")  # pyspark's own, and LossWarning

from spark_frames import assert_same, documents, frame, of_engine, session  # noqa: E402

import neardup  # noqa: E402
import neardup.spark  # noqa: E402

CLUSTER = "local-cluster[2,1,1024]"


# --- what fails on the way ---


def descendants(of: str) -> list[int]:
    """Processes that this one has started, by a word of their command."""
    found = subprocess.run(["ps", "-eww", "-o", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in found.splitlines()[1:]]
    mine = {os.getpid()}
    while True:
        more = {int(row[0]) for row in rows if int(row[1]) in mine} - mine
        if not more:
            return [int(row[0]) for row in rows if int(row[0]) in mine and of in row[2]]
        mine |= more


def kill_one(of: str, context: Any, after: int) -> int:
    """The last such process, once so many stages have ended; waits for both."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        tracker = context.statusTracker()
        ended = [s for s in range(after + 20) if (info := tracker.getStageInfo(s)) and info.numCompletedTasks == info.numTasks]
        there = descendants(of)
        if len(ended) >= after and there and tracker.getActiveStageIds():
            os.kill(there[-1], signal.SIGKILL)
            return there[-1]
        time.sleep(0.1)
    return 0


def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    """Its tasks are run again, and the answer is the engine's."""
    spark = session(CLUSTER, **{"spark.sql.shuffle.partitions": "4", "spark.speculation": "true"})
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    rows = documents(num_hot=0)
    scan = neardup.spark.Scan(frame(spark, rows, 8), edges_a_task=150)
    killed: list[int] = []
    killer = threading.Thread(target=lambda: killed.append(kill_one("pyspark.daemon", spark.sparkContext, 4)))
    killer.start()
    try:
        assert_same(scan, of_engine(rows))
    finally:
        killer.join()
        spark.stop()
    assert killed[0] > 0


# --- the package on workers that lack it ---

PACKAGES = Path(neardup.__file__).parents[1]
NEEDED = [path for name in ("numpy", "numpy.libs", "pyarrow", "pyarrow.libs") if (path := PACKAGES / name).exists()]


def environment(folder: Path, *packages: Path) -> Path:
    """A virtual environment with these, of this one's; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in packages:
        (site / package.name).symlink_to(package)
    return folder / "bin" / "python"


def submitted(tmp_path: Path, *options: str) -> None:
    """The job runs where only the driver's environment has the package, and keeps what it should."""
    text = "one two three four five six seven"
    (tmp_path / "in.txt").write_text(f"{text}\n{text.upper()}\n{text}\nelse\n")
    job = tmp_path / "job.py"
    job.write_text("from neardup.spark.__main__ import main\nraise SystemExit(main())\n")
    out = tmp_path / "out"
    import pyspark

    home = Path(pyspark.__file__).parent
    done = subprocess.run(
        [
            home / "bin" / "spark-submit", "--master", "local-cluster[1,1,1024]", "--driver-memory", "1g",
            "--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=2",
            "--conf", f"spark.pyspark.driver.python={sys.executable}", *options,
            job, "dedup", str(tmp_path / "in.txt"), str(out), "--format", "text",
        ],
        capture_output=True, text=True, check=False, env={**os.environ, "SPARK_HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line for part in out.glob("part-*") for line in part.read_text().splitlines()]
    assert len(lines) == 2 and "else" in lines


def test_workers_take_the_wheel_from_an_archive(tmp_path: Path) -> None:
    """A wheel is a zip archive, and unpacked it is the package: workers need numpy and pyarrow beside it."""
    bare = environment(tmp_path / "bare", *NEEDED)
    assert subprocess.run([bare, "-c", "import neardup"], stderr=subprocess.DEVNULL, check=False).returncode != 0
    wheel = shutil.make_archive(str(tmp_path / "neardup"), "zip", PACKAGES, "neardup")
    submitted(
        tmp_path, "--archives", f"{wheel}#wheel", "--conf", "spark.executorEnv.PYTHONPATH=wheel",
        "--conf", f"spark.pyspark.python={bare}",
    )
