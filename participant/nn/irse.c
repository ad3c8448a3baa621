// SPDX-License-Identifier: Apache-2.0
#include "nn/irse.h"
#include "nn/plain_block.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const int stage_widths[4] = {64, 128, 256, 512};

static int scaled(int channels, double width)
{
    const int result = (int)((double)channels * width);
    return result > 0 ? result : 1;
}

void irse_strides(int strides[4], int side)
{
    static const int fitted[3][4] = {{2, 2, 2, 2}, {1, 2, 2, 2}, {1, 1, 2, 1}};
    memcpy(strides, fitted[side >= 56 ? 0 : side >= 28 ? 1 : 2], sizeof fitted[0]);
}

static int add_norm(struct net *net, int from, const char *name, bool group)
{
    return group ? net_group_norm(net, from, name) : net_norm(net, from, name, true);
}

static int add_block(struct net *net, int from, const char *name, int filters, int stride,
                     bool group)
{
    return group ? plain_block(net, from, name, filters, stride, true)
                 : net_block(net, from, name, filters, stride);
}

enum status irse_create(struct net **net, const struct irse *irse, size_t batch_max)
{
    static const int plans[3][4] = {{2, 2, 2, 2}, {3, 4, 6, 3}, {3, 4, 14, 3}};
    assert(irse->depth == 18 || irse->depth == 34 || irse->depth == 50);
    const int *blocks = plans[irse->depth == 18 ? 0 : irse->depth == 34 ? 1 : 2];
    int strides[4];
    memcpy(strides, irse->strides, sizeof strides);
    if (strides[0] == 0) irse_strides(strides, irse->input.height);
    const enum status status = net_create(net, irse->input, batch_max, "backbone.");
    if (status != STATUS_OK) return status;
    net_set_tuning(*net, irse->tuning);
    int x = net_conv(*net, 0, "stem.conv", (struct net_window){3, 1, 1},
                     scaled(stage_widths[0], irse->width));
    x = add_norm(*net, x, "stem.norm", irse->group);
    x = net_prelu(*net, x, "stem.prelu");
    for (int stage = 0; stage < 4; stage++) {
        for (int block = 0; block < blocks[stage]; block++) {
            char name[LIMIT_NAME];
            snprintf(name, sizeof name, "stage%d.%d", stage + 1, block);
            x = add_block(*net, x, name, scaled(stage_widths[stage], irse->width),
                          block == 0 ? strides[stage] : 1, irse->group);
        }
    }
    x = add_norm(*net, x, "out.norm", irse->group);
    x = net_dropout(*net, x, irse->dropout);
    x = net_linear(*net, x, "out.linear", irse->embedding, true);
    if (!irse->group) net_norm(*net, x, "out.embedding", false);
    if (irse->evaluate_only) net_evaluate_only(*net);
    const enum status finished = net_finish(*net);
    if (finished != STATUS_OK) net_destroy(net);
    return finished;
}
