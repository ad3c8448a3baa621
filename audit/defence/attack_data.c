// SPDX-License-Identifier: Apache-2.0
#include "defence/attack_data.h"

#include "base/log.h"
#include "base/sizes.h"
#include "base/stop.h"
#include "measures/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EMBEDDED = 32 }; // at once

static enum status load(struct dataset **set, const struct attack_source *source,
                        const struct attack_options *options, int images_min, size_t most)
{
    const struct dataset_options wanted = {.size = options->size,
                                           .channels = options->channels,
                                           .people_skip = source->skip,
                                           .people_max = source->people,
                                           .images_max = source->images,
                                           .images_min = images_min,
                                           .sample = {most, options->seed}};
    if (source->folder[0] == '\0') {
        return dataset_synthesize(set, source->synthetic_seed, source->skip, source->people,
                                  source->images, &wanted);
    }
    return dataset_load(set, source->folder, &wanted);
}

/* A batch at a time, as thousands of faces take minutes, in which somebody may want to stop. */
static enum status embed_all(float *all, struct judge *judge, const struct dataset *set)
{
    enum status status = STATUS_OK;
    for (size_t first = 0; first < set->count && status == STATUS_OK; first += EMBEDDED) {
        const size_t count = sizes_least(set->count - first, EMBEDDED);
        if (stop_requested()) {
            return status_fail(STATUS_STOPPED, "stopped while people were compared");
        }
        status = judge_embed(judge, all + first * judge_size(judge), dataset_pixels(set, first),
                             count, set->size, set->channels);
        log_progress("comparing people", first + count, set->count, "images");
    }
    return status;
}

/* L2-normalised mean embedding of each person; people without an image have zeros. */
static enum status mean_faces(float **means, struct judge *judge, const struct dataset *set)
{
    const size_t size = judge_size(judge);
    float *all = malloc((set->count + 1) * size * sizeof *all);
    float *sum = calloc((set->people + 1) * size, sizeof *sum);
    enum status status = STATUS_NO_MEMORY;
    if (all == NULL || sum == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu embeddings", set->count);
        goto done;
    }
    status = embed_all(all, judge, set);
    if (status != STATUS_OK) goto done;
    for (size_t i = 0; i < set->count; i++) {
        for (size_t v = 0; v < size; v++) {
            sum[set->labels[i] * size + v] += all[i * size + v];
        }
    }
    for (size_t p = 0; p < set->people; p++) {
        double squares = 0;
        for (size_t v = 0; v < size; v++) {
            squares += (double)sum[p * size + v] * (double)sum[p * size + v];
        }
        const double length = fmax(sqrt(squares), 1e-12);
        for (size_t v = 0; v < size; v++) {
            sum[p * size + v] = (float)((double)sum[p * size + v] / length);
        }
    }
    *means = sum;
    sum = NULL;
done:
    free(all);
    free(sum);
    return status;
}

/* What is found of the attacker's people among the victims. */
struct overlap {
    size_t people;
    double cosine; // the largest
    const char *known, *victim;
    bool by_name;
};

static void compare(struct overlap *overlap, const struct attack_data *data, const float *known,
                    const float *victims, size_t size, double cosine_max)
{
    for (size_t k = 0; k < data->known->people; k++) {
        const char *name = data->known->people_names[k];
        bool same = false;
        for (size_t v = 0; v < data->victims->people; v++) {
            const char *other = data->victims->people_names[v];
            const bool named = strcmp(name, other) == 0;
            double cosine = 0;
            for (size_t i = 0; i < size; i++) {
                cosine += (double)known[k * size + i] * (double)victims[v * size + i];
            }
            const bool seen = size > 0 && cosine >= cosine_max;
            if (cosine > overlap->cosine) overlap->cosine = cosine;
            if ((named || seen) && overlap->known == NULL) {
                overlap->known = name;
                overlap->victim = other;
                overlap->by_name = named;
            }
            same = same || named || seen;
        }
        overlap->people += same;
    }
}

static enum status check_overlap(struct attack_data *data, const struct attack_options *options)
{
    struct overlap overlap = {.cosine = -1};
    float *known = NULL, *victims = NULL;
    const size_t size = options->judge == NULL ? 0 : judge_size(options->judge);
    enum status status = STATUS_OK;
    if (size > 0) status = mean_faces(&known, options->judge, data->known);
    if (size > 0 && status == STATUS_OK) {
        status = mean_faces(&victims, options->judge, data->victims);
    }
    if (status == STATUS_OK) {
        compare(&overlap, data, known, victims, size, options->cosine_max);
        data->overlap = overlap.people;
        data->overlap_by_face = size > 0;
        data->overlap_cosine = size > 0 ? overlap.cosine : (double)NAN;
        if (overlap.people > 0 && !options->force) {
            status = status_fail(
                STATUS_BAD_CONFIG,
                "%zu of the attacker's %zu people are victims, the first %s and %s, by %s: an "
                "attack on them would count what it remembers; leave them out (known.skip), or "
                "overlap.when: allow",
                overlap.people, data->known->people, overlap.known, overlap.victim,
                overlap.by_name ? "name" : "embedding");
        }
    }
    free(known);
    free(victims);
    return status;
}

static enum status check_people(const char *whose, const struct dataset *set, size_t least,
                                const char *key)
{
    if (set->people >= least) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG, "%s: %zu people, at least %zu are needed%s", whose,
                       set->people, least, key);
}

enum status attack_data_load(struct attack_data **data, const struct attack_options *options)
{
    struct attack_data *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for faces");
    made->trained = options->trained;
    made->first_class = (size_t)options->victims.skip;
    // As the training counts its people: who has fewer images than two is no class.
    enum status status =
        load(&made->victims, &options->victims, options, options->trained ? 2 : 1, 0);
    if (status == STATUS_OK)
        status = load(&made->known, &options->known, options, 1, options->known_max);
    if (status == STATUS_OK && options->nonmembers_skip > 0) {
        struct attack_source others = options->victims;
        others.skip = options->nonmembers_skip;
        others.people = options->nonmembers_people;
        made->first_nonmember = (size_t)others.skip;
        status = load(&made->nonmembers, &others, options, 2, 0);
    }
    if (status == STATUS_OK) status = check_people("known", made->known, options->known_min, "");
    if (status == STATUS_OK) {
        status =
            check_people("victims", made->victims, options->victims_min, " (victims.people_min)");
    }
    if (status == STATUS_OK) status = check_overlap(made, options);
    if (status != STATUS_OK) {
        attack_data_free(&made);
        return status;
    }
    *data = made;
    return STATUS_OK;
}

void attack_data_free(struct attack_data **data)
{
    if (*data == NULL) return;
    dataset_destroy(&(*data)->known);
    dataset_destroy(&(*data)->victims);
    dataset_destroy(&(*data)->nonmembers);
    free(*data);
    *data = NULL;
}
