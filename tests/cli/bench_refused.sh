#!/usr/bin/env bash
# fedveil bench: wrong use is told apart from a failure.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Wrong use names the option and what is allowed; nothing has run.
wrong() { # PATTERN ARGUMENT...
    local pattern=$1
    shift
    expect 2 "$fedveil" bench "$@"
    has "$work/err.log" "$pattern"
    [[ ! -s $work/out.log ]] || fail "something on standard output: $*"
}
wrong '^fedveil bench train: --net: "vgg" is none of ir_se_18, ir_se_34, ir_se_50$' train --net vgg
wrong '^fedveil bench embed: --input: "grey" is none of native, pixels$' embed --input grey
wrong '\-\-batch: "0" is not a number from 1 to 4096$' train --batch 0
wrong '\-\-width: "5" is not a number from 0.0625 to 4$' train --width 5
wrong '\-\-steps: "1x" is not a number' train --steps 1x
wrong '\-\-processes: "65" is not a number from 1 to 64$' train --processes 65
wrong 'here: no such argument' train here
wrong '\-\-shape: "1,2" is not SIDE,IN,OUT,KERNEL,STRIDE, each from 1 to ' conv --shape 1,2
wrong '\-\-mode: "up9" is none of native, up8$' mask --mode up9
wrong 'unrecognized option' decode --mode native
wrong '\-\-threads: "0" is not' peak --threads 0
wrong '\-\-mode: "test" is none of train, embed$' scale --mode test
wrong '\-\-bits: "20" is none of 16, 24, 32$' blind --bits 20
wrong '\-\-parameters: "0" is not' blind --parameters 0
wrong '\-\-words: "x" is not' unblind --words x
wrong '\-\-dropped: "0.6" is not a number from 0 to 0.5$' unblind --dropped 0.6
wrong '\-\-graph: "star" is none of complete, ring$' unblind --graph star
wrong '\-\-participants: "2" is not a number from 3 to ' exchange --participants 2
expect 1 "$fedveil" bench exchange --participants 4 --parameters 10 --dropped 0.5
has "$work/err.log" '^fedveil bench exchange: '
wrong 'walk: no such command' walk
expect 2 "$fedveil" bench
expect 0 "$fedveil" bench help
has "$work/out.log" '^  scale '
expect 0 "$fedveil" bench conv --help
has "$work/out.log" '--shape=SIDE,IN,OUT,KERNEL,STRIDE'

# What cannot be done is a failure.
expect 1 "$fedveil" bench train --net ir_se_50 --width 4
has "$work/err.log" '^fedveil bench train: a network has at most [0-9]+ numbers$'
expect 1 "$fedveil" bench train --batch 4096 --input pixels --net ir_se_50 --width 2
has "$work/err.log" '^fedveil bench train: out of memory: .* needs [0-9]+ MiB, .*; lower the batch'
expect 1 "$fedveil" bench conv --shape 1024,4096,4096,15,1
has "$work/err.log" '^fedveil bench conv: a layer of 1024 x 1024 x 4096 is too large, allowed: '
mkdir -p "$work/faces/anna"
echo 'no picture' >"$work/faces/anna/2.jpg"
expect 1 "$fedveil" bench decode --images "$work/faces" --steps 1
has "$work/err.log" 'faces/anna/2\.jpg: '
expect 1 "$fedveil" bench decode --images "$work/nowhere"
has "$work/err.log" 'nowhere: No such file'
expect 1 bash -c '"$1" bench mask --batch 1 --steps 1 >/dev/full' bash "$fedveil"
has "$work/err.log" 'standard output'

compare=$here/../../bench/compare_torch.sh
expect 2 "$compare"
has "$work/err.log" '^usage: '
expect 2 "$compare" --rounds none peer.py python3
has "$work/err.log" '\-\-rounds: "none"'
