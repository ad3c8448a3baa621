// SPDX-License-Identifier: Apache-2.0
#include "train/npy.h"

#include "base/files.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are written as they lie");

enum { HEAD = 128, FIXED = 10 }; // bytes before the numbers, of them before the text

enum status npy_write(const char *path, const float *values, size_t rows, size_t columns)
{
    // The text ends with a newline and is filled up with blanks, so that numbers are aligned.
    char head[HEAD + 1];
    static const char fixed[FIXED] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, HEAD - FIXED, 0};
    memset(head, ' ', sizeof head);
    memcpy(head, fixed, FIXED);
    const int length =
        snprintf(head + FIXED, HEAD - FIXED,
                 "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, columns);
    head[FIXED + length] = ' ';
    head[HEAD - 1] = '\n';
    const struct files_part parts[2] = {{head, HEAD}, {values, rows * columns * sizeof *values}};
    return files_write_parts(path, parts, 2);
}
