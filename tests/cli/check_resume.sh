#!/bin/sh
# Kills runs with --resume (SIGKILL) at random moments, lets others go on from what they left, and
# compares what they write with what an undisturbed run writes, byte for byte.
#
#   check_resume.sh TOOL KILLS        SEED=N: the same moments again, as far as a machine does
set -u

tool=$1
kills=$2
seed=${SEED:-$(date +%s)}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
echo "seed $seed"

# Two texts in three have an edited or an exact copy, also in other files.
mkdir in
awk -v seed="$seed" 'BEGIN {
    srand(seed)
    for (i = 0; i < 6000; i++) {
        copy = i % 3 > 0 && i > 50
        if (copy)
            for (w = 0; w < 60; w++) word[w] = kept[(i - 3 * int(rand() * 9)) % 32, w]
        for (w = 0; w < 60; w++) {
            if (!copy || (i % 3 == 1 && w == i % 60)) word[w] = "w" int(rand() * 5000)
            kept[i % 32, w] = word[w]
        }
        line = word[0]
        for (w = 1; w < 60; w++) line = line " " word[w]
        printf "{\"id\":\"%d\",\"text\":\"%s\"}\n", i, line >("in/" int(i / 1200) ".jsonl")
    }
}'
echo 'no JSON' >>in/1.jsonl
gzip in/3.jsonl
awk 'BEGIN { for (i = 0; i < 40; i++) print "{\"text\":\"one more file " i "\"}" >("in/small" i ".jsonl") }'

# Into a file, into a folder, or as pairs: into $out, with more options for the run.
out=out
run()
{
    if [ $out = pairs ]; then
        exec "$tool" scan --pairs --preset news -q --no-progress "$@" in
    fi
    exec "$tool" dedup -q --no-progress "$@" in
}

(run -o whole) && (run -o whole_folder/) && (out=pairs; run -o whole_pairs) || exit 1
failed=0
most_ns=0 # a run takes; the shortest that is seen counts
note_time()
{
    took=$(($(date +%s%N) - started))
    if [ $most_ns -eq 0 ] || [ $took -lt $most_ns ]; then most_ns=$took; fi
}

compare()
{
    case $out in
    out) cmp whole out ;;
    pairs) cmp whole_pairs pairs ;;
    *) diff -r -x '.neardup-*' whole_folder out ;;
    esac || failed=1
    rm -rf $out
}

finish() # compares what a run writes that nobody kills
{
    (run --resume -o $out) || failed=1
    if [ $out = out/ ] && ls -A out | grep '^[.]'; then failed=1; fi
    compare
}

started=$(date +%s%N)
finish
note_time
i=0 hits=0
while [ $hits -lt "$kills" ] && [ $i -lt $((kills * 10)) ]; do
    i=$((i + 1))
    share=$(awk -v seed=$((seed + i)) 'BEGIN { srand(seed); rand(); print rand() }')
    started=$(date +%s%N)
    run --resume -o $out &
    pid=$!
    sleep "$(awk -v ns=$most_ns -v share="$share" 'BEGIN { printf "%.3f", ns * share / 1e9 }')"
    kill -9 $pid 2>/dev/null
    { wait $pid; } 2>/dev/null
    status=$?
    if [ $status -eq 0 ]; then # it was faster
        note_time
        compare
        continue
    fi
    hits=$((hits + 1))
    echo "$out, kill $hits at $share of a run: status $status," \
        "$(stat -c %s ${out%/}.resume 2>/dev/null || echo 0) bytes kept"
    [ $status -eq 137 ] || failed=1
    # Killed when all was done: the output is whole, there is nothing to go on from, and at most a
    # hidden folder is left.
    if [ ! -e ${out%/}.resume ] && [ -n "$(ls $out 2>/dev/null)" ]; then compare; fi
    if [ $((hits % 2)) -eq 0 ]; then
        finish
        case $out in
        out) out=out/ ;;
        out/) out=pairs ;;
        pairs) out=out ;;
        esac
    fi
done
[ $hits -eq "$kills" ] || failed=1
finish
[ "$(ls -A)" = "in
whole
whole_folder
whole_pairs" ] || { ls -A; failed=1; }
exit $failed
