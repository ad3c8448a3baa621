// SPDX-License-Identifier: Apache-2.0
#include "train/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ACCURACY_STEPS = 400, FAR_STEPS = 4000 };

#define FAR_TARGET 1e-3

/* A set of pairs, one fold or all but one: counts of pairs below each threshold. */
struct counts {
    uint32_t same[FAR_STEPS + 1], different[FAR_STEPS + 1]; // below threshold number t
    uint32_t same_total, different_total;
};

struct scores {
    const double *distance;
    const bool *same;
    size_t count;
};

/* Number of the first of `steps` thresholds over [0, 4) that accepts this distance (d < t). */
static size_t first_accepting(double distance, size_t steps)
{
    const double step = 4.0 / (double)steps;
    size_t t = (size_t)fmin(fmax(distance / step, 0), (double)steps);
    while (t > 0 && distance < (double)(t - 1) * step) {
        t--;
    }
    while (t < steps && !(distance < (double)t * step)) {
        t++;
    }
    return t; // `steps` when none does
}

/* Counts of the pairs in [first, end), or of all others when `outside`. */
static void count_below(struct counts *counts, const struct scores *scores, size_t first,
                        size_t end, bool outside, size_t steps)
{
    memset(counts, 0, sizeof *counts);
    for (size_t i = 0; i < scores->count; i++) {
        if ((i >= first && i < end) == outside) continue;
        const size_t t = first_accepting(scores->distance[i], steps);
        if (scores->same[i]) {
            counts->same[t]++;
            counts->same_total++;
        } else {
            counts->different[t]++;
            counts->different_total++;
        }
    }
    for (size_t t = 1; t <= steps; t++) {
        counts->same[t] += counts->same[t - 1];
        counts->different[t] += counts->different[t - 1];
    }
}

static double accuracy_at(const struct counts *counts, size_t t)
{
    const uint32_t right = counts->same[t] + (counts->different_total - counts->different[t]);
    const uint32_t total = counts->same_total + counts->different_total;
    return total == 0 ? 0 : (double)right / (double)total;
}

