// SPDX-License-Identifier: Apache-2.0
/* vector_file - what tests read files of vectors with: bytes, and case after case. */
#ifndef REFERENCE_VECTOR_FILE_H
#define REFERENCE_VECTOR_FILE_H

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The next `size` bytes, two hexadecimal digits each. */
static inline void vector_file_bytes(FILE *file, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned value = 0;
        assert_int_equal(fscanf(file, i == 0 ? " %2x" : "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
}

/* The next `count` lines after the one that is being read, as one text of at most `size` bytes. */
static inline void vector_file_lines(FILE *file, char *text, size_t size, size_t count)
{
    size_t length = 0;
    assert_int_equal(fgetc(file), '\n');
    for (size_t i = 0; i < count; i++) {
        assert_non_null(fgets(text + length, (int)(size - length), file));
        length += strlen(text + length);
        assert_int_equal(text[length - 1], '\n');
    }
}

/* Opens tests/vectors/NAME, lets `begin` read what is before the cases (NULL: nothing), `each` one
 * case after the other, and sees that there are exactly so many. */
static inline void vector_file_each(const char *name, void (*begin)(FILE *), void (*each)(FILE *),
                                    int cases)
{
    char path[512], rest;
    assert_in_range(snprintf(path, sizeof path, TEST_SOURCE_DIR "/vectors/%s", name), 1,
                    sizeof path - 1);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    if (begin != NULL) begin(file);
    for (int i = 0; i < cases; i++) {
        each(file);
    }
    assert_int_equal(fscanf(file, " %c", &rest), EOF);
    fclose(file);
}

#endif
