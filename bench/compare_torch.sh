#!/usr/bin/env bash
# Sets fedveil-bench beside a script of somebody else that does the same work in Python, in turns, so
# that a machine that grows slower meanwhile is slower for both. Prints a Markdown table on standard
# output and each run on standard error.
#
# PEER_SCRIPT takes the options below as they are passed here and prints one JSON object as its last
# line, with "peer" (name and version), "images_per_second" (with --generators "steps_per_second") and,
# for networks, "parameters".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat >&2 <<END
usage: $(basename "$0") [OPTION]... PEER_SCRIPT PYTHON...
  --masks          PEER_SCRIPT computes bands (native and up8, one thread), not networks
  --generators     PEER_SCRIPT trains the audit's generators: torch_generation.py beside this file
  --processor      with --generators: seconds that threads computed, not those of the clock
  --only PATTERN   workloads whose name matches this regular expression
  --rounds N       runs of each program (3)
  --steps N        steps that are timed in a run (7)
  --threads T      threads (2, or 1 with --masks)
  --program FILE   fedveil-bench (build/release/bin/fedveil-bench of this checkout)
END
    exit 2
}

# A count from 1 to 1000.
count() { # OPTION TEXT
    if ! [[ $2 =~ ^[1-9][0-9]{0,2}$|^1000$ ]]; then
        echo "$1: \"$2\" is not a number from 1 to 1000" >&2
        exit 2
    fi
    echo "$2"
}

masks='' generators='' processor='' only='' rounds=3 steps=7 threads='' program=$here/../build/release/bin/fedveil-bench
while [[ ${1:-} == --* ]]; do
    case $1 in
        --masks) masks=1; shift; continue ;;
        --generators) generators=1; shift; continue ;;
        --processor) processor=processor_; shift; continue ;;
        --only | --rounds | --steps | --threads | --program) if (($# < 2)); then usage; fi ;;
        *) usage ;;
    esac
    case $1 in
        --only) only=$2 ;;
        --rounds) rounds=$(count "$1" "$2") ;;
        --steps) steps=$(count "$1" "$2") ;;
        --threads) threads=$(count "$1" "$2") ;;
        --program) program=$2 ;;
    esac
    shift 2
