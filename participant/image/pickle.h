// SPDX-License-Identifier: Apache-2.0
/* pickle - the data in a file that Python's pickle wrote, never executed.
 *
 * A pickle is a program for a stack machine that may call anything. This machine knows only the
 * instructions that numbers, texts, bytes, lists and tuples need (protocols 2 to 5), and of all
 * callables only those by which numpy restores an array or number of uint8 or bool; these it does
 * not call either. Everything else is STATUS_BAD_INPUT with the byte where it stands.
 *
 * Bytes are not copied: a value says where they are in the file, which must outlive it. A value
 * may stand in several places of the data, as Python's may. */
#ifndef IMAGE_PICKLE_H
#define IMAGE_PICKLE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,  // number: 0 or 1
    PICKLE_INT,   // number
    PICKLE_FLOAT, // its value is forgotten: nobody needs it
    PICKLE_BYTES, // `count` bytes of the file from `first`; Python 2's str as well
    PICKLE_TEXT,  // the same, as UTF-8
    PICKLE_LIST,  // `count` items from `first`
    PICKLE_TUPLE, // the same
    PICKLE_ARRAY, // numpy's array of one column: `count` elements of a byte from `first`
    PICKLE_NAME,  // of a callable; number: which one
    PICKLE_TYPE   // numpy's type of elements
};

enum pickle_element { PICKLE_UINT8, PICKLE_BOOL8 };

struct pickle_value {
    enum pickle_kind kind;
    enum pickle_element element; // of ARRAY and TYPE
    uint32_t room;               // of LIST: items that fit before it must move
    uint64_t at;                 // instruction that made it, as a byte of the file
    int64_t number;
    size_t first, count;
};

struct pickle {
    struct pickle_value *values;
    size_t count;
    uint32_t *items; // of lists and tuples: indices of values
    size_t item_count;
    uint32_t root; // the value that the file stands for
};

/* Understands a file held in memory; `name` is for messages. */
enum status pickle_parse(struct pickle *pickle, const uint8_t *bytes, size_t size,
                         const char *name) CHECKED;

/* May be called twice. */
void pickle_destroy(struct pickle *pickle);

/* Item of a list or tuple; index below its count. */
const struct pickle_value *pickle_item(const struct pickle *pickle, const struct pickle_value *of,
                                       size_t index);

#endif
