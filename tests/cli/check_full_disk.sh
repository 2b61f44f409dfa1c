#!/bin/sh
# Runs dedup where the disk is full sooner or later: a small tmpfs. A run either ends well, with the
# bytes that it writes elsewhere, or it says what has no room, ends with status 1, and leaves nothing.
# Skipped where nobody may mount one.
#
#   check_full_disk.sh TOOL
set -u

tool=$1
work=$(mktemp -d) || exit 99
mkdir "$work/small"
trap 'umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 99
if ! mount -t tmpfs -o size=64k neardup-test small 2>/dev/null; then
    echo "skipped: no tmpfs can be mounted"
    exit 77
fi
umount small

awk 'BEGIN {
    srand(7)
    for (i = 0; i < 4000; i++) {
        line = ""
        for (w = 0; w < 40; w++) line = line " w" int(rand() * 3000)
        printf "{\"id\":\"%d\",\"text\":\"%s\"}\n", i, line >"a.jsonl"
        if (i % 4 == 0) printf "{\"id\":\"copy%d\",\"text\":\"%s\"}\n", i, line >"b.jsonl"
    }
}'
gzip b.jsonl
"$tool" dedup -q --no-progress --removed removed -o whole a.jsonl b.jsonl.gz || exit 1
"$tool" dedup -q --no-progress -o whole_folder/ a.jsonl b.jsonl.gz || exit 1
tar -cf a.tar a.jsonl b.jsonl.gz
"$tool" dedup -q --no-progress -o whole.tar a.tar || exit 1
failed=0 num_full=0 num_done=0 inputs='a.jsonl b.jsonl.gz'

fail()
{
    echo "$*"
    cat err
    failed=1
}

# check WHAT MAY_STAY COMPARISON ARGUMENT...: one run with the tmpfs there.
check()
{
    what="$1, $size" may_stay=$2 comparison=$3
    shift 3
    mount -t tmpfs -o size=$size neardup-test small || exit 99
    "$tool" dedup -q --no-progress "$@" $inputs 2>err
    status=$?
    if [ $status -eq 0 ]; then
        num_done=$((num_done + 1))
        $comparison || fail "$what: other bytes"
    else
        num_full=$((num_full + 1))
        [ $status -eq 1 ] || fail "$what: status $status"
        grep -q 'No space left on device' err || fail "$what: not named"
        left=$(ls -A small | grep -vx "$may_stay")
        [ -z "$left" ] || fail "$what: left $left"
    fi
    umount small
}

# warned SIZE WORDS ARGUMENT...: of what there may be no room for, with both numbers.
warned()
{
    size=$1 words=$2
    shift 2
    mount -t tmpfs -o size=$size neardup-test small || exit 99
    "$tool" dedup --no-progress "$@" a.jsonl b.jsonl.gz 2>err
    grep -q "$words [0-9.]* [kM]B, and [0-9.]* [kM]B are free in 'small" err || fail "no '$words' of $size"
    umount small
}
warned 1m 'the output may find no room: the input has' -o small/out
warned 1m 'the output may find no room: the input has' -o small/out/
warned 1m 'temporary files may find no room: they may take' --memory 64M --temp-dir small -o out
size=4m
mount -t tmpfs -o size=4m neardup-test small || exit 99
"$tool" dedup --no-progress -o small/out a.jsonl b.jsonl.gz 2>err
grep 'no room' err && fail 'a warning without a reason'
umount small

for size in 8k 64k 256k 512k 1m 2m 16m; do
    check 'one file' '' 'cmp whole small/out' -o small/out
    check 'a folder' '' 'diff -r whole_folder small/out' -o small/out/
    check 'the list' '' 'cmp removed small/list' -o out --removed small/list
    check 'temporary files' '' 'cmp whole out' --memory 64M --temp-dir small -o out
    check 'what --resume keeps' 'out.resume' 'cmp whole small/out' --resume -o small/out
    rm -f out
    inputs=a.tar
    check 'an archive' '' 'cmp whole.tar small/out.tar' -o small/out.tar
    inputs='a.jsonl b.jsonl.gz'
done
echo "$num_full runs found the disk full, $num_done did not"
[ $num_full -gt 10 ] && [ $num_done -gt 5 ] || failed=1
exit $failed
