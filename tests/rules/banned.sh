#!/usr/bin/env bash
# Functions that cannot be used safely, or that hide state; exit() where a library would decide over a
# program; marks of unfinished work.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

list tests | xargs awk '
    # Code without comments and texts, so that a sentence may name what is banned.
    function code(line) {
        gsub(/\\"/, "", line); gsub(/"[^"]*"/, "\"\"", line); sub(/\/\/.*/, "", line)
        gsub(/\/\*[^*]*\*\//, "", line)
        return line
    }
    FNR == 1 { comment = 0 }
    {
        text = $0
        if (text ~ /(^|[^A-Za-z])(FIXME|XXX|TODO)([^A-Za-z]|$)/)
            print FILENAME ":" FNR ": unfinished work belongs in an issue"
        if (comment) { if (text ~ /\*\//) { sub(/.*\*\//, "", text); comment = 0 } else next }
        text = code(text)
        if (text ~ /\/\*/) { sub(/\/\*.*/, "", text); comment = 1 }
        if (match(text, /(^|[^A-Za-z0-9_>.])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|rand|strtok|alloca|tmpnam|mktemp)[ ]*\(/))
            print FILENAME ":" FNR ": banned function in: " substr(text, RSTART, RLENGTH)
        # libzmq draws its first routing id from rand(): the transport may seed it.
        if (FILENAME !~ /transport_zmq/ && text ~ /(^|[^A-Za-z0-9_>.])srand[ ]*\(/)
            print FILENAME ":" FNR ": banned function: srand"
        if (FILENAME !~ /^tests\// && FILENAME !~ /\/(main|command_[a-z_]+)\.c$/ &&
            text ~ /(^|[^A-Za-z0-9_>.])(exit|_exit|quick_exit)[ ]*\(/)
            print FILENAME ":" FNR ": only main.c and command_*.c end a program"
    }' | verdict
