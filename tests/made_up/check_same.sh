#!/bin/sh
# The same documents give the same bytes, whatever the number of threads, the kernel, the order of
# the documents, and the files they stand in; for both presets, pairs and groups. Under other ids they
# make the same pairs and groups.
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

# Under names in another order.
awk -F '"' -v OFS='"' -v ids="$work/ids" '{
    name = sprintf("%010.0f", (NR * 48271) % 2147483647)
    print $4 "\t" NR >ids
    print name "\t" NR >ids
    $4 = name
    print
}' "$documents" >"$work/renamed.jsonl"

# A TSV of pairs or groups by the numbers of the documents, the lowest first.
by_number()
{
    awk -F '\t' -v ids="$work/ids" '
        BEGIN { while ((getline line <ids) > 0) { split(line, part, "\t"); number[part[1]] = part[2] } }
        NR == 1 { other = $1 == "a" ? 2 : 3; next }
        {
            key = other == 2 ? NR : $1
            if (!(key in members)) members[key] = number[$1]
            members[key] = members[key] " " number[$other]
        }
        END {
            for (key in members) {
                num = split(members[key], list, " ")
                for (i = 2; i <= num; i++)
                    for (k = i; k > 1 && list[k] + 0 < list[k - 1] + 0; k--) {
                        swap = list[k]; list[k] = list[k - 1]; list[k - 1] = swap
                    }
                line = list[1]
                for (i = 2; i <= num; i++) line = line " " list[i]
                print line
            }
        }' | sort
}

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
    "$tool" scan -q $options --format tsv "$documents" | by_number >"$work/expected"
    "$tool" scan -q $options --format tsv "$work/renamed.jsonl" | by_number >"$work/out"
    [ -s "$work/out" ] && cmp "$work/expected" "$work/out" || {
        echo "FAILED: scan $options finds other copies under other ids"
        exit 1
    }
done
echo "$num scans gave the same bytes"
