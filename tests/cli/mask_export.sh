#!/usr/bin/env bash
# `mask export` writes a file for a trainer elsewhere: whole or not at all, for its owner alone, and
# without what must stay with the owner.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export=("$fedveil" participant mask export "$tiny" --set federation.mix.method=uniform
    --set seed=16045690984833335023)
keys=$bin/fedveil-keys
"$keys" mask-key "$work/mask.key" >"$work/out.log"

expect 2 "${export[@]}" --out "$work/a"
has "$work/err.log" 'the mask has a key: give it by --mask-key'
expect 2 "$fedveil" participant mask export "$tiny" --mask-key "$work/mask.key" --out "$work/a"
has "$work/err.log" 'federation.mix.method: adaptive has no policy outside a training; use matched'
expect 2 "${export[@]}" --mask-key "$work/mask.key" --out "$work/a" --mixes 0
has "$work/err.log" '"0" is not a number from 1 to 10000'
[[ ! -e $work/a ]] || fail "a refused export left a file"

export+=(--mask-key "$work/mask.key")
expect 0 "${export[@]}" --out "$work/a" --mixes 3 --json --names "$work/names"
has "$work/out.log" \
    '"rows": 144, "images": 54, "classes": 9, "passes": 3, "k_most": 3, "shape": \[4, 4, 35\]'
lacks "$work/err.log" 'can be guessed'
expect 0 "${export[@]}" --out "$work/b" --mixes 3
cmp -s "$work/a" "$work/b" || fail "the seed does not repeat a file"
for file in a names; do
    [[ $(stat -c %a "$work/$file") == 600 ]] || fail "others may read $file"
done
[[ $(wc -l <"$work/names") == 9 ]] || fail "not 9 names"
size=$(od -An -t u8 -N 8 "$work/a")
head -c $((8 + size)) "$work/a" >"$work/header.log"
has "$work/header.log" '"fedveil.mask":"ppfr-fd"'
lacks "$work/header.log" "$work|16045690984833335023|$(cat "$work/mask.key")|$(cut -f 2 "$work/names" | head -n 1)"
expect 1 "${export[@]}" --out "$work/a" --names "$work/names"
has "$work/err.log" 'names: exists already'
expect 0 "${export[@]}" --out "$work/b" --set seed=1 --set federation.mask.method=laplace \
    --set participant.noise=seed
has "$work/err.log" 'seed 1 can be guessed'
has "$work/err.log" 'who knows the seed can subtract the noise'

# Ctrl-C leaves nothing.
written() { compgen -G "$work/c.*.tmp"; }
start c "${export[@]}" --out "$work/c" --mixes 10000
wait_until written >"$work/out.log"
kill -INT "$started"
ends_with 1 "$started"
has "$work/c.log" 'stopped: .* is not written'
[[ -z $(compgen -G "$work/c?*" | grep -v 'c\.log$') ]] || fail "a stopped export left a file"
[[ ! -e $work/c ]] || fail "a stopped export left a file"

# Nor does a full disk.
if ((EUID == 0)) && mkdir "$work/small" &&
    mount -t tmpfs -o size=1m fedveil-small "$work/small" 2>"$work/err.log"; then
    expect 1 "${export[@]}" --out "$work/small/d" --mixes 1000
    has "$work/err.log" 'small/d: No space left on device'
    [[ -z $(ls "$work/small") ]] || fail "a full disk left a file"
fi
no_process_left
