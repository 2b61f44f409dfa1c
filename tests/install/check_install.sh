#!/bin/sh
# Installs the library, static and shared, builds a program against it by CMake and by pkg-config,
# and looks at what was installed: the public headers, each alone as C and as C++, and no symbol but
# nd_*.
set -eu
source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for shared in OFF ON; do
    prefix=$work/prefix-$shared
    cmake -S "$source_dir" -B "$work/build-$shared" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DBUILD_SHARED_LIBS=$shared -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DNEARDUP_BUILD_TOOL=OFF -DNEARDUP_BUILD_TESTS=OFF -DNEARDUP_BUILD_BENCH=OFF >"$work/log"
    cmake --build "$work/build-$shared" -- --quiet >>"$work/log"
    cmake --install "$work/build-$shared" >>"$work/log"

    cmake -S "$source_dir/tests/install/consumer" -B "$work/by-cmake-$shared" -G Ninja \
        -DCMAKE_PREFIX_PATH="$prefix" >>"$work/log"
    cmake --build "$work/by-cmake-$shared" -- --quiet >>"$work/log"
    "$work/by-cmake-$shared/consumer"

    export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
    static=
    [ $shared = ON ] || static=--static
    # shellcheck disable=SC2046
    cc "$source_dir/tests/install/consumer/main.c" -o "$work/by-pkg-config" \
        $(pkg-config --cflags --libs $static neardup)
    LD_LIBRARY_PATH="$prefix/lib" "$work/by-pkg-config"
done

foreign=$(nm -D --defined-only "$work/prefix-ON/lib/libneardup.so" | awk '{print $3}' | grep -v '^nd_' || true)
if [ -n "$foreign" ]; then
    echo "symbols that are not nd_*: $foreign"
    exit 1
fi
if nm "$work/prefix-OFF/lib/libneardup.a" | grep -E ' U (mallocx|je_|_?exit|abort|printf|fprintf)$'; then
    echo 'the library links an allocator, prints or exits'
    exit 1
fi
echo 'typedef int not_empty;' >"$work/empty.c"
for header in "$work"/prefix-OFF/include/neardup/*.h; do
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$work/prefix-OFF/include" -fsyntax-only \
        -include "$header" "$work/empty.c"
    c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$work/prefix-OFF/include" -fsyntax-only \
        -include "$header" -x c++ "$work/empty.c"
done
echo 'installed and used: static, shared; by CMake, by pkg-config'
