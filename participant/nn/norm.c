// SPDX-License-Identifier: Apache-2.0
#include "nn/norm.h"
#include "nn/net_layer.h"
#include "nn/parallel.h"

#include <math.h>
#include <string.h>

size_t norm_workspace(size_t channels)
{
    return 3 * (size_t)PARALLEL_PIECES_MAX * channels;
}

void norm_statistics(float *mean, float *variance, const float *x, size_t rows, size_t channels,
                     float *workspace)
{
    const struct kernels *kernels = kernels_get();
    const size_t pieces = parallel_pieces(rows, channels);
    float *squares = workspace + PARALLEL_PIECES_MAX * channels;
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        float *center = workspace + piece * channels, *square = squares + piece * channels;
        memset(center, 0, channels * sizeof *center);
        memset(square, 0, channels * sizeof *square);
        kernels->column_sums(center, x + first * channels, count, channels);
        for (size_t c = 0; c < channels; c++) {
            center[c] /= (float)count;
        }
        kernels->column_squares(square, x + first * channels, center, count, channels);
    }
    for (size_t c = 0; c < channels; c++) {
        double total = 0, spread = 0;
        for (size_t piece = 0; piece < pieces; piece++) {
            const size_t count =
                parallel_first(rows, piece + 1, pieces) - parallel_first(rows, piece, pieces);
            total += (double)count * (double)workspace[piece * channels + c];
        }
        const double middle = total / (double)rows;
        for (size_t piece = 0; piece < pieces; piece++) {
            const size_t count =
                parallel_first(rows, piece + 1, pieces) - parallel_first(rows, piece, pieces);
            const double d = (double)workspace[piece * channels + c] - middle;
            spread += (double)squares[piece * channels + c] + (double)count * d * d;
        }
        mean[c] = (float)middle;
        variance[c] = (float)(spread / (double)rows);
    }
}

static bool affine(const struct node *node)
{
    return node->tensor_count == 4;
}

static void move_running(float *mean, float *variance, const float *batch_mean,
                         const float *batch_variance, size_t rows, size_t channels)
{
    const double unbias = rows > 1 ? (double)rows / (double)(rows - 1) : 1.0;
    for (size_t c = 0; c < channels; c++) {
        mean[c] += (float)(NORM_MOMENTUM * ((double)batch_mean[c] - (double)mean[c]));
        variance[c] +=
            (float)(NORM_MOMENTUM * (unbias * (double)batch_variance[c] - (double)variance[c]));
    }
}

/* State: mean, 1/deviation, then scale and shift of the forward pass. */
static void forward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const float *x = node_input(net, node, 0)->y;
    const size_t base = affine(node) ? 2 : 0;
    float *running_mean = node_weights(net, node, base);
    float *running_variance = node_weights(net, node, base + 1);
    float *mean = node->state, *inverse = mean + channels;
    float *scale = inverse + channels, *shift = scale + channels;
    if (net->mode == NET_TRAIN) {
        norm_statistics(mean, inverse, x, rows, channels, net->reduce);
        move_running(running_mean, running_variance, mean, inverse, rows, channels);
    } else {
        memcpy(mean, running_mean, channels * sizeof *mean);
        memcpy(inverse, running_variance, channels * sizeof *inverse);
    }
    for (size_t c = 0; c < channels; c++) {
        inverse[c] = (float)(1.0 / sqrt((double)inverse[c] + NORM_EPSILON));
        scale[c] = inverse[c] * (affine(node) ? node_weights(net, node, 0)[c] : 1.0f);
        shift[c] = (affine(node) ? node_weights(net, node, 1)[c] : 0.0f) - mean[c] * scale[c];
    }
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        net->kernels->affine(node->y + first * channels, x + first * channels, scale, shift, count,
                             channels);
    }
}

/* Sums over the rows of dy and dy * (x - mean), in pieces; results in the first piece's place. */
static void gradient_sums(struct net *net, struct node *node, const float *x, const float *mean)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const size_t pieces = parallel_pieces(rows, channels);
    float *sums = net->reduce, *products = sums + PARALLEL_PIECES_MAX * channels;
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        float *sum = sums + piece * channels, *product = products + piece * channels;
        memset(sum, 0, channels * sizeof *sum);
        memset(product, 0, channels * sizeof *product);
        net->kernels->column_products(sum, product, node->dy + first * channels,
                                      x + first * channels, mean, count, channels);
    }
    for (size_t piece = 1; piece < pieces; piece++) {
        net->kernels->accumulate(sums, sums + piece * channels, channels, 1);
        net->kernels->accumulate(products, products + piece * channels, channels, 1);
    }
}

static void backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const float *mean = node->state, *inverse = mean + channels;
    const float *scale = inverse + channels;
    gradient_sums(net, node, input->y, mean);
    const float *sum = net->reduce, *product = sum + PARALLEL_PIECES_MAX * channels;
    float *pqr = net->reduce + 2 * (size_t)PARALLEL_PIECES_MAX * channels;
    float *p = pqr, *q = p + channels, *r = q + channels;
    for (size_t c = 0; c < channels; c++) {
        // dx = scale (dy - mean(dy) - xhat mean(dy xhat)), xhat = (x - mean) inverse.
        const float slope = product[c] * inverse[c] * inverse[c] / (float)rows;
        p[c] = scale[c];
        q[c] = -scale[c] * slope;
        r[c] = scale[c] * (mean[c] * slope - sum[c] / (float)rows);
    }
    if (affine(node)) {
        for (size_t c = 0; c < channels; c++) {
            node_gradients(net, node, 0)[c] = product[c] * inverse[c];
            node_gradients(net, node, 1)[c] = sum[c];
        }
    }
    if (!node_dx_wanted(net, node, 0)) return;
    const int add = node_dx_add(net, node, 0);
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        net->kernels->affine_pair(input->dy + first * channels, node->dy + first * channels,
                                  input->y + first * channels, (const float *const[3]){p, q, r},
                                  count, channels, add);
    }
}

const struct layer norm_layer = {"norm", forward, backward};
