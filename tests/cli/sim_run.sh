#!/usr/bin/env bash
# fedveil sim run from the config to the report: every file of the contract, the JSON line, the table.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 0 "$fedveil" sim run "$tiny" --out "$work/run" --json --set seed=5
for file in config.yaml journal.sqlite metrics.csv model.safetensors report.html roc.svg roster \
    examples.png endpoint models/round-0002.safetensors coordinator/config.yaml \
    coordinator/log.txt participants/p000/config.yaml participants/p002/log.txt; do
    [[ -s $work/run/$file ]] || fail "$file is missing"
done
has "$work/out.log" '^round +reported'
has "$work/out.log" '^ +2 +3/3 '
has "$work/out.log" '^verification .*%'
has "$work/out.log" '^training .* images/s'
has "$work/out.log" '^masking .* ms an image'
has "$work/out.log" '^peak memory .* MB'

tail -n 1 "$work/out.log" >"$work/json.log"
number='-?[0-9]+(\.[0-9]+)?'
for key in accuracy rounds seconds bytes_up bytes_down peak_rss_bytes; do
    has "$work/json.log" "\"$key\": $number[,}]"
done
has "$work/json.log" '^\{.*"rounds": 2,.*\}$'
has "$work/json.log" "\"model\": \"$work/run/model.safetensors\""
has "$work/json.log" "\"k_share\": \\{\"2\": $number, \"3\": $number\\}"

[[ $(wc -l <"$work/run/metrics.csv") == 4 ]] || fail "metrics.csv: not a head and rounds 0 to 2"
has "$work/run/report.html" '>done<'
has "$work/run/report.html" 'data:image/png;base64,'
lacks "$work/run/report.html" 'https?://'
[[ $(stat -c %a "$work/run/keys") == 700 ]] || fail "keys: others may look"
! grep -qa 'head\.weight' "$work/run/model.safetensors" || fail "a class head has travelled"
grep -q '^  evaluate: true' "$work/run/participants/p000/config.yaml" || fail "p000 does not verify"
! grep -q '^  evaluate: true' "$work/run/participants/p001/config.yaml" || fail "p001 verifies, too"
no_process_left

# Pixels have no mask to show; a run without mixing has no shares; --set wins over the file.
expect 0 "$fedveil" sim run "$tiny" --out "$work/run2" --json --set federation.input.kind=pixels \
    --set federation.mask.method=none --set federation.mix.method=none --set federation.rounds=1 \
    --set federation.participants=1
has "$work/out.log" '"rounds": 1,.*"k_share": \{\}'
[[ ! -e $work/run2/examples.png ]] || fail "examples of a mask that there is not"
lacks "$work/run2/report.html" 'data:image'
no_process_left

# The folder is named after config and time when nobody names it.
cd "$work"
expect 0 "$fedveil" sim run tiny.yaml --set federation.participants=1 --set federation.rounds=1
[[ -s $(echo "$work"/runs/tiny-20*/report.html) ]] || fail "no runs/tiny-DATE-TIME"
