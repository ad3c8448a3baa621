#!/usr/bin/env bash
# One seed gives one final model, bit for bit, whatever slots and threads are; another seed another.
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
[[ $(model run4 --set seed=8) != "$first" ]] || fail "another seed gives the same model"
