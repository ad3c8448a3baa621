// SPDX-License-Identifier: Apache-2.0
#include "nn/pca.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { PIECE = 256 }; // columns that are doubles at a time

/* A direction of less variance than this share of the first one's is rounding. */
#define VARIANCE_MIN 1e-12

/* LAPACK's, in the OpenBLAS that is linked; no header of it comes with that. Fortran appends the
 * lengths of the texts. */
void dsyevr_(const char *job, const char *range, const char *triangle, const int *n, double *a,
             const int *lda, const double *low, const double *high, const int *first,
             const int *last, const double *tolerance, int *found, double *values, double *vectors,
             const int *ldz, int *support, double *work, const int *work_size, int *integers,
             const int *integers_size, int *info, size_t job_length, size_t range_length,
             size_t triangle_length);

struct work {
    const float *rows;
    size_t count, size, kept;
    double *mean;    // size
    double *block;   // count x PIECE: centred columns
    double *gram;    // count x count
    double *values;  // count eigenvalues, ascending
    double *vectors; // kept x count
    double *part;    // kept x PIECE: columns of the components
    int *support;    // 2 * kept, for LAPACK
};

static enum status fail_memory(const struct work *work)
{
    return status_fail(STATUS_NO_MEMORY, "out of memory for components of %zu rows of %zu numbers",
                       work->count, work->size);
}

static enum status allocate(struct work *work)
{
    const size_t count = work->count, kept = work->kept;
    work->mean = calloc(work->size, sizeof *work->mean);
    work->block = malloc(count * PIECE * sizeof *work->block);
    work->gram = calloc(count * count, sizeof *work->gram);
    work->values = malloc(count * sizeof *work->values);
    work->vectors = malloc(kept * count * sizeof *work->vectors);
    work->part = malloc(kept * PIECE * sizeof *work->part);
    work->support = malloc(2 * kept * sizeof *work->support);
    return work->mean && work->block && work->gram && work->values && work->vectors && work->part &&
                   work->support
               ? STATUS_OK
               : fail_memory(work);
}

static void work_destroy(struct work *work)
{
    free(work->mean);
    free(work->block);
    free(work->gram);
    free(work->values);
    free(work->vectors);
    free(work->part);
    free(work->support);
}

static void average(const struct work *work)
{
    for (size_t row = 0; row < work->count; row++) {
        for (size_t i = 0; i < work->size; i++) {
            work->mean[i] += (double)work->rows[row * work->size + i];
        }
    }
    for (size_t i = 0; i < work->size; i++) {
        work->mean[i] /= (double)work->count;
    }
}

/* Centred columns from `first`; returns how many. */
static size_t load_piece(const struct work *work, size_t first)
{
    const size_t width = work->size - first < PIECE ? work->size - first : PIECE;
    for (size_t row = 0; row < work->count; row++) {
        const float *from = work->rows + row * work->size + first;
        for (size_t i = 0; i < width; i++) {
            work->block[row * width + i] = (double)from[i] - work->mean[first + i];
        }
    }
    return width;
}

static void multiply_rows(const struct work *work)
{
    for (size_t first = 0; first < work->size; first += PIECE) {
        const int width = (int)load_piece(work, first), count = (int)work->count;
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, count, width, 1, work->block, width, 1,
                    work->gram, count);
    }
}

static int call_lapack(const struct work *work, double *space, int space_size, int *integers,
                       int integers_size)
{
    const int n = (int)work->count, first = n - (int)work->kept + 1;
    const double none = 0;
    int found = 0, info = 0;
    // The upper triangle of rows is the lower one of columns.
    dsyevr_("V", "I", "L", &n, work->gram, &n, &none, &none, &first, &n, &none, &found,
            work->values, work->vectors, &n, work->support, space, &space_size, integers,
            &integers_size, &info, 1, 1, 1);
    return info != 0 || found != (int)work->kept;
}

/* The largest eigenvalues, ascending, and their vectors. */
static enum status solve(const struct work *work)
{
    double wanted = 0;
    int integers_wanted = 0;
    (void)call_lapack(work, &wanted, -1, &integers_wanted, -1); // asks for sizes
    if (!(wanted >= 1 && wanted <= INT_MAX) || integers_wanted < 1) return fail_memory(work);
    double *space = malloc((size_t)wanted * sizeof *space);
    int *integers = malloc((size_t)integers_wanted * sizeof *integers);
    enum status status = space == NULL || integers == NULL ? fail_memory(work) : STATUS_OK;
    if (status == STATUS_OK &&
        call_lapack(work, space, (int)wanted, integers, integers_wanted) != 0) {
        status = status_fail(STATUS_NOT_FINITE,
                             "no eigenvectors of %zu rows were found: are all "
                             "their numbers finite?",
                             work->count);
    }
    free(space);
    free(integers);
    if (status != STATUS_OK) return status;
    if (!(work->values[0] > VARIANCE_MIN * work->values[work->kept - 1])) {
        return status_fail(STATUS_BAD_INPUT,
                           "%zu rows vary in fewer than the %zu directions that are wanted",
                           work->count, work->kept);
    }
    return STATUS_OK;
}

static void write_components(const struct work *work, float *components)
{
    const size_t kept = work->kept;
    for (size_t first = 0; first < work->size; first += PIECE) {
        const size_t width = load_piece(work, first);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)kept, (int)width,
                    (int)work->count, 1, work->vectors, (int)work->count, work->block, (int)width,
                    0, work->part, (int)width);
        for (size_t k = 0; k < kept; k++) {
            const size_t ascending = kept - 1 - k;
            const double length = sqrt(work->values[ascending]);
            for (size_t i = 0; i < width; i++) {
                components[k * work->size + first + i] =
                    (float)(work->part[ascending * width + i] / length);
            }
        }
    }
}

static void fix_sign(float *component, size_t size)
{
    size_t largest = 0;
    for (size_t i = 1; i < size; i++) {
        if (fabsf(component[i]) > fabsf(component[largest])) largest = i;
    }
    if (component[largest] >= 0) return;
    for (size_t i = 0; i < size; i++) {
        component[i] = -component[i];
    }
}

static enum status fit(const struct work *work, float *components, double *variance, double *total)
{
    average(work);
    multiply_rows(work);
    *total = 0;
    for (size_t row = 0; row < work->count; row++) {
        *total += work->gram[row * (work->count + 1)] / (double)work->count;
    }
    const enum status status = solve(work);
    if (status != STATUS_OK) return status;
    write_components(work, components);
    for (size_t k = 0; k < work->kept; k++) {
        fix_sign(components + k * work->size, work->size);
        variance[k] = work->values[work->kept - 1 - k] / (double)work->count;
    }
    return STATUS_OK;
}

enum status pca_fit(float *mean, float *components, double *variance, double *total,
                    const float *rows, size_t count, size_t size, size_t kept)
{
    assert(kept >= 1 && kept < count && size >= 1);
    struct work work = {.rows = rows, .count = count, .size = size, .kept = kept};
    if (count > INT_MAX / PIECE) return fail_memory(&work);
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1); // OpenBLAS takes as many
    enum status status = allocate(&work);
    if (status == STATUS_OK) status = fit(&work, components, variance, total);
    for (size_t i = 0; status == STATUS_OK && i < size; i++) {
        mean[i] = (float)work.mean[i];
    }
    omp_set_num_threads(threads);
    work_destroy(&work);
    return status;
}
