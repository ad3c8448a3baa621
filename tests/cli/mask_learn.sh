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

# Eigenfaces of pixels: a file that others cannot read, named by a part of a config; a run and evaluate use
# it, view shows it, and without it each says what is missing.
pixels=(--set federation.input.kind=pixels --set federation.mask.method=eigenfaces)
expect 0 "$fedveil" participant mask learn "$tiny" --out "$work/faces.yaml" --eigenfaces 20 "${pixels[@]}"
has "$work/out.log" '^ +16 +0\.[0-9]{4}$'
has "$work/out.log" '^ +20 +0\.[0-9]{4}$'
[[ $(stat -c %a "$work/faces.safetensors") == 600 ]] || fail "others may read the eigenfaces"
grep -qxF "  eigenfaces: \"$work/faces.safetensors\"" "$work/faces.yaml" || fail "no path in faces.yaml"

expect 0 "$fedveil" sim run "$tiny" --with "$work/faces.yaml" --out "$work/peep" "${pixels[@]}" \
    --set federation.participants=2 --set federation.rounds=1 --json
accuracy=$(grep -oE '"accuracy": [0-9.]+' "$work/out.log" | tail -n 1)
[[ -n $accuracy ]] || fail "the run verified nothing"
grep -q 'eigenfaces: Laplace noise on 20 coefficients of pixels, 32 x 32 x 1' \
    "$work/peep/participants/p000/log.txt" || fail "the participant does not name its mask"

odd=$work/'a "quote" and a \'
mkdir "$odd"
expect 0 "$fedveil" participant mask learn "$tiny" --out "$odd/faces.yaml" --eigenfaces 5 "${pixels[@]}"
expect 0 "$fedveil" sim run "$tiny" --with "$odd/faces.yaml" --out "$work/odd" "${pixels[@]}" \
    --set federation.participants=1 --set federation.rounds=1

expect 0 "$fedveil" participant data synth --out "$work/people" --people 4 --images 3
evaluate=("$fedveil" participant evaluate --model "$work/peep/model.safetensors" --test "x=$work/people")
expect 0 "${evaluate[@]}" --eigenfaces "$work/faces.safetensors"
expect 2 "${evaluate[@]}"
has "$work/err.log" 'participant\.eigenfaces: is not set.*mask learn CONFIG --eigenfaces N'

view=("$fedveil" participant mask view "$work"/people/*/*.png --out "$work/view.png")
expect 0 "${view[@]}" "${pixels[@]}" --set federation.input.size=32 \
    --set participant.eigenfaces="$work/faces.safetensors"
expect 2 "${view[@]}" "${pixels[@]}"
has "$work/err.log" 'participant\.eigenfaces: is not set'
expect 1 "${view[@]}" "${pixels[@]}" --set participant.eigenfaces="$work/faces.safetensors"
has "$work/err.log" 'eigenfaces of grey pixels of 32 x 32, the config has grey pixels of 112 x 112'

expect 2 "$fedveil" sim run "$tiny" "${pixels[@]}" --out "$work/other"
has "$work/err.log" 'participant\.eigenfaces: is not set'
expect 2 "$fedveil" participant mask learn "$tiny" --out "$work/x.yaml" --eigenfaces 60 "${pixels[@]}"
has "$work/err.log" 'at least 61 images are needed, there are 54'
expect 2 "$fedveil" participant mask learn "$tiny" --out "$work/x.yaml" --eigenfaces 0
expect 2 "$fedveil" participant mask learn "$tiny" --out "$work/x" --eigenfaces 5
has "$work/err.log" 'a name that ends in \.yaml'
