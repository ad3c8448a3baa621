#!/usr/bin/env bash
# A coordinator that is killed under --supervise is started anew, goes on from its journal, and the
# participants, who were never told, take part to the end. One that is stopped stays stopped.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$here/by_hand.sh"

kill_the_coordinator() { kill -KILL $(cat "/proc/$keeper/task/$keeper/children"); }

# In the middle of the first round, and again after one was published.
make_keys 3
start_supervised coordinator run
start_participants 3 run
wait_until grep -q 'training' p1.log
kill_the_coordinator
wait_until test -e run/models/round-0001.safetensors
kill_the_coordinator
all_rounds_are_done run
has coordinator.log 'killed by signal 9 .*starting it anew .restart 1 of'
has coordinator.log 'killed by signal 9 .*starting it anew .restart 2 of'
has coordinator.log 'going on with a run that was cut off after round'
has coordinator.log '"rounds": ?4'
has p1.log 'started anew: joining it again'

# A run that has ended is not touched again.
expect 2 "$bin/fedveil-coordinator" run tiny.yaml --out run "${rounds[@]}" \
    --set coordinator.secret_key=coordinator --set coordinator.roster=roster
has err.log 'already holds a run'

# Stopped: in order, once, and not started anew.
start_supervised stopped run2
kill -TERM "$keeper"
ends_with 1 "$keeper"
has stopped.log 'stopped by a signal'
lacks stopped.log 'starting it anew'
no_process_left