static double ratio(uint32_t part, uint32_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

/* Threshold at which the false-accept rate of `train` reaches the target, by linear interpolation
 * as scipy's interp1d over (far, threshold) does; 0 when it never does. */
static double far_threshold(const struct counts *train)
{
    const double step = 4.0 / FAR_STEPS;
    if (ratio(train->different[FAR_STEPS - 1], train->different_total) < FAR_TARGET) return 0;
    size_t t = 0;
    while (ratio(train->different[t], train->different_total) < FAR_TARGET) {
        t++;
    }
    if (t == 0) return 0;
    const double low = ratio(train->different[t - 1], train->different_total);
    const double high = ratio(train->different[t], train->different_total);
    return ((double)(t - 1) + (FAR_TARGET - low) / (high - low)) * step;
}

static double true_accepts(const struct scores *scores, size_t first, size_t end, double threshold)
{
    size_t accepted = 0, same = 0;
    for (size_t i = first; i < end; i++) {
        same += scores->same[i];
        accepted += scores->same[i] && scores->distance[i] < threshold;
    }
    return same == 0 ? 0 : (double)accepted / (double)same;
}

/* Points of the ROC over all pairs: one for each step in false accepts, thinned to the room. */
static void trace_roc(struct evaluate_result *result, struct counts *counts,
                      const struct scores *scores)
{
    count_below(counts, scores, 0, scores->count, false, FAR_STEPS);
    size_t distinct = 0;
    for (size_t t = 0; t <= FAR_STEPS; t++) {
        distinct += t == 0 || counts->different[t] != counts->different[t - 1] ||
                    counts->same[t] != counts->same[t - 1];
    }
    const size_t stride = (distinct + EVALUATE_ROC_MAX - 2) / (EVALUATE_ROC_MAX - 1);
    size_t seen = 0;
    result->roc_points = 0;
    for (size_t t = 0; t <= FAR_STEPS; t++) {
        const bool moved = t == 0 || counts->different[t] != counts->different[t - 1] ||
                           counts->same[t] != counts->same[t - 1];
        if (!moved || (seen++ % stride != 0 && seen != distinct)) continue;
        result->roc_far[result->roc_points] = ratio(counts->different[t], counts->different_total);
        result->roc_tar[result->roc_points++] = ratio(counts->same[t], counts->same_total);
    }
}

static void evaluate_fold(struct evaluate_result *result, size_t fold, struct counts *counts,
                          const struct scores *scores)
{
    const size_t each = scores->count / result->folds;
    const size_t first = fold * each;
    const size_t end = fold + 1 == result->folds ? scores->count : first + each;
    const bool several = result->folds > 1;
    count_below(counts, scores, first, end, several, ACCURACY_STEPS);
    size_t best = 0;
    for (size_t t = 1; t < ACCURACY_STEPS; t++) {
        if (accuracy_at(counts, t) > accuracy_at(counts, best)) best = t;
    }
    count_below(counts, scores, first, end, several, FAR_STEPS);
    result->tar_at_far_1e3 +=
        true_accepts(scores, first, end, far_threshold(counts)) / (double)result->folds;
    count_below(counts, scores, first, end, false, ACCURACY_STEPS);
    result->fold[fold] = accuracy_at(counts, best);
}

enum status evaluate_verification(struct evaluate_result *result, const double *distance,
                                  const bool *same, size_t count, size_t folds)
{
    assert(folds >= 1 && folds <= LIMIT_FOLDS);
    if (count < folds) {
        return status_fail(STATUS_BAD_INPUT, "%zu pairs are too few for %zu folds", count, folds);
    }
    struct counts *counts = malloc(sizeof *counts);
    if (counts == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for verification");
    const struct scores scores = {distance, same, count};
    memset(result, 0, sizeof *result);
    result->folds = folds;
    for (size_t fold = 0; fold < folds; fold++) {
        evaluate_fold(result, fold, counts, &scores);
        result->accuracy += result->fold[fold] / (double)folds;
    }
    for (size_t fold = 0; fold < folds; fold++) {
        const double d = result->fold[fold] - result->accuracy;
        result->deviation += d * d / (double)folds;
    }
    result->deviation = sqrt(result->deviation);
    trace_roc(result, counts, &scores);
    free(counts);
    return STATUS_OK;
}

double evaluate_distance(const float *first, const float *second, size_t size)
{
    double squares = 0;
    for (size_t i = 0; i < size; i++) {
        const double d = (double)first[i] - (double)second[i];
        squares += d * d;
    }
    return squares;
}

/* Unit sums of each class's gallery embeddings. */
static void class_centres(double *centres, const float *gallery, const uint32_t *labels,
                          size_t count, size_t classes, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < size; j++) {
            centres[labels[i] * size + j] += (double)gallery[i * size + j];
        }
    }
    for (size_t c = 0; c < classes; c++) {
        double squares = 0;
        for (size_t j = 0; j < size; j++) {
            squares += centres[c * size + j] * centres[c * size + j];
        }
        const double inverse = 1.0 / fmax(sqrt(squares), 1e-12);
        for (size_t j = 0; j < size; j++) {
            centres[c * size + j] *= inverse;
        }
    }
}

enum status evaluate_identification(double *accuracy, const float *gallery,
                                    const uint32_t *gallery_labels, size_t gallery_count,
                                    const float *probes, const uint32_t *probe_labels,
                                    size_t probe_count, size_t classes, size_t size)
{
    assert(probe_count > 0 && classes > 0);
    double *centres = calloc(classes * size, sizeof *centres);
    if (centres == NULL)
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu classes", classes);
    class_centres(centres, gallery, gallery_labels, gallery_count, classes, size);
    size_t hits = 0;
    for (size_t i = 0; i < probe_count; i++) {
        double best = -(double)INFINITY;
        size_t nearest = 0;
        for (size_t c = 0; c < classes; c++) {
            double dot = 0;
            for (size_t j = 0; j < size; j++) {
                dot += centres[c * size + j] * (double)probes[i * size + j];
            }
            if (dot > best) {
                best = dot;
                nearest = c;
            }
        }
        hits += nearest == probe_labels[i];
    }
    free(centres);
    *accuracy = (double)hits / (double)probe_count;
    return STATUS_OK;
}
