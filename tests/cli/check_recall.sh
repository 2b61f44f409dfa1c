#!/bin/sh
# The recall a scan really has on a set of the development data: of the pairs that reach the
# threshold, found by the exact join, at least 99 of 100 are reported, and no other pair is.
#
#   check_recall.sh TOOL DEFAULT_DATA SET THRESHOLD LEAST_PAIRS
#
# The environment variable NEARDUP_DATA names another place than DEFAULT_DATA. LEAST_PAIRS: fewer
# true pairs mean that the join itself has lost some.
set -eu
tool=$1
documents=${NEARDUP_DATA:-$2}/$3/docs.jsonl.zst
threshold=$4
least_pairs=$5
if [ ! -r "$documents" ]; then
    echo "skipped: no '$documents'"
    exit 77
fi
result=$("$tool" eval --exact --threshold "$threshold" --format tsv -q "$documents")
echo "$result"
echo "$result" | awk -F '\t' -v least="$least_pairs" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    {
        rows++
        if ($column["pairs_true"] < least) { print "too few true pairs"; failed = 1 }
        if ($column["recall"] < 0.99) { print "recall below 0.99"; failed = 1 }
        if ($column["precision"] != 1) { print "false pairs"; failed = 1 }
    }
    END { exit failed || rows != 1 }'
