#!/usr/bin/env bash
# A participant that is killed in the middle of a round is named; the round completes with the rest.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start sim "$fedveil" sim run "$tiny" --out "$work/run" "${long[@]}" \
    --set federation.reporters_min=2 --set federation.participants=4
wait_until grep -q 'training' "$work/run/participants/p001/log.txt"
kill -KILL $(processes participants/p001)
ends_with 0 "$started"
has "$work/sim.log" 'p001 was killed by signal 9'
has "$work/sim.log" '^done +12 rounds'
has "$work/run/metrics.csv" '^12,[0-9]+,3,'
has "$work/run/coordinator/log.txt" 'lost p001'
# The report names it in the round that missed it; none did, if its update was just in.
if grep -Eq '^[0-9]+,[0-9]+,3,4,' "$work/run/metrics.csv"; then
    has "$work/run/report.html" '<strong>p001</strong>'
fi
no_process_left

# With fewer left than make a round, of whom nobody would open a sum, the run fails and says so.
start sim2 "$fedveil" sim run "$tiny" --out "$work/run2" "${long[@]}" \
    --set federation.reporters_min=2
wait_until grep -q 'training' "$work/run2/participants/p001/log.txt"
kill -KILL $(processes run2/participants/p001)
ends_with 1 "$started"
has "$work/sim2.log" '2 of 3 participants are left, at least 3 are needed'
has "$work/run2/report.html" '>failed<'
no_process_left
