// SPDX-License-Identifier: Apache-2.0
/* parallel - rows in fixed pieces: the split depends on the size of the work, never on the number
 * of threads, so that every sum is taken in the same order. */
#ifndef NN_PARALLEL_H
#define NN_PARALLEL_H

#include <stddef.h>

enum { PARALLEL_PIECES_MAX = 32 };

/* Pieces for `rows` rows of `channels` numbers: about 16 Ki numbers each, at most
 * PARALLEL_PIECES_MAX. */
static inline size_t parallel_pieces(size_t rows, size_t channels)
{
    size_t pieces = rows * channels / 16384;
    if (pieces > PARALLEL_PIECES_MAX) pieces = PARALLEL_PIECES_MAX;
    if (pieces > rows) pieces = rows;
    return pieces > 0 ? pieces : 1;
}

/* First row of piece `piece` of `pieces`; that of `pieces` itself is `rows`. */
static inline size_t parallel_first(size_t rows, size_t piece, size_t pieces)
{
    return rows * piece / pieces;
}

#endif
