// SPDX-License-Identifier: Apache-2.0
#include "nn/sgd.h"
#include "nn/kernels.h"
#include "nn/parallel.h"

void sgd_step(float *weights, float *velocity, const float *gradients, size_t count, struct sgd sgd)
{
    const struct kernels *kernels = kernels_get();
    const float constants[4] = {(float)sgd.rate, (float)sgd.momentum, (float)sgd.decay,
                                (float)sgd.scale};
    const size_t pieces = parallel_pieces(count, 1);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(count, piece, pieces);
        kernels->sgd(weights + first, velocity + first, gradients + first,
                     parallel_first(count, piece + 1, pieces) - first, constants);
    }
}

double sgd_squares(const float *gradients, size_t count)
{
    const struct kernels *kernels = kernels_get();
    const size_t pieces = parallel_pieces(count, 1);
    double sums[PARALLEL_PIECES_MAX];
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(count, piece, pieces);
        sums[piece] =
            kernels->squares(gradients + first, parallel_first(count, piece + 1, pieces) - first);
    }
    double total = 0;
    for (size_t piece = 0; piece < pieces; piece++) {
        total += sums[piece];
    }
    return total;
}
