#!/usr/bin/env bash
# Bad images among good ones are named, skipped and counted, and the run goes on; data that leaves
# nothing to train on, or pairs that name missing images, end it with a reason.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

faces=$work/faces
expect 0 "$fedveil" participant data synth --out "$faces" --people 9 --images 4
cp "$here/portrait.jpg" "$faces/person_0000/good.jpg" # of a person who does not exist
head -c 900 "$here/portrait.jpg" >"$faces/person_0000/truncated.jpg"
: >"$faces/person_0001/empty.png"
mkdir "$faces/person_0009" "$faces/person_0010"
cp "$here/portrait.jpg" "$faces/person_0010/alone.jpg"

run() { # CODE FOLDER OPTION...
    local code=$1 folder=$2
    shift 2
    expect "$code" "$fedveil" sim run "$tiny" --out "$work/$folder" --set data.kind=folder \
        --set data.train="$faces" --set data.people=0 --set data.images=0 "$@"
    no_process_left
}

run 0 run
cat "$work"/run/participants/*/log.txt >"$work/logs.log"
has "$work/logs.log" 'truncated\.jpg'
has "$work/logs.log" 'empty\.png'
has "$work/logs.log" 'skipped'
lacks "$work/logs.log" 'good\.jpg'
has "$work/err.log" 'truncated\.jpg' # the simulator repeats it

mkdir "$work/nobody"
run 1 run-empty --set data.train="$work/nobody"
has "$work/err.log" "$work/nobody"

printf '1\t1\nperson_0777\t1\t2\nperson_0777\t1\tperson_0778\t1\n' >"$work/pairs.txt"
run 1 run-pairs "${long[@]}" --set data.test="$faces" --set data.pairs="$work/pairs.txt"
has "$work/err.log" 'pairs\.txt.*person_0777'
has "$work/err.log" 'p000 failed before it ever trained'
