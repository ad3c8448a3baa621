// SPDX-License-Identifier: Apache-2.0
#include "attacks/dcgan.h"

#include <stdio.h>

enum { SIDE = 4, STAGES_MAX = 5 };

static const struct net_window window = {5, 2, 2};

/* Halvings from a face to SIDE x SIDE; 0: there is no such number. */
static int stages_of(const struct dcgan *dcgan)
{
    for (int stages = 1; stages <= STAGES_MAX; stages++) {
        if (dcgan->side == SIDE << stages) return stages;
    }
    return 0;
}

static enum status start(struct net **net, const struct dcgan *dcgan, struct net_shape input,
                         size_t batch_max, const char *prefix)
{
    if (stages_of(dcgan) > 0) return net_create(net, input, batch_max, prefix);
    return status_fail(STATUS_BAD_INPUT,
                       "no generator of faces of %d x %d, allowed: 8 to %d, each "
                       "twice the one before",
                       dcgan->side, dcgan->side, SIDE << STAGES_MAX);
}

static enum status finish(struct net **net)
{
    net_start_small(*net);
    const enum status status = net_finish(*net);
    if (status != STATUS_OK) net_destroy(net);
    return status;
}

enum status dcgan_generator(struct net **net, const struct dcgan *dcgan, size_t batch_max)
{
    const enum status status =
        start(net, dcgan, (struct net_shape){1, 1, dcgan->noise}, batch_max, "generator.");
    if (status != STATUS_OK) return status;
    const int stages = stages_of(dcgan), most = dcgan->width << (stages - 1);
    int x = net_linear(*net, 0, "linear", SIDE * SIDE * most, false);
    x = net_relu(*net, net_norm(*net, x, "linear.norm", true));
    x = net_reshape(*net, x, (struct net_shape){SIDE, SIDE, most});
    for (int stage = 1; stage < stages; stage++) {
        char name[32], norm[32];
        snprintf(name, sizeof name, "up%d", stage);
        snprintf(norm, sizeof norm, "up%d.norm", stage);
        x = net_transposed(*net, x, name, window, 1, most >> stage);
        x = net_relu(*net, net_norm(*net, x, norm, true));
    }
    x = net_transposed(*net, x, "out", window, 1, dcgan->channels);
    net_sigmoid(*net, net_bias(*net, x, "out"));
    return finish(net);
}

enum status dcgan_critic(struct net **net, const struct dcgan *dcgan, size_t batch_max)
{
    const struct net_shape face = {dcgan->side, dcgan->side, dcgan->channels};
    const enum status status = start(net, dcgan, face, batch_max, "critic.");
    if (status != STATUS_OK) return status;
    const int stages = stages_of(dcgan);
    net_keep_bends(*net);
    int x = net_conv(*net, 0, "conv1", window, dcgan->width);
    x = net_leaky_relu(*net, net_bias(*net, x, "conv1"), 0.2);
    for (int stage = 2; stage <= stages; stage++) {
        char name[32], norm[32];
        snprintf(name, sizeof name, "conv%d", stage);
        snprintf(norm, sizeof norm, "conv%d.norm", stage);
        x = net_conv(*net, x, name, window, dcgan->width << (stage - 1));
        x = net_leaky_relu(*net, net_instance_norm(*net, x, norm, true), 0.2);
    }
    net_bias(*net, net_conv(*net, x, "out", (struct net_window){SIDE, 1, 0}, 1), "out");
    return finish(net);
}
