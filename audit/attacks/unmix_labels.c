// SPDX-License-Identifier: Apache-2.0
#include "attacks/unmix_labels.h"

#include "attacks/unmix.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MEANS_STEPS = 10, SWEEPS = 2 };

#define RIDGE 0.02 // towards the mean of the person: images that few mixes name stay near it

struct work {
    const struct unmix_problem *problem;
    struct observe_mix *guessed;
    float *images; // images x values
    float *means;  // people x values
    size_t *first; // people + 1: a person's images
    float *points; // of one person: count rows of values
    float *weights;
    double *nearest;
    uint32_t *cluster;
};

static enum status allocate(struct work *work)
{
    const struct unmix_problem *problem = work->problem;
    work->means = calloc(problem->people, problem->values * sizeof *work->means);
    work->first = calloc(problem->people + 1, sizeof *work->first);
    work->points = calloc(problem->count, problem->values * sizeof *work->points);
    work->weights = calloc(problem->count, sizeof *work->weights);
    work->nearest = calloc(problem->count, sizeof *work->nearest);
    work->cluster = calloc(problem->count, sizeof *work->cluster);
    return work->means != NULL && work->first != NULL && work->points != NULL &&
                   work->weights != NULL && work->nearest != NULL && work->cluster != NULL
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for %zu mixes", problem->count);
}

static void work_destroy(struct work *work)
{
    free(work->means);
    free(work->first);
    free(work->points);
    free(work->weights);
    free(work->nearest);
    free(work->cluster);
}

/* Each person's mean: what labels alone give. `mixes` name people. */
static enum status solve_means(const struct unmix_problem *problem, const struct observe_mix *mixes,
                               float *means)
{
    struct unmix unmix;
    enum status status = unmix_create(&unmix, problem->people, problem->values);
    if (status != STATUS_OK) return status;
    unmix_add(&unmix, mixes, problem->mixed, problem->count);
    status = unmix_solve(&unmix, means, UNMIX_RIDGE);
    unmix_destroy(&unmix);
    return status;
}

/* Images from the mixes that are believed: how they differ from their person's mean. `room`: as
 * many numbers as the mixes have. */
static enum status solve_images(const struct unmix_problem *problem,
                                const struct observe_mix *guessed, const float *means, float *out,
                                float *room)
{
    const size_t values = problem->values;
    struct unmix unmix;
    enum status status = unmix_create(&unmix, problem->images, values);
    if (status != STATUS_OK) return status;
    memcpy(room, problem->mixed, problem->count * values * sizeof *room);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < problem->count; i++) {
        for (int j = 0; j < guessed[i].k; j++) {
            const float *mean = means + problem->labels[guessed[i].image[j]] * values;
            for (size_t v = 0; v < values; v++) {
                room[i * values + v] -= guessed[i].weight[j] * mean[v];
            }
        }
    }
    unmix_add(&unmix, guessed, room, problem->count);
    status = unmix_solve(&unmix, out, RIDGE);
    for (size_t i = 0; i < problem->images * values; i++) {
        out[i] += means[problem->labels[i / values] * values + i % values];
    }
    unmix_destroy(&unmix);
    return status;
}

/* guessed = the mixes as the labels show them: for each image its person, in place of the image;
 * none of a mix in which a person is twice. */
static void read_labels(const struct unmix_problem *problem, struct observe_mix *guessed)
{
    for (size_t i = 0; i < problem->count; i++) {
        struct observe_mix *mix = &guessed[i];
        bool twice = false;
        *mix = problem->mixes[i];
        for (int a = 0; a < mix->k; a++) {
            mix->image[a] = problem->labels[mix->image[a]];
            for (int b = 0; b < a; b++) {
                twice = twice || mix->image[a] == mix->image[b];
            }
        }
        if (twice) mix->k = 0;
    }
}

static double distance(const float *a, const float *b, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return (double)sum;
}

/* The mixes of one person less what other people's means leave, as images of that person. */
static size_t gather(struct work *work, uint32_t person)
{
    const struct unmix_problem *problem = work->problem;
    const size_t values = problem->values;
    size_t points = 0;
    for (size_t i = 0; i < problem->count; i++) {
        const struct observe_mix *mix = &work->guessed[i];
        int own = -1;
        for (int j = 0; j < mix->k; j++) {
            if (mix->image[j] == person) own = j;
        }
        if (own < 0) continue;
        float *point = work->points + points * values;
        memcpy(point, problem->mixed + i * values, values * sizeof *point);
        for (int j = 0; j < mix->k; j++) {
            const float *mean = work->means + mix->image[j] * values;
            for (size_t v = 0; v < values && j != own; v++) {
                point[v] -= mix->weight[j] * mean[v];
            }
        }
        for (size_t v = 0; v < values; v++) {
            point[v] /= mix->weight[own];
        }
        work->weights[points++] = mix->weight[own] * mix->weight[own];
    }
    return points;
}

