"""python -m neardup.spark: the job for spark-submit."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional

import neardup
from neardup.spark import _dedup
from neardup.spark._scan import Scan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FORMATS = ("parquet", "json", "text")
OF_SCAN = {
    "preset": str,
    "score": float,
    "threshold": float,
    "containment": float,
    "recall": float,
    "shingle": str,
    "repair": str,
    "fold": str,
    "max_matches": int,
    "link": str,
    "representative": str,
    "preferences": str,
    "keep": str,
    "order": str,
    "checkpoint": str,
}


def parser() -> argparse.ArgumentParser:
    """The options; those of a scan have the tool's names."""
    made = argparse.ArgumentParser(
        prog="neardup.spark",
        description="Near-duplicate text on Spark: writes IN without its near-copies to OUT.",
    )
    made.add_argument("command", choices=["dedup", "pairs", "groups"], help="what to write")
    made.add_argument("input", metavar="IN", help="a file, folder or pattern that Spark reads")
    made.add_argument("output", metavar="OUT", help="a folder, which must not be there")
    made.add_argument("--format", choices=FORMATS, default="parquet", help="of IN and OUT (parquet); text: a line is a document")
    made.add_argument("--id-field", default="id", metavar="COLUMN", help="ids (id)")
    made.add_argument("--text-field", default="text", metavar="COLUMN", help="texts (text)")
    made.add_argument("--annotate", action="store_true", help="with dedup: all rows, and which stay")
    made.add_argument("--unique-ids", action="store_true", help="no id stands twice")
    made.add_argument("--stats", metavar="FOLDER", help="counts, as JSON")
    for name, kind in OF_SCAN.items():
        made.add_argument("--" + name.replace("_", "-"), type=kind, metavar="VALUE")
    return made


def _read(session: SparkSession, arguments: argparse.Namespace) -> DataFrame:
    """The input; a line of text has its digest as id, so that equal lines have one."""
    frame = session.read.format(arguments.format).load(arguments.input)
    if arguments.format != "text":
        return frame
    from pyspark.sql import functions as F

    return frame.select(F.sha2("value", 256).alias("id"), F.col("value").alias("text"))


def _write(frame: DataFrame, arguments: argparse.Namespace) -> None:
    is_lines = arguments.format == "text" and arguments.command == "dedup" and not arguments.annotate
    if is_lines:
        frame.select("text").write.text(arguments.output)
    else:
        frame.write.format("json" if arguments.format == "text" else arguments.format).save(arguments.output)


def run(session: SparkSession, arguments: argparse.Namespace) -> None:
    """Reads, scans, writes."""
    frame = _read(session, arguments)
    options: dict[str, Any] = {name: value for name in OF_SCAN if (value := getattr(arguments, name)) is not None}
    id, text = ("id", "text") if arguments.format == "text" else (arguments.id_field, arguments.text_field)
    scan = Scan(frame, id, text, unique_ids=arguments.unique_ids, **options)
    if arguments.command == "dedup":
        _write(_dedup.deduplicated(scan, arguments.annotate), arguments)
    else:
        _write(scan.pairs() if arguments.command == "pairs" else scan.groups(), arguments)
    if arguments.stats:
        scan.stats().coalesce(1).write.json(arguments.stats)
    scan.release()


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0 done, 1 failed; wrong usage ends with 2."""
    parsed = parser().parse_args(arguments)
    from pyspark.errors import AnalysisException
    from pyspark.sql import SparkSession

    session = SparkSession.builder.appName("neardup").getOrCreate()
    try:
        run(session, parsed)
    except (neardup.Error, TypeError, AnalysisException) as error:
        print(f"neardup: {error}", file=sys.stderr)
        return 1
    finally:
        session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
