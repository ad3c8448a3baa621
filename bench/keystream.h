// SPDX-License-Identifier: Apache-2.0
/* keystream - what it costs a participant to blind its update, beside what ChaCha20 alone would.
 *
 * Blinding (secure/blinding.h) adds keystreams to an update: its own and one for each neighbour.
 * The same number of bytes of keystream is also made and thrown away, in turns with it, so that a
 * machine that slows down slows both. */
#ifndef BENCH_KEYSTREAM_H
#define BENCH_KEYSTREAM_H

#include "base/status.h"

#include <stddef.h>

enum { KEYSTREAM_WORDS_MAX = 1 << 28, KEYSTREAM_NEIGHBOURS_MAX = 4095 };

struct keystream_task {
    size_t words;      // of the update
    size_t neighbours; // of whom each has a seed in common with the participant
    int bits;          // of a word: 16, 24 or 32
    int threads;
    int steps; // turns that are timed, after one that is not
};

/* Medians, in seconds on the clock and of processors. */
struct keystream_result {
    double bytes; // of keystream in one turn
    double wall, processor;
    double bare_wall, bare_processor; // of ChaCha20 alone
    double share;                     // bare_processor / processor of one turn, the median of all
};

/* Fails with STATUS_NO_MEMORY only. */
enum status keystream_measure(struct keystream_result *result,
                              const struct keystream_task *task) CHECKED;

#endif
