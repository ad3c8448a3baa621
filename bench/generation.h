// SPDX-License-Identifier: Apache-2.0
/* generation - the audit's generators at work on random data: what a step of training costs.
 *
 * `unet` is a step by L1 alone, `cgan` one against the critic of patches (attacks/adversarial.h),
 * both of 112 x 112 faces from masked maps; `gmi` is five steps of the critic and one of the
 * generator (attacks/wasserstein.h), of 64 x 64 faces from noise. One step warms up; the median of
 * the others counts. */
#ifndef BENCH_GENERATION_H
#define BENCH_GENERATION_H

#include "trial.h"

enum generation_kind { GENERATION_UNET, GENERATION_CGAN, GENERATION_GMI };

enum { GENERATION_WIDTH_MAX = 256 };

struct generation {
    enum generation_kind kind;
    enum trial_input input; // of unet and cgan: 14 x 14 maps or 112 x 112
    int channels;           // of the maps
    int colours;            // of the faces: 1 or 3
    int width;              // channels of the networks' widest maps
    int batch, threads, steps;
};

struct generation_result {
    double seconds;      // median step, by the clock
    double processor;    // and computed by all threads, which neighbours on the machine change less
    uint64_t parameters; // of both networks that train; not the statistics
    uint64_t peak_memory;
};

extern const char *const generation_kinds[]; // words, ended by NULL

/* cgan, native maps of 35 channels, grey, width 32, batch 16, 2 threads, 7 steps. */
void generation_defaults(struct generation *generation);

/* Sets what an option of a command says: k kind, i input, c channels, C colours, w width, b batch,
 * t threads, s steps. */
enum status generation_option(struct generation *generation, int key, const char *text) CHECKED;

enum status generation_run(struct generation_result *result,
                           const struct generation *generation) CHECKED;

#endif
