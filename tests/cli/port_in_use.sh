#!/usr/bin/env bash
# Two coordinators on one port: the second says which port is in use and fails.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start first "$fedveil" sim run "$tiny" --out "$work/run" "${long[@]}" --set federation.rounds=1000
first=$started
wait_until test -e "$work/run/endpoint"
endpoint=$(cat "$work/run/endpoint")
expect 1 "$fedveil" sim run "$tiny" --out "$work/run2" --set coordinator.listen="$endpoint"
has "$work/err.log" "${endpoint##*:}"
has "$work/err.log" '[Ii]n use'
[[ -z $(processes run2) ]] || fail "processes of the second are left"
kill -TERM "$first"
ends_with 1 "$first"
no_process_left
