// SPDX-License-Identifier: Apache-2.0
#include "nn/conv.h"
#include "nn/conv_unrolled.h"
#include "nn/net_layer.h"
#include "nn/tuning.h"
#include "nn/winograd.h"

static bool by_winograd(const struct conv *conv)
{
    return conv->plan.algorithm == CONV_WINOGRAD;
}

/* As the functions of its algorithm take it. */
static struct conv prepared(const struct conv *conv)
{
    return by_winograd(conv) ? winograd_halved(conv) : *conv;
}

struct conv_plan conv_choose(const struct conv *conv, const struct tuning *tuning)
{
    struct conv_plan plan = {.algorithm = CONV_UNROLLED};
    const struct conv halved = winograd_halved(conv);
    plan.tiles = winograd_tiles(&halved);
    if (tuning != NULL && tuning_find(&plan, tuning, conv)) return plan;
    if (winograd_fits(conv) && winograd_cost(&halved) < conv_unrolled_cost(conv)) {
        plan.algorithm = CONV_WINOGRAD;
    }
    return plan;
}

size_t conv_scratch(const struct conv *conv)
{
    const struct conv own = prepared(conv);
    return (by_winograd(conv) ? winograd_scratch : conv_unrolled_scratch)(&own);
}

size_t conv_shared(const struct conv *conv)
{
    const struct conv own = prepared(conv);
    return (by_winograd(conv) ? winograd_shared : conv_unrolled_shared)(&own);
}

size_t conv_parts(const struct conv *conv)
{
    const struct conv own = prepared(conv);
    return by_winograd(conv) ? winograd_parts(&own) : 1;
}

size_t conv_input_parts(const struct conv *conv)
{
    return by_winograd(conv) && conv->window.stride > 1 ? 0 : conv_parts(conv);
}

void conv_forward(const struct conv *conv, const struct conv_sink *y, const struct conv_view *x,
                  const float *w, float *const workspace[2])
{
    const struct conv own = prepared(conv);
    (by_winograd(conv) ? winograd_forward : conv_unrolled_forward)(&own, y, x, w, workspace);
}

void conv_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                         const struct conv_view *dy, const float *w, float *const workspace[2])
{
    const struct conv own = prepared(conv);
    (by_winograd(conv) ? winograd_input_gradient : conv_unrolled_input_gradient)(&own, dx, dy, w,
                                                                                 workspace);
}

void conv_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                          const struct conv_view *x, float *const workspace[2])
{
    const struct conv own = prepared(conv);
    (by_winograd(conv) ? winograd_weight_gradient : conv_unrolled_weight_gradient)(&own, dw, dy, x,
                                                                                   workspace);
}

static struct conv conv_of(struct net *net, const struct node *node, bool turned)
{
    const struct net_shape in = node_input(net, node, 0)->shape;
    return (struct conv){.in = turned ? node->shape : in,
                         .out = turned ? in : node->shape,
                         .window = node->window,
                         .images = node_items(net, node),
                         .plan = node->plan[0]};
}

static struct conv_sink output_of(struct net *net, const struct node *node)
{
    if (node->parts == 0 || net->mode == NET_EVALUATE) return (struct conv_sink){.y = node->y};
    return (struct conv_sink){.y = node->y,
                              .kind = KERNELS_STATISTICS,
                              .center = net->weights + net->tensors[node->center].offset,
                              .sums = node->sums};
}

static struct conv_sink gradient_of(struct net *net, const struct node *node)
{
    return (struct conv_sink){.y = node_input(net, node, 0)->dy,
                              .kind = node_dx_add(net, node, 0) ? KERNELS_ADD : KERNELS_ASSIGN};
}

static void forward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node, false);
    const struct conv_sink y = output_of(net, node);
    conv_forward(&conv, &y, &(struct conv_view){.a = node_input(net, node, 0)->y},
                 node_weights(net, node, 0), (float *const[2]){net->scratch, net->reduce});
}

static void backward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node, false);
    float *const workspace[2] = {net->scratch, net->reduce};
    const struct conv_view x = {.a = node_input(net, node, 0)->y}, dy = {.a = node->dy};
    if (net->weights_wanted) {
        conv_weight_gradient(&conv, node_gradients(net, node, 0), &dy, &x, workspace);
    }
    if (!node_dx_wanted(net, node, 0)) return;
    const struct conv_sink dx = gradient_of(net, node);
    conv_input_gradient(&conv, &dx, &dy, node_weights(net, node, 0), workspace);
}

/* A transposed convolution is the gradient of a convolution to its input, and the other way. */
static void transposed_forward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node, true);
    const struct conv_sink y = output_of(net, node);
    conv_input_gradient(&conv, &y, &(struct conv_view){.a = node_input(net, node, 0)->y},
                        node_weights(net, node, 0), (float *const[2]){net->scratch, net->reduce});
}

static void transposed_backward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node, true);
    float *const workspace[2] = {net->scratch, net->reduce};
    const struct conv_view x = {.a = node_input(net, node, 0)->y}, dy = {.a = node->dy};
    if (net->weights_wanted) {
        conv_weight_gradient(&conv, node_gradients(net, node, 0), &x, &dy, workspace);
    }
    if (!node_dx_wanted(net, node, 0)) return;
    const struct conv_sink dx = gradient_of(net, node);
    conv_forward(&conv, &dx, &dy, node_weights(net, node, 0), workspace);
}

const struct layer conv_layer = {"conv", forward, backward};
const struct layer conv_transposed_layer = {"transposed", transposed_forward, transposed_backward};
