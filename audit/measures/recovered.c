// SPDX-License-Identifier: Apache-2.0
#include "measures/recovered.h"
#include "base/limits.h"
#include "measures/similarity.h"
#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>

/* What is compared: `count` pictures of `values` bytes each. */
struct faces {
    const struct dataset *originals;
    const uint8_t *recovered;
    size_t count, values;
};

static double mean(const double *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += numbers[i];
    }
    return sum / (double)count;
}

static void measure_pixels(struct recovered_figures *figures, const struct faces *faces,
                           double *each)
{
    const int size = faces->originals->size, channels = faces->originals->channels;
    for (size_t i = 0; i < faces->count; i++) {
        each[i] = similarity_psnr(dataset_pixels(faces->originals, i),
                                  faces->recovered + i * faces->values, faces->values);
    }
    figures->psnr = mean(each, faces->count);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < faces->count; i++) {
        each[i] = similarity_ssim(dataset_pixels(faces->originals, i),
                                  faces->recovered + i * faces->values, size, channels);
    }
    figures->ssim = mean(each, faces->count);
}

/* An original of another person for face i, not the same one for all faces of a person; `count`
 * when there is none. */
static size_t stranger_of(const struct faces *faces, size_t i)
{
    const uint32_t *labels = faces->originals->labels;
    for (size_t step = 0; step < faces->count; step++) {
        const size_t j = (i + faces->count / 2 + step) % faces->count;
        if (labels[j] != labels[i]) return j;
    }
    return faces->count;
}

/* Embeddings of originals and recovered faces, `size` numbers each. */
static enum status verify(double *accuracy, const struct faces *faces, const float *originals,
                          const float *recovered, size_t size)
{
    const size_t pairs = 2 * faces->count;
    struct evaluate_result result;
    enum status status = STATUS_OK;
    if (faces->count < LIMIT_FOLDS) return STATUS_OK;
    double *distance = calloc(pairs, sizeof *distance);
    bool *same = calloc(pairs, sizeof *same);
    if (distance == NULL || same == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pairs", pairs);
        goto done;
    }
    for (size_t i = 0; i < faces->count; i++) {
        const float *face = recovered + i * size;
        const size_t j = stranger_of(faces, i);
        if (j == faces->count) goto done;
        same[2 * i] = true;
        distance[2 * i] = evaluate_distance(face, originals + i * size, size);
        distance[2 * i + 1] = evaluate_distance(face, originals + j * size, size);
    }
    status = evaluate_verification(&result, distance, same, pairs, LIMIT_FOLDS);
    if (status == STATUS_OK) *accuracy = result.accuracy;
done:
    free(distance);
    free(same);
    return status;
}

/* Mean cosine of the embeddings of two pictures of each face. */
static double mean_cosine(const float *a, const float *b, size_t count, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < count * size; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum / (double)count;
}

/* `accuracy` may be NULL: no verification. */
static enum status measure_features(double *cosine, double *accuracy, const struct faces *faces,
                                    const struct recovered_features *features)
{
    const size_t numbers = faces->count * features->size;
    enum status status = STATUS_OK;
    float *originals = malloc(numbers * sizeof *originals);
    float *recovered = malloc(numbers * sizeof *recovered);
    if (originals == NULL || recovered == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu embeddings", faces->count);
    }
    if (status == STATUS_OK) {
        status =
            features->embed(features->context, originals, faces->originals->pixels, faces->count);
    }
    if (status == STATUS_OK) {
        status = features->embed(features->context, recovered, faces->recovered, faces->count);
    }
    if (status == STATUS_OK) {
        *cosine = mean_cosine(originals, recovered, faces->count, features->size);
        if (accuracy != NULL) {
            status = verify(accuracy, faces, originals, recovered, features->size);
        }
    }
    free(originals);
    free(recovered);
    return status;
}

/* The judge as anyone's features. */
struct bench {
    struct judge *judge;
    int size, channels;
};

static enum status embed_by_judge(void *context, float *out, const uint8_t *pixels, size_t count)
{
    const struct bench *bench = context;
    return judge_embed(bench->judge, out, pixels, count, bench->size, bench->channels);
}

enum status recovered_measure(struct recovered_figures *figures, const struct dataset *originals,
                              const uint8_t *recovered, struct lpips *lpips, struct judge *judge,
                              const struct recovered_features *f1)
{
    const double none = (double)NAN;
    const size_t side = (size_t)originals->size;
    const struct faces faces = {originals, recovered, originals->count,
                                side * side * (size_t)originals->channels};
    *figures = (struct recovered_figures){none, none, none, none, none, none};
    if (faces.count == 0) return status_fail(STATUS_BAD_INPUT, "no faces to measure");
    double *each = calloc(faces.count, sizeof *each);
    if (each == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu faces", faces.count);
    }
    measure_pixels(figures, &faces, each);
    enum status status = STATUS_OK;
    if (lpips != NULL) {
        status = lpips_distance(lpips, each, originals->pixels, recovered, faces.count,
                                originals->size, originals->channels);
        if (status == STATUS_OK) figures->lpips = mean(each, faces.count);
    }
    free(each);
    if (status == STATUS_OK && judge != NULL) {
        struct bench bench = {judge, originals->size, originals->channels};
        const struct recovered_features features = {embed_by_judge, &bench, judge_size(judge)};
        status = measure_features(&figures->judge_cosine, &figures->judge_verification, &faces,
                                  &features);
    }
    if (status == STATUS_OK && f1 != NULL) {
        status = measure_features(&figures->f1_cosine, NULL, &faces, f1);
    }
    return status;
}
