#!/bin/sh
# Runs what the README shows: every line "    $ COMMAND" with the lines that follow it as the output it
# must give, standard output and error together. From a "cd" on commands run in a copy of that folder. A
# program, which begins with the line "    /* NAME.c */", is in it too, and finds the library installed.
# usage: check_readme.sh README BUILD [--no-programs]    without those where other flags would be needed
set -eu
readme=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
build=$(cd "$2" && pwd)
PATH=$build:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$readme")"

mkdir "$work/programs"
if [ "${3:-}" != --no-programs ]; then
    awk -v work="$work/programs" '
        /^    \/\* [a-z]+\.c \*\/$/ { file = work "/" $2 }
        file && /^    |^$/ { print substr($0, 5) > file; next }
        { file = "" }
    ' "$readme"
    cmake --install "$build" --prefix "$work/installed" >/dev/null
    libdir=$(dirname "$(find "$work/installed" -name libneardup.a)")
    export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
fi

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
        cp -r "${command#cd }" "$work/here"
        cd "$work/here"
        continue
        ;;
    cc\ * | ./*)
        [ "${3:-}" != --no-programs ] || continue
        cp "$work"/programs/* .
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
