"""What is computed once and used several times: in Spark's cache, or in a folder to start again from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from neardup._errors import InvalidArgument

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LAYOUT = 5  # of what is written: one more where that changes, so that no run takes the steps of another layout


class Steps:
    """Frames that are kept. Without a folder they are cached, in memory and on disk, and a lost part
    is computed again. With one each is written there as Parquet when it is first asked for, its
    lineage ends there, and a later run with the same inputs and options takes what is whole.
    """

    def __init__(self, session: SparkSession, folder: Optional[str], identity: str) -> None:
        self._session = session
        self._folder = folder.rstrip("/") if folder is not None else None
        self._identity = f"layout {LAYOUT}, {identity}"
        self._is_checked = False
        self._cached: list[DataFrame] = []

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """The frame, to be used as often as one likes."""
        if self._folder is None:
            kept = frame.persist()
            self._cached.append(kept)
            return kept
        path = f"{self._folder}/{name}"
        if not self.has(name):
            frame.write.mode("overwrite").parquet(path)
        return self._session.read.schema(frame.schema).parquet(path)

    def has(self, name: str) -> bool:
        """Whether the folder holds it."""
        if self._folder is None:
            return False
        self._check()
        return self._is_whole(f"{self._folder}/{name}")

    def cut(self, name: str, frame: DataFrame) -> DataFrame:
        """Likewise, at once, for what a loop makes: plans must not grow with its rounds. Without a
        folder it is a checkpoint in the session's checkpoint folder, or where there is none a local
        one, which does not outlive the executors that hold it."""
        if self._folder is not None:
            return self.keep(name, frame)
        if frame.sparkSession.sparkContext.getCheckpointDir() is not None:
            return frame.checkpoint()
        return frame.localCheckpoint()

    def _is_whole(self, path: str) -> bool:
        """Whether a job has written it to its end."""
        context = self._session.sparkContext
        jvm = context._jvm
        assert jvm is not None
        done = jvm.org.apache.hadoop.fs.Path(f"{path}/_SUCCESS")
        return bool(done.getFileSystem(context._jsc.hadoopConfiguration()).exists(done))

    def number(self, name: str, number: int) -> int:
        """The number; with a folder that of its first run."""
        if self._folder is None:
            return number
        self._check()
        return int(self._first_said(name, str(number)))

    def _check(self) -> None:
        """Steps of other options must not be taken for this run's."""
        if self._is_checked:
            return
        found = self._first_said("options", self._identity)
        if found != self._identity:
            raise InvalidArgument(f"'{self._folder}' holds the steps of another run: {found}")
        self._is_checked = True

    def _first_said(self, name: str, said: str) -> str:
        """What the first run with this folder said."""
        path = f"{self._folder}/{name}"
        if not self._is_whole(path):
            row = self._session.createDataFrame([(said,)], "value string")
            row.coalesce(1).write.mode("overwrite").text(path)
            return said
        found = self._session.read.text(path, wholetext=True).first()
        return "" if found is None else str(found[0]).rstrip("\n")

    def release(self) -> None:
        """Lets go of the cache; folders stay."""
        for frame in self._cached:
            frame.unpersist()
        self._cached.clear()
