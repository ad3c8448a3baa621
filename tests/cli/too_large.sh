#!/usr/bin/env bash
# A network that no memory holds: every party is told so, with figures and what to lower, before any
# image is made and before any round.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sentence='out of memory: .* for batches of 65536 needs? [0-9]+ MiB, [0-9]+ MiB are available; lower the batch'
large=(--set federation.optimiser.batch=65536 --set federation.input.size=1024
    --set federation.network.width=1 --set data.people=8000000 --set data.images=65536)
expect 1 "$fedveil" sim run "$tiny" --out "$work/run" "${large[@]}"
has "$work/err.log" "p00[0-2]: $sentence"
has "$work/out.log" ' 0 rounds in '
# What stops a participant is its own business where the coordinator sees sums only.
has "$work/run/coordinator/log.txt" 'it cannot go on: see its log'
lacks "$work/run/coordinator/log.txt" 'out of memory'
lacks "$work/run/participants/p000/log.txt" '[1-9][0-9]* images'
no_process_left

# The widest network has more numbers than a model may have.
expect 1 "$fedveil" sim run "$tiny" --out "$work/run2" "${large[@]}" \
    --set federation.network.kind=ir_se_50 --set federation.network.width=4
has "$work/err.log" 'p00[0-2]: a network has at most [0-9]+ numbers'
no_process_left
