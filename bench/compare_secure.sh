#!/usr/bin/env bash
# Sets the blinding of an update by fedveil-bench beside the same work in Python, in turns, so that a machine
# that grows slower meanwhile is slower for all. Prints a Markdown table on standard output and each run on
# standard error. All on one thread; numbers of 32 bits.
#
# Peers, each left out with a line that says so when PYTHON cannot import what it needs:
#   numpy   ChaCha20 of OpenSSL by python3-cryptography, added by numpy: the same bytes as Fedveil's
#   flower  the steps of a participant in Flower's SecAgg+ (flwr.common.secure_aggregation), whose keystream
#           is numpy's Mersenne twister, started by 32 bits of the seed: no cipher
# Exit code 77 when no peer is there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat >&2 <<END
usage: $(basename "$0") [OPTION]... [PYTHON]
  --parameters P   numbers of the update (1200000)
  --neighbours K   neighbours, a keystream each (9)
  --rounds N       runs of each program (5)
  --steps N        times in a run, after one that does not count (3)
  --program FILE   fedveil-bench (build/release/bin/fedveil-bench of this checkout)
END
    exit 2
}

parameters=1200000 neighbours=9 rounds=5 steps=3 program=$here/../build/release/bin/fedveil-bench
while [[ ${1:-} == --* ]]; do
    if (($# < 2)); then usage; fi
    case $1 in
        --program) program=$2 ;;
        --parameters | --neighbours | --rounds | --steps)
            if ! [[ $2 =~ ^[1-9][0-9]{0,7}$ ]]; then
                echo "$1: \"$2\" is not a number from 1 to 99999999" >&2
                exit 2
            fi
            printf -v "${1#--}" %s "$2"
            ;;
        *) usage ;;
    esac
    shift 2
done
if (($# > 1)); then usage; fi
python=${1:-python3}
if [[ ! -x $program ]]; then echo "$program: no such program" >&2; exit 2; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

cat >"$work/peer.py" <<'END'
import json, statistics, sys, time

peer, parameters, neighbours, steps = sys.argv[1], *map(int, sys.argv[2:5])


def with_numpy():
    import cryptography, numpy
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    words = numpy.zeros(parameters, dtype="<u4")
    zeros = bytes(4 * parameters)
    seeds = [bytes([i]) * 32 for i in range(neighbours + 1)]

    def blind():
        for i, seed in enumerate(seeds):
            cipher = Cipher(algorithms.ChaCha20(seed, bytes(16)), mode=None).encryptor()
            stream = numpy.frombuffer(cipher.update(zeros), dtype="<u4")
            if i % 2 == 0:
                numpy.add(words, stream, out=words)
            else:
                numpy.subtract(words, stream, out=words)

    return blind, "numpy %s, cryptography %s" % (numpy.__version__, cryptography.__version__)


def with_flower():
    import flwr, numpy
    from flwr.common.secure_aggregation import ndarrays_arithmetic as arithmetic
    from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen

    words = [numpy.zeros(parameters, dtype=numpy.int64)]
    seeds = [bytes([i]) * 32 for i in range(neighbours + 1)]

    def blind():
        blinded = words
        for i, seed in enumerate(seeds):
            mask = pseudo_rand_gen(seed, 1 << 32, [(parameters,)])
            if i % 2 == 0:
                blinded = arithmetic.parameters_addition(blinded, mask)
            else:
                blinded = arithmetic.parameters_subtraction(blinded, mask)
        arithmetic.parameters_mod(blinded, 1 << 32)

    return blind, "Flower %s" % flwr.__version__


try:
    blind, name = {"numpy": with_numpy, "flower": with_flower}[peer]()
except ImportError as error:
    sys.exit("%s: left out, %s" % (peer, error))
if steps == 0:
    sys.exit(0)
wall, processor = [], []
blind()
for step in range(steps):
    start, computed = time.perf_counter(), time.process_time()
    blind()
    processor.append(1e3 * (time.process_time() - computed))
    wall.append(1e3 * (time.perf_counter() - start))
print(json.dumps({"peer": name, "milliseconds": statistics.median_high(wall),
                  "processor_milliseconds": statistics.median_high(processor)}))
END

peers=()
for peer in numpy flower; do
    if "$python" "$work/peer.py" "$peer" "$parameters" "$neighbours" 0 2>"$work/why"; then
        peers+=("$peer")
    else
        tail -n 1 "$work/why" >&2
    fi
done
if ((${#peers[@]} == 0)); then
    echo "no peer to compare with: $python needs numpy and cryptography, or flwr" >&2
    exit 77
fi

# A number of the JSON object on standard input, by its key.
number() { # KEY
    sed -n 's/.*"'"$1"'": \([0-9.]*\).*/\1/p'
}

run() { # NAME COMMAND...
    local name=$1 line
    shift
    line=$("$@" | tail -n 1)
    echo "$name: $line" >&2
    number milliseconds <<<"$line" >>"$work/$name.wall"
    number processor_milliseconds <<<"$line" >>"$work/$name.processor"
    sed -n 's/.*"peer": "\([^"]*\)".*/\1/p' <<<"$line" >"$work/$name.title"
}

# The median (of an even number the upper of the two in the middle), least and most.
spread() { # FILE
    sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.1f (%.1f to %.1f)", v[int(NR / 2) + 1], v[1], v[NR] }'
}

for ((round = 0; round < rounds; round++)); do
    run fedveil "$program" blind --parameters "$parameters" --neighbours "$neighbours" --steps "$steps" --json
    for peer in "${peers[@]}"; do
        run "$peer" "$python" "$work/peer.py" "$peer" "$parameters" "$neighbours" "$steps"
    done
done
echo fedveil >"$work/fedveil.title"

echo "An update of $parameters numbers of 32 bits and $neighbours neighbours, blinded on one thread: medians (and" \
    "ranges) of $rounds runs in turns, $steps times each."
echo
echo '| program | ms | ms of processors | processors, times fedveil |'
echo '| --- | --- | --- | --- |'
ours=$(spread "$work/fedveil.processor")
for name in fedveil "${peers[@]}"; do
    own=$(spread "$work/$name.processor")
    ratio=$(awk -v a="${own%% *}" -v b="${ours%% *}" 'BEGIN { printf "%.1f", a / b }')
    echo "| $(<"$work/$name.title") | $(spread "$work/$name.wall") | $own | $ratio |"
done
