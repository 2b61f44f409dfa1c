#!/bin/sh
# Installs what was built into a prefix chosen only now, moves it elsewhere, and builds a program against
# it in every way: C and C++, by pkg-config and by find_package, shared and static. Then looks at what
# was installed: the public headers, each alone as C and as C++, no path of the build, and no symbol
# but nd_*.
# usage: check_install.sh SOURCE BUILD
set -eu
consumer=$1/tests/install/consumer
source_dir=$1
build_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_LIBRARY_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR

fail()
{
    echo "$*"
    exit 1
}

cmake --install "$build_dir" --prefix "$work/chosen" >"$work/log"
mkdir "$work/moved to"
prefix="$work/moved to/here"
mv "$work/chosen" "$prefix"
libdir=$(dirname "$(find "$prefix" -name libneardup.a)")
export PKG_CONFIG_PATH="$libdir/pkgconfig"
strict='-Wall -Wextra -Wpedantic -Werror'

# used_by_pkg_config NAME COMPILER-WITH-OPTIONS LIBRARY-OPTIONS: compiles and runs the program. The shell
# that splits the words understands pkg-config's quotes.
used_by_pkg_config()
{
    eval "$2 $strict '$consumer/main.c' $(pkg-config --cflags neardup) -o '$work/$1' $3" ||
        fail "$1: does not build: $2 $3"
    LD_LIBRARY_PATH=$4 "$work/$1" >/dev/null || fail "$1: does not run"
}

for compiler in 'gcc -std=c11' 'g++ -std=c++11 -x c++'; do
    # The language of -x holds for what follows, libraries too.
    libs=$(pkg-config --libs neardup)
    static_libs=$(pkg-config --libs --static neardup)
    used_by_pkg_config shared "$compiler" "-x none $libs" "$libdir"
    used_by_pkg_config static "$compiler" "-static -x none $static_libs" ''
done
ldd "$work/shared" | grep -q "$libdir/libneardup.so\|libneardup.so.* not found" ||
    fail 'shared: the program does not use the shared library'

for linkage in '' -DBUILD_SHARED_LIBS=ON -DBUILD_SHARED_LIBS=OFF; do
    rm -rf "$work/by-cmake"
    cmake -S "$consumer" -B "$work/by-cmake" -G Ninja "-DCMAKE_PREFIX_PATH=$prefix" $linkage >>"$work/log"
    cmake --build "$work/by-cmake" -- --quiet >>"$work/log"
    for program in consumer consumer_cpp; do
        "$work/by-cmake/$program" >/dev/null || fail "find_package $linkage: $program does not run"
    done
    is_shared=0
    ldd "$work/by-cmake/consumer" | grep -q libneardup && is_shared=1
    wanted=1
    [ "$linkage" = -DBUILD_SHARED_LIBS=OFF ] && wanted=0
    [ $is_shared = $wanted ] || fail "find_package $linkage: the other library"
done

# Without a shared library, plain --libs is enough.
cmake -S "$source_dir" -B "$work/static-build" -G Ninja -DNEARDUP_BUILD_SHARED=OFF \
    -DCMAKE_BUILD_TYPE=Release -DNEARDUP_BUILD_TOOL=OFF -DNEARDUP_BUILD_TESTS=OFF \
    -DNEARDUP_BUILD_BENCH=OFF >>"$work/log"
cp "$work/static-build/neardup.pc" "$libdir/pkgconfig/neardup.pc"
mkdir "$work/so"
mv "$libdir"/libneardup.so* "$work/so"
used_by_pkg_config static-only 'gcc -std=c11' "$(pkg-config --libs neardup)" ''

paths=$(grep -rlF -e "$source_dir" -e "$build_dir" -e "$work/chosen" -e /usr/local "$libdir/cmake" \
    "$libdir/pkgconfig" || true)
[ -z "$paths" ] || fail "paths of the build in $paths"
foreign=$(nm -D --defined-only "$work/so/libneardup.so" | awk '{print $3}' | grep -v '^nd_' || true)
[ -z "$foreign" ] || fail "symbols that are not nd_*: $foreign"
if nm "$libdir/libneardup.a" | grep -E ' U (mallocx|je_|_?exit|abort|printf|fprintf)$'; then
    fail 'the library links an allocator, prints or exits'
fi
echo 'typedef int not_empty;' >"$work/empty.c"
for header in "$prefix"/include/neardup/*.h; do
    gcc -std=c11 $strict "-I$prefix/include" -fsyntax-only -include "$header" "$work/empty.c"
    g++ -std=c++11 $strict "-I$prefix/include" -fsyntax-only -include "$header" -x c++ "$work/empty.c"
done
[ ! -x "$build_dir/neardup" ] || "$prefix/bin/neardup" --version >/dev/null
echo 'installed, moved and used: shared, static; C, C++; by pkg-config, by find_package'
