"""Workers of their own processes: killed on the way, or without the package until the job brings it. Run by
`./run test spark-long`."""

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

from spark_frames import (  # noqa: E402
    assert_same,
    documents,
    frame,
    group_line,
    group_lines,
    of_engine,
    pair_line,
    pair_lines,
    session,
)

import neardup  # noqa: E402
import neardup.spark  # noqa: E402

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


@pytest.mark.parametrize("process", ["pyspark.daemon", "CoarseGrainedExecutorBackend"])
def test_a_process_that_is_killed(process: str, tmp_path: Path) -> None:
    """A Python worker, and an executor with its cache and its shuffles: their tasks are run again. In the second workers
    read files themselves."""
    spark = session("local-cluster[2,1,1024]", **{"spark.sql.shuffle.partitions": "4", "spark.speculation": "true"})
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    rows = documents(num_hot=0)
    df = frame(spark, rows, 8)
    if process != "pyspark.daemon":
        df.write.parquet(str(tmp_path / "in"))
        df = spark.read.parquet(str(tmp_path / "in"))
    scan = neardup.spark.Scan(df, edges_a_task=150)
    killed: list[int] = []
    killer = threading.Thread(target=lambda: killed.append(kill_one(process, spark.sparkContext, 6)))
    killer.start()
    try:
        assert_same(scan, of_engine(rows))
    finally:
        killer.join()
        spark.stop()
    assert killed[0] > 0


def test_a_run_that_is_killed_goes_on_from_its_folder(tmp_path: Path) -> None:
    """Another process writes steps until it is killed; what it left is taken up, what it had begun is made again."""
    folder, rows = tmp_path / "steps", documents(num_hot=0)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from spark_frames import documents, frame, session\n"
        "import neardup.spark\n"
        "rows = documents(num_hot=0)\n"
        "neardup.spark.Scan(frame(session('local[2]'), rows, 3), checkpoint=sys.argv[2]).groups().collect()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(Path(__file__).parent), str(folder)],
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "SPARK_LOCAL_DIRS": str(tmp_path / "local")},  # it leaves its temporary files there
    ) as run:
        deadline = time.monotonic() + 300
        while not (folder / "buckets" / "_SUCCESS").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
    assert (folder / "buckets" / "_SUCCESS").exists() and not (folder / "matches" / "_SUCCESS").exists()
    spark = session("local[2]")
    try:
        before = (folder / "buckets" / "_SUCCESS").stat().st_mtime_ns
        scan = neardup.spark.Scan(frame(spark, rows, 3), checkpoint=str(folder))
        wanted = of_engine(rows)
        assert pair_lines(scan.pairs()) == sorted(map(pair_line, wanted.pairs()))
        assert group_lines(scan.groups()) == sorted(map(group_line, wanted.groups()))
        assert (folder / "buckets" / "_SUCCESS").stat().st_mtime_ns == before
    finally:
        spark.stop()


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


def test_workers_take_their_whole_environment_from_an_archive(tmp_path: Path) -> None:
    environment(tmp_path / "packed", *NEEDED, PACKAGES / "neardup")
    archive = tmp_path / "environment.tar.gz"
    subprocess.run(["tar", "chzf", archive, "-C", tmp_path / "packed", "bin", "lib", "pyvenv.cfg"], check=True)
    submitted(
        tmp_path, "--archives", f"{archive}#environment", "--conf", "spark.pyspark.python=environment/bin/python"
    )
