// SPDX-License-Identifier: Apache-2.0
#include "attacks/unet.h"

#include <stdio.h>

enum { LEVELS = 4, TRUNK = 3, SCALE = 8 };

static const struct net_window same = {3, 1, 1}, half = {4, 2, 1};

static int down(struct net *net, int from, const char *part, int level, struct net_window window,
                int filters)
{
    char name[32], norm[32];
    snprintf(name, sizeof name, "%s%d", part, level);
    snprintf(norm, sizeof norm, "%s%d.norm", part, level);
    const int x = net_conv(net, from, name, window, filters);
    return net_leaky_relu(net, net_norm(net, x, norm, true), 0.2);
}

static int up(struct net *net, int from, int level, int filters, double dropout)
{
    char name[32], norm[32];
    snprintf(name, sizeof name, "up%d", level);
    snprintf(norm, sizeof norm, "up%d.norm", level);
    int x = net_transposed(net, from, name, half, 0, filters);
    x = net_relu(net, net_norm(net, x, norm, true));
    return dropout > 0 ? net_dropout(net, x, dropout) : x;
}

static void add_out(struct net *net, int from, int channels)
{
    net_tanh(net, net_bias(net, net_conv(net, from, "out", same, channels), "out"));
}

static void build_whole(struct net *net, const struct unet *unet)
{
    const int w = unet->width, widths[LEVELS + 1] = {w, 2 * w, 4 * w, 8 * w, 8 * w};
    int skips[LEVELS + 1];
    skips[0] = net_leaky_relu(net, net_bias(net, net_conv(net, 0, "in", same, w), "in"), 0.2);
    for (int level = 1; level <= LEVELS; level++) {
        skips[level] = down(net, skips[level - 1], "down", level, half, widths[level]);
    }
    int x = skips[LEVELS];
    for (int level = LEVELS - 1; level >= 0; level--) {
        x = up(net, x, level, widths[level], level >= LEVELS - 2 ? unet->dropout : 0);
        x = net_concat(net, x, skips[level]);
    }
    add_out(net, x, unet->face.channels);
}

static void build_native(struct net *net, const struct unet *unet)
{
    const int w = unet->width;
    int x = 0;
    for (int i = 1; i <= TRUNK; i++) {
        x = down(net, x, "trunk", i, same, 8 * w);
    }
    x = up(net, x, 2, 4 * w, unet->dropout);
    x = up(net, x, 1, 2 * w, unet->dropout);
    add_out(net, up(net, x, 0, w, 0), unet->face.channels);
}

enum status unet_create(struct net **net, const struct unet *unet, size_t batch_max)
{
    const struct net_shape in = unet->input, face = unet->face;
    const bool whole = in.height == face.height && in.width == face.width &&
                       in.height % (1 << LEVELS) == 0 && in.width % (1 << LEVELS) == 0;
    const bool native = face.height / SCALE == in.height && face.height % SCALE == 0 &&
                        face.width / SCALE == in.width && face.width % SCALE == 0;
    if (!whole && !native) {
        return status_fail(STATUS_BAD_INPUT,
                           "no generator from maps of %d x %d to faces of %d x %d, allowed: maps "
                           "of the same size, a multiple of %d, or of an eighth of it",
                           in.height, in.width, face.height, face.width, 1 << LEVELS);
    }
    enum status status = net_create(net, in, batch_max, "generator.");
    if (status != STATUS_OK) return status;
    (whole ? build_whole : build_native)(*net, unet);
    net_start_small(*net);
    status = net_finish(*net);
    if (status != STATUS_OK) net_destroy(net);
    return status;
}
