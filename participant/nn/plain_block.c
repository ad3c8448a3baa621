// SPDX-License-Identifier: Apache-2.0
#include "nn/plain_block.h"

#include <stdio.h>

/* Names of parts, good until the next call of this one. */
static const char *part_of(const char *name, const char *part)
{
    static char text[LIMIT_NAME];
    snprintf(text, sizeof text, "%s.%s", name, part);
    return text;
}

static int add_norm(struct net *net, int from, const char *name, const char *part, bool group)
{
    return group ? net_group_norm(net, from, part_of(name, part))
                 : net_norm(net, from, part_of(name, part), true);
}

static int add_shortcut(struct net *net, int from, const char *name, int filters, int stride,
                        bool group)
{
    if (net_shape_of(net, from).channels != filters) {
        const struct net_window window = {1, stride, 0};
        const int s = net_conv(net, from, part_of(name, "shortcut.conv"), window, filters);
        return add_norm(net, s, name, "shortcut.norm", group);
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

int plain_block(struct net *net, int from, const char *name, int filters, int stride, bool group)
{
    const int shortcut = add_shortcut(net, from, name, filters, stride, group);
    int x = add_norm(net, from, name, "norm1", group);
    x = net_conv(net, x, part_of(name, "conv1"), (struct net_window){3, 1, 1}, filters);
    x = add_norm(net, x, name, "norm2", group);
    x = net_prelu(net, x, part_of(name, "prelu"));
    x = net_conv(net, x, part_of(name, "conv2"), (struct net_window){3, stride, 1}, filters);
    x = add_norm(net, x, name, "norm3", group);
    return net_add(net, add_gate(net, x, name, filters), shortcut);
}
