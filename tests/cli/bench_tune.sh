#!/usr/bin/env bash
# A tuning file: made by bench tune, used by bench and by training; a wrong one is refused in one line
# before anything is made. How fast anything is, is not asked.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$work"
tiny_net=(--width 0.0625 --batch 4 --steps 1 --threads 1)
one_line() { [[ $(wc -l <err.log) == 1 ]] || fail "not one line: $(cat err.log)"; }

# Made once, with all convolutions of both networks; an existing file stays.
expect 0 "$fedveil" bench tune "${tiny_net[@]}" --policy 0.0625 --out tuned
has out.log '^conv 14x14 35 -> 4 kernel 3 stride 1 pad 1 +(winograd [0-9]+|unrolled) +[0-9.]+ +'
has out.log '^tuned: [0-9]+ convolutions$'
has tuned '^fedveil tuning 1$'
has tuned '^# ir_se_18, native input of 35 channels, width 0.0625, policy 0.0625, batch 4, threads 1, '
has tuned '^conv 7x7 8 -> 16 kernel 1 stride 2 pad 0: unrolled$'
cp tuned kept
expect 2 "$fedveil" bench tune "${tiny_net[@]}" --out tuned
has err.log '\-\-out: tuned: the file exists; --force replaces it'
cmp -s tuned kept || fail "a file that exists was changed"
expect 0 "$fedveil" bench tune "${tiny_net[@]}" --channels 3 --out tuned --force --json
has out.log '^\{"net": "ir_se_18", "input": "native", "channels": 3, .*"convolutions": \[\{"shape": "conv 14x14 3 -> 4 '
[[ $(wc -l <out.log) == 1 ]] || fail "more than one line with --json"
lacks tuned '^conv 7x7 8 -> 16 '
expect 2 "$fedveil" bench tune
has err.log '\-\-out: no FILE is given'
expect 1 "$fedveil" bench tune "${tiny_net[@]}" --out nowhere/tuned
has err.log 'nowhere/tuned'

# Used: at 112x112 pixels the bands are maps of 14x14.
expect 0 "$fedveil" bench train "${tiny_net[@]}" --classes 5 --tuning kept
expect 0 "$fedveil" bench embed "${tiny_net[@]}" --tuning kept --json
expect 0 "$fedveil" bench scale --width 0.0625 --batch 1 --threads 1 --steps 1 --tuning kept --json
run=(sim run tiny.yaml --set federation.input.size=112 --set federation.rounds=1 --set data.images=4)
expect 0 "$fedveil" "${run[@]}" --out run1 --set tuning=kept
has run1/participants/p000/log.txt 'kernels, tuned by kept$'
expect 0 "$fedveil" "${run[@]}" --out run2 --set tuning=kept --set threads=2
cmp -s run1/model.safetensors run2/model.safetensors || fail "the same file gives another model"
expect 0 "$fedveil" "${run[@]}" --out run3
lacks run3/participants/p000/log.txt 'tuned by'

# Wrong: each party that would read it says so.
{ cat kept; echo 'conv 9x9 4 -> 4 kernel 3 stride 2 pad 1: winograd 16'; } >wrong
line=$(wc -l <wrong)
expect 2 "$fedveil" "${run[@]}" --out run4 --set tuning=wrong
has err.log "^wrong:$line: winograd does not fit this window and map; allowed here: unrolled$"
one_line
expect 2 "$fedveil" "${run[@]}" --out run4 --set tuning=missing
has err.log '^tuning: missing: there is no such file or folder$'
one_line
expect 2 "$fedveil" "${run[@]}" --out run4 --set tuning="$work"
one_line
[[ ! -e run4 ]] || fail "a folder for a run that cannot be"
expect 2 "$fedveil" participant run run1/participants/p000/config.yaml --out own --set tuning=wrong
has err.log "^wrong:$line: winograd does not fit"
one_line
[[ ! -e own ]] || fail "a folder for a participant that cannot be"
expect 2 "$fedveil" bench train "${tiny_net[@]}" --tuning wrong
has err.log "^fedveil bench train: wrong:$line: winograd does not fit"
expect 2 "$fedveil" bench scale --tuning missing
has err.log '^fedveil bench scale: missing: '
