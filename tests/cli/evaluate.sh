#!/usr/bin/env bash
# Faces in a folder, from `data synth` to `participant evaluate`: what evaluate says of the final model
# is what the run said of it. A pairs file may name a missing image, which is named and left out.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 0 "$fedveil" participant data synth --out "$work/people" --people 6 --images 6
[[ $(find "$work/people" -name '*.png' | wc -l) == 36 ]] || fail "not 36 portraits"
expect 0 "$fedveil" participant data describe "$work/people"
has "$work/out.log" '^people +6$'

# LFW's naming: NAME/NAME_0001.png.
for person in "$work"/people/*; do
    name=$(basename "$person")
    mkdir -p "$work/faces/$name"
    number=0
    for file in "$person"/*.png; do
        number=$((number + 1))
        mv "$file" "$work/faces/$name/${name}_$(printf %04d "$number").png"
    done
done
{
    echo 6
    for i in 0 1 2 3 4 5; do echo "person_000$i 1 2"; done
    for i in 0 1 2 3 4; do echo "person_000$i 1 person_000$((i + 1)) 2"; done
    echo "person_0000 1 person_0005 99"
} >"$work/pairs.txt"

expect 0 "$fedveil" sim run "$tiny" --out "$work/run" --json --set federation.participants=2 \
    --set data.kind=folder --set data.train="$work/faces" --set data.test="$work/faces" \
    --set data.pairs="$work/pairs.txt" --set data.people=0 --set data.images=0
said=$(grep -oE '"accuracy": [0-9.]+' "$work/out.log" | tail -n 1)
expect 0 "$fedveil" participant evaluate --model "$work/run/model.safetensors" \
    --mask-key "$work/run/keys/mask.key" --images "$work/faces" --pairs "$work/pairs.txt" --json
has "$work/out.log" "$said"
has "$work/out.log" '"pairs": 11, "missing": 1'
has "$work/err.log" 'person_0005_0099'

# The same of a model that a participant keeps to itself.
expect 0 "$fedveil" sim run "$tiny" --out "$work/run2" --json --set federation.participants=2 \
    --set data.kind=folder --set data.train="$work/faces" --set data.test="$work/faces" \
    --set data.pairs="$work/pairs.txt" --set data.people=0 --set data.images=0 \
    --set 'federation.share=[]'
said=$(sed -n 's/.*"accuracy_by_participant": \[\([^]]*\)\].*/\1/p' "$work/out.log")
for i in 0 1; do
    expect 0 "$fedveil" participant evaluate --mask-key "$work/run2/keys/mask.key" --json \
        --model "$work/run2/participants/p00$i/model.safetensors" --images "$work/faces" \
        --pairs "$work/pairs.txt"
    has "$work/out.log" "\"accuracy\": $(echo "$said" | cut -d, -f$((i + 1)) | tr -d ' '),"
done

# Wrong use is told apart from a failure.
expect 2 "$fedveil" participant evaluate --model "$work/run/model.safetensors" \
    --images "$work/faces" --pairs "$work/pairs.txt"
has "$work/err.log" '--mask-key'
expect 2 "$fedveil" participant evaluate --pairs "$work/pairs.txt"
printf '6\nperson_0000 one 2\n' >"$work/bad.txt"
expect 1 "$fedveil" participant evaluate --model "$work/run/model.safetensors" \
    --mask-key "$work/run/keys/mask.key" --images "$work/faces" --pairs "$work/bad.txt"
has "$work/err.log" 'bad.txt:2: '
head -c 5000 "$work/run/model.safetensors" >"$work/cut.safetensors"
expect 1 "$fedveil" participant evaluate --model "$work/cut.safetensors" \
    --mask-key "$work/run/keys/mask.key" --images "$work/faces" --pairs "$work/pairs.txt"
has "$work/err.log" 'cut.safetensors'
