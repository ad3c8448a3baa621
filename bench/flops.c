// SPDX-License-Identifier: Apache-2.0
#include "flops.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

double flops_conv(int side, int kernel, int in, int out)
{
    return 2.0 * side * side * kernel * kernel * in * out;
}

/* Output pixels along a side of a convolution of irse.h. sides[0] is that of the stem, sides[s]
 * that of stage s; only the first block's conv1 still works before the stage's stride. */
static int side_of(const char *name, const int sides[5])
{
    int stage = 0, block = 0, rest = 0;
    if (sscanf(name, "backbone.stage%d.%d.%n", &stage, &block, &rest) < 2) return sides[0];
    assert(stage >= 1 && stage <= 4);
    const int before = block == 0 && strcmp(name + rest, "conv1.weight") == 0;
    return sides[before ? stage - 1 : stage];
}

double flops_irse(const struct net *net, const struct irse *irse)
{
    int sides[5] = {irse->input.height};
    double flops = 0;
    for (int stage = 0; stage < 4; stage++) {
        assert(irse->strides[stage] > 0);
        sides[stage + 1] = (sides[stage] - 1) / irse->strides[stage] + 1;
    }
    for (size_t i = 0; i < net_tensors(net); i++) {
        const struct net_tensor *tensor = net_tensor(net, i);
        if (tensor->axes == 4) {
            flops += flops_conv(side_of(tensor->name, sides), (int)tensor->shape[0],
                                (int)tensor->shape[2], (int)tensor->shape[3]);
        } else if (tensor->axes == 2) {
            flops += 2.0 * (double)tensor->count;
        }
    }
    return flops;
}
