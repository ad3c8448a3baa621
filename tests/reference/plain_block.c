// SPDX-License-Identifier: Apache-2.0
#include "reference/plain_block.h"

#include <stdio.h>

/* Names of parts, good until the next call of this one. */
static const char *part_of(const char *name, const char *part)
{
    static char text[LIMIT_NAME];
    snprintf(text, sizeof text, "%s.%s", name, part);
    return text;
}

static int add_shortcut(struct net *net, int from, const char *name, int filters, int stride)
{
    if (net_shape_of(net, from).channels != filters) {
        const struct net_window window = {1, stride, 0};
        const int s = net_conv(net, from, part_of(name, "shortcut.conv"), window, filters);
        return net_norm(net, s, part_of(name, "shortcut.norm"), true);
    }
    return stride > 1 ? net_subsample(net, from, stride) : from;
}

static int add_gate(struct net *net, int x, const char *name, int filters)
{
    const int squeezed = filters / 16 > 0 ? filters / 16 : 1;
    int gate = net_linear(net, net_average(net, x), part_of(name, "se.down"), squeezed, false);
    gate = net_linear(net, net_relu(net, gate), part_of(name, "se.up"), filters, false);
    return net_gate(net, x, net_sigmoid(net, gate));
}

int plain_block(struct net *net, int from, const char *name, int filters, int stride)
{
    const int shortcut = add_shortcut(net, from, name, filters, stride);
    int x = net_norm(net, from, part_of(name, "norm1"), true);
    x = net_conv(net, x, part_of(name, "conv1"), (struct net_window){3, 1, 1}, filters);
    x = net_norm(net, x, part_of(name, "norm2"), true);
    x = net_prelu(net, x, part_of(name, "prelu"));
    x = net_conv(net, x, part_of(name, "conv2"), (struct net_window){3, stride, 1}, filters);
    x = net_norm(net, x, part_of(name, "norm3"), true);
    return net_add(net, add_gate(net, x, name, filters), shortcut);
}
