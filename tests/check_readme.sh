#!/bin/sh
# Runs what the README shows: every line "    $ COMMAND" with the lines that follow it as the output it
# must give, standard output and error together. The folder of a "cd" holds from there on.
# usage: check_readme.sh README FOLDER-OF-NEARDUP
set -eu
readme=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
PATH=$(cd "$2" && pwd):$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$readme")"

# One file a command: its first line the command, the rest the expected output.
awk -v work="$work" '
    /^    \$ / { file = sprintf("%s/%03d", work, ++n); print substr($0, 7) > file; next }
    file && /^    / { print substr($0, 5) > file; next }
    file && /^$/ { blank = NR; print "" > file; next }
    { file = "" }
' "$readme"

num=0
failed=0
for case in "$work"/[0-9]*; do
    [ -e "$case" ] || break
    command=$(head -n 1 "$case")
    expected=$(tail -n +2 "$case")
    case $command in
    cd\ *)
        $command
        continue
        ;;
    esac
    actual=$(sh -c "$command" 2>&1) || true
    num=$((num + 1))
    if [ "$actual" != "$expected" ]; then
        failed=1
        printf 'README: $ %s\n--- it says\n%s\n--- it prints\n%s\n' "$command" "$expected" "$actual"
    fi
done
[ "$num" -gt 0 ] || { echo 'README shows no command'; exit 1; }
echo "$num commands of the README checked"
exit $failed
