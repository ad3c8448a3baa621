#!/usr/bin/env bash
# Two network namespaces and a cable between them, all of whose packets are recorded while a
# participant and its coordinator do whole rounds. In what was recorded there is no piece of a
# model, of an update or of a key. That the search would find them shows a second recording, of the
# same things sent in the clear.
#
# Exit 77, with the reason, where namespaces cannot be made (no root, no iproute2).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v ip >/dev/null || skip "needs ip"
((EUID == 0)) || skip "needs root to make network namespaces"
. "$here/by_hand.sh"

tests=$bin/../tests
hub=fw$$-hub one=fw$$-one
trap 'clean_up; ip netns del "$hub" 2>/dev/null || true; ip netns del "$one" 2>/dev/null || true' EXIT
ip netns add "$hub" 2>"$work/netns.log" || skip "cannot make a network namespace: $(cat netns.log)"
ip netns exec "$hub" true 2>"$work/netns.log" ||
    skip "cannot run a program in a network namespace: $(cat netns.log)"
ip netns add "$one"
ip link add eth0 netns "$hub" type veth peer name eth0 netns "$one"
for side in "$hub 10.78.0.1" "$one 10.78.0.2"; do
    read -r namespace address <<<"$side"
    ip -n "$namespace" address add "$address/24" dev eth0
    ip -n "$namespace" link set eth0 up
done

record() { # FOLDER
    mkdir "$1"
    start "tap-$1" ip netns exec "$hub" "$tests/wiretap" record eth0 "$1"
    tap=$started
    wait_until grep -q recording "tap-$1.log"
}
stop_recording() {
    kill -TERM "$tap"
    ends_with 0 "$tap"
}

# One participant, so that the update can be told from the model that came of it.
make_keys 1
sed -i 's/participants: 3/participants: 1/' tiny.yaml
shared=(--set federation.rounds=2 --set coordinator.models_kept=9)
record secret
start coordinator ip netns exec "$hub" "$bin/fedveil-coordinator" run tiny.yaml --out run \
    "${shared[@]}" --set coordinator.listen='tcp://10.78.0.1:*' \
    --set coordinator.secret_key=coordinator --set coordinator.roster=roster
coordinator=$started
wait_until test -e run/endpoint
start p0 ip netns exec "$one" "$bin/fedveil-participant" run tiny.yaml --out own "${shared[@]}" \
    --set participant.name=p0 --set participant.secret_key=p0 --set participant.mask_key=mask \
    --set participant.coordinator="$(cat run/endpoint)" \
    --set participant.roster=roster
party=$started
ends_with 0 "$coordinator"
ends_with 0 "$party"
stop_recording

weight=$(sed -nE 's/^1,[0-9]+,1,1,([0-9]+),.*/\1/p' run/metrics.csv)
things=("update:run/config.yaml,run/models/round-0000.safetensors,run/models/round-0001.safetensors,$weight"
    model:run/models/round-000{0,1,2}.safetensors key:p0 key:coordinator mask:mask)
mkdir clear-things
recorded=$(cat secret/* | wc -c)
sent=$(stat -c %s run/model.safetensors)
((recorded > 4 * sent)) || fail "$recorded bytes were recorded: these are no two rounds"
expect 0 "$tests/needles" secret clear-things "${things[@]}"
has out.log '[1-9][0-9]* pieces, 0 found: update'

# The same in the clear.
record clear
start sink ip netns exec "$hub" "$tests/wiretap" sink 9000
wait_until grep -q listening sink.log
ip netns exec "$one" bash -c 'cat clear-things/* >/dev/tcp/10.78.0.1/9000'
ends_with 0 "$started"
stop_recording
mkdir again
expect 3 "$tests/needles" clear again "${things[@]}"
lacks out.log ' 0 found'
[[ $(wc -l <out.log) == "${#things[@]}" ]] || fail "not every thing was looked for"
