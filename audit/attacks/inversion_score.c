// SPDX-License-Identifier: Apache-2.0
#include "attacks/inversion_parts.h"
#include "base/sizes.h"
#include "measures/frechet.h"
#include "measures/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GALLERY_IMAGES = 3, RANK_MAX = 5 }; // of each of the attacker's people

#define ANYBODY SIZE_MAX

struct scoring {
    struct inversion *inversion;
    struct judge *judge;
    size_t size;    // of its embeddings
    float *found;   // of all slots
    float *victims; // of all their photographs
    float *gallery; // means of people, the victims first
    size_t people;  // in it
    float *room;    // of one embedding
    uint32_t *best; // slot of each person that counts; NULL: nobody was chosen
};

static double near(const float *a, const float *b, size_t size)
{
    double sum = 0;
    for (size_t j = 0; j < size; j++) {
        sum += (double)a[j] * (double)b[j];
    }
    return sum;
}

static void add_row(float *to, const float *row, size_t size)
{
    for (size_t j = 0; j < size; j++) {
        to[j] += row[j];
    }
}

static void normalise(float *row, size_t size)
{
    const double length = fmax(sqrt(near(row, row, size)), 1e-12);
    for (size_t j = 0; j < size; j++) {
        row[j] = (float)((double)row[j] / length);
    }
}

/* The attacker's people as far as there is room in the gallery, a few images of each. */
static enum status add_others(struct scoring *scoring)
{
    const struct dataset *known = scoring->inversion->context->data->known;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < known->count && status == STATUS_OK;) {
        const size_t first = i;
        if (scoring->people >= INVERSION_GALLERY) break;
        float *row = scoring->gallery + scoring->people++ * scoring->size;
        for (; i < known->count && known->labels[i] == known->labels[first]; i++) {
            if (i - first >= GALLERY_IMAGES || status != STATUS_OK) continue;
            status = judge_embed(scoring->judge, scoring->room, dataset_pixels(known, i), 1,
                                 known->size, known->channels);
            if (status == STATUS_OK) add_row(row, scoring->room, scoring->size);
        }
        normalise(row, scoring->size);
    }
    return status;
}

static enum status fill(struct scoring *scoring)
{
    const struct inversion *inversion = scoring->inversion;
    const struct dataset *victims = inversion->context->data->victims;
    enum status status = judge_embed(scoring->judge, scoring->found, inversion->pictures,
                                     inversion->slots, victims->size, victims->channels);
    if (status == STATUS_OK) {
        status = judge_embed(scoring->judge, scoring->victims, victims->pixels, victims->count,
                             victims->size, victims->channels);
    }
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < victims->count; i++) {
        add_row(scoring->gallery + victims->labels[i] * scoring->size,
                scoring->victims + i * scoring->size, scoring->size);
    }
    for (size_t p = 0; p < victims->people; p++) {
        normalise(scoring->gallery + p * scoring->size, scoring->size);
    }
    scoring->people = victims->people;
    return add_others(scoring);
}

/* How many people the judge finds more like it. */
static size_t rank_of(const struct scoring *scoring, size_t slot, size_t person)
{
    const float *found = scoring->found + slot * scoring->size;
    const double own = near(found, scoring->gallery + person * scoring->size, scoring->size);
    size_t rank = 0;
    for (size_t p = 0; p < scoring->people; p++) {
        rank +=
            p != person && near(found, scoring->gallery + p * scoring->size, scoring->size) >= own;
    }
    return rank;
}

/* Squared distance to the nearest photograph of the person, or of anybody. */
static double distance_of(const struct scoring *scoring, size_t slot, size_t person)
{
    const struct dataset *victims = scoring->inversion->context->data->victims;
    double most = -1;
    for (size_t i = 0; i < victims->count; i++) {
        if (person != ANYBODY && victims->labels[i] != person) continue;
        most = fmax(most, near(scoring->found + slot * scoring->size,
                               scoring->victims + i * scoring->size, scoring->size));
    }
    return 2 - 2 * most;
}

