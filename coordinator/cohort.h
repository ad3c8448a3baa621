// SPDX-License-Identifier: Apache-2.0
/* cohort - who is chosen for a round, drawn from the seed, so that a run can be repeated. */
#ifndef COORDINATOR_COHORT_H
#define COORDINATOR_COHORT_H

#include <stddef.h>
#include <stdint.h>

/* What names a draw: another attempt at a round chooses anew. */
struct cohort_draw {
    uint64_t seed;
    uint32_t round, attempt;
};

/* Chooses `size` of `count` participants uniformly (0, or more than there are: all of them).
 * `members` holds the candidates and gets the chosen ones first, in rising order; returns how
 * many. The draw depends on the candidates and on `draw`, not on their order. */
size_t cohort_choose(uint32_t *members, size_t count, size_t size, const struct cohort_draw *draw);

#endif
