#!/bin/sh
# The tool, the benchmarks and the tests that are no unit tests use the library as any program would: of
# src/ they include public headers, and of the rooms that are not the library's own, io and cli. What
# else they need is an exception below.
# usage: check_public_includes.sh SOURCE
set -eu
cd "$1"

# A pattern of files, a pattern of headers, and the reason.
exceptions='
^(src/cli|bench)/ ^util/(alloc|error|sort|threads|xxh)\.h$ containers, threads, hashes: a program has its own
^src/cli/output/screen\.c$ ^text/characters\.h$ shows as U+FFFD what the engine counts as invalid
^bench/(vocabulary|news_variants)\.c$ ^text/characters\.h$ letters of texts that are made up
^bench/stage.* ^(group|lsh|text|util)/ each stage of the engine alone, which no program can reach
^tests/fuzz/(fuzz_copy\.c|read_twice\.h)$ ^util/alloc\.h$ growing buffers of bytes
^tests/fuzz/fuzz_(page|repair|text)\.c$ ^(text|util)/ holds kernels and scans equal to their plain meaning
'

find src/cli bench tests -name '*.[ch]' ! -path 'tests/unit/*' | sort |
    xargs grep -H '^ *# *include *"[^"]*/' |
    exceptions=$exceptions awk '
    BEGIN {
        num = split(ENVIRON["exceptions"], lines, "\n")
        for (i = 1; i <= num; i++)
            if (split(lines[i], part, " ") > 2) { files[i] = part[1]; headers[i] = part[2] }
    }
    {
        file = substr($0, 1, index($0, ":") - 1)
        split($0, quoted, "\"")
        included = quoted[2]
        num_checked++
        if (included ~ /^(neardup|io|cli)\//) next
        for (i in files)
            if (file ~ files[i] && included ~ headers[i]) { is_used[i] = 1; next }
        print file " includes \"" included "\", which is private to the library"
        failed = 1
    }
    END {
        for (i in files)
            if (!(i in is_used)) { print "nothing needs the exception " lines[i]; failed = 1 }
        if (num_checked == 0) { print "no include was found"; failed = 1 }
        exit failed
    }'