static void set_judged(const struct scoring *scoring, struct figures *figures)
{
    const struct inversion *inversion = scoring->inversion;
    double first = 0, fifth = 0, any = 0, distance = 0;
    for (size_t p = 0; p < inversion->people; p++) {
        const size_t rank = rank_of(scoring, scoring->best[p], p);
        bool hit = false;
        for (size_t s = 0; s < inversion->starts && !hit; s++) {
            hit = rank_of(scoring, p * inversion->starts + s, p) == 0;
        }
        first += rank == 0;
        fifth += rank < RANK_MAX;
        any += hit;
        distance += distance_of(scoring, scoring->best[p], p);
    }
    const double people = (double)inversion->people;
    figures_set(figures, "gmi.accuracy_1", first / people);
    figures_set(figures, "gmi.accuracy_5", fifth / people);
    figures_set(figures, "gmi.accuracy_any", any / people);
    figures_set(figures, "gmi.chance_1", 1 / (double)scoring->people);
    figures_set(figures, "gmi.feature_distance", distance / people);
}

/* The share of faces whose nearest person is a victim, none of the attacker's people. */
static double share_of_victims(const struct scoring *scoring)
{
    const struct inversion *inversion = scoring->inversion;
    const size_t victims = inversion->context->data->victims->people;
    double hits = 0;
    for (size_t slot = 0; slot < inversion->slots; slot++) {
        const float *found = scoring->found + slot * scoring->size;
        double most[2] = {-HUGE_VAL, -HUGE_VAL};
        for (size_t p = 0; p < scoring->people; p++) {
            double *side = &most[p < victims];
            *side = fmax(*side, near(found, scoring->gallery + p * scoring->size, scoring->size));
        }
        hits += most[true] > most[false];
    }
    return hits / (double)inversion->slots;
}

static enum status set_unchosen(struct scoring *scoring, struct figures *figures)
{
    const struct inversion *inversion = scoring->inversion;
    const struct dataset *victims = inversion->context->data->victims;
    double distance = 0;
    for (size_t slot = 0; slot < inversion->slots; slot++) {
        distance += distance_of(scoring, slot, ANYBODY);
    }
    figures_set(figures, "gmi.victim_1", share_of_victims(scoring));
    figures_set(figures, "gmi.victim_chance", (double)victims->people / (double)scoring->people);
    figures_set(figures, "gmi.feature_distance", distance / (double)inversion->slots);
    const enum status status =
        judge_embed(scoring->judge, scoring->found, inversion->pictures_start, inversion->slots,
                    victims->size, victims->channels);
    if (status == STATUS_OK) {
        figures_set(figures, "gmi.victim_1_start", share_of_victims(scoring));
    }
    return status;
}

static enum status set_frechet(const struct scoring *scoring, struct figures *figures)
{
    const struct inversion *inversion = scoring->inversion;
    double apart = 0;
    const enum status status =
        frechet_distance(&apart, scoring->found, inversion->slots, scoring->victims,
                         inversion->context->data->victims->count, scoring->size);
    figures_set(figures, "gmi.judge_frechet", apart);
    return status;
}

static enum status judge_slots(struct inversion *inversion, struct figures *figures, uint32_t *best)
{
    const struct attack_context *context = inversion->context;
    struct scoring scoring = {.inversion = inversion, .judge = context->judge, .best = best};
    if (context->judge == NULL) return STATUS_OK;
    const size_t victims = context->data->victims->people;
    scoring.size = judge_size(context->judge);
    scoring.found = malloc(inversion->slots * scoring.size * sizeof(float));
    scoring.victims = malloc(context->data->victims->count * scoring.size * sizeof(float));
    scoring.gallery = calloc(sizes_most(victims, INVERSION_GALLERY), scoring.size * sizeof(float));
    scoring.room = malloc(scoring.size * sizeof(float));
    enum status status = STATUS_OK;
    if (scoring.found == NULL || scoring.victims == NULL || scoring.gallery == NULL ||
        scoring.room == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for the judge's embeddings");
    }
    if (status == STATUS_OK) status = fill(&scoring);
    if (status == STATUS_OK) status = set_frechet(&scoring, figures);
    if (status == STATUS_OK && best != NULL) set_judged(&scoring, figures);
    if (status == STATUS_OK && best == NULL) status = set_unchosen(&scoring, figures);
    free(scoring.found);
    free(scoring.victims);
    free(scoring.gallery);
    free(scoring.room);
    return status;
}

