// SPDX-License-Identifier: Apache-2.0
#include "nn/linear.h"
#include "nn/gemm.h"
#include "nn/linear_products.h"
#include "nn/net_layer.h"

#include <string.h>

/* Matrices are cut into stripes of so many columns, one product each. */
enum { STRIPE = 128, STRIPE_INPUTS = 896 };

static size_t stripes(size_t count, size_t each)
{
    return (count + each - 1) / each;
}

static size_t stripe_size(size_t count, size_t each, size_t stripe)
{
    return count - stripe * each < each ? count - stripe * each : each;
}

void linear_forward(float *y, const float *x, const float *w, const float *b, struct linear linear)
{
    const size_t count = stripes(linear.outputs, STRIPE);
#pragma omp parallel for schedule(static) if (linear.inputs > 256)
    for (size_t s = 0; s < count; s++) {
        const size_t first = s * STRIPE, size = stripe_size(linear.outputs, STRIPE, s);
        for (size_t i = 0; i < linear.items && b != NULL; i++) {
            memcpy(y + i * linear.outputs + first, b + first, size * sizeof *y);
        }
        gemm_multiply(y + first, x, w + first * linear.inputs,
                      (struct gemm){.m = linear.items,
                                    .n = size,
                                    .k = linear.inputs,
                                    .transpose_b = 1,
                                    .lda = linear.inputs,
                                    .ldb = linear.inputs,
                                    .ldc = linear.outputs,
                                    .add = b != NULL});
    }
}

/* db = the sum of all rows of dy. */
static void add_rows(float *db, const float *dy, struct linear linear)
{
    memset(db, 0, linear.outputs * sizeof *db);
    kernels_get()->column_sums(db, dy, linear.items, linear.outputs);
}

void linear_backward(float *dx, float *dw, float *db, const float *dy, const float *x,
                     const float *w, struct linear linear, int add)
{
    const size_t count = stripes(linear.inputs, STRIPE_INPUTS);
#pragma omp parallel for schedule(static) if (linear.inputs > 256)
    for (size_t s = 0; s < count; s++) {
        const size_t first = s * STRIPE_INPUTS;
        const size_t size = stripe_size(linear.inputs, STRIPE_INPUTS, s);
        const struct gemm weights = {.m = linear.outputs,
                                     .n = size,
                                     .k = linear.items,
                                     .transpose_a = 1,
                                     .lda = linear.outputs,
                                     .ldb = linear.inputs,
                                     .ldc = linear.inputs};
        if (dw != NULL) gemm_multiply(dw + first, dy, x + first, weights);
        if (dx == NULL) continue;
        gemm_multiply(dx + first, dy, w + first,
                      (struct gemm){.m = linear.items,
                                    .n = size,
                                    .k = linear.outputs,
                                    .lda = linear.outputs,
                                    .ldb = linear.inputs,
                                    .ldc = linear.inputs,
                                    .add = add});
    }
    if (db != NULL) add_rows(db, dy, linear);
}

static struct linear linear_of(struct net *net, const struct node *node)
{
    return (struct linear){.items = node_items(net, node),
                           .inputs = node_size(node_input(net, node, 0)),
                           .outputs = node_size(node)};
}

static void forward(struct net *net, struct node *node)
{
    const struct linear linear = linear_of(net, node);
    (linear_products_fit(linear) ? linear_products_forward : linear_forward)(
        node->y, node_input(net, node, 0)->y, node_weights(net, node, 0),
        node->tensor_count > 1 ? node_weights(net, node, 1) : NULL, linear);
}

static void backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const struct linear linear = linear_of(net, node);
    const bool wanted = node_dx_wanted(net, node, 0);
    const int add = wanted ? node_dx_add(net, node, 0) : 0;
    float *dx = wanted ? input->dy : NULL;
    float *dw = net->weights_wanted ? node_gradients(net, node, 0) : NULL;
    float *db = node->tensor_count > 1 ? node_gradients(net, node, 1) : NULL;
    const float *w = node_weights(net, node, 0);
    if (add || dw == NULL || !linear_products_fit(linear)) {
        linear_backward(dx, dw, db, node->dy, input->y, w, linear, add);
        return;
    }
    linear_products_backward(dx, dw, node->dy, input->y, w, linear,
                             (float *const[2]){net->scratch, net->reduce});
    if (db != NULL) add_rows(db, node->dy, linear);
}

const struct layer linear_layer = {"linear", forward, backward};
