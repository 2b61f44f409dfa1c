#!/bin/sh
# Runs one command line case and compares stdout, stderr and the exit status with what the case
# says, byte for byte.
#
#   run_case.sh TOOL DATA CASE        TOOL: the neardup to run; DATA: the folder tests/data
#   UPDATE=1 run_case.sh ...          writes what the tool did into CASE instead
#
# A case is a text file: what it shows, then sections that begin with a line "--- name".
#
#   What the case shows.
#   --- needs             optional: a line each of what has to be there, else the case is skipped:
#   jq                      a command; "kernel NAME": one that the tool has on this machine;
#                           "device FILE": a device; "release": a build without sanitizers;
#                           "unprivileged": a tool that another user can run, as `unprivileged neardup`
#   --- command           run by sh in an empty folder, with `neardup` in the PATH and the folder
#   neardup scan data/news  tests/data as `data`
#   --- stdout
#   --- stderr
#   --- exit
#   0
#
# A line "\ no newline at the end" stands for a last line without one.
set -u

tool=$1
data=$2
case_file=$3
skipped=77

section()
{
    awk -v want="--- $1" '
        $0 == want { inside = 1; next }
        /^--- (needs|command|stdout|stderr|exit)$/ { inside = 0 }
        inside { print }' "$case_file"
}

with_marker() # prints the file, and the marker where its last line has no end
{
    cat "$1"
    if [ -s "$1" ] && [ "$(tail -c 1 "$1" | wc -l)" -eq 0 ]; then
        printf '\n\\ no newline at the end\n'
    fi
}

check_needs()
{
    section needs >"$work/needs"
    while read -r what name; do
        case $what in
        kernel) "$tool" --version | grep -q "available:.* $name\b" ;;
        device) [ -c "$name" ] ;;
        release) ! "$tool" --version | grep -q 'allocator: *C library' ;;
        unprivileged) make_unprivileged ;;
        *) command -v "$what" >/dev/null ;;
        esac || {
            echo "skipped: needs $what $name"
            exit $skipped
        }
    done <"$work/needs"
}

# A copy of the tool where every user may go, and a command that makes root another user. A build that
# counts lines complains that this user cannot write its counts.
make_unprivileged()
{
    chmod 755 "$work" "$work/run" "$work/bin"
    rm "$work/bin/neardup"
    cp "$tool" "$work/bin/neardup"
    {
        echo '#!/bin/sh'
        [ "$(id -u)" != 0 ] || echo 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
        echo 'exec "$@"'
    } >"$work/bin/unprivileged"
    chmod 755 "$work/bin/unprivileged"
    "$work/bin/unprivileged" "$work/bin/neardup" --version >/dev/null 2>"$work/complaint" &&
        [ ! -s "$work/complaint" ]
}

run_command()
{
    ln -s "$data" "$work/run/data"
    section command >"$work/command"
    unset NO_COLOR COLUMNS
    (
        cd "$work/run" || exit 99
        PATH=$work/bin:$PATH LC_ALL=C TERM=xterm exec sh "$work/command"
    ) >"$work/out" 2>"$work/err" </dev/null
    echo $? >"$work/status"
    with_marker "$work/out" >"$work/stdout"
    with_marker "$work/err" >"$work/stderr"
    cp "$work/status" "$work/exit"
}

update_case()
{
    {
        awk '/^--- stdout$/ { exit } { print }' "$case_file"
        for name in stdout stderr exit; do
            echo "--- $name"
            cat "$work/$name"
        done
    } >"$work/case"
    cat "$work/case" >"$case_file"
}

compare()
{
    failed=0
    for name in stdout stderr exit; do
        section $name >"$work/expected"
        if ! diff -u --label "expected $name" --label "actual $name" "$work/expected" \
            "$work/$name"; then
            failed=1
        fi
    done
    return $failed
}

work=$(mktemp -d) || exit 99
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/run"
ln -s "$tool" "$work/bin/neardup"
check_needs
run_command
if [ "${UPDATE:-0}" = 1 ]; then
    update_case
else
    compare
fi
