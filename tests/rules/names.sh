#!/usr/bin/env bash
# A file stem is found once in the product, so that it can be the prefix of its symbols; C files begin
# with their licence; structures, enumerations and unions stand under their own names, not under a
# typedef; no name of ours ends in _t, which belongs to the C library.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

{
    # Headers and sources each: a stem has one header and one source.
    list | awk -F / '
        { stem = $NF }
        stem !~ /^(main\.c|commands\.h)$/ && stem !~ /^command_/ {
            if (stem in first) print $0 ":1: the stem is already used by " first[stem]
            else first[stem] = $0
        }'
    list tests | xargs awk '
        FNR == 1 && $0 != "// SPDX-License-Identifier: Apache-2.0" {
            print FILENAME ":1: the first line must be // SPDX-License-Identifier: Apache-2.0"
        }
        /^[ \t]*typedef (struct|enum|union)( [a-z_0-9]+)? *(\{|\*?[a-z_0-9]+;)/ {
            print FILENAME ":" FNR ": no typedef of a structure, enumeration or union"
        }
        /^(struct|enum|union) [a-z_0-9]*_t( |;|$)/ || /^[ \t]*typedef .*_t(\)?\(.*\))?;$/ {
            print FILENAME ":" FNR ": names that end in _t belong to the C library"
        }'
} | verdict
