// SPDX-License-Identifier: Apache-2.0
/* trial - a recogniser at work on random inputs: what a step costs.
 *
 * Training is recogniser_step() of train/recogniser.h, so that what is measured is what trains:
 * forward, ArcFace with one label an item (s = 64, m = 0.5), backward, SGD (rate 0.05, momentum
 * 0.9, decay 5e-4, no clipping), dropout 0.4. Embedding is net_forward(NET_EVALUATE). Both have 512
 * outputs. One step warms up; the median of the others counts. */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include "base/status.h"
#include "fleet.h"
#include "nn/irse.h"

#include <stdint.h>

enum trial_mode { TRIAL_TRAIN, TRIAL_EMBED };
enum trial_net { TRIAL_IR_SE_18, TRIAL_IR_SE_34, TRIAL_IR_SE_50 };
enum trial_input {
    TRIAL_NATIVE, // 14 x 14 maps, strides 1, 1, 2, 1
    TRIAL_PIXELS, // 112 x 112 pixels, strides 2, 2, 2, 2
};

enum {
    TRIAL_BATCH_MAX = 4096,
    TRIAL_CHANNELS_MAX = 512,
    TRIAL_CLASSES_MAX = 1000000,
    TRIAL_THREADS_MAX = 256
};

#define TRIAL_WIDTH_MIN 0.0625
#define TRIAL_WIDTH_MAX 4.0

struct trial {
    enum trial_mode mode;
    enum trial_net net;
    enum trial_input input;
    int channels; // 0: 35 maps or 3 components
    double width;
    int batch, classes, threads, steps;
    const struct tuning *tuning; // of convolutions; NULL: none
};

struct trial_result {
    double seconds;      // median step
    double flops;        // of a step, as flops.h counts
    uint64_t parameters; // of the backbone that train; not the statistics, not the class head
    uint64_t peak_memory;
    char kernels[32]; // the set in use
};

/* Words of the enumerations, each list ended by NULL. */
extern const char *const trial_nets[], *const trial_inputs[];

/* Native IR-SE-18, batch 64, 1,000 classes, 2 threads, 7 steps. */
void trial_defaults(struct trial *trial);

/* Sets what an option of a command says: n net, i input, c channels, w width, b batch, k classes,
 * t threads, s steps. The failure names the option and what is allowed. */
enum status trial_option(struct trial *trial, int key, const char *text) CHECKED;

/* Channels of the input, given or by default. */
int trial_channels(const struct trial *trial);

/* The network that is meant, strides set. */
void trial_irse(struct irse *irse, const struct trial *trial);

/* Runs a trial (a fleet_job); between warm-up and the first timed step it meets the others of its
 * fleet. `fleet` may be NULL. */
enum status trial_run(void *result, const void *trial, struct fleet *fleet) CHECKED;

double trial_images_per_second(const struct trial *trial, const struct trial_result *result);
double trial_gflops(const struct trial_result *result);

#endif
