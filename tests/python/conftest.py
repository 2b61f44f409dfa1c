"""What the tests share: the tool of the installed package, and documents."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

import neardup
from neardup.__main__ import tool

SAMPLES = Path(__file__).parent.parent / "data"
SHARED = Path(os.environ.get("NEARDUP_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))

# A shell that starts the tests in the background makes them ignore Ctrl-C, and Python leaves that so.
signal.signal(signal.SIGINT, signal.default_int_handler)


def run_tool(*arguments: str, stdin: bytes = b"") -> bytes:
    """What the tool writes; it must succeed."""
    done = subprocess.run(
        [tool(), *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def read_jsonl(path: Path) -> list[dict]:
    data = path.read_bytes()
    if path.suffix == ".zst":
        data = subprocess.run(["zstd", "-dqc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in io.BytesIO(data)]


def write_jsonl(documents: list[dict]) -> bytes:
    return b"".join(json.dumps(d, ensure_ascii=False).encode() + b"\n" for d in documents)


def ratio(value: float) -> str:
    return f"{value:.6f}"


def pair_line(pair: neardup.Pair) -> str:
    """A pair as the tool prints it."""
    line = (
        f'{{"a":{json.dumps(pair.a, ensure_ascii=False)},"b":{json.dumps(pair.b, ensure_ascii=False)}'
        f',"kind":"{pair.kind}","jaccard":{ratio(pair.jaccard)},"a_in_b":{ratio(pair.a_in_b)}'
        f',"b_in_a":{ratio(pair.b_in_a)}'
    )
    if pair.a_covered is not None:
        line += f',"a_covered":{ratio(pair.a_covered)},"b_covered":{ratio(pair.b_covered)}'
    if pair.score is not None:
        line += f',"score":{ratio(pair.score)}'
    return line + "}\n"


def member_text(member: neardup.Member) -> str:
    text = (
        f'{{"id":{json.dumps(member.id, ensure_ascii=False)},"kind":"{member.kind}"'
        f',"jaccard":{ratio(member.jaccard)},"in_representative":{ratio(member.in_representative)}'
        f',"representative_in":{ratio(member.representative_in)}'
    )
    if member.covered is not None:
        text += (
            f',"covered":{ratio(member.covered)}'
            f',"representative_covered":{ratio(member.representative_covered)}'
        )
    if member.score is not None:
        text += f',"score":{ratio(member.score)}'
    return text + "}"


def group_line(group: neardup.Group) -> str:
    """A group as the tool prints it."""
    return (
        f'{{"representative":{json.dumps(group.representative, ensure_ascii=False)}'
        f',"size":{group.size},"members":[{",".join(map(member_text, group.members))}]}}\n'
    )


@pytest.fixture(scope="session")
def news() -> list[dict]:
    return read_jsonl(SAMPLES / "news.jsonl")
