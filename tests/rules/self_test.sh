#!/usr/bin/env bash
# Proves that each rule can fail: makes a small tree that keeps all rules, then breaks one rule at a
# time in a copy of it and expects just that rule to name the file.
set -euo pipefail
rules=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

spdx='// SPDX-License-Identifier: Apache-2.0'
good=$work/good
mkdir -p "$good"/{shared/{base,secure,wire},participant/{image,nn},coordinator,sim,tests/unit,proto,configs,docs}
cd "$good"
header() { # FOLDER STEM [EXTRA]
    local guard
    guard=$(tr a-z A-Z <<<"$2")_H
    printf '%s\n#ifndef %s\n#define %s\n\n%s\n\n#endif\n' "$spdx" "$guard" "$guard" \
        "${3:-int $2_value(void);}" >"$1/$2.h"
}
header shared/base clock
header participant/image image
header coordinator round
printf '%s\n#include "base/clock.h"\n\n#include <string.h>\n\nint clock_value(void)\n{\n    return 1;\n}\n' \
    "$spdx" >shared/base/clock.c
printf '%s\n#include "base/clock.h"\n\nint main(void)\n{\n    return clock_value();\n}\n' "$spdx" \
    >coordinator/main.c
printf '%s\n#include "base/clock.h"\n' "$spdx" >tests/unit/clock_test.c
printf 'syntax = "proto3";\nmessage M {\n  bytes key = 1; // 32 bytes\n}\n' >proto/federation.proto
printf '    INT(federation.rounds, "8", 1, 9, "Rounds."),\n' >shared/base/config_table.c
sed -i "1i $spdx" shared/base/config_table.c
printf '%s\n' "$spdx" >tests/unit/config_table_test.c
printf 'federation:\n  # Rounds.\n  rounds: 8\n' >configs/reference.yaml
printf '# A page\nSee [the reference](configs/reference.yaml) and `federation.rounds`.\n' >README.md

# rule NAME, FILE that must be named, then a command that breaks a copy of the good tree.
breaks() {
    local rule=$1 named=$2 bad=$work/bad output
    shift 2
    rm -rf "$bad"
    cp -r "$good" "$bad"
    (cd "$bad" && eval "$*")
    if output=$("$rules/$rule.sh" "$bad" "$bad/build" 2>&1); then
        echo "$rule: passes although: $*"
        failures=$((failures + 1))
    elif ! grep -qF "$named:" <<<"$output"; then
        echo "$rule: does not name $named after: $*"
        echo "$output" | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}
add() { printf '%s\n' "$2" >>"$1"; }
many() { for ((i = 0; i < $1; i++)); do echo "$2"; done; }
object() { # SOURCE: compiled to where a build folder has it
    local to
    to=build/$(dirname "$1")/CMakeFiles/x.dir/$(basename "$1").o
    mkdir -p "$(dirname "$to")"
    gcc -c "$1" -o "$to" -Ishared
}
coordinator() { # PROGRAM TEXT...
    mkdir -p build/bin
    printf '%s\n' 'int aggregate_add(void) { return 0; }' "$@" 'int main(void) { return 0; }' \
        >build/coordinator.c
    gcc build/coordinator.c -o build/bin/fedveil-coordinator
}

# What keeps the rules passes.
(cd "$good" && object shared/base/clock.c && coordinator)
for rule in size names edges doors banned words wire config headers links tested symbols coordinator; do
    if ! output=$("$rules/$rule.sh" "$good" "$good/build" 2>&1); then
        printf '%s: fails on a good tree\n%s\n' "$rule" "$output"
        failures=$((failures + 1))
    fi
done
rm -rf "$good/build"

breaks size shared/base/clock.c 'add shared/base/clock.c "// $(many 98 x | tr -d "\n")"'
breaks size shared/base/clock.c '{ echo; echo "int clock_long(void)"; echo "{"; many 58 "    ;"; echo "}"; } >>shared/base/clock.c'
breaks size shared/base/clock.c 'many 400 "// x" >>shared/base/clock.c'
breaks names shared/base/clock.h 'header coordinator clock'
breaks names shared/base/clock.c 'sed -i 1d shared/base/clock.c'
breaks names shared/base/clock.h 'add shared/base/clock.h "typedef struct clock clock;"'
breaks names shared/base/clock.h 'add shared/base/clock.h "typedef int clock_number_t;"'
breaks edges coordinator/main.c 'add coordinator/main.c "#include \"image/image.h\""'
breaks edges participant/nn/net.c 'add participant/nn/net.c "#include \"image/image.h\""'
breaks edges participant/main.c 'add participant/main.c "#include \"round.h\""'
breaks edges shared/base/clock.c 'header shared/wire envelope; add shared/base/clock.c "#include \"wire/envelope.h\""'
breaks edges shared/base/clock.c 'add shared/base/clock.c "#include \"base/nowhere.h\""'
breaks doors shared/base/clock.c 'add shared/base/clock.c "#include <zmq.h>"'
breaks doors participant/image/image.h 'add participant/image/image.h "#include <sodium.h>"'
breaks doors shared/base/clock.c 'add shared/base/clock.c "#include <curl/curl.h>"'
breaks doors shared/base/clock.c 'add shared/base/clock.c "#pragma omp parallel for"'
breaks banned shared/base/clock.c 'add shared/base/clock.c "    strcpy(a, b);"'
breaks banned shared/base/clock.c 'add shared/base/clock.c "    int n = atoi (text);"'
breaks banned shared/base/clock.c 'add shared/base/clock.c "    exit(1);"'
breaks banned shared/base/clock.c 'add shared/base/clock.c "// FIXME: later"'
breaks words README.md 'add README.md "Look into /work/""main."'
breaks words shared/base/clock.c 'add shared/base/clock.c "// from ../shared/""data"'
breaks wire proto/federation.proto 'add proto/federation.proto "  bytes digest = 2; // of the rest"'
breaks config configs/reference.yaml 'sed -i /rounds/d configs/reference.yaml'
breaks config configs/run.yaml 'printf "federation:\n  round: 8\n" >configs/run.yaml'
breaks config docs/METHOD.md 'add docs/METHOD.md "The key \`federation.turns\` counts."'
breaks headers shared/base/clock.h 'sed -i "s/int clock_value(void);/size_t clock_value(void);/" shared/base/clock.h'
breaks headers shared/base/clock.h 'sed -i /ifndef/d shared/base/clock.h'
breaks links README.md 'add README.md "See [here](docs/NOWHERE.md)."'
breaks symbols shared/base/clock.c 'add shared/base/clock.c "int hour_value = 1;"; object shared/base/clock.c'
breaks coordinator build/bin/fedveil-coordinator 'coordinator "int image_read(void) { return 0; }"'
breaks coordinator build/bin/fedveil-coordinator 'coordinator; strip build/bin/fedveil-coordinator'
breaks coordinator build/bin/fedveil-coordinator 'true'
breaks tested shared/base/clock.c 'rm tests/unit/clock_test.c'
breaks tested tests/rules/untested.txt 'mkdir tests/rules; echo "clock  why not" >tests/rules/untested.txt'
breaks tested tests/rules/untested.txt 'mkdir tests/rules; echo "gone  long ago" >tests/rules/untested.txt'
if "$rules/format.sh" "$good" >/dev/null 2>&1; then
    breaks format shared/base/clock.c 'sed -i "s/    return 1;/  return 1;/" shared/base/clock.c'
fi

if ((failures > 0)); then
    echo "self_test: $failures rule(s) cannot be relied on"
    exit 1
fi
echo "every rule passes a good tree and fails on a violation"
