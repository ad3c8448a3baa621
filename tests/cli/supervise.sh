#!/usr/bin/env bash
# A coordinator that is killed under --supervise is started anew, goes on from its journal, and the
# participants, who were never told, take part to the end. One that is stopped stays stopped.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$work"
for party in coordinator p0 p1 p2; do "$fedveil" keys init "$party" >/dev/null; done
"$fedveil" keys mask-key mask >/dev/null
"$fedveil" keys roster roster p0=p0.pub p1=p1.pub p2=p2.pub >/dev/null

coordinator=("$bin/fedveil-coordinator" run tiny.yaml --supervise
    --set coordinator.secret_key=coordinator --set coordinator.roster=roster
    --set federation.rounds=4 --set federation.local_epochs=8 --json)
participant() { # NUMBER FOLDER
    echo "$bin/fedveil-participant" run tiny.yaml --out "$work/own-$2-$1" \
        --set participant.name="p$1" --set participant.secret_key="p$1" \
        --set participant.mask_key=mask --set participant.coordinator="$(cat "$2/endpoint")" \
        --set participant.coordinator_key=coordinator.pub --set data.split_count=3 \
        --set data.split_index="$1" --set federation.rounds=4 --set federation.local_epochs=8
}
child_of() { cat "/proc/$1/task/$1/children"; }
kill_the_coordinator() { kill -KILL $(child_of "$keeper"); }

start coordinator "${coordinator[@]}" --out run
keeper=$started
wait_until test -e run/endpoint
parties=()
for i in 0 1 2; do
    start "p$i" $(participant "$i" run)
    parties+=("$started")
done

# In the middle of the first round, and again after one was published.
wait_until grep -q 'training' p1.log
kill_the_coordinator
wait_until test -e run/models/round-0001.safetensors
kill_the_coordinator

ends_with 0 "$keeper"
for pid in "${parties[@]}"; do ends_with 0 "$pid"; done
has coordinator.log 'killed by signal 9 .*starting it anew .restart 1 of'
has coordinator.log 'killed by signal 9 .*starting it anew .restart 2 of'
has coordinator.log 'going on with a run that was cut off after round'
has coordinator.log '"rounds": ?4'
has p1.log 'started anew: joining it again'
[[ $(grep -c '^[1-4],[0-9]*,3,3,' run/metrics.csv) == 4 ]] || fail "not all rounds had all reporters"
[[ -s run/model.safetensors ]] || fail "no final model"
no_process_left

# A run that has ended is not touched again.
expect 2 "${coordinator[@]}" --out run
has err.log 'already holds a run'

# Stopped: in order, once, and not started anew.
start stopped "${coordinator[@]}" --out run2
keeper=$started
wait_until test -e run2/endpoint
kill -TERM "$keeper"
ends_with 1 "$keeper"
has stopped.log 'stopped by a signal'
lacks stopped.log 'starting it anew'
no_process_left
