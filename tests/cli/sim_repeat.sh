#!/usr/bin/env bash
# One seed gives one final model, bit for bit, whatever slots and threads are and wherever bands are kept;
# another seed another.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

model() { # FOLDER OPTION...: the final model's digest
    local folder=$work/$1
    shift
    expect 0 "$fedveil" sim run "$tiny" --out "$folder" "$@"
    sha256sum <"$folder/model.safetensors"
}

first=$(model run1 --set seed=7 --set sim.slots=1)
[[ $(model run2 --set seed=7 --set sim.slots=2) == "$first" ]] || fail "2 slots give another model"
[[ $(model run3 --set seed=7 --set sim.slots=3 --set threads=2) == "$first" ]] ||
    fail "2 threads give another model"
[[ $(model run5 --set seed=7 --set data.memory=0) == "$first" ]] || fail "bands in a file give another model"
has "$work/run5/participants/p000/log.txt" "go to a file in $work/run5/participants/p000/?,"
[[ -z $(find "$work" -name 'bands-*') ]] || fail "a file of bands is left"
[[ $(model run4 --set seed=8) != "$first" ]] || fail "another seed gives the same model"
