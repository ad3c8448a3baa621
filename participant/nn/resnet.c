// SPDX-License-Identifier: Apache-2.0
#include "nn/resnet.h"

#include <stdio.h>

static int scaled(int channels, double width)
{
    const int result = (int)((double)channels * width);
    return result > 0 ? result : 1;
}

static const char *part_name(char name[LIMIT_NAME], int stage, int block, const char *part)
{
    snprintf(name, LIMIT_NAME, "layer%d.%d.%s", stage + 1, block, part);
    return name;
}

static int add_block(struct net *net, int from, int stage, int block, int filters, int stride)
{
    char name[LIMIT_NAME];
    int shortcut = from;
    if (stride != 1 || net_shape_of(net, from).channels != filters) {
        shortcut = net_conv(net, from, part_name(name, stage, block, "shortcut.conv"),
                            (struct net_window){1, stride, 0}, filters);
        shortcut = net_norm(net, shortcut, part_name(name, stage, block, "shortcut.norm"), true);
    }
    int x = net_conv(net, from, part_name(name, stage, block, "conv1"),
                     (struct net_window){3, stride, 1}, filters);
    x = net_norm(net, x, part_name(name, stage, block, "norm1"), true);
    x = net_relu(net, x);
    x = net_conv(net, x, part_name(name, stage, block, "conv2"), (struct net_window){3, 1, 1},
                 filters);
    x = net_norm(net, x, part_name(name, stage, block, "norm2"), true);
    return net_relu(net, net_add(net, x, shortcut));
}

enum status resnet_create(struct net **net, const struct resnet *resnet, size_t batch_max)
{
    static const int widths[4] = {64, 128, 256, 512};
    const enum status status = net_create(net, resnet->input, batch_max, "policy.");
    if (status != STATUS_OK) return status;
    net_set_tuning(*net, resnet->tuning);
    const bool large = resnet->input.height >= 56;
    int x = net_conv(*net, 0, "stem.conv",
                     large ? (struct net_window){7, 2, 3} : (struct net_window){3, 1, 1},
                     scaled(widths[0], resnet->width));
    x = net_norm(*net, x, "stem.norm", true);
    x = net_relu(*net, x);
    if (large) x = net_max_pool(*net, x, (struct net_window){3, 2, 1});
    for (int stage = 0; stage < 4; stage++) {
        for (int block = 0; block < 2; block++) {
            x = add_block(*net, x, stage, block, scaled(widths[stage], resnet->width),
                          stage > 0 && block == 0 ? 2 : 1);
        }
    }
    x = net_batch_mean(*net, net_average(*net, x));
    net_start_at_zero(*net, net_linear(*net, x, "out", resnet->outputs, true));
    const enum status finished = net_finish(*net);
    if (finished != STATUS_OK) net_destroy(net);
    return finished;
}
