// SPDX-License-Identifier: Apache-2.0
#include "attacks/unmask.h"

#include "attacks/cholesky.h"
#include "nn/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 30 }; // of Newton's method

#define RIDGE   1e-6 // beside the graph's own numbers, of about 1/2: leaves a singular one solvable
#define NEAR    1e-2 // how far from the identity an inverse may be
#define SETTLED 1e-7 // variances are 1 to this

struct unmask {
    size_t channels;
    bool exact, invertible;
    float *inverse; // of the sums: z_j = sum over c of inverse[j][c] gain_c v_c
    float *gains;   // mean ones
};

static void fill_sums(double *sums, const uint32_t *one, const uint32_t *two, size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        sums[c * channels + one[c]] += 0.5;
        sums[c * channels + two[c]] += 0.5;
    }
}

/* inverse = (S^T S + ridge)^-1 S^T; says whether it is one. */
static enum status invert(struct unmask *unmask, const double *sums)
{
    const size_t n = unmask->channels;
    struct cholesky normal;
    enum status status = cholesky_create(&normal, n, n - 1);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double product = i == j ? RIDGE : 0;
            for (size_t c = 0; c < n; c++) {
                product += sums[c * n + i] * sums[c * n + j];
            }
            if (j <= i) *cholesky_at(&normal, i, j) = product;
            unmask->inverse[i * n + j] = (float)sums[j * n + i];
        }
    }
    status = cholesky_factor(&normal);
    if (status == STATUS_OK) status = cholesky_solve(&normal, unmask->inverse, n);
    cholesky_destroy(&normal);
    if (status != STATUS_OK) return status;
    unmask->invertible = true;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double product = i == j ? -1 : 0;
            for (size_t c = 0; c < n; c++) {
                product += (double)unmask->inverse[i * n + c] * sums[c * n + j];
            }
            if (fabs(product) > NEAR) unmask->invertible = false;
        }
    }
    return STATUS_OK;
}

enum status unmask_create(struct unmask **unmask, const uint32_t *one, const uint32_t *two,
                          const float *gains, size_t channels, bool exact)
{
    struct unmask *made = calloc(1, sizeof *made);
    double *sums = calloc(channels * channels, sizeof *sums);
    enum status status = STATUS_NO_MEMORY;
    if (made != NULL) {
        made->channels = channels;
        made->exact = exact;
        made->inverse = calloc(channels * channels, sizeof *made->inverse);
        made->gains = calloc(channels, sizeof *made->gains);
    }
    if (made == NULL || sums == NULL || made->inverse == NULL || made->gains == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu channels", channels);
        goto done;
    }
    for (size_t c = 0; c < channels; c++) {
        made->gains[c] = gains == NULL ? 1.0f : gains[c];
    }
    fill_sums(sums, one, two, channels);
    status = invert(made, sums);
    if (status != STATUS_OK) goto done;
    *unmask = made;
    made = NULL;
done:
    free(sums);
    unmask_destroy(&made);
    return status;
}

void unmask_destroy(struct unmask **unmask)
{
    if (*unmask == NULL) return;
    free((*unmask)->inverse);
    free((*unmask)->gains);
    free(*unmask);
    *unmask = NULL;
}

bool unmask_invertible(const struct unmask *unmask)
{
    return unmask->invertible;
}

/* Variance of each z less 1, and its derivatives by the gains. Returns the largest. */
static double differ(struct unmask_room *room, const struct unmask *unmask)
{
    const size_t n = unmask->channels;
    double largest = 0;
    for (size_t j = 0; j < n; j++) {
        const float *row = unmask->inverse + j * n;
        double variance = 0;
        for (size_t c = 0; c < n; c++) {
            double sum = 0;
            for (size_t d = 0; d < n; d++) {
                sum += (double)row[d] * (double)room->second[c * n + d] * room->gains[d];
            }
            room->jacobian[j * n + c] = 2 * (double)row[c] * sum;
            variance += (double)row[c] * room->gains[c] * sum;
        }
        room->off[j] = variance - 1;
        largest = fmax(largest, fabs(room->off[j]));
    }
    return largest;
}

/* x = J^-1 x by elimination with row pivots; false where J is singular. Changes J. */
static bool eliminate(double *jacobian, double *x, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++) {
            if (fabs(jacobian[i * n + k]) > fabs(jacobian[best * n + k])) best = i;
        }
        if (!(fabs(jacobian[best * n + k]) > 1e-12)) return false;
        for (size_t j = k; j < n && best != k; j++) {
            const double swap = jacobian[k * n + j];
            jacobian[k * n + j] = jacobian[best * n + j];
            jacobian[best * n + j] = swap;
        }
        const double swap = x[k];
        x[k] = x[best];
        x[best] = swap;
        for (size_t i = k + 1; i < n; i++) {
            const double factor = jacobian[i * n + k] / jacobian[k * n + k];
            for (size_t j = k; j < n; j++) {
                jacobian[i * n + j] -= factor * jacobian[k * n + j];
            }
            x[i] -= factor * x[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++) {
            x[k] -= jacobian[k * n + j] * x[j];
        }
        x[k] /= jacobian[k * n + k];
    }
    return true;
}

/* Gains of one image, all positive as deviations are. */
static bool solve_gains(struct unmask_room *room, const struct unmask *unmask)
{
    const size_t n = unmask->channels;
    for (size_t c = 0; c < n; c++) {
        room->gains[c] = (double)unmask->gains[c];
    }
    for (int step = 0; step < STEPS; step++) {
        if (differ(room, unmask) < SETTLED) return true;
        if (!eliminate(room->jacobian, room->off, n)) return false;
        double keep = 1; // of the step, so that no gain loses more than half
        for (size_t c = 0; c < n; c++) {
            if (room->off[c] * keep > room->gains[c] / 2) {
                keep = room->gains[c] / 2 / room->off[c];
            }
        }
        for (size_t c = 0; c < n; c++) {
            room->gains[c] -= keep * room->off[c];
        }
    }
    return false;
}

bool unmask_apply(const struct unmask *unmask, float *z, const float *masked, size_t area,
                  struct unmask_room *room)
{
    const size_t n = unmask->channels;
    bool found = false;
    if (unmask->exact && unmask->invertible) {
        gemm_multiply(
            room->second, masked, masked,
            (struct gemm){
                .m = n, .n = n, .k = area, .transpose_a = 1, .lda = n, .ldb = n, .ldc = n});
        for (size_t i = 0; i < n * n; i++) {
            room->second[i] /= (float)area;
        }
        found = solve_gains(room, unmask);
    }
    for (size_t i = 0; i < n * n; i++) {
        const double gain = found ? room->gains[i % n] : (double)unmask->gains[i % n];
        room->scaled[i] = (float)((double)unmask->inverse[i] * gain);
    }
    gemm_multiply(
        z, masked, room->scaled,
        (struct gemm){.m = area, .n = n, .k = n, .transpose_b = 1, .lda = n, .ldb = n, .ldc = n});
    return found;
}