done
if (($# < 2)) || [[ -n $processor && -z $generators ]]; then usage; fi
peer=$1
shift
pythons=("$@")
if [[ -z $threads ]]; then threads=$((masks ? 1 : 2)); fi
for file in "$program" "$peer"; do
    if [[ ! -r $file ]]; then echo "$file: no such file" >&2; exit 2; fi
done

# A workload: name, command of ours, --mode of the peer, options of both.
if [[ -n $masks ]]; then
    workloads=(
        "mask native 64|mask|native|--batch 64"
        "mask up8 64|mask|up8|--batch 64"
    )
elif [[ -n $generators ]]; then
    workloads=(
        "unet native, width 32, batch 16|generate|unet|--input native --width 32 --batch 16"
        "unet pixels, width 16, batch 8|generate|unet|--input pixels --width 16 --batch 8"
        "cgan native, width 32, batch 16|generate|cgan|--input native --width 32 --batch 16"
        "cgan pixels, width 16, batch 8|generate|cgan|--input pixels --width 16 --batch 8"
        "gmi, width 32, batch 32|generate|gmi|--colours 3 --width 32 --batch 32"
    )
else
    native='--input native --channels 35 --batch 64 --classes 1000'
    pixels='--input pixels --channels 3 --batch 16 --classes 1000'
    workloads=(
        "train ir_se_18 native 64|train|train|--net ir_se_18 --width 1 $native"
        "train ir_se_50 native 64|train|train|--net ir_se_50 --width 1 $native"
        "train ir_se_50 pixels 16|train|train|--net ir_se_50 --width 1 $pixels"
        "train ir_se_18 half width native 64|train|train|--net ir_se_18 --width 0.5 $native"
        "embed ir_se_18 native 64|embed|embed|--net ir_se_18 --width 1 $native"
        "embed ir_se_50 native 64|embed|embed|--net ir_se_50 --width 1 $native"
    )
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export OMP_NUM_THREADS=$threads
unit=images
if [[ -n $generators ]]; then unit=steps; fi
rate_key=${unit}_per_${processor}second

# Runs a command and prints: name, images (or steps) a second, parameters, peak memory in MiB, with tabs between.
# The memory is that of the largest process, asked of the kernel in the same way for both sides.
cat >"$work/probe.py" <<'END'
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, universal_newlines=True)
if done.returncode != 0:
    sys.exit("%s: exit code %d" % (sys.argv[2], done.returncode))
record = json.loads(done.stdout.strip().splitlines()[-1])
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(record.get("peer", "fedveil"), record[sys.argv[1]], record.get("parameters", "none"),
      round(memory), sep="\t")
END

run() { # RESULTS PYTHON COMMAND...
    local results=$1 python=$2
    shift 2
    "$python" "$work/probe.py" "$rate_key" "$@" | tee -a "$results" >&2
}

# The median (of an even number the upper of the two in the middle), least or most of a column.
pick() { # WHICH COLUMN RESULTS
    cut -f "$2" "$3" | sort -n | awk -v which="$1" '
        { v[NR] = $1 }
        END { print which == "least" ? v[1] : which == "most" ? v[NR] : v[int(NR / 2) + 1] }'
}

# The median with the range of all runs.
rate() { # RESULTS
    echo "$(pick median 2 "$1") ($(pick least 2 "$1") to $(pick most 2 "$1"))"
}

check_parameters() { # OURS PEER NAME
    local ours theirs
    ours=$(head -n 1 "$1" | cut -f 3)
    theirs=$(head -n 1 "$2" | cut -f 3)
    if [[ $ours != "$theirs" ]]; then
        echo "$3: $ours parameters against $theirs of the peer: not the same network" >&2
        exit 1
    fi
}

echo "${unit^} a second${processor:+ of processors}, median (and range) of $rounds runs of $steps steps each, in turns; threads: $threads."
echo
echo "| workload | fedveil | MiB | peer | $unit/s | MiB | fedveil / peer |"
echo '| --- | --- | --- | --- | --- | --- | --- |'
matched=''
for workload in "${workloads[@]}"; do
    IFS='|' read -r name command mode arguments <<<"$workload"
    if ! [[ $name =~ $only ]]; then continue; fi
    matched=1
    read -ra options <<<"$arguments --threads $threads --steps $steps"
    ours=("$program" "$command" "${options[@]}" --json)
    if [[ -n $masks ]]; then ours+=(--mode "$mode"); fi
    if [[ -n $generators ]]; then ours+=(--kind "$mode"); fi
    rm -f "$work"/run.*
    for ((round = 0; round < rounds; round++)); do
        echo "$name, round $((round + 1)) of $rounds" >&2
        run "$work/run.ours" "${pythons[0]}" "${ours[@]}"
        for i in "${!pythons[@]}"; do
            run "$work/run.$i" "${pythons[i]}" "${pythons[i]}" "$peer" --mode "$mode" "${options[@]}"
            check_parameters "$work/run.ours" "$work/run.$i" "$name"
        done
    done
    for i in "${!pythons[@]}"; do
        ratio=$(awk -v a="$(pick median 2 "$work/run.ours")" -v b="$(pick median 2 "$work/run.$i")" \
            'BEGIN { printf "%.2f", a / b }')
        echo "| $name | $(rate "$work/run.ours") | $(pick most 4 "$work/run.ours")" \
            "| $(head -n 1 "$work/run.$i" | cut -f 1) | $(rate "$work/run.$i")" \
            "| $(pick most 4 "$work/run.$i") | $ratio |"
    done
done
if [[ -z $matched ]]; then
    echo "--only: no workload matches \"$only\"" >&2
    exit 2
fi
