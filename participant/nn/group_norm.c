// SPDX-License-Identifier: Apache-2.0
#include "nn/group_norm.h"
#include "nn/net_layer.h"
#include "nn/norm.h"

#include <math.h>
#include <string.h>

enum { GROUP = 16 }; // channels

/* What is kept of an item, a number for each channel: those of a group are equal in the first two.
 * dx = scale dy + q x + r. */
struct kept {
    float *mean, *inverse, *scale, *shift; // of the forward pass
    float *sum, *product, *q, *r;          // of the backward pass
};

size_t group_norm_groups(size_t channels)
{
    return (channels + GROUP - 1) / GROUP;
}

static size_t first_of(size_t channels, size_t group, size_t groups)
{
    return channels * group / groups;
}

size_t group_norm_first(size_t channels, size_t group)
{
    return first_of(channels, group, group_norm_groups(channels));
}

size_t group_norm_state(size_t channels)
{
    return sizeof(struct kept) / sizeof(float *) * channels;
}

/* Groups of a layer's channels: an instance norm has one for each (Ulyanov et al. 2016). */
static size_t groups_of(const struct node *node)
{
    const size_t channels = (size_t)node->shape.channels;
    return node->layer == &group_norm_instance_layer ? channels : group_norm_groups(channels);
}

static struct kept kept_of(const struct node *node, size_t item)
{
    const size_t channels = (size_t)node->shape.channels;
    float *next = node->state + item * group_norm_state(channels);
    struct kept kept;
    float **const places[] = {&kept.mean, &kept.inverse, &kept.scale, &kept.shift,
                              &kept.sum,  &kept.product, &kept.q,     &kept.r};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++, next += channels) {
        *places[i] = next;
    }
    return kept;
}

/* Each channel of a group gets the mean, over the group's numbers, of its channels' sums. */
static void spread(float *mean, const float *sums, size_t rows, size_t channels, size_t groups)
{
    for (size_t group = 0; group < groups; group++) {
        const size_t first = first_of(channels, group, groups);
        const size_t end = first_of(channels, group + 1, groups);
        double total = 0;
        for (size_t c = first; c < end; c++) {
            total += (double)sums[c];
        }
        for (size_t c = first; c < end; c++) {
            mean[c] = (float)(total / (double)(rows * (end - first)));
        }
    }
}

static const float *weight_of(struct net *net, const struct node *node)
{
    return node->tensor_count > 0 ? node_weights(net, node, 0) : NULL;
}

static float at(const float *values, size_t c, float otherwise)
{
    return values == NULL ? otherwise : values[c];
}

static void forward(struct net *net, struct node *node)
{
    const size_t channels = (size_t)node->shape.channels, size = node_size(node);
    const size_t items = node_items(net, node), rows = size / channels;
    const size_t groups = groups_of(node);
    const float *weight = weight_of(net, node);
    const float *bias = weight == NULL ? NULL : node_weights(net, node, 1);
    const float *input = node_input(net, node, 0)->y;
#pragma omp parallel for schedule(static) if (items > 1)
    for (size_t item = 0; item < items; item++) {
        const struct kept kept = kept_of(node, item);
        const float *x = input + item * size;
        memset(kept.sum, 0, 2 * channels * sizeof *kept.sum);
        net->kernels->column_sums(kept.sum, x, rows, channels);
        spread(kept.mean, kept.sum, rows, channels, groups);
        net->kernels->column_squares(kept.product, x, kept.mean, rows, channels);
        spread(kept.inverse, kept.product, rows, channels, groups); // the variance
        for (size_t c = 0; c < channels; c++) {
            kept.inverse[c] = (float)(1.0 / sqrt((double)kept.inverse[c] + NORM_EPSILON));
            kept.scale[c] = kept.inverse[c] * at(weight, c, 1);
            kept.shift[c] = at(bias, c, 0) - kept.mean[c] * kept.scale[c];
        }
        net->kernels->affine(node->y + item * size, x, kept.scale, kept.shift, rows, channels);
    }
}

/* With n(x) = (x - mean) inverse and means over the numbers of a group,
 * dx = inverse (w dy - mean(w dy) - n(x) mean(w dy n(x))). */
static void set_gradient(const struct kept *kept, const float *weight, size_t rows, size_t channels,
                         size_t groups)
{
    float *along = kept->q, *total = kept->r;
    for (size_t c = 0; c < channels; c++) {
        along[c] = at(weight, c, 1) * kept->product[c] * kept->inverse[c];
        total[c] = at(weight, c, 1) * kept->sum[c];
    }
    spread(along, along, rows, channels, groups);
    spread(total, total, rows, channels, groups);
    for (size_t c = 0; c < channels; c++) {
        const float slope = along[c] * kept->inverse[c];
        kept->r[c] = kept->inverse[c] * (kept->mean[c] * slope - total[c]);
        kept->q[c] = -kept->inverse[c] * slope;
    }
}

/* Gradients of the weights, from the sums over each item's map, in the order of the items. */
static void add_items(struct net *net, const struct node *node)
{
    float *dweight = node_gradients(net, node, 0), *dbias = node_gradients(net, node, 1);
    const size_t channels = (size_t)node->shape.channels;
    memset(dweight, 0, channels * sizeof *dweight);
    memset(dbias, 0, channels * sizeof *dbias);
    for (size_t item = 0; item < node_items(net, node); item++) {
        const struct kept kept = kept_of(node, item);
        for (size_t c = 0; c < channels; c++) {
            dweight[c] += kept.product[c] * kept.inverse[c];
            dbias[c] += kept.sum[c];
        }
    }
}

static void backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const size_t channels = (size_t)node->shape.channels, size = node_size(node);
    const size_t items = node_items(net, node), rows = size / channels;
    const size_t groups = groups_of(node);
    const float *weight = weight_of(net, node);
    const bool wanted = node_dx_wanted(net, node, 0);
    const int add = wanted && node_dx_add(net, node, 0);
#pragma omp parallel for schedule(static) if (items > 1)
    for (size_t item = 0; item < items; item++) {
        const struct kept kept = kept_of(node, item);
        const float *x = input->y + item * size, *dy = node->dy + item * size;
        memset(kept.sum, 0, 2 * channels * sizeof *kept.sum);
        net->kernels->column_products(kept.sum, kept.product, dy, x, kept.mean, rows, channels);
        if (!wanted) continue;
        set_gradient(&kept, weight, rows, channels, groups);
        net->kernels->affine_pair(input->dy + item * size, dy, x,
                                  (const float *const[3]){kept.scale, kept.q, kept.r}, rows,
                                  channels, add);
    }
    if (weight != NULL) add_items(net, node);
}

const struct layer group_norm_layer = {"group norm", forward, backward};
const struct layer group_norm_instance_layer = {"instance norm", forward, backward};
