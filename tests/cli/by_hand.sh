# A federation started by hand, without a simulator, for tests that source this after lib.sh. Works
# in $work.
cd "$work"
rounds=(--set federation.rounds=4 --set federation.local_epochs=8)

# Keys of the coordinator and of p0, p1, ..., of which the last `more` take no part; roster, mask key.
make_keys() { # PARTICIPANTS [MORE]
    local i lines=()
    "$fedveil" keys init coordinator >/dev/null
    "$fedveil" keys mask-key mask >/dev/null
    for ((i = 0; i < $1 + ${2:-0}; i++)); do
        "$fedveil" keys init "p$i" >/dev/null
        lines+=("p$i=p$i.pub")
    done
    "$fedveil" keys roster roster --coordinator coordinator.pub --key p0 "${lines[@]}" >/dev/null
    fingerprint=$("$fedveil" keys show roster | sed -n 's/^fingerprint *//p')
    for ((i = 0; i < $1 + ${2:-0}; i++)); do
        "$fedveil" keys accept roster --key "p$i" --fingerprint "$fingerprint" >/dev/null
    done
}

# Starts a coordinator under --supervise; $keeper is the process that keeps it.
start_supervised() { # LOG FOLDER OPTION...
    local log=$1 folder=$2
    shift 2
    start "$log" "$bin/fedveil-coordinator" run tiny.yaml --supervise --json --out "$folder" \
        --set coordinator.secret_key=coordinator --set coordinator.roster=roster "${rounds[@]}" "$@"
    keeper=$started
    wait_until test -e "$folder/endpoint"
}

# Starts participant I of NUMBER of the run in FOLDER, again if need be; its id is ${parties[I]}.
start_participant() { # NUMBER FOLDER I
    start "p$3" "$bin/fedveil-participant" run tiny.yaml --out "$work/own-$3" \
        --set participant.name="p$3" --set participant.secret_key="p$3" \
        --set participant.mask_key=mask --set participant.coordinator="$(cat "$2/endpoint")" \
        --set participant.roster=roster --set data.split_count="$1" \
        --set data.split_index="$3" "${rounds[@]}"
    parties[$3]=$started
}

# Starts participants 0, 1, ... of the run in FOLDER; their ids are ${parties[@]}.
start_participants() { # NUMBER FOLDER
    local i
    parties=()
    for ((i = 0; i < $1; i++)); do start_participant "$1" "$2" "$i"; done
}

# The coordinator and all participants end well, and every round had an update of each.
all_rounds_are_done() { # FOLDER
    local pid
    ends_with 0 "$keeper"
    for pid in "${parties[@]}"; do ends_with 0 "$pid"; done
    [[ $(grep -c "^[1-4],[0-9]*,${#parties[@]},${#parties[@]}," "$1/metrics.csv") == 4 ]] ||
        fail "not all rounds had all reporters"
    [[ -s $1/model.safetensors ]] || fail "no final model"
    no_process_left
}
