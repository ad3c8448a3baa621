#!/usr/bin/env bash
# Each header compiles alone, so that none leans on what its user included before.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
protoc-c --proto_path=proto --c_out="$work" proto/*.proto
read -ra libraries <<<"$(pkg-config --cflags libzmq libprotobuf-c libsodium yaml-0.1 sqlite3 jansson)"
flags=(-std=c11 -fsyntax-only -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
    -fopenmp -Ishared -Iparticipant -Icoordinator -Isim -Iaudit -I"$work" "${libraries[@]}")
list | grep '\.h$' | while read -r header; do
    # A template that a source includes several times is no header of its own.
    if ! grep -q '^#ifndef [A-Z_0-9]*_H$' "$header"; then
        echo "$header:1: no guard #ifndef FOLDER_STEM_H"
        continue
    fi
    echo "#include \"$PWD/$header\"" >"$work/alone.c"
    if ! gcc "${flags[@]}" -x c "$work/alone.c" >"$work/errors" 2>&1; then
        echo "$header:1: does not compile alone: $(grep -m 1 error "$work/errors" || true)"
    fi
done | verdict
