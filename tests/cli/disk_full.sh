#!/usr/bin/env bash
# A full disk ends a run with its name, not with a hang or a broken file.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ((EUID != 0)); then skip "needs root to mount a small disk"; fi
mkdir "$work/small"
mount -t tmpfs -o size=2m fedveil-small "$work/small" 2>/dev/null || skip "cannot mount here"

# Room for keys, configs and the first model; the models of the rounds then fill the disk.
expect 1 "$fedveil" sim run "$tiny" --out "$work/small/run" --set federation.rounds=200 \
    --set coordinator.models_kept=200
has "$work/err.log" 'No space left on device|disk is full'
no_process_left
for model in "$work"/small/run/models/round-*.safetensors; do
    # The first 8 bytes are the length of the header, which begins with a brace.
    [[ $(dd if="$model" bs=1 skip=8 count=1 status=none) == '{' ]] || fail "$model is half-written"
done
[[ -z $(find "$work/small/run/models" -name '*.tmp') ]] || fail "temporary files are left"

# Bands that memory may not hold and the disk does not either: the file and what it needs are named.
expect 1 "$fedveil" sim run "$tiny" --out "$work/run" --set data.memory=0 \
    --set data.cache="$work/small" --set federation.input.size=112 --set data.images=40
no_process_left
has "$work/err.log" \
    "$work/small/bands-[0-9]+-0.tmp: No space left on device; [0-9]+ bytes are needed"
[[ -z $(find "$work/small" -name 'bands-*') ]] || fail "a file of bands is left"
