#!/bin/sh
# The same documents give the same bytes, whatever the number of threads, the kernel, the order of
# the documents, and the files they stand in; for both presets, pairs and groups.
# usage: check_same.sh TOOL DOCUMENTS NUM    only the first NUM documents
set -eu
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
documents=$work/documents.jsonl
head -n "$3" "$2" >"$documents"

# The documents in three other orders: backwards, shuffled, and shuffled over many files.
shuffled()
{
    awk -v seed="$1" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' "$documents" | sort | cut -f 2-
}
awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' "$documents" >"$work/backwards.jsonl"
shuffled 1 >"$work/shuffled.jsonl"
mkdir "$work/many"
shuffled 2 | split -l 97 - "$work/many/part"
for part in "$work"/many/part*; do
    mv "$part" "$part.jsonl"
done

num=0
same()
{
    "$tool" scan -q $options "$@" >"$work/out"
    num=$((num + 1))
    cmp "$work/expected" "$work/out" || {
        echo "FAILED: scan $options $*"
        exit 1
    }
}

for options in '--pairs --threshold 0.5' '--groups' '--groups --containment 0.8' \
    '--pairs --preset news' '--groups --preset news'; do
    "$tool" scan -q $options --threads 1 --kernel scalar "$documents" >"$work/expected"
    [ "$(wc -l <"$work/expected")" -ge $(($3 / 40)) ] || {
        echo "FAILED: scan $options finds next to nothing"
        exit 1
    }
    for kernel in $("$tool" --version | sed -n 's/.*available: //p'); do
        same --kernel "$kernel" --threads 3 "$documents"
    done
    same --threads 2 "$work/backwards.jsonl"
    same --threads 8 "$work/shuffled.jsonl"
    same --threads 5 "$work/many"
done
echo "$num scans gave the same bytes"
