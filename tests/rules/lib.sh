# What every rule needs. A rule is a script `tests/rules/<name>.sh ROOT [BUILD]` that prints a line
# "file:line: what is wrong" for each violation and exits 1 when there was one, 77 when it cannot be
# checked here. ROOT is the tree to look at, so that self_test.sh can give a tree with a violation.
set -euo pipefail
export LC_ALL=C
rules=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "${1:?usage: $0 ROOT [BUILD]}" && pwd)
build=${2:-}
cd "$root"

parties=(shared participant coordinator sim audit bench fedveil)

# Files of the product, or of all C in the tree, one a line.
list() {
    local folders=() folder
    for folder in "${parties[@]}" "$@"; do
        if [[ -d $folder ]]; then folders+=("$folder"); fi
    done
    find "${folders[@]}" -type f -name '*.[ch]' | sort
}

# Ends the rule: what came in on standard input are its violations.
verdict() {
    local found
    found=$(cat)
    if [[ -n $found ]]; then
        printf '%s\n' "$found"
        printf '%s: %d violation(s)\n' "$(basename "$0" .sh)" "$(wc -l <<<"$found")"
        exit 1
    fi
}
