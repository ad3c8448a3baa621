#!/usr/bin/env bash
# No function over 60 lines, no file over 400 lines, no line over 100 columns. A function runs from
# its name to the closing brace, as clang-format lays it out: both braces in the first column.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

list tests | xargs awk '
    FNR == 1 { if (last != "" && lines > 400) print last ":" lines ": the file is over 400 lines" }
    FNR == 1 { last = FILENAME; body = 0; start = 0 }
    { lines = FNR }
    length($0) > 100 { print FILENAME ":" FNR ": the line has " length($0) " columns, at most 100" }
    /^[A-Za-z_]/ && !body { if (start == 0 || closed) start = FNR; closed = 0 }
    /^$/ && !body { start = 0 }
    /^[^ \t].*[;}]$/ && !body { closed = 1 }
    /^\{$/ { body = 1 }
    /^\}$/ && body {
        if (FNR - start + 1 > 60)
            print FILENAME ":" start ": the function has " FNR - start + 1 " lines, at most 60"
        body = 0; start = 0
    }
    END { if (lines > 400) print last ":" lines ": the file is over 400 lines" }' | verdict
