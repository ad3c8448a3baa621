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

# The same pairs as InsightFace packs them, here in the words of Python 2's pickle, have the same figures
# to the last fold; each set has its digest; people after the first ones that were trained on make pairs.
{
    echo "10 1"
    for i in 0 1 2 3 4 5 6 7 8 9; do
        echo "person_000$((i % 6)) 1 $((i % 5 + 2))"
        echo "person_000$((i % 6)) 3 person_000$(((i + 1 + i / 6) % 6)) 2"
    done
} >"$work/ten.txt"
picture() { # NAME NUMBER
    local file size
    file=$work/faces/$1/$1_$(printf %04d "$2").png
    size=$(stat -c %s "$file")
    printf "T\\x$(printf %02x $((size & 255)))\\x$(printf %02x $((size >> 8 & 255)))\\0\\0"
    cat "$file"
}
{
    printf '\x80\x02]('
    tail -n +2 "$work/ten.txt" | while read -r first one second two; do
        picture "$first" "$one"
        if [[ -n $two ]]; then picture "$second" "$two"; else picture "$first" "$second"; fi
    done
    printf 'e]('
    for _ in 0 1 2 3 4 5 6 7 8 9; do printf '\x88\x89'; done
    printf 'e\x86.'
} >"$work/ten.bin"
evaluate=("$fedveil" participant evaluate --model "$work/run/model.safetensors"
    --mask-key "$work/run/keys/mask.key")
expect 0 "${evaluate[@]}" --json --test "listed=$work/faces,$work/ten.txt" \
    --test "packed=$work/ten.bin" --test "rest=$work/faces,skip=4"
figures() { # NAME
    grep -oE "\"$1\": \{\"accuracy\": [^}]*\"missing\": [0-9]+" "$work/out.log" | cut -d '{' -f 2
}
has "$work/out.log" '"listed": .*"pairs": 20, "missing": 0'
[[ $(figures listed) == "$(figures packed)" ]] || fail "$(figures listed) is not $(figures packed)"
has "$work/out.log" '^\{"accuracy": .*"accuracy_by_set": '
has "$work/out.log" '^rest .* 60 pairs of 12 images'
has "$work/out.log" "^packed .*sha256 $(sha256sum <"$work/ten.bin" | cut -d ' ' -f 1)\$"
has "$work/out.log" "^listed .*sha256 $(sha256sum <"$work/ten.txt" | cut -d ' ' -f 1)\$"

# Embeddings for numpy: 128 bytes of head, 16 floats for each of 40 images, and who they are.
expect 0 "${evaluate[@]}" --test "packed=$work/ten.bin" --embeddings "$work/out.npy"
[[ $(stat -c %s "$work/out.npy") == $((128 + 4 * 16 * 40)) ]] || fail "out.npy has another size"
has "$work/out.npy" "'shape': \(40, 16\)"
[[ $(wc -l <"$work/out.npy.txt") == 40 ]] || fail "out.npy.txt has not 40 lines"
expect 2 "${evaluate[@]}" --test "a=$work/ten.bin" --test "b=$work/ten.bin" --embeddings "$work/o.npy"
expect 2 "${evaluate[@]}" --test "a=$work/ten.bin" --test "a=$work/faces"
has "$work/err.log" 'a is given twice'
expect 2 "${evaluate[@]}" --test "$work/ten.bin"
has "$work/err.log" 'NAME=FILE.bin'

# Records of people train like a folder of them.
expect 0 "$fedveil" sim run "$tiny" --out "$work/run-rec" --set federation.participants=2 \
    --set data.kind=folder --set data.train="$here/../vectors/packed_labels.rec" \
    --set data.people=0 --set data.images=0 --set participant.evaluate=false

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
