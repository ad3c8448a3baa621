# What the tests of whole programs need. A test is `NAME.sh BIN`: BIN is the folder of the built or
# installed programs. It works in $work, which is removed; a process whose command line names $work
# is one of the test's own, and none may be left. Exit 0 passed, 1 failed, 77 cannot be tried here.
set -euo pipefail
bin=$(realpath "${1:?usage: $0 BIN}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$(basename "$0" .sh)
fedveil=$bin/fedveil
work=$(mktemp -d "/tmp/fedveil-$name-XXXXXX")
patience=150 # seconds until something that never happens is given up; no test asserts a time

# Process ids of the test's own processes whose command line has PATTERN.
processes() { # [PATTERN]
    local file pid line
    for file in /proc/[0-9]*/cmdline; do
        pid=${file#/proc/}
        pid=${pid%/cmdline}
        { line=$(tr '\0' ' ' <"$file"); } 2>/dev/null || continue # it has just ended
        if [[ $pid != "$$" && $line == *"$bin/fedveil"* && $line == *"$work"* &&
            $line == *"${1:-}"* ]]; then
            echo "$pid"
        fi
    done
}

clean_up() {
    local pid
    for pid in $(processes); do kill -KILL "$pid" 2>/dev/null || true; done
    if mountpoint -q "$work/small" 2>/dev/null; then umount "$work/small"; fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
    echo "$name: $*"
    local log
    for log in "$work"/*.log "$work"/run*/coordinator/log.txt "$work"/run*/participants/*/log.txt; do
        if [[ -e $log ]]; then
            echo "--- ${log#"$work"/}"
            grep -v 'training [0-9]*/' "$log" | tail -n 12
        fi
    done
    exit 1
}

skip() {
    echo "$name: $*"
    exit 77
}

# Runs a command that must end with CODE; what it prints goes to $work/out.log and $work/err.log.
expect() { # CODE COMMAND...
    local code=$1 ended=0
    shift
    timeout $((2 * patience)) "$@" >"$work/out.log" 2>"$work/err.log" || ended=$?
    if [[ $ended != "$code" ]]; then fail "exit code $ended instead of $code: $*"; fi
}

# A file must have, or must not have, a line that matches.
has() { # FILE PATTERN
    grep -Eq -- "$2" "$1" || fail "no \"$2\" in ${1#"$work"/}"
}
lacks() { # FILE PATTERN
    ! grep -Eq -- "$2" "$1" || fail "\"$2\" in ${1#"$work"/}"
}

# Waits until a command succeeds.
wait_until() { # COMMAND...
    local end=$((SECONDS + patience))
    while ! "$@" 2>/dev/null; do
        if ((SECONDS >= end)); then fail "never happened: $*"; fi
        sleep 0.02
    done
}

no_process_left() {
    local left
    left=$(processes)
    if [[ -n $left ]]; then fail "processes are left: $(echo $left)"; fi
}

# Starts a command in the background, its output as in expect(); its id is $started.
start() { # LOG COMMAND...
    local log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 &
    started=$!
}

# Waits for a process that start() started; it must end with CODE.
ends_with() { # CODE PID
    local ended=0
    timeout $((2 * patience)) tail --pid="$2" -f /dev/null || fail "process $2 does not end"
    wait "$2" || ended=$?
    if [[ $ended != "$1" ]]; then fail "exit code $ended instead of $1"; fi
}

# The smallest federation that trains: people who do not exist, images of 32 x 32 pixels.
cat >"$work/tiny.yaml" <<'END'
federation:
  participants: 3
  rounds: 2
  input:
    size: 32
  network:
    width: 0.0625
    embedding: 16
  policy:
    width: 0.0625
  optimiser:
    batch: 8
  mix:
    k: [2, 3]
data:
  people: 9
  images: 6
  test_people: 6
  test_pairs: 20
threads: 1
END
tiny=$work/tiny.yaml

# Makes rounds last long enough for a test to do something in the middle of one; each step is told.
long=(--set federation.rounds=12 --set federation.local_epochs=20)
export FEDVEIL_PROGRESS_MS=0
