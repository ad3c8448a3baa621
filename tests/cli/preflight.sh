#!/usr/bin/env bash
# What a participant needs is checked before the run: all is well before a coordinator that runs, and
# each thing that is wrong is named while the other checks go on. Nobody joins by it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$work"
for party in coordinator alice bob eve; do "$fedveil" keys init "$party" >/dev/null; done
"$fedveil" keys mask-key mask >/dev/null
"$fedveil" keys roster roster --coordinator coordinator.pub --key alice \
    alice=alice.pub bob=bob.pub >/dev/null
"$fedveil" keys roster other --coordinator eve.pub --key alice alice=alice.pub bob=bob.pub >/dev/null
accept() { # ROSTER KEY
    "$fedveil" keys accept "$1" --key "$2" \
        --fingerprint "$("$fedveil" keys show "$1" | sed -n 's/^fingerprint *//p')" >/dev/null
}
accept roster bob
sed -i 's/participants: 3/participants: 2/' tiny.yaml
"$fedveil" participant data synth --people 3 --images 4 --out faces >/dev/null 2>&1

start coordinator "$fedveil" coordinator run tiny.yaml --out run \
    --set coordinator.secret_key=coordinator --set coordinator.roster=roster
coordinator=$started
wait_until test -e run/endpoint

preflight=("$fedveil" participant preflight tiny.yaml --set data.kind=folder --set data.people=0
    --set data.images=0 --set data.train=faces --set participant.name=bob
    --set participant.secret_key=bob --set participant.mask_key=mask
    --set participant.roster=roster --set participant.coordinator="$(cat run/endpoint)")

checks=('key file' roster mask data clock connection privacy)
# The checks named fail, in this order, and the others are well; the first one says PATTERN.
fails() { # PATTERN NAMES OPTION...
    local pattern=$1 names=$2 check
    shift 2
    expect 1 "${preflight[@]}" "$@"
    [[ $(wc -l <out.log) == "${#checks[@]}" ]] || fail "not a line for each check: $(cat out.log)"
    for check in "${checks[@]}"; do has out.log "^(ok  |FAIL) $check: "; done
    [[ $(sed -n 's/^FAIL \([^:]*\): .*/\1/p' out.log | paste -sd, -) == "$names" ]] ||
        fail "other checks fail than $names: $(cat out.log)"
    grep -m 1 '^FAIL' out.log | grep -Eq -- "$pattern" || fail "no \"$pattern\" in $(cat out.log)"
}

expect 0 "${preflight[@]}"
[[ $(grep -c '^ok   ' out.log) == "${#checks[@]}" ]] || fail "$(cat out.log)"
has out.log '^ok   roster: roster: accepted, signed by alice; bob is number 2 of 2'
has out.log '^ok   data: faces: 3 people with 12 images'
has out.log '^ok   connection: tcp://.* admits our key'
lacks out.log "$(cat mask)"
[[ ! -s err.log ]] || fail "$(cat err.log)"
expect 0 "${preflight[@]}" --json
has out.log '^\{"failures": 0, "checks": \[\{"name": "key file", "ok": true, "detail": ".*"\}\]\}$'
lacks coordinator.log 'joined'

# The key file.
chmod 644 bob
fails 'allowed is 0600' 'key file,roster,connection'
chmod 600 bob
(umask 077 && echo 'correct horse' >word && echo 'correct house' >wrong)
"$fedveil" keys init locked --passphrase-file word >/dev/null
fails 'passphrase is wrong' 'key file,roster,connection' --set participant.secret_key=locked \
    --set participant.passphrase_file=wrong
fails 'has other keys for bob than locked' 'roster,connection' \
    --set participant.secret_key=locked --set participant.passphrase_file=word
# The roster.
fails 'fedveil keys accept' 'roster,connection' --set participant.roster=other
fails 'carol is not in roster' 'roster,connection' --set participant.name=carol
sed 's/^bob/rob/' roster >changed
fails 'signature is not that of alice' 'roster,connection' --set participant.roster=changed
# Mask, data and clock.
fails 'none: ' mask --set participant.mask_key=none
fails 'nowhere: ' data --set data.train=nowhere
fails 'data.test: none: ' data --set data.test=none --set data.pairs=none
touch -d '+1 day' roster
fails 'set the clock of this machine' clock
touch roster
# The connection: nobody is there; another coordinator; one whose roster is another.
fails 'no connection after 10 s: ' connection --set participant.coordinator=tcp://127.0.0.1:1
accept other bob
fails 'no connection after 10 s: ' connection --set participant.roster=other
"$fedveil" keys roster new --coordinator coordinator.pub --key eve bob=locked.pub eve=eve.pub >/dev/null
accept new locked
fails 'refuses our key' connection --set participant.secret_key=locked \
    --set participant.passphrase_file=word --set participant.roster=new

expect 2 "${preflight[@]}" --set participant.nonsense=1
expect 2 "$fedveil" participant preflight
expect 2 "$fedveil" participant preflight missing.yaml
expect 1 bash -c '"$@" >/dev/full' bash "${preflight[@]}"
has err.log 'standard output'

kill -0 "$coordinator" || fail "the coordinator has ended"
kill -TERM "$coordinator"
wait "$coordinator" || true
lacks coordinator.log 'joined'
no_process_left
