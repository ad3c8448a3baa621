#!/usr/bin/env bash
# A wrong config or wrong use: one line that says what and where, exit code 2, nothing created.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$work"
mkdir empty
wrong() { # PATTERN ARGUMENT...
    local pattern=$1
    shift
    expect 2 "$fedveil" sim run "$@"
    has "$work/err.log" "$pattern"
    [[ ! -s $work/out.log ]] || fail "something on standard output: $*"
    [[ ! -e $work/runs && ! -e $work/new ]] || fail "something was created: $*"
}
wrong_line() { # PATTERN ARGUMENT...
    wrong "$@"
    [[ $(wc -l <"$work/err.log") == 1 ]] || fail "not one line: ${*:2}"
}

{ cat tiny.yaml; echo 'colour: blue'; } >unknown.yaml
wrong_line '^unknown\.yaml:[0-9]+: colour: ' unknown.yaml --out new
sed 's/rounds: 2/rounds: many/' tiny.yaml >type.yaml
wrong_line '^type\.yaml:3: .*rounds: ' type.yaml --out new
sed 's/participants: 3/participants: 0/' tiny.yaml >range.yaml
wrong_line '^range\.yaml:2: .*participants: ' range.yaml --out new
sed 's/^threads: 1/threads: 1\nthreads: 2/' tiny.yaml >twice.yaml
wrong_line '^twice\.yaml:[0-9]+: threads: ' twice.yaml
printf 'federation: [1,\n' >broken.yaml
wrong_line '^broken\.yaml:[0-9]+: ' broken.yaml
wrong_line 'missing\.yaml' missing.yaml
wrong_line 'rounds' tiny.yaml --set federation.rounds=0
wrong_line 'nothing\.here' tiny.yaml --set nothing.here=1
wrong_line 'reporters_min' tiny.yaml --set federation.reporters_min=4
wrong_line 'data\.train: .*/no/such/folder' tiny.yaml --set data.kind=folder \
    --set data.train=/no/such/folder
wrong 'no CONFIG' --out new
wrong 'unrecognized option' tiny.yaml --nonsense
touch empty/something
wrong 'empty: the folder is not empty' tiny.yaml --out empty
[[ $(ls empty) == something ]] || fail "a folder that was in use was changed"

expect 2 "$fedveil" sim
expect 2 "$fedveil" sim walk
has "$work/err.log" 'walk: no such command'
expect 0 "$fedveil" sim run --help
has "$work/out.log" '--set'
expect 0 "$fedveil" sim config reference
has "$work/out.log" '^federation:'
expect 2 "$fedveil" sim config

# What only the data can tell is told before anything is made, too.
expect 2 "$fedveil" sim run "$tiny" --out "$work/run9" --set data.kind=folder
has "$work/err.log" 'data\.train: is empty'
[[ ! -e $work/run9 ]] || fail "a folder for a run that cannot be"
expect 2 "$fedveil" sim run "$tiny" --out "$work/run9" --set data.people=2
has "$work/err.log" 'data\.people: 2 people cannot be shared out over 3'
[[ ! -e $work/run9 ]] || fail "a folder for a run that cannot be"
