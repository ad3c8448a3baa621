#!/usr/bin/env bash
# Four machines, as network namespaces: the installed programs of a coordinator and three
# participants make keys, a roster and kits, speak over CURVE and train a tiny model by secure sums.
# The coordinator listens on its one port, the participants nowhere, and the final model lies with
# the coordinator.
#
#     deploy_namespaces.sh BUILD
#
# Exit 77, with the reason, where namespaces cannot be made (no root, no iproute2).
set -euo pipefail
build=$(realpath "$1")

for tool in ip ss cmake; do
    command -v "$tool" >/dev/null || { echo "needs $tool"; exit 77; }
done
if ((EUID != 0)); then echo "needs root to make network namespaces"; exit 77; fi

work=$(mktemp -d)
hub=fv$$-hub
one=fv$$-one
two=fv$$-two
three=fv$$-three
participants=(one two three)
pids=()
clean_up() {
    local pid
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    local name
    for name in "$one" "$two" "$three" "$hub"; do ip netns del "$name" 2>/dev/null || true; done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
    echo "deploy_namespaces: $*"
    for log in "$work"/*.log; do
        echo "--- $(basename "$log")"
        tail -n 25 "$log"
    done
    exit 1
}

if ! ip netns add "$hub" 2>"$work/netns.log"; then
    echo "cannot make a network namespace here: $(cat "$work/netns.log")"
    exit 77
fi
if ! ip netns exec "$hub" true 2>"$work/netns.log"; then
    # In a chroot, for one: there the root folder is no mount of its own.
    echo "cannot run a program in a network namespace here: $(cat "$work/netns.log")"
    exit 77
fi
ip netns add "$one"
ip netns add "$two"
ip netns add "$three"
ip -n "$hub" link add bridge type bridge
ip -n "$hub" address add 10.77.0.1/24 dev bridge
ip -n "$hub" link set bridge up
connect() { # NAMESPACE ADDRESS: a cable from it to the bridge
    ip link add eth0 netns "$1" type veth peer name "to-$2" netns "$hub"
    ip -n "$hub" link set "to-$2" master bridge up
    ip -n "$1" address add "10.77.0.$2/24" dev eth0
    ip -n "$1" link set eth0 up
}
connect "$one" 2
connect "$two" 3
connect "$three" 4

DESTDIR='' cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
fedveil=$work/prefix/bin/fedveil
configs=$work/prefix/share/fedveil/configs/deploy

# Each machine has its own folder, and gets what the deployment guide says it gets.
mkdir "$work"/{hub,one,two,three}
for name in hub "${participants[@]}"; do "$fedveil" keys init "$work/$name/key" >/dev/null; done
"$fedveil" keys mask-key "$work/one/mask" >/dev/null
"$fedveil" keys roster "$work/one/roster" --coordinator "$work/hub/key.pub" \
    --key "$work/one/key" one="$work/one/key.pub" two="$work/two/key.pub" \
    three="$work/three/key.pub" >/dev/null
fingerprint=$("$fedveil" keys show "$work/one/roster" | sed -n 's/^fingerprint *//p')
for name in hub two three; do
    recipient=$name mask=(--mask-key "$work/one/mask")
    if [[ $name == hub ]]; then recipient=coordinator mask=(); fi
    "$fedveil" keys kit "$work/one/roster" "$recipient" --key "$work/one/key" "${mask[@]}" \
        --out "$work/$name.kit" >/dev/null
    "$fedveil" keys open "$work/$name.kit" --key "$work/$name/key" --out "$work/$name/kit" >/dev/null
    mv "$work/$name/kit/roster" "$work/$name/roster"
    if [[ $name != hub ]]; then mv "$work/$name/kit/mask.key" "$work/$name/mask"; fi
done
for name in "${participants[@]}"; do
    "$fedveil" keys accept "$work/$name/roster" --key "$work/$name/key" \
        --fingerprint "$fingerprint" >/dev/null
done

# The smallest federation that trains at all; the same on every machine.
federation=(--set federation.rounds=2 --set federation.input.size=32
    --set federation.network.width=0.0625 --set federation.network.embedding=16
    --set federation.policy.width=0.0625 --set federation.optimiser.batch=8
    --set federation.mix.k=[2,3])
data=(--set data.kind=synthetic --set data.train= --set data.people=9 --set data.images=6
    --set data.split_count=3 --set data.test_people=6 --set data.test_pairs=20 --set threads=1)

run_in() { # NAMESPACE LOG COMMAND...: in the background; its process id is pids[-1]
    local namespace=$1 log=$2
    shift 2
    (cd "$work/$log" && exec ip netns exec "$namespace" "$@") >"$work/$log.log" 2>&1 &
    pids+=($!)
}
listeners() { ip netns exec "$1" ss -Hltn | awk '{ print $4 }'; }

run_in "$hub" hub "$fedveil" coordinator run "$configs/coordinator.yaml" "${federation[@]}" \
    --set coordinator.secret_key="$work/hub/key" --set coordinator.roster="$work/hub/roster" \
    --out "$work/hub/run"
for ((i = 0; i < 200; i++)); do
    if [[ -n $(listeners "$hub") ]]; then break; fi
    kill -0 "${pids[0]}" 2>/dev/null || fail "the coordinator ended before it listened"
    sleep 0.1
done
[[ $(listeners "$hub") == 0.0.0.0:7443 ]] ||
    fail "the coordinator listens on \"$(listeners "$hub")\", not on 0.0.0.0:7443 alone"

index=0
for name in "${participants[@]}"; do
    declare -n namespace=$name
    run_in "$namespace" "$name" "$fedveil" participant run "$configs/participant.yaml" \
        "${federation[@]}" "${data[@]}" --set data.split_index=$index \
        --set participant.name="$name" --set participant.coordinator=tcp://10.77.0.1:7443 \
        --set participant.roster="$work/$name/roster" \
        --set participant.secret_key="$work/$name/key" --set participant.mask_key="$work/$name/mask" \
        --out "$work/$name/run"
    index=$((index + 1))
done

# While they work: nobody but the coordinator listens, and all have a connection to it.
connected=0
for ((i = 0; i < 600 && connected < 3; i++)); do
    connected=$(ip netns exec "$hub" ss -Htn state established '( sport = :7443 )' | wc -l)
    for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || break 2; done
    sleep 0.1
done
((connected == 3)) || fail "$connected participants are connected, not 3"
for namespace_name in "$one" "$two" "$three"; do
    [[ -z $(listeners "$namespace_name") ]] || fail "a participant listens"
done

for ((i = 0; i < 4; i++)); do
    ended=0
    timeout 120 tail --pid="${pids[$i]}" -f /dev/null || fail "process $i does not end"
    wait "${pids[$i]}" || ended=$?
    ((ended == 0)) || fail "process $i ended with code $ended"
done
pids=()

model=$work/hub/run/model.safetensors
[[ -s $model ]] || fail "the coordinator has no final model"
[[ $(dd if="$model" bs=1 skip=8 count=1 status=none) == '{' ]] || fail "the model is no safetensors"
! grep -qa 'head\.weight' "$model" || fail "a class head has travelled"
[[ -s $work/hub/run/report.html ]] || fail "there is no report"
grep -q 'privacy: secure-sum' "$work/one.log" || fail "participant one does not say who sees its updates"
[[ $(wc -l <"$work/one/run/ledger") -ge 4 ]] || fail "participant one signed no sums"
[[ $(tail -n 1 "$work/hub/run/metrics.csv") == *,secure-sum ]] || fail "the sum was not a secure one"
echo "three participants trained by secure sums through a coordinator on its one port"
