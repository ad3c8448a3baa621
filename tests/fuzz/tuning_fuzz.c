// SPDX-License-Identifier: Apache-2.0
/* A tuning file from anywhere: refused, or each of its convolutions can be built, and stands there
 * once. */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "nn/tuning.h"

#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool within(int number, int least, int most)
{
    return number >= least && number <= most;
}

static void check(const struct tuning *tuning, size_t index)
{
    const struct conv *conv = &tuning->convs[index];
    struct conv_plan plan = {CONV_UNROLLED, 0};
    if (!within(conv->in.height, 1, LIMIT_IMAGE_SIDE) ||
        !within(conv->in.width, 1, LIMIT_IMAGE_SIDE) ||
        !within(conv->in.channels, 1, LIMIT_CHANNELS) ||
        !within(conv->out.channels, 1, LIMIT_CHANNELS) ||
        !within(conv->window.kernel, 1, LIMIT_WINDOW) ||
        !within(conv->window.stride, 1, LIMIT_WINDOW) ||
        !within(conv->window.pad, 0, LIMIT_WINDOW)) {
        abort();
    }
    if (conv->out.height < 1 || conv->out.width < 1) abort();
    if (conv->plan.tiles < 1 || conv->plan.tiles > LIMIT_TILES) abort();
    if (conv->plan.algorithm == CONV_WINOGRAD &&
        (conv->window.kernel != 3 || conv->window.stride != 1 || conv->window.pad != 1)) {
        abort();
    }
    if (!tuning_find(&plan, tuning, conv) || plan.algorithm != conv->plan.algorithm ||
        plan.tiles != conv->plan.tiles) {
        abort();
    }
    for (size_t i = 0; i < index; i++) {
        if (tuning_same(&tuning->convs[i], conv)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct memory_file source = memory_file_make(bytes, size);
    struct tuning tuning;
    const enum status status = tuning_read(&tuning, source.path);
    if (tuning.count > LIMIT_TUNING || (status != STATUS_OK && tuning.convs != NULL)) abort();
    for (size_t i = 0; i < tuning.count; i++) {
        check(&tuning, i);
    }
    tuning_destroy(&tuning);
    memory_file_destroy(&source);
    return 0;
}
