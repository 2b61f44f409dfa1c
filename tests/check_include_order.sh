#!/bin/sh
# Includes go one way: a folder of src/ includes only folders that stand before it in the picture of
# src/README.md, "    util → text → ...", io only util and text, python none but itself, and a public
# header only public headers. Every folder is in the picture.
# usage: check_include_order.sh SOURCE
set -eu
cd "$1"
order=$(sed -n '/^    util → / s/ *→ */ /gp' src/README.md)
[ "$(echo "$order" | wc -l)" = 1 ] && [ -n "$order" ] || {
    echo 'src/README.md: no line with the rooms in their order'
    exit 1
}

for file in $(grep -oE '[a-z_]+(/[a-z_]+)*/[a-z_]+\.(c|h|cpp|sh)\b' src/README.md | sort -u); do
    [ -e "src/$file" ] || [ -e "include/$file" ] || [ -e "$file" ] || {
        echo "src/README.md names $file, which is not there"
        exit 1
    }
done

{
    ls -d src/*/
    find src include/neardup -name '*.[ch]' -o -name '*.cpp' | sort |
        xargs grep -H '^ *# *include *"'
} | awk -v order="$order" '
    function complain(message) { print message; failed = 1 }
    BEGIN {
        num = split(order, room, " ")
        for (i = 1; i <= num; i++) place[room[i]] = i
    }
    /^src\/[^:]*\/$/ {
        split($0, part, "/")
        if (!(part[2] in place)) complain($0 " is not in the picture of src/README.md")
        next
    }
    {
        file = substr($0, 1, index($0, ":") - 1)
        split($0, quoted, "\"")
        included = quoted[2]
        if (index(included, "/") == 0) {
            complain(file ": name the folder of \"" included "\"")
            next
        }
        split(file, part, "/")
        split(included, target, "/")
        from = part[2]; to = target[1]
        if (to == "neardup") next
        if (part[1] == "include") complain(file ": a public header includes \"" included "\"")
        else if (!(to in place)) complain(file ": \"" included "\" is in no folder of src/")
        else if (from == "io" && to !~ /^(util|text|io)$/ || from == "python" && to != from ||
                 from != "io" && place[to] > place[from])
            complain(file " includes " to "/, which " from " may not")
        num_checked++
    }
    END {
        if (num_checked == 0) complain("no include was found")
        exit failed
    }'
