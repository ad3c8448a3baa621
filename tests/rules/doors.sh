#!/usr/bin/env bash
# A foreign library has one door, see doors.txt; parallel loops stay where doors.txt lets omp.h in.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

list tests | xargs awk -v doors="$rules/doors.txt" '
    BEGIN {
        while ((getline line < doors) > 0) {
            if (line ~ /^#/ || line == "") continue
            count++
            split(line, part, /[ \t]+/)
            header[count] = part[1]; files[count] = part[2]
        }
        system_count = split("arpa/inet assert complex ctype dirent endian errno fcntl float " \
            "getopt inttypes limits locale math netinet/in netinet/tcp poll pthread sched setjmp " \
            "signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib string " \
            "strings time unistd wait fenv fnmatch ftw glob " \
            "libgen malloc pty pwd semaphore termios ucontext utime wchar", name, " ")
        for (i = 1; i <= system_count; i++) own[name[i] ".h"] = 1
    }
    function check(what,   i) {
        for (i = 1; i <= count; i++) if (what ~ header[i]) {
            if (FILENAME !~ files[i])
                print FILENAME ":" FNR ": " what " may only be included by " files[i]
            return 1
        }
        return 0
    }
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        angle = /</
        what = $0; sub(/^[^<"]*[<"]/, "", what); sub(/[>"].*/, "", what)
        if (!check(what) && angle && !(what in own) && what !~ /^(sys|linux)\//)
            print FILENAME ":" FNR ": <" what "> is no header of C or POSIX and has no door"
    }
    /^[ \t]*#[ \t]*pragma[ \t]+omp/ && FILENAME !~ /^tests\// { check("omp.h") }' | verdict
