#!/usr/bin/env bash
# Programs of a secure sum that are killed where it matters most go on in the same folders, with the
# same list of the counted: the coordinator between that list and the publication, a participant
# that has signed it, one in the middle of a round and one after a round was published.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$here/by_hand.sh"
rounds=(--set federation.rounds=4 --set federation.local_epochs=30 --set log_level=3)

entries() { grep -c "^$1 [^ ]* [^ ]* $2 " "own-$3/ledger" || true; } # KIND ROUND I
trains() { grep -q "round $1: with whom to blind is agreed upon" "p$2.log"; } # ROUND I, which takes longer
is_added() { grep -q "round $1: your update was added" "p$2.log"; } # ROUND I
signs() { grep -q "round $1: the list of the counted is signed" "p$2.log"; } # ROUND I

# Kills a participant and starts it again; what its ledger holds then is kept in $work/before-I-N.
kill_and_start_again() { # I
    kill -KILL "${parties[$1]}"
    wait "${parties[$1]}" 2>/dev/null || true
    cp "own-$1/ledger" "before-$1-$((++killed))"
    start_participant 3 run "$1"
}
killed=0

# The ledger has grown since each time it was kept, no line stands twice, and each is whole.
ledger_is_whole() { # I
    local file line
    for file in before-"$1"-*; do
        [[ -e $file ]] || continue
        cmp -n "$(stat -c %s "$file")" "$file" "own-$1/ledger" || fail "$file was changed"
        (($(wc -c <"own-$1/ledger") > $(wc -c <"$file"))) || fail "own-$1/ledger did not grow"
    done
    [[ -z $(sort "own-$1/ledger" | uniq -d) ]] || fail "a line stands twice in own-$1/ledger"
    [[ -z $(tail -c 1 "own-$1/ledger") ]] || fail "own-$1/ledger ends in the middle of a line"
    while read -r line; do
        [[ $(printf %s "${line% *}" | b2sum -l 256) == "${line##* }  -" ]] ||
            fail "own-$1/ledger: the checksum is wrong: $line"
    done <"own-$1/ledger"
}

make_keys 3
start_supervised coordinator run
start_participants 3 run

# Round 1: 0 is held up until the updates of the others are added, and then 2, so that the others
# sign the list and the coordinator waits for it.
wait_until trains 1 0
kill -STOP "${parties[0]}"
wait_until is_added 1 1
wait_until is_added 1 2
kill -STOP "${parties[2]}"
kill -CONT "${parties[0]}"
wait_until signs 1 0
wait_until signs 1 1
[[ ! -e run/models/round-0001.safetensors ]] || fail "nobody was waited for"
[[ $(entries signed 1 2) == 0 ]] || fail "p2 was not held up"
kill -KILL $(cat "/proc/$keeper/task/$keeper/children")
kill_and_start_again 0
kill -CONT "${parties[2]}"

# Round 2: in the middle of it, and once it was published.
wait_until trains 2 1
kill_and_start_again 1
wait_until test -e run/models/round-0002.safetensors
kill_and_start_again 1
all_rounds_are_done run

has coordinator.log 'going on with a run that was cut off'
for i in 0 1; do
    [[ $(entries signed 1 $i) == 2 ]] || fail "p$i did not sign the list of round 1 again"
done
(($(entries blinded 2 1) >= 1)) || fail "p1 gave nothing in round 2"
for i in 0 1 2; do ledger_is_whole $i; done
# KIND ROSTER SESSION ROUND ATTEMPT MODEL COUNT PLACE.. CHECKSUM: one list for a model, whoever signed it.
lists=$(sed -nE 's/^signed [^ ]+ [^ ]+ ([0-9]+) [0-9]+ (.*) [^ ]+$/\1 \2/p' own-*/ledger | sort -u)
[[ $(wc -l <<<"$lists") == 4 ]] || fail "not one list for each round: $lists"
