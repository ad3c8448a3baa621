#!/usr/bin/env bash
# A killed coordinator: everything stops, the journal and the last published model are intact. Without
# a simulator the participants say so by themselves and stop within participant.wait_seconds.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run=$work/run
start sim "$fedveil" sim run "$tiny" --out "$run" "${long[@]}"
wait_until test -e "$run/models/round-0002.safetensors"
kill -KILL $(processes fedveil-coordinator)
ends_with 1 "$started"
has "$work/sim.log" 'the coordinator was killed by signal 9'
has "$work/sim.log" 'coordinator/log.txt'
has "$run/report.html" '>not ended<'
last=$(sed -n 's/.*<tr><td>\([0-9]*\)<.*/\1/p' "$run/report.html" | tail -n 1)
[[ -s $(printf '%s/models/round-%04u.safetensors' "$run" "$last") ]] ||
    fail "the journal ends with round $last, whose model is missing"
no_process_left

# The same folder's keys and configs, started by hand.
sed -i "s/^  rounds: .*/  rounds: 1000/" "$run"/coordinator/config.yaml "$run"/participants/*/config.yaml
start coordinator "$bin/fedveil-coordinator" run "$run/coordinator/config.yaml" --out "$work/run2"
coordinator=$started
wait_until test -e "$work/run2/endpoint"
participants=()
for i in 0 1 2; do
    start "participant$i" "$bin/fedveil-participant" run "$run/participants/p00$i/config.yaml" \
        --out "$work/own$i" --set participant.coordinator="$(cat "$work/run2/endpoint")" \
        --set participant.wait_seconds=3
    participants+=("$started")
done
wait_until test -e "$work/run2/models/round-0001.safetensors"
kill -KILL "$coordinator"
for i in 0 1 2; do
    ends_with 1 "${participants[$i]}"
    has "$work/participant$i.log" 'error p00[0-9]: .*coordinator'
done
