// SPDX-License-Identifier: Apache-2.0
#include "attacks/linking.h"

#include "base/random.h"
#include "train/evaluate.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { PAIRS = 4000, FOLDS = 10, TRIES = 64 };

static uint32_t face_of(const struct linking *linking, size_t probe)
{
    return linking->face == NULL ? (uint32_t)probe : linking->face[probe];
}

static double distance(const struct linking *linking, size_t probe, size_t photo)
{
    return evaluate_distance(linking->probes + probe * linking->size,
                             linking->gallery + photo * linking->size, linking->size);
}

/* A photograph of the same or another person than a probe shows, and never that photograph; false
 * when there seems to be none. */
static bool draw_photo(size_t *photo, const struct linking *linking, uint32_t face, bool same,
                       struct random *random)
{
    size_t found = 0;
    for (size_t i = 0; i < linking->count; i++) { // of those there are, each with equal chance
        if (i == face || (linking->labels[i] == linking->labels[face]) != same) continue;
        if (random_below(random, (uint32_t)++found) == 0) *photo = i;
    }
    return found > 0;
}

/* Pairs of a masked face and a plain photograph: half show one person, alternating. `own`: by the
 * photograph that was masked. */
static enum status verify(double *accuracy, double *deviation, const struct linking *linking,
                          bool own)
{
    double *far = calloc(PAIRS, sizeof *far);
    bool *same = calloc(PAIRS, sizeof *same);
    struct evaluate_result *result = calloc(1, sizeof *result);
    enum status status = STATUS_OK;
    struct random random;
    size_t count = 0;
    *accuracy = *deviation = (double)NAN;
    if (far == NULL || same == NULL || result == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %d pairs", PAIRS);
        goto done;
    }
    random_start(&random, linking->seed, 0, RANDOM_SAMPLE, own, 1);
    for (size_t tries = 0; count < PAIRS && tries < (size_t)PAIRS * TRIES; tries++) {
        const size_t probe = random_below(&random, (uint32_t)linking->count);
        const uint32_t face = face_of(linking, probe);
        size_t photo = face;
        same[count] = count % 2 == 0;
        const bool drawn =
            (own && same[count]) || draw_photo(&photo, linking, face, same[count], &random);
        if (drawn) far[count++] = distance(linking, probe, photo);
    }
    if (count < PAIRS) goto done;
    status = evaluate_verification(result, far, same, count, FOLDS);
    if (status == STATUS_OK) {
        *accuracy = result->accuracy;
        *deviation = result->deviation;
    }
done:
    free(result);
    free(far);
    free(same);
    return status;
}

static void identify(struct linking_figures *figures, const struct linking *linking)
{
    size_t found = 0, possible = 0, found_own = 0;
    for (size_t probe = 0; probe < linking->count; probe++) {
        const uint32_t face = face_of(linking, probe);
        double nearest = HUGE_VAL;
        size_t other = face;
        bool has_other = false;
        for (size_t i = 0; i < linking->count; i++) {
            if (i == face) continue;
            has_other = has_other || linking->labels[i] == linking->labels[face];
            const double far = distance(linking, probe, i);
            if (far < nearest) {
                nearest = far;
                other = i;
            }
        }
        possible += has_other;
        found += other != face && linking->labels[other] == linking->labels[face];
        found_own += distance(linking, probe, face) < nearest;
    }
    figures->rank1 = possible > 0 ? (double)found / (double)possible : (double)NAN;
    figures->rank1_same = (double)found_own / (double)linking->count;
}

enum status linking_measure(struct linking_figures *figures, const struct linking *linking)
{
    double deviation = 0;
    enum status status = verify(&figures->verification, &figures->deviation, linking, false);
    if (status == STATUS_OK) {
        status = verify(&figures->verification_same, &deviation, linking, true);
    }
    if (status == STATUS_OK) identify(figures, linking);
    return status;
}
