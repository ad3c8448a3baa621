#!/usr/bin/env bash
# What `mask learn` writes is a part of a config: a run reads it over its own by --with, and --set wins.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 0 "$fedveil" participant mask learn "$tiny" --out "$work/bands.yaml" \
    --set federation.mask.bands=10 --set federation.optimiser.batch=8
has "$work/out.log" '^ *1 +0 +1 +[0-9.]+ +[0-9.]+ +(yes|no)$'
list=$(sed -n 's/^    band_list: //p' "$work/bands.yaml")
[[ $(tr -cd , <<<"$list" | wc -c) == 8 ]] || fail "not 9 bands: $list"

expect 0 "$fedveil" sim run "$tiny" --with "$work/bands.yaml" --out "$work/run" \
    --set federation.participants=1 --set federation.rounds=1
grep -qF "band_list: $list" "$work/run/config.yaml" || fail "the run has other bands than $list"

expect 0 "$fedveil" participant mask learn "$tiny" --out "$work/budgets.yaml" --budgets 100 \
    --with "$work/bands.yaml"
grep -qF "band_list: $list" "$work/budgets.yaml" || fail "budgets of other bands than $list"
grep -Eq '^    budgets: \[[0-9]+(, [0-9]+){8}\]$' "$work/budgets.yaml" || fail "not 9 budgets"

expect 2 "$fedveil" participant mask learn "$tiny" --out "$work/x.yaml" --budgets none
expect 2 "$fedveil" sim run "$tiny" --with "$work/nowhere.yaml" --out "$work/other"
has "$work/err.log" 'nowhere'
