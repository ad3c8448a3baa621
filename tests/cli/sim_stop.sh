#!/usr/bin/env bash
# A stopped simulator leaves no process and a folder that can be read: after Ctrl-C, after SIGTERM,
# and, as far as it can, after SIGKILL.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stop() { # FOLDER SIGNAL CODE
    local folder=$work/$1
    start "$1" "$fedveil" sim run "$tiny" --out "$folder" "${long[@]}" --set federation.rounds=1000 \
        --set coordinator.models_kept=1000
    wait_until grep -q '^1,1,3,3,' "$folder/metrics.csv"
    wait_until grep -q 'training' "$folder/participants/p001/log.txt"
    kill "-$2" "$started"
    ends_with "$3" "$started"
}

for signal in INT TERM; do
    stop "run-$signal" "$signal" 1
    no_process_left
    has "$work/run-$signal.log" 'stopped on request'
    has "$work/run-$signal.log" '^report '
    has "$work/run-$signal/report.html" '>failed<'
    has "$work/run-$signal/report.html" 'stopped by a signal'
done

stop run-KILL KILL 137
gone() { [[ -z $(processes) ]]; }
wait_until gone
has "$work/run-KILL/metrics.csv" '^1,1,3,3,'
[[ -s $work/run-KILL/models/round-0001.safetensors ]] || fail "the model of round 1 is missing"
