#!/usr/bin/env bash
# Every text and bytes field on the wire says in its comment how long it is, or that its message does.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

awk '
    /^[ \t]*(repeated[ \t]+)?(bytes|string)[ \t]/ && !/\/\/.*[0-9]+ (bytes|KiB|MiB)/ {
        print FILENAME ":" FNR ": the comment must give the length in bytes"
    }' proto/*.proto | verdict
