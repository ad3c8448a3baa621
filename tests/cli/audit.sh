#!/usr/bin/env bash
# An audit of synthetic people trains what it attacks, goes on where it was killed or stopped and
# ends as one that was not; what is wrong with its inputs is refused in a sentence before an attack
# begins.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$work/models.yaml" <<END
base: $tiny
profiles:
  quick: {seeds: [1], set: {federation.rounds: 1}}
set: {federation.participants: 1, federation.input.color: grey}
methods:
  - name: plain
    set: {federation.input.kind: pixels, federation.mask.method: none, federation.mix.method: none}
  - name: PPFR-FD
    set: {federation.mix.method: none}
  - name: AdaMixUp
END
plan=$work/plan.yaml
cat >"$plan" <<END
train: models.yaml
size: 32
f1: plain
attacks: [onlooker]
known: {skip: 20, people: 4, images: 3}
victims: {people: 5, images: 6}
profiles: {quick: {set: {budget.quick: true}}}
defences:
  - {name: plain, method: plain}
  - {name: PPFR-FD, method: PPFR-FD}
  - {name: AdaMixUp, method: AdaMixUp}
END
figures() { # OUT: all but times and folders
    sed -E 's/"seconds": [^,]*,//g' "$1/audit.json"
}

expect 0 "$fedveil" audit run "$plan" --out "$work/whole"
has "$work/out.log" '^PPFR-FD '
has "$work/out.log" 'LPIPS not measured'
has "$work/out.log" '^quick: '
has "$work/out.log" 'by name only'
has "$work/whole/table.md" '^\| AdaMixUp \|'
has "$work/whole/audit.html" 'A quick audit'
has "$work/whole/audit.json" '"onlooker.ssim": [0-9]'
has "$work/whole/audit.json" '"onlooker.lpips": null'
[[ -e $work/whole/originals.png && -e $work/whole/02-PPFR-FD/onlooker/onlooker.png ]] || fail "no pictures"

# Nothing is done twice for the same inputs, and all of it for others.
figures "$work/whole" >"$work/first"
expect 0 "$fedveil" audit run "$plan" --out "$work/whole"
has "$work/err.log" '3 of 3 pieces finished before'
lacks "$work/err.log" 'onlooker: done'
figures "$work/whole" | cmp - "$work/first" || fail "a second start changed the figures"
expect 0 "$fedveil" audit run "$plan" --out "$work/whole" --set seed=2
has "$work/err.log" '0 of 3 pieces finished before'

# Killed, then stopped, then whole.
trained=(--set "comparison=$work/whole/models" --set victims.images=60)
expect 0 "$fedveil" audit run "$plan" --out "$work/long" "${trained[@]}"
start killed "$fedveil" audit run "$plan" --out "$work/parts" "${trained[@]}"
wait_until test -e "$work/parts/01-plain/onlooker.json"
kill -KILL "$started" || true
wait "$started" 2>/dev/null || true
start stopped "$fedveil" audit run "$plan" --out "$work/parts" "${trained[@]}"
wait_until grep -q '[1-3] of 3 pieces finished before' "$work/stopped.log"
kill -INT "$started" 2>/dev/null || true
ended=0
wait "$started" || ended=$?
if [[ $ended != 0 ]]; then # it may have been quicker than the signal
    [[ $ended == 1 ]] || fail "exit code $ended after Ctrl-C"
    has "$work/stopped.log" 'the same command goes on'
    has "$work/parts/audit.json" '"outcome": "not run"'
fi
expect 0 "$fedveil" audit run "$plan" --out "$work/parts" "${trained[@]}"
figures "$work/long" >"$work/first"
figures "$work/parts" | cmp - "$work/first" || fail "an interruption changed the figures"
no_process_left

# Refused, each with what is wrong and before an attack.
refuse() { # PATTERN ARGUMENT...
    local pattern=$1
    shift
    expect 2 "$fedveil" audit run "$plan" --out "$work/refused" \
        --set "comparison=$work/whole/models" "$@"
    has "$work/err.log" "$pattern"
    [[ -z $(compgen -G "$work/refused/0*") ]] || fail "an attack began"
}
refuse 'attacks: "hope" is none' --set 'attacks=[hope]'
refuse "3 of the attacker's 4 people are victims, the first person_0002" --set known.skip=2
refuse 'victims: 3 people, at least 5' --set victims.people=3
refuse 'known: 1 people, at least 2' --set known.people=1
refuse 'nowhere.f32: there is no such file' --set "lpips=$work/nowhere"
refuse 'nowhere: there is no such file' --set "judge=$work/nowhere"
refuse 'no cell of method' --set comparison_seed=2 --set train=
refuse 'f1: "x" is no defence' --set f1=x
refuse 'test: .*result.json has no test set "nope", allowed: own' --set test=nope
refuse 'train_test: "nope", allowed: NAME=SPEC' --set train_test=nope
refuse 'victims.images: 1, allowed' --set victims.images=1
refuse 'unknown key.*seed' --set sede=1
refuse 'no profile "slow"' --profile slow
expect 0 "$fedveil" audit run "$plan" --out "$work/forced" --set "comparison=$work/whole/models" \
    --set known.skip=2 --set overlap.when=allow
has "$work/out.log" "overlap: 3 of the attacker's 4 people"
has "$work/forced/audit.html" 'overlap: 3 of'

# A model that does not fit the mask that it is said to have.
run=$(echo "$work"/whole/models/cells/*PPFR-FD-seed-1/run)
printf 'federation: {input: {size: 32, color: grey}, mask: {bands: 20}}\n' >"$work/other.yaml"
sed -i '/^f1/d; /^defences/,$d' "$plan"
cat >>"$plan" <<END
defences:
  - {name: other, model: $run/model.safetensors, config: $work/other.yaml,
     mask_key: $run/keys/mask.key, metrics: $run/metrics.csv}
END
refuse 'other: .*does not fit' --set train=
sed -i "s|config: $work/other.yaml,||; s|model: [^,]*|model: $work/gone|" "$plan"
refuse 'gone.*No such file' --set train=

# Pictures are compared without an audit.
expect 0 "$fedveil" audit measure "$work"/whole/originals.png "$work"/whole/originals.png \
    "$work"/whole/02-PPFR-FD/onlooker/onlooker.png
has "$work/out.log" 'originals.png  ssim 1.0000  psnr inf  LPIPS not measured'
expect 1 "$fedveil" audit measure "$work/whole/originals.png" "$work/gone.png"
expect 2 "$fedveil" audit measure "$work/whole/originals.png"
expect 2 "$fedveil" audit hope
expect 0 "$fedveil" audit attacks
has "$work/out.log" '^onlooker '
expect 0 "$fedveil" audit config reference
has "$work/out.log" 'cosine: 0.55'
