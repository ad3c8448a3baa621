#!/usr/bin/env bash
# The coordinator cannot look: its program holds no function of the images, their frequencies or the
# networks, and links none of the libraries for them. The proof is taken from the linked program.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
program=$build/bin/fedveil-coordinator
if [[ -z $build || ! -x $program ]]; then
    echo "$program:1: the program has not been built"
    exit 1
fi

# The stems of every source in the folders that it may not use; taken from the tree, so that a new
# module is covered from its first day.
stems=$(find participant -name '*.[ch]' | sed 's|.*/||; s|\.[ch]$||' |
    grep -vE '^(main|command_.*)$' | sort -u | tr '\n' '|')
{
    nm "$program" | awk -v stems="^(${stems%|})_" -v program="$program" '
        $2 ~ /^[tT]$/ && $3 ~ stems { print program ":1: holds " $NF }'
    # What it must hold: without symbols the check above would always be satisfied.
    nm "$program" | awk -v program="$program" '
        $2 ~ /^[tT]$/ && $3 ~ /^aggregate_/ { found = 1 }
        END { if (!found) print program ":1: no function aggregate_*: stripped?" }'
    { ldd "$program" || true; } | awk -v program="$program" '
        /libopenblas|libjpeg|libpng/ { print program ":1: links " $1 }'
} | verdict
