#!/usr/bin/env bash
# A member of the roster sends one message without end, which ZeroMQ gathers in memory. The
# coordinator breaks off before it takes more than it may, is started anew by --supervise, and the
# honest participants take part in all rounds.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$here/by_hand.sh"

most=160 # MiB that the coordinator may take
over=400 # MiB that may come between two looks: its own store is written to the disk in between

rounds=(--set federation.rounds=4 --set federation.local_epochs=60) # long enough for the flood
make_keys 2 1
sed -i 's/participants: 3/participants: 2/' tiny.yaml
start_supervised coordinator run --set coordinator.memory_mib=$most
start_participants 2 run
wait_until grep -q 'training' p1.log
expect 0 "$bin/../tests/hostile_endless" "$(cat run/endpoint)" coordinator.pub p2
has out.log 'cut off after [1-9]'
all_rounds_are_done run
has coordinator.log "at most $most are allowed"
has coordinator.log 'broke off; starting it anew .restart 1 of'
has coordinator.log 'going on with a run that was cut off'
held=$(sed -nE 's/.*coordinator holds ([0-9]+) MiB.*/\1/p' coordinator.log | sort -n | tail -n 1)
((held >= most && held < most + over)) || fail "it held $held MiB"
