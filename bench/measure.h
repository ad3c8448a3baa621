// SPDX-License-Identifier: Apache-2.0
/* measure - times of the same work, again and again, and their median.
 *
 * A machine is never quiet: a mean is moved by one interruption, a minimum is what nobody sees in
 * use. The median of an even number is the upper of the two in the middle. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

enum { MEASURE_MAX = 1000 };

struct measure {
    int count;
    double seconds[MEASURE_MAX];
};

/* At most MEASURE_MAX times. */
void measure_add(struct measure *measure, double seconds);

/* One call: its seconds on the clock, and those that were computed by all threads, which neighbours
 * on the machine change less. */
void measure_call(struct measure *wall, struct measure *processor, void (*work)(void *context),
                  void *context);

/* Of at least one time. */
double measure_median(const struct measure *measure);

/* The median of `steps` calls, after one that warms up and does not count. */
double measure_calls(void (*work)(void *context), void *context, int steps);

#endif
