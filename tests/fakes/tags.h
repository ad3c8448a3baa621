// SPDX-License-Identifier: Apache-2.0
/* tags - a small reader of HTML and SVG for tests: do all elements close in order, are all texts
 * free of tags. Knows what our own pages use, no more. */
#ifndef FAKES_TAGS_H
#define FAKES_TAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes what is wrong into `fault`, or an empty text; true when nothing is. */
bool tags_check(char *fault, size_t fault_size, const char *text);

/* How often a part occurs in a text. */
size_t tags_count(const char *text, const char *part);

#endif
