#!/bin/sh
# What scan_from_parts prints is what the tool prints.
#   check_parts.sh PROGRAM TOOL PRESET JACCARD FILE...    FILE: text, or JSON Lines with the text in "text"
set -eu
program=$1 tool=$2 preset=$3 jaccard=$4
shift 4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$(dirname "$0")/../data"

# One document a line, as text and as JSON Lines. Line ends inside a text separate words, as blanks do.
for file; do
    case $file in
    *.jsonl | *.zst)
        [ -e "$file" ] || exit 77
        command -v python3 >/dev/null && command -v zstd >/dev/null || exit 77
        { [ "${file%.zst}" = "$file" ] && cat "$file" || zstd -dqc "$file"; } | python3 -c '
import json, sys
for line in sys.stdin.buffer:
    print(" ".join(json.loads(line)["text"].split()))' >>"$folder/lines"
        ;;
    *)
        tr '\n\t' '  ' <"$file" >>"$folder/lines"
        echo >>"$folder/lines"
        ;;
    esac
done
sed 's/\\/\\\\/g; s/"/\\"/g' "$folder/lines" |
    awk '{ printf "{\"id\":\"%08d\",\"text\":\"%s\"}\n", NR - 1, $0 }' >"$folder/all.jsonl"
cd "$folder"
for output in '--pairs --max-matches 0' --groups; do
    # shellcheck disable=SC2086
    "$tool" scan -q --format jsonl --preset "$preset" --threshold "$jaccard" $output all.jsonl >of_tool
    what=${output%% *}
    ASAN_OPTIONS=detect_leaks=0 "$program" "$preset" "${what#--}" "$jaccard" <lines >of_parts
    cmp of_tool of_parts
    [ -s of_tool ] || { echo 'nothing found'; exit 1; }
done
