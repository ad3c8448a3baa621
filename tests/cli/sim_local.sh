#!/usr/bin/env bash
# fedveil sim run where participants keep a part of the backbone, or all of it, to themselves: each
# verifies what it has and leaves it in its folder, where it gives the same figures again.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

accuracies() { sed -n 's/.*"accuracy_by_participant": \[\([^]]*\)\].*/\1/p' "$work/out.log"; }
own() { echo "$work/$1/participants/p00$2/model.safetensors"; }

share=('federation.share=[]' 'federation.share=[backbone.*, "!*.running_*"]'
    'federation.share=[backbone.*, "!*.norm*"]')
for i in 0 1 2; do
    expect 0 "$fedveil" sim run "$tiny" --out "$work/run$i" --json --set "${share[$i]}"
    has "$work/out.log" '^verification .* over the participants'
    [[ $(accuracies | wc -w) == 3 ]] || fail "${share[$i]}: not one accuracy for each participant"
    for participant in 0 1 2; do
        [[ -s $(own "run$i" $participant) ]] || fail "${share[$i]}: p00$participant saved no model"
    done
    ! cmp -s "$(own "run$i" 0)" "$(own "run$i" 1)" || fail "${share[$i]}: all have the same model"
done
size=$(stat -c %s "$work/run0/model.safetensors")
((size < 10000)) || fail "a model has travelled: $size bytes"
has "$work/run0/metrics.csv" '^2,'
no_process_left

# Where all of the backbone is shared, one model and one verification are enough.
expect 0 "$fedveil" sim run "$tiny" --out "$work/run" --json
lacks "$work/out.log" 'accuracy_by_participant'
[[ ! -e $(own run 0) ]] || fail "a participant saved a model that all have"
