#!/usr/bin/env bash
# Who may not take part is refused, and both sides say why: an unknown key, another config, another
# network. The federation waits for those who may, and completes.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$work"
for party in coordinator alice bob eve; do "$fedveil" keys init "$party" >/dev/null; done
"$fedveil" keys mask-key mask >/dev/null
"$fedveil" keys roster roster --coordinator coordinator.pub --key alice \
    alice=alice.pub bob=bob.pub >/dev/null
fingerprint=$("$fedveil" keys show roster | sed -n 's/^fingerprint *//p')
for party in alice bob; do
    "$fedveil" keys accept roster --key "$party" --fingerprint "$fingerprint" >/dev/null
done
sed -i 's/participants: 3/participants: 2/' tiny.yaml

start coordinator "$fedveil" coordinator run tiny.yaml --out run \
    --set coordinator.secret_key=coordinator --set coordinator.roster=roster
coordinator=$started
wait_until test -e run/endpoint
# Eve has a roster of her own making.
"$fedveil" keys roster other --coordinator coordinator.pub --key eve alice=eve.pub bob=bob.pub >/dev/null
"$fedveil" keys accept other --key eve \
    --fingerprint "$("$fedveil" keys show other | sed -n 's/^fingerprint *//p')" >/dev/null

participant() { # NAME KEY OPTION...
    local party=$1 key=$2
    shift 2
    echo "$fedveil" participant run tiny.yaml --out "own-$party" --set participant.name="$party" \
        --set participant.secret_key="$key" --set participant.mask_key=mask \
        --set participant.coordinator="$(cat run/endpoint)" \
        --set participant.roster=roster --set data.split_count=2 "$@"
}

expect 1 $(participant alice eve --set participant.roster=other)
has err.log 'error alice: .*key'
wait_until grep -Eiq 'unknown|turned away|not .*roster' coordinator.log

expect 1 $(participant bob bob --set federation.optimiser.batch=16)
has err.log 'error bob: .*federation'
has coordinator.log 'bob.*federation'

expect 1 $(participant bob bob --set federation.network.embedding=24)
has err.log 'error bob: '
has coordinator.log 'bob.*refused|refused.*bob'

start alice $(participant alice alice --set data.split_index=0)
alice=$started
start bob $(participant bob bob --set data.split_index=1 --set participant.evaluate=false)
bob=$started
ends_with 0 "$coordinator"
ends_with 0 "$alice"
ends_with 0 "$bob"
[[ -s run/model.safetensors ]] || fail "no model"
