// SPDX-License-Identifier: Apache-2.0
/* fleet - measurements in processes of their own, one or several at the same time.
 *
 * A job runs in a child, so that its peak memory is its own, its threads are fresh, and its death
 * (the kernel's way to say that memory is short) is told like any other failure. The parent must
 * not have run an OpenMP loop: its threads would be missing in the child. */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "base/status.h"

#include <stddef.h>

enum { FLEET_MAX = 64 };

struct fleet; // what the processes share

/* What a child does: fills its result. Its sentence, should it fail, reaches the parent. */
typedef enum status fleet_job(void *result, const void *task, struct fleet *fleet);

/* Runs the job in so many processes and waits for them; results[i], of `size` bytes each, is that
 * of process i. The first failure is returned. */
enum status fleet_run(void *results, size_t size, int processes, fleet_job *job,
                      const void *task) CHECKED;

/* In a job: returns when all processes are here. STATUS_STOPPED when another has failed; at once
 * when `fleet` is NULL. */
enum status fleet_meet(struct fleet *fleet) CHECKED;

#endif
