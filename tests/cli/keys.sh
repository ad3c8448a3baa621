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
expect 0 '^public keys  [^ ]{40} [^ ]{40}$' "$keys" init a
expect 0 "$fingerprint" "$keys" init b
expect 1 'a' "$keys" init a
[[ $(stat -c %a a) == 600 ]] || { echo "a: not mode 600"; failures=$((failures + 1)); }
expect 0 "$fingerprint" "$keys" show a.pub
[[ $("$keys" show a) == "$("$keys" show a.pub)" ]] || { echo "show differs"; failures=$((failures + 1)); }
[[ $("$keys" show a) != "$("$keys" show b)" ]] || { echo "keys agree"; failures=$((failures + 1)); }
expect 1 'missing: ' "$keys" show missing
expect 0 'every participant' "$keys" mask-key mask
expect 1 'mask: ' "$keys" mask-key mask
expect 0 '' "$keys" init hub
expect 0 '2 participants, signed by alice' "$keys" roster roster --coordinator hub.pub --key a alice=a.pub bob=b.pub
expect 0 "^alice $(sed -n 's/^public = //p' a.pub | sed 's/[][\.*^$(){}?+|/]/\\&/g')\$" cat roster
expect 0 '^signed alice [0-9a-f]{128}$' tail -n 1 roster
expect 1 'roster: exists' "$keys" roster roster alice=a.pub
expect 2 '--coordinator PUBFILE' "$keys" roster none --key a alice=a.pub
expect 2 '--key KEYFILE' "$keys" roster none --coordinator hub.pub alice=a.pub
expect 1 'not that of one of its participants' "$keys" roster none --coordinator hub.pub --key hub alice=a.pub
expect 1 'stands in line 2 already' "$keys" roster twice --coordinator hub.pub --key a alice=a.pub bob=a.pub
expect 1 'the name' "$keys" roster wrong --coordinator hub.pub --key a ../alice=a.pub
expect 1 'holds a secret' "$keys" roster secret --coordinator hub.pub --key a alice=a
[[ ! -e twice && ! -e wrong && ! -e secret ]] || { echo "files left"; failures=$((failures + 1)); }
expect 2 'NAME=PUBFILE' "$keys" roster none --coordinator hub.pub --key a alice
# From the organiser to the other one: a kit, the telephone, and only then the roster counts.
fingerprint=$("$keys" show roster | sed -n 's/^fingerprint *//p')
echo 'seed: 1' >config
expect 0 'who alone can open it' "$keys" kit roster bob --key a --config config --mask-key mask --out bob.kit
expect 1 'bob.kit: exists' "$keys" kit roster bob --key a --out bob.kit
expect 1 'signed by alice' "$keys" kit roster alice --key b --out alice.kit
expect 2 'never gets the mask key' "$keys" kit roster coordinator --key a --mask-key mask --out hub.kit
expect 1 'sealed to another key' "$keys" open bob.kit --key a --out none
expect 0 "$fingerprint" "$keys" open bob.kit --key b --out bob
cmp roster bob/roster; cmp mask bob/mask.key; cmp config bob/config.yaml
expect 1 'new folder' "$keys" open bob.kit --key b --out bob
expect 1 'not that of the roster' "$keys" accept bob/roster --key b --fingerprint 0123456789abcdef
expect 2 '16 to 64' "$keys" accept bob/roster --key b --fingerprint "${fingerprint:0:9}"
expect 0 'accepted for b' "$keys" accept bob/roster --key b --fingerprint "$fingerprint"
[[ $(stat -c %a b.accepted) == 600 ]] || { echo "b.accepted: not mode 600"; failures=$((failures + 1)); }
expect 2 'does not belong' "$keys" accept bob/roster --key b --out x
(umask 077; echo 'correct horse' >word)
expect 0 "fingerprint " "$keys" init locked --passphrase-file word
expect 0 '^locked = argon2id ' tail -n 1 locked
expect 0 'public keys' "$keys" show locked # without the passphrase
expect 1 'no terminal' setsid -w "$keys" roster none --coordinator hub.pub --key locked l=locked.pub
expect 0 'signed by l' "$keys" roster own --coordinator hub.pub --key locked --passphrase-file word l=locked.pub
echo 'correct house' >word
expect 1 'passphrase is wrong' "$keys" roster none --coordinator hub.pub --key locked --passphrase-file word l=locked.pub
sed -i 's/^bob/rob/' bob/roster
expect 1 'bob/roster:4: the signature is not that of alice' "$keys" show bob/roster
expect 1 'missing' "$keys" accept roster --key missing --fingerprint "$fingerprint"
[[ ! -e alice.kit && ! -e hub.kit && ! -e none ]] || { echo "files left"; failures=$((failures + 1)); }
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
