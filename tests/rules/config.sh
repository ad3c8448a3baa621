#!/usr/bin/env bash
# configs/reference.yaml and the table of keys hold the same keys; a page of the documentation names
# no key that does not exist; configs/*.yaml and configs/deploy/*.yaml set no key that does not. Files of
# comparisons and audits have keys of their own, which these check themselves.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

keys=$(sed -nE 's/^ +(BOOL|INT|UINT64|DOUBLE|TEXT|PATH|WORD|NUMBERS|TEXTS)\(([a-z0-9_.]+),.*/\2/p' \
    shared/base/config_table.c)

# The keys of a YAML file with plain nesting, as "dotted.key line".
keys_of() {
    awk '
        /^[ ]*(#|$)/ { next }
        /^[ ]*[A-Za-z0-9_]+:/ {
            match($0, /^ */); depth = RLENGTH / 2
            name = $0; sub(/^ */, "", name); sub(/:.*/, "", name)
            path[depth] = name
            value = $0; sub(/^[^:]*:[ ]*/, "", value); sub(/[ ]*#.*/, "", value)
            if (value == "") next
            key = path[0]
            for (i = 1; i <= depth; i++) key = key "." path[i]
            print key, FNR
        }' "$1"
}

{
    if [[ -z $keys ]]; then echo "shared/base/config_table.c:1: no keys were found in the table"; fi
    reference=$(keys_of configs/reference.yaml | cut -d ' ' -f 1)
    comm -23 <(sort <<<"$keys") <(sort <<<"$reference") |
        sed 's|.*|configs/reference.yaml:1: the key & is missing|'
    find configs -name '*.yaml' -not -path 'configs/experiments/*' -not -path 'configs/audit/*' | sort | while read -r file; do
        keys_of "$file" | while read -r key line; do
            grep -qxF "$key" <<<"$keys" || echo "$file:$line: there is no key $key"
        done
    done
    sections=$(sed -E 's/\.[^.]*$//' <<<"$keys" | sort -u)
    find . -name '*.md' -not -path './build/*' -not -path './runs/*' -not -name CHANGELOG.md |
        sed 's|^\./||' | sort | xargs -r grep -HnoE \
        '(^|[^A-Za-z0-9_./-])(federation|data|participant|coordinator|sim)\.[a-z_]+(\.[a-z_0-9]+)?' |
        while IFS=: read -r page line key; do
            key=$(sed -E 's/^[^a-z]//' <<<"$key")
            case $key in *.key | *.key.pub | *.yaml | *.sh | *.c | *.h | *.proto | *.md | *.service) continue ;; esac
            grep -qxF "$key" <<<"$keys" || grep -qxF "$key" <<<"$sections" ||
                echo "$page:$line: there is no key $key"
        done
} | verdict
