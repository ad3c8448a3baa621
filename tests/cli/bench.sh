#!/usr/bin/env bash
# fedveil bench: tiny runs of every command, the last line of each one JSON object. How fast anything
# is, is not asked.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

number='[0-9]+(\.[0-9]+)?'
tiny_net=(--width 0.0625 --batch 4 --classes 5 --steps 1)

# The last line must be one object with these keys, in this order, and be JSON where a reader is at
# hand.
object() { # KEY...
    local keys
    keys=$(tail -n 1 "$work/out.log" | grep -oE '"[a-z0-9_]+": ' | tr -d '": ' | tr '\n' ' ')
    [[ $keys == "$* " ]] || fail "keys: $keys"
    has "$work/out.log" '^\{.*\}$'
    [[ $(wc -l <"$work/out.log") == 1 ]] || fail "more than one line with --json"
    if command -v jq >/dev/null; then
        tail -n 1 "$work/out.log" | jq -e . >/dev/null || fail "no JSON"
    fi
}

network=(net input channels width batch classes threads mode parameters seconds_per_step
    images_per_second peak_rss_bytes kernels gflops)
expect 0 "$fedveil" bench train "${tiny_net[@]}" --channels 3 --threads 1 --json
object "${network[@]}"
has "$work/out.log" '"channels": 3, "width": 0.0625, "batch": 4, "classes": 5, "threads": 1, "mode": "train"'
has "$work/out.log" "\"images_per_second\": $number, \"peak_rss_bytes\": [1-9]"
expect 0 "$fedveil" bench embed "${tiny_net[@]}" --net ir_se_34 --threads 2 --json
object "${network[@]}"
has "$work/out.log" '"net": "ir_se_34", "input": "native", "channels": 35,'
has "$work/out.log" '"mode": "embed"'
expect 0 "$fedveil" bench train "${tiny_net[@]}" --threads 1 --processes 2 --json
has "$work/out.log" '"processes": 2, "single_images_per_second": [0-9.]+, "share_percent": [0-9.]+'
expect 0 "$fedveil" bench train "${tiny_net[@]}" --threads 1
has "$work/out.log" '^train +[0-9.]+ images/s'

expect 0 "$fedveil" bench generate --kind unet --width 1 --channels 2 --batch 2 --steps 1 --json
object kind input channels colours width batch threads parameters seconds_per_step images_per_second \
    steps_per_second steps_per_processor_second peak_rss_bytes kernels
expect 0 "$fedveil" bench generate --width 1 --channels 2 --batch 2 --steps 1
has "$work/out.log" '^rate +[0-9.]+ steps/s'

expect 0 "$fedveil" bench conv --shape 5,3,4,3,1 --shape 7,4,8,1,2 --batch 2 --steps 2 --json
layer=(batch side in out kernel stride forward_gflops input_gradient_gflops weight_gradient_gflops
    milliseconds)
object kernels threads layers "${layer[@]}" "${layer[@]}"
expect 0 "$fedveil" bench conv --shape 5,3,4,3,1 --batch 2 --steps 2
has "$work/out.log" '^ +2 +5 +3 +4 +3 +1 '

for mode in native up8; do
    expect 0 "$fedveil" bench mask --mode $mode --batch 2 --steps 1 --json
    object mode batch threads ms_per_image images_per_second
    has "$work/out.log" "\"mode\": \"$mode\", \"batch\": 2, \"threads\": 1, \"ms_per_image\": $number"
done
expect 0 "$fedveil" bench mix --batch 3 --steps 1 --json
has "$work/out.log" '"mixes": \[\{"k": 2, .*\{"k": 10, "ms_per_image": '
expect 0 "$fedveil" bench mix --batch 3 --steps 1
has "$work/out.log" '^k = 10 '
expect 0 "$fedveil" bench decode --batch 2 --steps 1 --json
object images batch threads ms_per_image images_per_second
mkdir -p "$work/faces/anna"
cp "$here/portrait.jpg" "$work/faces/anna/1.jpg"
expect 0 "$fedveil" bench decode --images "$work/faces" --steps 1 --threads 2 --json
has "$work/out.log" '"batch": 1, "threads": 2'

expect 0 "$fedveil" bench blind --parameters 3000 --neighbours 2 --bits 24 --steps 1 --json
object parameters neighbours bits threads milliseconds processor_milliseconds gb_per_processor_s bare_gb_per_processor_s \
    share_percent
has "$work/out.log" '"parameters": 3000, "neighbours": 2, "bits": 24, "threads": 1, '
expect 0 "$fedveil" bench blind --parameters 3000 --steps 1
has "$work/out.log" "^keystream $number GB/s of a processor; ChaCha20 alone $number: $number % of its rate$"
opening=(participants dropped graph neighbours threshold words bits threads seeds join_ms agree_ms remove_ms
    milliseconds processor_milliseconds gb_per_processor_s)
expect 0 "$fedveil" bench unblind --participants 20 --words 100 --steps 1 --json
object "${opening[@]}"
# 18 own seeds, and for each of 2 dropped those of its neighbours that are counted.
has "$work/out.log" '"dropped": 2, "graph": "ring", "neighbours": 12, "threshold": 10, .*"seeds": (3[89]|4[0-2]), '
expect 0 "$fedveil" bench unblind --participants 300 --words 10 --dropped 0.01 --graph complete --steps 1 --json
has "$work/out.log" '"dropped": 3, "graph": "complete", "neighbours": 299, "threshold": 0, .*"seeds": 1188, "join_ms": null'
expect 0 "$fedveil" bench unblind --participants 5 --words 10 --dropped 0 --graph complete --steps 1
has "$work/out.log" '^remove +[0-9.]+ ms'

step=(step participant_ms participant_processor_ms coordinator_ms coordinator_processor_ms up down)
steps=()
for ((i = 0; i < 9; i++)); do steps+=("${step[@]}"); done
expect 0 "$fedveil" bench exchange --participants 5 --parameters 1000 --bits 16 --steps 1 --json
object participants dropped parameters bits threads neighbours threshold steps "${steps[@]}" "${step[@]:1:4}" \
    update_bytes messages_up messages_down overhead_percent
has "$work/out.log" '"participants": 5, "dropped": 0, "parameters": 1000, "bits": 16, "threads": 1, "neighbours": 4, '
has "$work/out.log" '\{"step": "keys", .*"up": 132, "down": 680\}, \{"step": "shares", '
expect 0 "$fedveil" bench exchange --participants 10 --parameters 100 --dropped 0.1 --steps 1
has "$work/out.log" '^exchange +10 participants of whom 1 dropped out'
has "$work/out.log" "^added to a round $number s, $number s of processors; bytes [+]$number % over"

expect 0 "$fedveil" bench scale --width 0.0625 --batch 4 --threads 1 --steps 1 --json
has "$work/out.log" '"cells": \[\{"batch": 1, "threads": 1, "width": 0.0625, .*\{"batch": 16, '
expect 0 "$fedveil" bench peak --threads 1
has "$work/out.log" 'GFLOP/s'
