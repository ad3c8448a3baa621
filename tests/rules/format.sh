#!/usr/bin/env bash
# The layout of every C file is what clang-format 14 makes of it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -z $formatter ]] || ! "$formatter" --version | grep -q 'version 14\.'; then
    echo "needs clang-format 14 (Debian: clang-format-14)"
    exit 77
fi
list tests | { xargs "$formatter" --dry-run --Werror 2>&1 || true; } |
    sed -n -E 's/(:[0-9]+):[0-9]+: error: code should be clang-formatted.*/\1/p' |
    awk -F : '!seen[$1]++ { print $0 ": clang-format 14 lays this file out differently" }' | verdict
