#!/usr/bin/env bash
# The judge on real faces, where FEDVEIL_DATA names a folder with refnet/, lfw112/lfw112.tar and
# lfw112/pairs.txt: with our reader and our protocol it is as good as those say who gave it, 99.02 %.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

data=${FEDVEIL_DATA:-}
for file in refnet/refnet.graph.tsv refnet/refnet.f32 lfw112/lfw112.tar lfw112/pairs.txt; do
    [[ -n $data && -e $data/$file ]] || skip "FEDVEIL_DATA names no folder with $file"
done
tar -xf "$data/lfw112/lfw112.tar" -C "$work"
expect 0 "$bin/../tests/judge_faces" "$data/refnet" "lfw=$work/lfw112,$data/lfw112/pairs.txt"
cat "$work/out.log"
has "$work/out.log" '^pairs 6000 accuracy (98\.9[7-9]|99\.0[0-7])'
