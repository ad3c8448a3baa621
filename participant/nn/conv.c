// SPDX-License-Identifier: Apache-2.0
#include "nn/conv.h"
#include "nn/conv_unrolled.h"
#include "nn/net_layer.h"
#include "nn/tuning.h"
#include "nn/winograd.h"

struct conv_plan conv_choose(const struct conv *conv, const struct tuning *tuning)
{
    struct conv_plan plan = {.algorithm = CONV_UNROLLED, .tiles = winograd_tiles(conv)};
    if (tuning != NULL && tuning_find(&plan, tuning, conv)) return plan;
    if (winograd_fits(conv) && winograd_cost(conv) < conv_unrolled_cost(conv)) {
        plan.algorithm = CONV_WINOGRAD;
    }
    return plan;
}

static bool by_winograd(const struct conv *conv)
{
    return conv->plan.algorithm == CONV_WINOGRAD;
}

size_t conv_scratch(const struct conv *conv)
{
    return by_winograd(conv) ? winograd_scratch(conv) : conv_unrolled_scratch(conv);
}

size_t conv_shared(const struct conv *conv)
{
    return by_winograd(conv) ? winograd_shared(conv) : conv_unrolled_shared(conv);
}

size_t conv_parts(const struct conv *conv)
{
    return by_winograd(conv) ? winograd_parts(conv) : 1;
}

void conv_forward(const struct conv *conv, const struct conv_sink *y, const struct conv_view *x,
                  const float *w, float *const workspace[2])
{
    (by_winograd(conv) ? winograd_forward : conv_unrolled_forward)(conv, y, x, w, workspace);
}

void conv_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                         const struct conv_view *dy, const float *w, float *const workspace[2])
{
    (by_winograd(conv) ? winograd_input_gradient : conv_unrolled_input_gradient)(conv, dx, dy, w,
                                                                                 workspace);
}

void conv_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                          const struct conv_view *x, float *const workspace[2])
{
    (by_winograd(conv) ? winograd_weight_gradient : conv_unrolled_weight_gradient)(conv, dw, dy, x,
                                                                                   workspace);
}

static struct conv conv_of(struct net *net, const struct node *node)
{
    const struct node *input = node_input(net, node, 0);
    return (struct conv){.in = input->shape,
                         .out = node->shape,
                         .window = node->window,
                         .images = node_items(net, node),
                         .plan = node->plan[0]};
}

static void forward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node);
    struct conv_sink y = {.y = node->y};
    if (node->parts > 0 && net->mode == NET_TRAIN) {
        y.kind = KERNELS_STATISTICS;
        y.center = net->weights + net->tensors[node->center].offset;
        y.sums = node->sums;
    }
    conv_forward(&conv, &y, &(struct conv_view){.a = node_input(net, node, 0)->y},
                 node_weights(net, node, 0), (float *const[2]){net->scratch, net->reduce});
}

static void backward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node);
    struct node *input = node_input(net, node, 0);
    float *const workspace[2] = {net->scratch, net->reduce};
    const struct conv_view dy = {.a = node->dy};
    conv_weight_gradient(&conv, node_gradients(net, node, 0), &dy,
                         &(struct conv_view){.a = input->y}, workspace);
    if (!node_dx_wanted(net, node, 0)) return;
    const struct conv_sink dx = {.y = input->dy,
                                 .kind = node_dx_add(net, node, 0) ? KERNELS_ADD : KERNELS_ASSIGN};
    conv_input_gradient(&conv, &dx, &dy, node_weights(net, node, 0), workspace);
}

const struct layer conv_layer = {"conv", forward, backward};
