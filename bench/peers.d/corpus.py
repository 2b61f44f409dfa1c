"""The file every tool reads, and what is true of it.

The file: one {"id","text"} a line, ids made unique by the name of their set.
Truth: the exact join (neardup-bench join) over the common tokenisation: words are \\w+ of the
lower-cased NFC text, shingles five consecutive words, one shingle of all words for shorter texts.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from array import array

WORD = re.compile(r"\w+")
WIDTH = 5


def say(message):
    print(f"peers: {message}", file=sys.stderr, flush=True)


def read_lines(path):
    if path.endswith(".zst"):
        with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as process:
            yield from process.stdout
        if process.returncode:
            sys.exit(f"peers: cannot decompress '{path}'")
    else:
        with open(path, "rb") as lines:
            yield from lines


def data_sets(folder):
    """Every JSON Lines file of documents below the data folder, in order of names."""
    found = []
    for name in sorted(os.listdir(folder)):
        place = os.path.join(folder, name)
        if os.path.isdir(place):
            found += [
                os.path.join(place, file)
                for file in sorted(os.listdir(place))
                if file.startswith("docs") and file.endswith((".jsonl", ".jsonl.zst"))
            ]
    return found


def name_of(path):
    parent = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return f"{parent}.{os.path.basename(path).split('.')[0]}"


def write_corpus(sources, folder):
    """The sources as one file below the folder, named by what they are; written once."""
    parts = [(os.path.abspath(s), os.path.getsize(s), os.path.getmtime(s)) for s in sources]
    out = os.path.join(folder, f"corpus-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}.jsonl")
    if os.path.exists(out):
        return out
    say(f"writing {out} from {len(sources)} files")
    seen = set()
    with open(out + ".part", "w", encoding="utf-8", errors="replace") as file:
        for source in sources:
            for number, line in enumerate(read_lines(source), 1):
                document = json.loads(line)
                name = f"{name_of(source)}/{document.get('id', number)}"
                if name in seen:
                    name += f":{number}"
                seen.add(name)
                json.dump({"id": name, "text": document["text"]}, file, ensure_ascii=False)
                file.write("\n")
    os.replace(out + ".part", out)
    return out


def ids_of(corpus):
    with open(corpus, "rb") as lines:
        return [json.loads(line)["id"] for line in lines]


def shingle_set(text):
    words = WORD.findall(unicodedata.normalize("NFC", text).lower())
    if len(words) < WIDTH:
        return {" ".join(words)} if words else set()
    return {" ".join(words[i : i + WIDTH]) for i in range(len(words) - WIDTH + 1)}


def hash_of(shingle):
    return int.from_bytes(hashlib.blake2b(shingle.encode(), digest_size=8).digest(), "little")


def write_sets(corpus, out):
    """The shingle sets in the form neardup-bench join reads. Takes a minute for 250 MB."""
    starts, elements = array("Q", [0]), array("Q")
    with open(corpus, "rb") as lines:
        for line in lines:
            shingles = shingle_set(json.loads(line)["text"])
            elements.extend(sorted({hash_of(s) for s in shingles}))
            starts.append(len(elements))
    with open(out, "wb") as file:
        array("Q", [len(starts) - 1]).tofile(file)
        starts.tofile(file)
        elements.tofile(file)


def common_truth(corpus, bench, threshold):
    """Pairs of line numbers (a < b) with their jaccard, from threshold on; cached on disk."""
    sets, pairs = corpus + ".sets", f"{corpus}.pairs_{threshold:g}.tsv"
    if not os.path.exists(sets):
        say("computing the shingle sets of the common tokenisation, once")
        write_sets(corpus, sets + ".part")
        os.replace(sets + ".part", sets)
    if not os.path.exists(pairs):
        say("joining them exactly, once")
        command = [bench, "join", "--sets", "--threshold", str(threshold), sets]
        with open(pairs + ".part", "wb") as out:
            subprocess.run(command, stdout=out, check=True)
        os.replace(pairs + ".part", pairs)
    truth = {}
    with open(pairs) as lines:
        for line in lines:
            a, b, jaccard = line.split()
            truth[int(a), int(b)] = float(jaccard)
    return truth
