#!/usr/bin/env bash
# Every source has a test named like it (or like the module it is a part of): tests/*/<stem>_test.c.
# Programs and their commands are tested by tests/cli. Exceptions stand in untested.txt.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tests=$(find tests -name '*_test.c' | sed 's|.*/||; s|_test\.c$||' | sort -u | tr '\n' ' ')
headers=$(list | grep '\.h$' | sed 's|.*/||; s|\.h$||' | tr '\n' ' ')
list | grep '\.c$' | awk -v tests="$tests" -v headers="$headers" \
    -v untested="tests/rules/untested.txt" '
    BEGIN {
        count = split(tests, name, " ")
        for (i = 1; i <= count; i++) tested[name[i]] = 1
        parts = split(headers, header, " ")
        while ((getline line < untested) > 0) {
            if (line ~ /^#/ || line == "") continue
            split(line, part, " "); excepted[part[1]] = 1
        }
    }
    # A part of a module that has a test: net_build of net.
    function covered(stem,   i) {
        if (stem in tested) return 1
        for (i = 1; i <= parts; i++)
            if (index(stem, header[i] "_") == 1 && (header[i] in tested)) return 1
        return 0
    }
    {
        stem = $0; sub(/.*\//, "", stem); sub(/\.c$/, "", stem)
        if (stem ~ /^(main$|command_|phase_|step_)/) next
        there[stem] = 1
        if (covered(stem)) {
            if (stem in excepted) print "tests/rules/untested.txt:1: " stem " has a test by now"
        } else if (!(stem in excepted))
            print $0 ":1: no test tests/*/" stem "_test.c"
    }
    END {
        for (stem in excepted) if (!(stem in there))
            print "tests/rules/untested.txt:1: there is no source " stem
    }' | sort | verdict