/* First centres: far from each other with good chance. */
static void seed_centres(struct work *work, float *centres, size_t clusters, size_t points,
                         struct random *random)
{
    const size_t values = work->problem->values;
    size_t chosen = random_below(random, (uint32_t)points);
    for (size_t i = 0; i < points; i++) {
        work->nearest[i] = (double)INFINITY;
    }
    for (size_t c = 0; c < clusters; c++) {
        double sum = 0;
        memcpy(centres + c * values, work->points + chosen * values, values * sizeof *centres);
        for (size_t i = 0; i < points; i++) {
            const double far = distance(work->points + i * values, centres + c * values, values) *
                               (double)work->weights[i];
            work->nearest[i] = fmin(work->nearest[i], far);
            sum += work->nearest[i];
        }
        double left = (double)random_uniform(random) * sum;
        for (chosen = 0; chosen + 1 < points && left >= work->nearest[chosen]; chosen++) {
            left -= work->nearest[chosen];
        }
    }
}

static void move_centres(struct work *work, float *centres, size_t clusters, size_t points)
{
    const size_t values = work->problem->values;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < points; i++) {
        double least = (double)INFINITY;
        for (size_t c = 0; c < clusters; c++) {
            const double far = distance(work->points + i * values, centres + c * values, values);
            if (far < least) {
                least = far;
                work->cluster[i] = (uint32_t)c;
            }
        }
    }
#pragma omp parallel for schedule(static)
    for (size_t c = 0; c < clusters; c++) {
        float sum = 0;
        for (size_t i = 0; i < points; i++) {
            sum += work->cluster[i] == c ? work->weights[i] : 0;
        }
        if (!(sum > 0)) continue; // an empty cluster stays where it is
        memset(centres + c * values, 0, values * sizeof *centres);
        for (size_t i = 0; i < points; i++) {
            const float share = work->weights[i] / sum;
            for (size_t v = 0; v < values && work->cluster[i] == c; v++) {
                centres[c * values + v] += share * work->points[i * values + v];
            }
        }
    }
}

static enum status begin(struct work *work)
{
    const struct unmix_problem *problem = work->problem;
    const enum status status = solve_means(problem, work->guessed, work->means);
    if (status != STATUS_OK) return status;
    for (uint32_t person = 0; person < problem->people; person++) {
        const size_t clusters = work->first[person + 1] - work->first[person];
        const size_t points = gather(work, person);
        float *centres = work->images + work->first[person] * problem->values;
        struct random random;
        if (points == 0) continue;
        random_start(&random, problem->seed, person, RANDOM_SAMPLE, 1, 0);
        seed_centres(work, centres, clusters, points, &random);
        for (int step = 0; step < MEANS_STEPS; step++) {
            move_centres(work, centres, clusters, points);
        }
    }
    return STATUS_OK;
}

/* Turns people into an image of each: any, as long as it is one. */
static void name_images(struct work *work)
{
    for (size_t i = 0; i < work->problem->count; i++) {
        for (int j = 0; j < work->guessed[i].k; j++) {
            work->guessed[i].image[j] = (uint32_t)work->first[work->guessed[i].image[j]];
        }
    }
}

static double dot(const float *a, const float *b, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return (double)sum;
}

/* The image of the same person that leaves least of `rest`, which the mix leaves without it. */
static uint32_t choose_image(const struct work *work, const double *squares, const float *rest,
                             uint32_t now, float weight)
{
    const uint32_t person = work->problem->labels[now];
    double least = (double)INFINITY;
    uint32_t best = now;
    for (size_t image = work->first[person]; image < work->first[person + 1]; image++) {
        const float *x = work->images + image * work->problem->values;
        const double left =
            (double)weight * squares[image] - 2 * dot(rest, x, work->problem->values);
        if (left < least) {
            least = left;
            best = (uint32_t)image;
        }
    }
    return best;
}

