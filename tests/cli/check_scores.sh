#!/bin/sh
# What `neardup eval` says of a set of documents, held to bounds.
#
#   check_scores.sh TOOL DEFAULT_DATA DOCUMENTS OPTIONS BOUND...
#
# In DOCUMENTS and OPTIONS "@" stands for the folder of the development data: DEFAULT_DATA, or what the
# environment variable NEARDUP_DATA names. Documents there may be missing, then the test is skipped.
# A BOUND is "COLUMN>=VALUE" or "COLUMN<=VALUE" with a column of
# the TSV that eval writes.
set -eu
tool=$1
data=${NEARDUP_DATA:-$2}
documents=$(echo "$3" | sed "s|^@|$data|")
options=$(echo "$4" | sed "s|@|$data|g")
if [ "$documents" != "$3" ] && [ ! -r "$documents" ]; then
    echo "skipped: no '$documents'"
    exit 77
fi
shift 4
# shellcheck disable=SC2086
result=$("$tool" eval $options --format tsv -q "$documents")
for bound; do
    echo "$bound"
done | awk -F '\t' -v result="$result" '
    BEGIN {
        if (split(result, rows, "\n") != 2) { print "no row: " result; exit failed = 1 }
        split(rows[1], names); split(rows[2], values)
        for (i in names) value_of[names[i]] = values[i]
    }
    {
        at = match($0, /[<>]=/)
        name = substr($0, 1, at - 1); bound = substr($0, at + 2)
        if (!(name in value_of) || value_of[name] == "") { print "no value for " name; failed = 1; next }
        holds = substr($0, at, 1) == ">" ? value_of[name] >= bound + 0 : value_of[name] <= bound + 0
        printf "%s%s is %s\n", holds ? "" : "FAILED: ", $0, value_of[name]
        if (!holds) failed = 1
    }
    END { exit failed }'