/* What the search itself came to; best[p] gets person p's slot of least identity loss. */
static void set_search(const struct inversion *inversion, struct figures *figures, uint32_t *best)
{
    double start = 0, end = 0, hits = 0;
    for (size_t p = 0; p < inversion->people; p++) {
        const size_t first = p * inversion->starts;
        best[p] = (uint32_t)first;
        for (size_t s = first + 1; s < first + inversion->starts; s++) {
            if (inversion->loss[s] < inversion->loss[best[p]]) best[p] = (uint32_t)s;
        }
        start += (double)inversion->loss_start[best[p]];
        end += (double)inversion->loss[best[p]];
        hits += lrintf(inversion->seen[best[p]]) == (long)(inversion->first_class + p);
    }
    const double people = (double)inversion->people;
    figures_set(figures, "gmi.people", people);
    figures_set(figures, "gmi.starts", (double)inversion->starts);
    figures_set(figures, "gmi.steps", inversion->context->budget->steps);
    figures_set(figures, "gmi.identity_start", start / people);
    figures_set(figures, "gmi.identity", end / people);
    figures_set(figures, "gmi.target_accuracy", hits / people);
}

/* Each photograph of those who were attacked against the one picture of its person. */
static enum status compare(const struct inversion *inversion, struct figures *figures,
                           const uint32_t *best)
{
    const struct dataset *victims = inversion->context->data->victims;
    const size_t face = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    uint8_t *pictures = malloc(victims->count * face);
    uint32_t *truth = malloc(victims->count * sizeof *truth);
    size_t attacked = 0;
    enum status status = STATUS_OK;
    if (pictures == NULL || truth == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pictures", victims->count);
        goto done;
    }
    for (size_t i = 0; i < victims->count; i++) {
        const size_t person = victims->labels[i];
        if (person >= inversion->people) continue;
        memcpy(pictures + attacked * face, inversion->pictures + best[person] * face, face);
        truth[attacked++] = (uint32_t)i;
    }
    status = attack_measure_as(inversion->context, figures, "gmi", pictures, truth, attacked);
done:
    free(pictures);
    free(truth);
    return status;
}

/* Of faces of nobody in particular. */
static enum status score_unchosen(struct inversion *inversion, struct figures *figures)
{
    double start = 0, end = 0;
    for (size_t slot = 0; slot < inversion->slots; slot++) {
        start += (double)inversion->loss_start[slot];
        end += (double)inversion->loss[slot];
    }
    figures_set(figures, "gmi.faces", (double)inversion->slots);
    figures_set(figures, "gmi.steps", inversion->context->budget->steps);
    figures_set(figures, "gmi.identity_start", start / (double)inversion->slots);
    figures_set(figures, "gmi.identity", end / (double)inversion->slots);
    const enum status status = judge_slots(inversion, figures, NULL);
    if (status != STATUS_OK) return status;
    return attack_pictures(inversion->context, "gmi", inversion->pictures,
                           sizes_least(inversion->slots, ATTACK_PICTURES));
}

enum status inversion_score(struct inversion *inversion, struct figures *figures)
{
    if (inversion->identity == ATTACK_IDENTITY_STATISTICS) {
        return score_unchosen(inversion, figures);
    }
    uint32_t *best = malloc(inversion->people * sizeof *best);
    if (best == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for people");
    set_search(inversion, figures, best);
    enum status status = judge_slots(inversion, figures, best);
    if (status == STATUS_OK) status = compare(inversion, figures, best);
    free(best);
    return status;
}
