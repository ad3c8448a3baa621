#!/usr/bin/env bash
# Every global symbol begins with the stem of its file, so that it can be found without a tool. A part
# of a module (image_jpeg.c) may use the stem of the module's header (image_). See prefixes.txt.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if [[ -z $build ]]; then echo "symbols: needs a build folder"; exit 77; fi

# Objects of the libraries and programs: BUILD/<folder>/CMakeFiles/<target>.dir/<source>.o
objects=$(cd "$build" && find "${parties[@]}" -path '*/CMakeFiles/*.dir/*.c.o' \
    -not -path '*/__/*' 2>/dev/null | sort || true)
if [[ -z $objects ]]; then echo "symbols: $build holds no objects"; exit 1; fi

headers=$(list | grep '\.h$' | sed 's|.*/||; s|\.h$||' | tr '\n' ' ')
(cd "$build" && xargs nm -A --defined-only --extern-only <<<"$objects") |
    awk -v headers="$headers" -v exceptions="$rules/prefixes.txt" '
    BEGIN {
        count = split(headers, header, " ")
        while ((getline line < exceptions) > 0) {
            if (line ~ /^#/ || line == "") continue
            split(line, part, " ")
            stems[++lines] = part[1]; patterns[lines] = part[2]
        }
    }
    function prefixed(symbol, stem,   i) {
        if (symbol == stem || index(symbol, stem "_") == 1) return 1
        for (i = 1; i <= count; i++)
            if (index(stem, header[i] "_") == 1 && index(symbol, header[i] "_") == 1) return 1
        for (i = 1; i <= lines; i++)
            if (stem ~ stems[i] && symbol ~ patterns[i]) return 1
        return 0
    }
    {
        object = $1; sub(/:[0-9a-f]*$/, "", object); symbol = $NF
        source = object; sub(/\.o:?$/, "", source); stem = source
        sub(/.*\//, "", stem); sub(/\.c$/, "", stem)
        sub(/CMakeFiles\/[^\/]*\.dir\//, "", source)
        if (symbol ~ /^\./) next # of the compiler
        if (symbol ~ /^(__asan|__odr_asan|__ubsan|__x86|__llvm|__afl)/) next
        if (stem ~ /^(main$|command_)/ && symbol == "main") next
        if (!prefixed(symbol, stem)) print source ":1: global symbol " symbol " lacks the prefix " stem "_"
    }' | sort -u | verdict
