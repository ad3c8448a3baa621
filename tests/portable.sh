#!/usr/bin/env bash
# Compiles every C source of the product for 64-bit ARM, as far as an object file: proof that the
# portable code is portable (byte order, plain char, no instruction of x86 outside its own files).
# Nothing is linked or run. Exit 77, with the reason, when there is no cross compiler.
#
#     tests/portable.sh [COMPILER]        default aarch64-linux-gnu-gcc
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compiler=${1:-aarch64-linux-gnu-gcc}
if ! command -v "$compiler" >/dev/null; then
    echo "$compiler is missing (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
    exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
protoc-c --proto_path=proto --c_out="$work" proto/*.proto

# Headers of the libraries do not depend on the machine, bar a few in this one's own folder.
read -ra libraries <<<"$(pkg-config --cflags libzmq libprotobuf-c libsodium yaml-0.1 sqlite3 jansson \
    libjpeg libpng openblas)"
flags=(-std=c11 -O1 -fopenmp -Wall -Wextra -Wformat=2 -Wsign-compare -Werror
    -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DFEDVEIL_VERSION='"0"' -DFEDVEIL_COMMIT='"0"'
    -DKERNELS_SET=portable_set -DPEAK_SET=portable -DPEAK_LANES=4
    -Ishared -Iparticipant -Icoordinator -Isim -Iaudit -I"$work"
    "${libraries[@]}" -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)")

folders=()
for folder in shared participant coordinator sim audit bench fedveil; do
    if [[ -d $folder ]]; then folders+=("$folder"); fi
done
find "${folders[@]}" -name '*.c' | sort >"$work/sources"
export compiler work
compile() {
    if ! "$compiler" "${@:2}" -c "$1" -o "$work/$(tr / _ <<<"$1").o"; then
        echo "$1" >>"$work/failed"
    fi
}
export -f compile
xargs -P 2 -I {} bash -c 'compile "$@"' compile {} "${flags[@]}" <"$work/sources"

count=$(wc -l <"$work/sources")
if [[ -e $work/failed ]]; then
    echo "$(wc -l <"$work/failed") of $count sources do not compile for $($compiler -dumpmachine)"
    exit 1
fi
echo "$count sources compile for $($compiler -dumpmachine)"
