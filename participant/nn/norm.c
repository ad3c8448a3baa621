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

void norm_add_parts(float *total, const float *sums, size_t which, size_t parts, size_t channels)
{
#pragma omp parallel for schedule(static) if (parts * channels > 32768)
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t part = 0; part < parts; part++) {
            sum += (double)sums[(part * 3 + which) * channels + c];
        }
        total[c] = (float)sum;
    }
}

void norm_from_sums(float *mean, float *variance, const float *sums, size_t parts,
                    const float *center, size_t rows, size_t channels)
{
    const double count = (double)rows;
#pragma omp parallel for schedule(static) if (parts * channels > 32768)
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (size_t part = 0; part < parts; part++) {
            sum += (double)sums[part * 3 * channels + c];
            squares += (double)sums[(part * 3 + 1) * channels + c];
        }
        const double spread = squares - sum * sum / count;
        mean[c] = (float)((double)center[c] + sum / count);
        variance[c] = (float)(spread > 0 ? spread / count : 0);
    }
}

size_t norm_state(size_t channels)
{
    return 4 * channels;
}

void norm_place(struct norm *norm, float *state)
{
    norm->mean = state;
    norm->inverse = norm->mean + norm->channels;
    norm->scale = norm->inverse + norm->channels;
    norm->shift = norm->scale + norm->channels;
}

/* Scale and shift from mean and, in `inverse`, variance. */
static void set_scale(struct norm *norm)
{
    for (size_t c = 0; c < norm->channels; c++) {
        norm->inverse[c] = (float)(1.0 / sqrt((double)norm->inverse[c] + NORM_EPSILON));
        norm->scale[c] = norm->inverse[c] * (norm->weight != NULL ? norm->weight[c] : 1.0f);
        norm->shift[c] =
            (norm->bias != NULL ? norm->bias[c] : 0.0f) - norm->mean[c] * norm->scale[c];
    }
}

void norm_train(struct norm *norm, size_t rows)
{
    if (norm->fixed) {
        norm_evaluate(norm);
        return;
    }
    const double unbias = rows > 1 ? (double)rows / (double)(rows - 1) : 1.0;
    float *mean = norm->running_mean, *variance = norm->running_variance;
    for (size_t c = 0; c < norm->channels; c++) {
        mean[c] += (float)(NORM_MOMENTUM * ((double)norm->mean[c] - (double)mean[c]));
        variance[c] +=
            (float)(NORM_MOMENTUM * (unbias * (double)norm->inverse[c] - (double)variance[c]));
    }
    set_scale(norm);
}

void norm_evaluate(struct norm *norm)
{
    memcpy(norm->mean, norm->running_mean, norm->channels * sizeof *norm->mean);
    memcpy(norm->inverse, norm->running_variance, norm->channels * sizeof *norm->inverse);
    set_scale(norm);
}

void norm_gradient(float *const pqr[3], float *dweight, float *dbias, const float *sum,
                   const float *product, const struct norm *norm, size_t rows)
{
    for (size_t c = 0; c < norm->channels; c++) {
        // dx = scale (dy - mean(dy) - xhat mean(dy xhat)), xhat = (x - mean) inverse.
        const float scale = norm->scale[c], inverse = norm->inverse[c];
        const float slope = product[c] * inverse * inverse / (float)rows;
        pqr[0][c] = scale; // all there is where the statistics do not follow x
        pqr[1][c] = norm->fixed ? 0 : -scale * slope;
        pqr[2][c] = norm->fixed ? 0 : scale * (norm->mean[c] * slope - sum[c] / (float)rows);
        if (dweight != NULL) dweight[c] = product[c] * inverse;
        if (dbias != NULL) dbias[c] = sum[c];
    }
}

void norm_of_node(struct norm *norm, struct net *net, const struct node *node)
{
    const size_t rows = node_rows(net, node);
    if (node->parts > 0) {
        norm_from_sums(norm->mean, norm->inverse, node->sums, node_items(net, node) * node->parts,
                       net->weights + net->tensors[node->center].offset, rows, norm->channels);
    } else {
        norm_statistics(norm->mean, norm->inverse, node->y, rows, norm->channels, net->reduce);
    }
}

static struct norm norm_of(struct net *net, struct node *node)
{
    const size_t base = node->tensor_count == 4 ? 2 : 0;
    struct norm norm = {.channels = (size_t)node->shape.channels,
                        .fixed = net->mode == NET_FIXED,
                        .weight = base > 0 ? node_weights(net, node, 0) : NULL,
                        .bias = base > 0 ? node_weights(net, node, 1) : NULL,
                        .running_mean = node_weights(net, node, base),
                        .running_variance = node_weights(net, node, base + 1)};
    norm_place(&norm, node->state);
    return norm;
}

static void forward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const struct node *input = node_input(net, node, 0);
    struct norm norm = norm_of(net, node);
    if (net->mode != NET_TRAIN) {
        norm_evaluate(&norm);
    } else {
        norm_of_node(&norm, net, input);
        norm_train(&norm, rows);
    }
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        net->kernels->affine(node->y + first * channels, input->y + first * channels, norm.scale,
                             norm.shift, count, channels);
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
    const struct norm norm = norm_of(net, node);
    gradient_sums(net, node, input->y, norm.mean);
    const float *sum = net->reduce, *product = sum + PARALLEL_PIECES_MAX * channels;
    float *p = net->reduce + 2 * (size_t)PARALLEL_PIECES_MAX * channels;
    float *const pqr[3] = {p, p + channels, p + 2 * channels};
    norm_gradient(pqr, norm.weight != NULL ? node_gradients(net, node, 0) : NULL,
                  norm.weight != NULL ? node_gradients(net, node, 1) : NULL, sum, product, &norm,
                  rows);
    if (!node_dx_wanted(net, node, 0)) return;
    const int add = node_dx_add(net, node, 0);
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        net->kernels->affine_pair(
            input->dy + first * channels, node->dy + first * channels, input->y + first * channels,
            (const float *const[3]){pqr[0], pqr[1], pqr[2]}, count, channels, add);
    }
}

const struct layer norm_layer = {"norm", forward, backward};