/* Chooses all images of a mix in turn; says whether any changed. `rest` is room. */
static bool choose_mix(const struct work *work, const double *squares, size_t row, float *rest)
{
    const size_t values = work->problem->values;
    struct observe_mix *mix = &work->guessed[row];
    bool changed = false;
    memcpy(rest, work->problem->mixed + row * values, values * sizeof *rest);
    for (int j = 0; j < mix->k; j++) {
        const float *x = work->images + mix->image[j] * values;
        for (size_t v = 0; v < values; v++) {
            rest[v] -= mix->weight[j] * x[v];
        }
    }
    for (int turn = 0; turn < SWEEPS * mix->k; turn++) {
        const int j = turn % mix->k;
        const float *x = work->images + mix->image[j] * values;
        for (size_t v = 0; v < values; v++) {
            rest[v] += mix->weight[j] * x[v];
        }
        const uint32_t best = choose_image(work, squares, rest, mix->image[j], mix->weight[j]);
        changed = changed || best != mix->image[j];
        mix->image[j] = best;
        x = work->images + best * values;
        for (size_t v = 0; v < values; v++) {
            rest[v] -= mix->weight[j] * x[v];
        }
    }
    return changed;
}

static size_t choose_all(struct work *work)
{
    const size_t values = work->problem->values;
    double *squares = work->nearest; // room: no image is without a mix
    size_t changed = 0;
    for (size_t i = 0; i < work->problem->images; i++) {
        squares[i] = dot(work->images + i * values, work->images + i * values, values);
    }
#pragma omp parallel for schedule(static) reduction(+ : changed)
    for (size_t i = 0; i < work->problem->count; i++) {
        changed += choose_mix(work, squares, i, work->points + i * values);
    }
    return changed;
}

enum status unmix_labels_find(const struct unmix_problem *problem, struct observe_mix *guessed,
                              float *out)
{
    struct work work = {.problem = problem, .guessed = guessed, .images = out};
    enum status status = allocate(&work);
    memset(out, 0, problem->images * problem->values * sizeof *out);
    for (size_t i = 1; i < problem->images; i++) {
        assert(problem->labels[i - 1] <= problem->labels[i]);
    }
    if (status == STATUS_OK) {
        read_labels(problem, guessed);
        for (size_t i = 0; i < problem->images; i++) {
            work.first[problem->labels[i] + 1]++;
        }
        for (size_t p = 0; p < problem->people; p++) {
            work.first[p + 1] += work.first[p];
        }
        status = begin(&work);
    }
    if (status == STATUS_OK) name_images(&work);
    for (int step = 0; step < problem->steps && status == STATUS_OK; step++) {
        if (choose_all(&work) == 0) break;
        status = solve_images(problem, guessed, work.means, out, work.points);
    }
    work_destroy(&work);
    return status;
}

enum status unmix_labels_solve(const struct unmix_problem *problem,
                               const struct observe_mix *guessed, float *out)
{
    float *means = calloc(problem->people, problem->values * sizeof *means);
    float *room = malloc(problem->count * problem->values * sizeof *room);
    struct observe_mix *people = malloc(problem->count * sizeof *people);
    enum status status = STATUS_NO_MEMORY;
    if (means == NULL || room == NULL || people == NULL) {
        status = status_fail(status, "out of memory for %zu mixes", problem->count);
    } else {
        read_labels(problem, people);
        status = solve_means(problem, people, means);
    }
    if (status == STATUS_OK) status = solve_images(problem, guessed, means, out, room);
    free(means);
    free(room);
    free(people);
    return status;
}

enum status unmix_labels_match(uint32_t *to, const float *found, const float *truth, size_t values,
                               const uint32_t *labels, size_t images)
{
    double *far = malloc(images * images * sizeof *far);
    bool *taken = calloc(2 * images, sizeof *taken);
    if (far == NULL || taken == NULL) {
        free(far);
        free(taken);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu images", images);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < images * images; i++) {
        const size_t a = i / images, b = i % images;
        far[i] = labels[a] != labels[b] ? (double)INFINITY
                                        : distance(found + a * values, truth + b * values, values);
    }
    for (size_t turn = 0; turn < images; turn++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < images * images; i++) {
            if (taken[i / images] || taken[images + i % images] || isinf(far[i])) continue;
            if (best == SIZE_MAX || far[i] < far[best]) best = i;
        }
        to[best / images] = (uint32_t)(best % images);
        taken[best / images] = taken[images + best % images] = true;
    }
    free(far);
    free(taken);
    return STATUS_OK;
}
