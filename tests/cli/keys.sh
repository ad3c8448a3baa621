#!/usr/bin/env bash
# fedveil keys from making keys to the roster: what it prints, its exit codes, and that it never
# replaces a file. Usage: keys.sh FEDVEIL-KEYS
set -u
keys=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# Runs a command that must end with the given code and print something that matches the pattern.
expect() {
    local code=$1 pattern=$2 output ended=0
    shift 2
    output=$("$@" 2>&1) || ended=$?
    if [[ $ended != "$code" ]] || ! grep -Eq -- "$pattern" <<<"$output"; then
        echo "$*: exit code $ended instead of $code, or no \"$pattern\" in:"
        echo "$output"
        failures=$((failures + 1))
    fi
}

fingerprint='^fingerprint ( [0-9a-f]{4}){8}$'
expect 0 '^public key   [^ ]{40}$' "$keys" init a
expect 0 "$fingerprint" "$keys" init b
expect 1 'a' "$keys" init a
[[ $(stat -c %a a) == 600 ]] || { echo "a: not mode 600"; failures=$((failures + 1)); }
expect 0 "$fingerprint" "$keys" show a.pub
[[ $("$keys" show a) == "$("$keys" show a.pub)" ]] || { echo "show differs"; failures=$((failures + 1)); }
[[ $("$keys" show a) != "$("$keys" show b)" ]] || { echo "keys agree"; failures=$((failures + 1)); }
expect 1 'missing: ' "$keys" show missing
expect 0 'every participant' "$keys" mask-key mask
expect 1 'mask: ' "$keys" mask-key mask
expect 0 '2 participants' "$keys" roster roster alice=a.pub bob=b.pub
expect 0 "^alice $(sed -n 's/^public = //p' a.pub | sed 's/[][\.*^$(){}?+|/]/\\&/g')\$" cat roster
expect 0 '^bob ' tail -n 1 roster
expect 1 'roster: exists' "$keys" roster roster alice=a.pub
expect 1 'stands in line 1 already' "$keys" roster twice alice=a.pub bob=a.pub
expect 1 'the name' "$keys" roster wrong ../alice=a.pub
expect 1 'holds a secret' "$keys" roster secret alice=a
[[ ! -e twice && ! -e wrong && ! -e secret ]] || { echo "files left"; failures=$((failures + 1)); }
expect 2 'NAME=PUBFILE' "$keys" roster none alice
expect 2 'Usage' "$keys"
expect 2 'no such command' "$keys" unknown
expect 2 'Usage' "$keys" init
expect 2 'Usage' "$keys" init a b
expect 2 'unrecognized option' "$keys" init --force a
expect 0 'mask-key PATH' "$keys" --help
expect 0 'compared by telephone' "$keys" show --help
expect 0 '^fedveil [0-9]' "$keys" --version
expect 1 'standard output' bash -c '"$1" show a.pub >/dev/full' bash "$keys"

if ((failures > 0)); then echo "$failures failed"; exit 1; fi
