"""Line coverage of src/ by file, from the counts that a build with NEARDUP_COVERAGE left.

usage: report.py SOURCE BUILD

Prints a table, what is not covered, and the reasons that gaps.txt (beside this file) gives for it.
Fails if the total is below 90 %, or a file without a reason below 80 %. What the list names and this
machine covers is printed too.
"""

import collections
import json
import os
import subprocess
import sys

LEAST = 90.0  # percent, of everything; files below it are listed
LEAST_OF_FILE = 80.0  # without a reason


def counts_of(source, build):
    """({file: {line: runs}}, {file: {function: runs}}) over all objects; gcov is asked for a few
    hundred objects at once."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    functions = collections.defaultdict(lambda: collections.defaultdict(int))
    objects = [os.path.join(folder, name) for folder, _, names in os.walk(build)
               for name in names
               if name.endswith(".gcno") and name.removesuffix(".gcno") + ".o" in names]
    for at in range(0, len(objects), 200):
        done = subprocess.run(["gcov", "--json-format", "--stdout", *objects[at:at + 200]],
                              cwd=build, capture_output=True, text=True, check=True)
        for record in done.stdout.splitlines():
            add_record(json.loads(record), source, lines, functions)
    return lines, functions


def add_record(record, source, lines, functions):
    for file in record["files"]:
        path = os.path.join(record["current_working_directory"], file["file"])
        path = os.path.relpath(os.path.normpath(path), source)
        if not path.startswith("src" + os.sep):
            continue
        for line in file["lines"]:
            lines[path][line["line_number"]] += line["count"]
        for function in file["functions"]:
            functions[path][function["demangled_name"]] += function["execution_count"]


def read_gaps(path):
    gaps = {}
    with open(path, encoding="utf-8") as file:
        for text in file:
            if text.strip() and not text.startswith("#"):
                place, reason = text.strip().split(None, 1)
                gaps[place] = reason
    return gaps


def ranges_of(numbers, lines_with_code):
    """"12, 20-24": uncovered lines with no covered line between them are one range."""
    ranges = []
    uncovered = set(numbers)
    is_open = False
    for number in sorted(lines_with_code):
        if number not in uncovered:
            is_open = False
        elif is_open:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
            is_open = True
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in ranges)


def percent(covered, total):
    return 100.0 * covered / total if total else 100.0


def print_row(name, covered, total):
    print(f"{percent(covered, total):6.1f} %  {covered:5} of {total:5}  {name}")


def print_table(lines):
    """Returns the covered and all lines of everything."""
    rooms = collections.defaultdict(lambda: [0, 0])
    for path in sorted(lines):
        covered = sum(count > 0 for count in lines[path].values())
        print_row(path, covered, len(lines[path]))
        for name in (path.split(os.sep)[1], "all"):
            rooms[name][0] += covered
            rooms[name][1] += len(lines[path])
    print()
    total = rooms.pop("all", [0, 0])
    for name in sorted(rooms):
        print_row("src/" + name, *rooms[name])
    print_row("src", *total)
    return total


def gaps_found(lines, functions):
    """{place: (text, covered)}: the files below LEAST and the functions that never ran."""
    found = {}
    for path in sorted(lines):
        uncovered = [number for number, count in lines[path].items() if count == 0]
        share = percent(len(lines[path]) - len(uncovered), len(lines[path]))
        if share < LEAST:
            found[path] = "lines " + ranges_of(uncovered, lines[path]), share
        for function, count in sorted(functions[path].items()):
            if count == 0:
                found[f"{path}:{function}"] = "never ran", share
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: report.py SOURCE BUILD")
    source, build = (os.path.realpath(path) for path in sys.argv[1:])
    lines, functions = counts_of(source, build)
    covered, total = print_table(lines)
    gaps = read_gaps(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gaps.txt"))
    found = gaps_found(lines, functions)
    print("\nNot covered:")
    problems = []
    for place, (what, share) in found.items():
        reason = gaps.get(place) or gaps.get(place.split(":")[0])
        print(f"  {place} ({what}): {reason or 'no reason given'}")
        if not reason and share < LEAST_OF_FILE and ":" not in place:
            problems.append(f"{place} {share:.1f} %, and tests/coverage/gaps.txt gives no reason")
    used = set(found) | {place.split(":")[0] for place in found}
    covered_gaps = [place for place in gaps if place not in used]
    if covered_gaps:
        print("\nIn tests/coverage/gaps.txt, but covered here: " + ", ".join(covered_gaps))
    if percent(covered, total) < LEAST:
        problems.append(f"{percent(covered, total):.1f} % of all lines, less than {LEAST:.0f} %")
    if problems:
        sys.exit("\n" + "\n".join(f"coverage: {problem}" for problem in problems))


main()
