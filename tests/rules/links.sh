#!/usr/bin/env bash
# Every file that a page of the documentation links to is there.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

find . -name '*.md' -not -path './build/*' -not -path './runs/*' | sort | sed 's|^\./||' |
    while read -r page; do
        { grep -noE '\]\([^)]+\)' "$page" || true; } | while IFS= read -r hit; do
            line=${hit%%:*}
            target=${hit#*](}
            target=${target%)}
            case $target in http://* | https://* | mailto:* | '#'*) continue ;; esac
            if [[ ! -e $(dirname "$page")/${target%%#*} ]]; then
                echo "$page:$line: $target is not there"
            fi
        done
    done | verdict
