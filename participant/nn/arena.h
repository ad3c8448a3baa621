// SPDX-License-Identifier: Apache-2.0
/* arena - one block of memory for many numbers, allocated once.
 *
 * It begins on a cache line and, where it is large, on a large page, which the system is asked for:
 * panels lie so far apart that small pages would cost a look-up for each. */
#ifndef NN_ARENA_H
#define NN_ARENA_H

#include <stddef.h>

/* `count` numbers of any value, or NULL. Give them back with free(). */
float *arena_create(size_t count);

/* Gives `count` numbers of a block whose free rest is at *next, on a cache line, and adds them to
 * *total. Where *next is NULL it only counts, and gives NULL: one list of places tells both how
 * large a block must be and where its parts lie. */
float *arena_take(float **next, size_t *total, size_t count);

#endif
