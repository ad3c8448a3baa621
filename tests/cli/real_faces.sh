#!/usr/bin/env bash
# Real faces, where FEDVEIL_DATA names a folder with celeba200/celeba200.tar, lfw112/lfw112.tar,
# lfw112/pairs.txt and orl/orl.tar: every file is read, and a tiny federation trains and is verified.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

data=${FEDVEIL_DATA:-}
for file in celeba200/celeba200.tar lfw112/lfw112.tar lfw112/pairs.txt orl/orl.tar; do
    [[ -n $data && -e $data/$file ]] || skip "FEDVEIL_DATA names no folder with $file"
done
for set in celeba200 lfw112 orl; do tar -xf "$data/$set/$set.tar" -C "$work"; done

expect 0 "$fedveil" participant data describe "$work/celeba200"
has "$work/out.log" '^people +200$'
has "$work/out.log" '^images +4661 '
expect 0 "$fedveil" participant data describe "$work/orl"
has "$work/out.log" '^people +40$'

# The first pairs of the first fold are enough here.
{
    echo 20
    sed -n '2,21p;302,321p' "$data/lfw112/pairs.txt"
} >"$work/pairs.txt"
expect 0 "$fedveil" sim run "$tiny" --out "$work/run" --json --set federation.input.size=112 \
    --set federation.participants=2 --set federation.rounds=1 --set data.kind=folder \
    --set data.train="$work/celeba200" --set data.people=8 --set data.images=8 \
    --set data.test="$work/lfw112" --set data.pairs="$work/pairs.txt"
has "$work/out.log" '"accuracy": 0\.[0-9]+'
expect 0 "$fedveil" participant mask view "$work"/orl/s1/*.pgm --out "$work/mask.png"
