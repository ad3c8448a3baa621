#!/usr/bin/env bash
# The project speaks only of itself: no path of a machine that it was written on, no file outside the
# checkout. (The folder shared/ is ours; ../shared would be beside the checkout.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

find . -type f -not -path './.git' -not -path './.git/*' -not -path './build/*' -not -path './runs/*' \
    -not -path './tests/rules/*' -not -name '*.bin' -print0 | sort -z |
    { xargs -0 grep -InE '(^|[^A-Za-z0-9_./-])(/work/|/home/[a-z]|\.\./\.\./shared|\.\./shared/(data|reference|peers|design))' || true; } |
    sed 's|^\./||; s|$|  <- a path outside the project|' | verdict
