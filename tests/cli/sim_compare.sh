#!/usr/bin/env bash
# A comparison that was killed goes on where it stood and ends as one that was not; wrong files are
# refused before anything is made.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

compare=$work/compare.yaml
cat >"$compare" <<END
base: $tiny
reference: bands
profiles:
  quick: {seeds: [1, 2], set: {federation.rounds: 1}}
set: {federation.participants: 2}
methods:
  - name: bands
    set: {federation.mask.method: none, federation.mix.method: none}
  - name: PPFR-FD
    set: {federation.mix.method: none}
    paper: {LFW: 98.93}
END
accuracies() { # OUT: method, seed and figure of each cell
    cut -d , -f 1-5 "$1/cells.csv"
}
expect 0 "$fedveil" sim compare "$compare" --out "$work/whole" --json
has "$work/whole/table.md" '98.93'
[[ -s $work/whole/compare.html ]] || fail "no page"

"$fedveil" sim compare "$compare" --out "$work/broken" >/dev/null 2>&1 &
killed=$!
for _ in $(seq 200); do
    compgen -G "$work/broken/cells/*/*/result.json" >/dev/null && break
    compgen -G "$work/broken/cells/*/result.json" >/dev/null && break
    sleep 0.1
done
kill -KILL "$killed"
wait "$killed" || true
for _ in $(seq 100); do pgrep -f "$work/broken" >/dev/null || break; sleep 0.1; done
expect 0 "$fedveil" sim compare "$compare" --out "$work/broken"
has "$work/err.log" '4 cells, [1-9] of them finished before'
[[ $(accuracies "$work/whole") == "$(accuracies "$work/broken")" ]] || fail "another table"

expect 2 "$fedveil" sim compare "$compare" --out "$work/part" --test "LFW=$work/nowhere,skip=3"
has "$work/err.log" 'test LFW: .*/nowhere: there is no such file'
expect 2 "$fedveil" sim compare "$compare" --out "$work/part" --only nobody
[[ ! -e $work/part ]] || fail "something was begun"
expect 0 "$fedveil" sim compare "$compare" --out "$work/part" --only PPFR-FD
grep -q '^PPFR-FD,.*,done,' "$work/part/cells.csv" || fail "PPFR-FD was not trained"
grep -q '^bands,.*,left out,' "$work/part/cells.csv" || fail "not only PPFR-FD was trained"
sed 's/method: none}/method: rot13}/' "$compare" >"$work/bad.yaml"
expect 2 "$fedveil" sim compare "$work/bad.yaml" --out "$work/none"
has "$work/err.log" 'bad.yaml:[0-9]+: .*rot13'
[[ ! -e $work/none ]] || fail "something was made"
no_process_left

# The files that are shipped name keys and values that exist: what is missing is the faces alone.
for file in "$here"/../../configs/experiments/*.yaml; do
    for profile in $(sed -n '/^profiles:/,/^[a-z]/s/^  \([a-z]*\):.*/\1/p' "$file"); do
        expect 2 "$fedveil" sim compare "$file" --profile "$profile" --out "$work/none" \
            --set data.train="$work/nowhere"
        has "$work/err.log" 'nowhere'
    done
done
[[ ! -e $work/none ]] || fail "something was made"

# A cell whose numbers overflow is told, with its reason, and the others go on.
sed '/name: PPFR-FD/,/set:/s/set: {/&federation.optimiser.learning_rate: 100, \
      federation.optimiser.clip_norm: 0, federation.optimiser.weight_decay: 1, \
      federation.local_epochs: 30, /' "$compare" >"$work/over.yaml"
expect 1 "$fedveil" sim compare "$work/over.yaml" --out "$work/over"
has "$work/over/table.md" '^\| bands \| 2 \|'
has "$work/over/table.md" '0 \(2 diverged\) \| diverged'
has "$work/over/cells.csv" '^PPFR-FD,.*,diverged,.*(is not a number|not finite)'
no_process_left

# A method may learn its mask first; what has been learned is not learned again, other words are
# another cell, and a failure of learning is told.
cat >"$work/learn.yaml" <<END
base: $tiny
profiles:
  quick: {seeds: [1], set: {federation.rounds: 1, federation.participants: 1}}
methods:
  - name: DCTDP
    set: {federation.mask.method: none, federation.mask.bands: 10, federation.mix.method: none}
    learn: [--budgets, 100]
END
cell=$work/learn/cells/001-DCTDP-seed-1
expect 0 "$fedveil" sim compare "$work/learn.yaml" --out "$work/learn"
budgets=$(sed -n 's/^    budgets: //p' "$cell/learned.yaml")
grep -qF "budgets: $budgets" "$cell/run/config.yaml" || fail "the run has other budgets than $budgets"
grep -q 'method: dctdp' "$cell/run/config.yaml" || fail "no noise"
rm "$cell/result.json" "$cell/trained.json"
echo "# kept" >>"$cell/learned.yaml"
expect 0 "$fedveil" sim compare "$work/learn.yaml" --out "$work/learn"
has "$cell/learned.yaml" '# kept'
sed -i 's/--budgets, 100/--budgets, 0/' "$work/learn.yaml"
expect 2 "$fedveil" sim compare "$work/learn.yaml" --out "$work/learn"
has "$work/err.log" 'mask learn --budgets 100.*mask learn --budgets 0'
expect 1 "$fedveil" sim compare "$work/learn.yaml" --out "$work/unlearned"
has "$work/unlearned/cells.csv" ',failed,.*--budgets: ""0"" is not a number from'
no_process_left
