#!/usr/bin/env bash
# Folders include each other only along the edges of edges.txt. So the coordinator cannot look at a
# face, networks know no pixels, and neither party knows the other.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
# Headers by the path that an include names ("nn/conv.h"), with the folder they lie in.
list | grep '\.h$' | sed -E 's|^((.*/)?([^/]+)/)([^/]+)$|\1 \3/\4|' |
    awk '{ folder = $1; sub(/\/$/, "", folder); print $2, folder }' >"$headers"

list | xargs awk -v headers="$headers" -v edges="$rules/edges.txt" '
    BEGIN {
        while ((getline line < headers) > 0) { split(line, part, " "); at[part[1]] = part[2] }
        while ((getline line < edges) > 0) {
            if (line ~ /^#/ || line == "") continue
            count = split(line, part, " ")
            known[part[1]] = 1
            for (i = 2; i <= count; i++) allowed[part[1], part[i]] = 1
        }
    }
    function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
    # A folder of the table, or the nearest folder above that the table names.
    function row_of(folder) {
        while (!(folder in known) && folder ~ /\//) folder = folder_of(folder)
        return folder in known ? folder : ""
    }
    function may(row, to) {
        for (;;) {
            if ((row, to) in allowed) return 1
            if (to !~ /\//) return 0
            if ((to in known) && !(row in party)) return 0
            to = folder_of(to)
        }
    }
    # The folder of a header, or "?": named with its folder, or beside the source, or of a program.
    function find(name, from,   last, i) {
        if (name ~ /\//) return (name in at) ? at[name] : "?"
        last = from; sub(/.*\//, "", last)
        if ((last "/" name) in at) return from
        for (i = 1; i <= tops; i++) if ((top[i] "/" name) in at) return top[i]
        return "?"
    }
    BEGIN { tops = split("participant coordinator sim audit bench", top, " ") }
    BEGIN { party["sim"] = party["audit"] = party["bench"] = 1 }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        name = $0; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
        from = folder_of(FILENAME); row = row_of(from)
        if (name ~ /\.pb-c\.h$/) next # generated; see doors.txt
        if (name ~ /\.\./) { print FILENAME ":" FNR ": " name ": includes name a folder, not .."; next }
        to = find(name, from)
        if (row == "") print FILENAME ":" FNR ": " from " is not in tests/rules/edges.txt"
        else if (to == "?") print FILENAME ":" FNR ": " name ": no such header in the tree"
        else if (!may(row, to)) print FILENAME ":" FNR ": " from " may not include " name " of " to
    }' | verdict
