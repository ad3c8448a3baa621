// SPDX-License-Identifier: Apache-2.0
#include "train/analysis.h"

#include "base/log.h"
#include "base/stop.h"
#include "frequency/dct.h"
#include "image/dataset.h"
#include "train/front.h"
#include "train/networks.h"
#include "train/recogniser.h"
#include "train/schedule.h"
#include "train/supply.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
    struct config config; // without a mask: its images are raw bands
    struct analysis *analysis;
    const struct analysis_options *options;
    struct mask *mask;
    struct supply *supply;
    struct recogniser *recogniser;
    struct front front;
    size_t batch, values;
    float *vectors[3];
    float *raw, *noise, *seen, *ones;
    uint32_t *order, *label;
    uint8_t *flip;
};

/* Marks the bands that a config keeps; returns how many. */
static size_t mark_kept(bool kept[LIMIT_BANDS], const struct config_federation *federation,
                        bool all)
{
    const struct config_numbers *list = &federation->mask.band_list;
    const int components = federation->input.color == COLOR_GREY ? 1 : 3;
    const int first = all ? 64 : federation->mask.bands;
    size_t count = 0;
    memset(kept, 0, LIMIT_BANDS * sizeof *kept);
    for (size_t i = 0; !all && i < list->count; i++) {
        kept[list->values[i]] = true;
    }
    for (int i = 0; i < first * components && (all || list->count == 0); i++) {
        kept[64 * (i / first) + dct_zigzag(i % first)] = true;
    }
    for (int band = 0; band < LIMIT_BANDS; band++) {
        if (federation->mask.drop_dc && band % 64 == 0) kept[band] = false;
        count += kept[band];
    }
    return count;
}

static void list_bands(struct job *job)
{
    bool kept[LIMIT_BANDS];
    struct analysis *analysis = job->analysis;
    mark_kept(kept, &job->config.federation, false);
    for (int band = 0; band < LIMIT_BANDS; band++) {
        if (!kept[band]) continue;
        const size_t c = analysis->count++;
        analysis->bands[c] = (struct analysis_band){.band = band, .kept = true};
        analysis->bands[c].sensitivity = mask_band_sensitivity(band, job->options->clip);
        job->front.sensitivity[c] = analysis->bands[c].sensitivity;
    }
}

static enum status load(struct job *job)
{
    struct dataset *dataset = NULL;
    enum status status = mask_create(&job->mask, &job->config.federation, NULL);
    if (status == STATUS_OK) status = trainer_images(&dataset, &job->config);
    if (status == STATUS_OK) {
        status = supply_create(
            &job->supply, job->mask, &dataset,
            (struct supply_options){.bytes_max = (size_t)job->config.data.memory << 20,
                                    .folder = job->config.data.cache});
    }
    dataset_destroy(&dataset);
    if (status != STATUS_OK) return status;
    job->values = mask_values(job->mask);
    job->analysis->images = supply_count(job->supply);
    job->analysis->people = supply_people(job->supply);
    const size_t batch = (size_t)job->config.federation.optimiser.batch;
    job->batch = job->analysis->images < batch ? job->analysis->images : batch;
    job->front.channels = (size_t)mask_channels(job->mask);
    job->front.places = job->values / job->front.channels;
    return STATUS_OK;
}

static enum status build(struct job *job)
{
    struct net *net = NULL;
    enum status status = networks_fit(&job->config, job->batch);
    if (status == STATUS_OK) {
        status = networks_backbone(&net, &job->config, job->batch, NET_TRAIN);
    }
    if (status != STATUS_OK) return status;
    const size_t count = net_parameters(net), floats = job->batch * job->values;
    for (int i = 0; i < 3; i++) {
        job->vectors[i] = calloc(count, sizeof(float));
    }
    job->raw = malloc(floats * sizeof(float));
    job->noise = malloc(floats * sizeof(float));
    job->seen = malloc(floats * sizeof(float));
    job->ones = malloc(job->batch * sizeof(float));
    job->order = malloc(job->analysis->images * sizeof(uint32_t));
    job->label = malloc(job->batch * sizeof(uint32_t));
    job->flip = malloc(job->batch);
    if (!job->vectors[0] || !job->vectors[1] || !job->vectors[2] || !job->raw || !job->noise ||
        !job->seen || !job->ones || !job->order || !job->label || !job->flip) {
        status =
            status_fail(STATUS_NO_MEMORY, "out of memory for batches of %zu images", job->batch);
        goto done;
    }
    for (size_t i = 0; i < job->batch; i++) {
        job->ones[i] = 1;
    }
    net_bind(net, job->vectors[0], NULL);
    net_initialise(net, job->config.seed, 0);
    status = recogniser_create(&job->recogniser, &net, &job->config.federation,
                               job->analysis->people, job->batch, job->vectors);
    if (status == STATUS_OK) {
        arcface_initialise(recogniser_head(job->recogniser), job->config.seed, 0);
    }
done:
    net_destroy(&net);
    return status;
}

/* v_b over all images. */
static void measure_content(struct job *job)
{
    double energy[LIMIT_BANDS] = {0}, all = 0;
    const size_t channels = job->front.channels;
    for (uint32_t i = 0; i < job->analysis->images; i++) {
        supply_masked(job->supply, job->raw, &i, NULL, 1, job->config.seed, 0);
        for (size_t n = 0; n < job->values; n++) {
            energy[n % channels] += (double)job->raw[n] * (double)job->raw[n];
        }
    }
    for (size_t c = 0; c < channels; c++) {
        all += energy[c];
    }
    for (size_t c = 0; c < channels; c++) {
        job->front.content[c] = all > 0 ? energy[c] / all : 0;
        job->analysis->bands[c].content = job->front.content[c];
    }
}

static void draw_laplace(struct job *job, uint32_t pass, uint32_t step)
{
    struct random random;
    random_start(&random, job->config.seed, 0, RANDOM_ANALYSIS, pass, step);
    for (size_t i = 0; i < job->batch * job->values; i++) {
        // 25 bits between 0 and 1, neither of them.
        const double u = ((double)random_uniform(&random) + 0x1p-25) - 0.5;
        job->noise[i] = (float)(u < 0 ? log1p(2 * u) : -log1p(-2 * u));
    }
}

static enum status take_step(struct job *job, const uint32_t *index, uint32_t pass, uint32_t step,
                             double *loss)
{
    const struct config_federation *federation = &job->config.federation;
    const double passes = (double)federation->rounds * federation->local_epochs;
    const double steps = (double)(job->analysis->images / job->batch);
    double gradient[LIMIT_BANDS];
    const float *to_input = NULL;
    struct random random;
    struct recogniser_batch batch = {.input = job->seen,
                                     .count = job->batch,
                                     .labels = {1, job->label, job->ones},
                                     .input_gradient = &to_input};
    random_start(&random, job->config.seed, 0, RANDOM_FLIP, pass, step);
    for (size_t i = 0; i < job->batch; i++) {
        job->flip[i] = federation->optimiser.flip && (random_bits(&random) & 1u);
        job->label[i] = supply_labels(job->supply)[index[i]];
    }
    random_start(&batch.dropout, job->config.seed, 0, RANDOM_DROPOUT, pass, step);
    supply_masked(job->supply, job->raw, index, job->flip, job->batch, job->config.seed, 0);
    const float *noise = job->front.epsilon > 0 ? job->noise : NULL;
    if (noise != NULL) draw_laplace(job, pass, step);
    front_forward(&job->front, job->seen, job->raw, noise, job->batch);
    const enum status status = recogniser_step(
        job->recogniser, loss, &batch, schedule_rate(federation, pass - 1 + step / steps, passes));
    if (status != STATUS_OK) return status;
    front_backward(&job->front, gradient, job->raw, noise, to_input, job->batch);
    front_step(&job->front, gradient, job->options->rate);
    return STATUS_OK;
}

static enum status train(struct job *job)
{
    const struct config_federation *federation = &job->config.federation;
    const uint32_t passes = (uint32_t)(federation->rounds * federation->local_epochs);
    const size_t images = job->analysis->images, steps = images / job->batch;
    for (uint32_t pass = 1; pass <= passes; pass++) {
        struct random random;
        double sum = 0;
        random_start(&random, job->config.seed, 0, RANDOM_ORDER, pass, 0);
        random_permutation(&random, job->order, images);
        for (uint32_t step = 0; step < steps; step++) {
            double loss = 0;
            const enum status status =
                take_step(job, job->order + step * job->batch, pass, step, &loss);
            if (status != STATUS_OK) return status;
            if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped while learning");
            log_progress("learning", (pass - 1) * steps + step + 1, passes * steps, "steps");
            sum += loss / (double)steps;
        }
        if (pass == 1) job->analysis->first_loss = sum;
        job->analysis->last_loss = sum;
        log_info("pass %u: loss %.4f, penalty %.4f", (unsigned)pass, sum,
                 front_penalty(&job->front));
    }
    return STATUS_OK;
}

/* Of equal gates the lower band comes first. */
static void choose(struct analysis *analysis, size_t wanted)
{
    for (size_t i = 0; i < analysis->count; i++) {
        size_t better = 0;
        for (size_t j = 0; j < analysis->count; j++) {
            const double difference = analysis->bands[j].weight - analysis->bands[i].weight;
            better += difference > 0 || (!(difference < 0) && j < i);
        }
        analysis->bands[i].kept = better < wanted;
    }
}

static enum status learn(struct job *job, size_t wanted)
{
    enum status status = load(job);
    if (status == STATUS_OK) status = build(job);
    if (status != STATUS_OK) return status;
    measure_content(job);
    status = train(job);
    for (size_t c = 0; c < job->analysis->count; c++) {
        job->analysis->bands[c].weight = front_weight(&job->front, c);
    }
    if (job->options->epsilon <= 0) choose(job->analysis, wanted);
    return status;
}

enum status analysis_learn(struct analysis *analysis, const struct config *config,
                           const struct analysis_options *options)
{
    bool kept[LIMIT_BANDS];
    if (config->federation.input.kind != INPUT_BANDS) {
        return status_fail(STATUS_BAD_CONFIG, "federation.input.kind: pixels have no bands, "
                                              "allowed: bands");
    }
    const size_t wanted = mark_kept(kept, &config->federation, false);
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory");
    memset(analysis, 0, sizeof *analysis);
    job->config = *config;
    job->config.federation.mask.method = MASK_NONE;
    job->config.federation.mask.normalise = false;
    job->config.federation.mix.method = MIX_NONE;
    job->config.federation.mix.signs = false;
    job->config.federation.mask.budgets.count = 0;
    if (options->epsilon <= 0) {
        job->config.federation.mask.bands = 64;
        job->config.federation.mask.band_list.count = 0;
    }
    job->analysis = analysis;
    job->options = options;
    job->front.normalise = config->federation.mask.normalise;
    job->front.epsilon = options->epsilon;
    job->front.penalty = options->penalty;
    list_bands(job);
    const enum status status = learn(job, wanted);
    recogniser_destroy(&job->recogniser);
    supply_destroy(&job->supply);
    mask_destroy(&job->mask);
    void *const blocks[] = {
        job->vectors[0], job->vectors[1], job->vectors[2], job->raw,  job->noise, job->seen,
        job->ones,       job->order,      job->label,      job->flip, job};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    return status;
}

enum status analysis_write(char **text, const struct analysis *analysis,
                           const struct analysis_options *options)
{
    size_t size = 0;
    FILE *out = open_memstream(text, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the bands");
    const bool budgets = options->epsilon > 0;
    const char *separator = "";
    fprintf(out, "# Learned from %zu images of %zu people; to be read over a config by --with.\n",
            analysis->images, analysis->people);
    fputs("federation:\n  mask:\n", out);
    if (budgets) fprintf(out, "    method: dctdp\n    epsilon: %.9g\n", options->epsilon);
    if (budgets && options->clip > 0) fprintf(out, "    clip: %.9g\n", options->clip);
    for (int row = 0; row <= (int)budgets; row++) {
        fputs(row == 0 ? "    band_list: [" : "    budgets: [", out);
        separator = "";
        for (size_t i = 0; i < analysis->count; i++) {
            const struct analysis_band *band = &analysis->bands[i];
            // A share below a thousandth would be no noise's size at all.
            const long share = lround(fmax(1, 1000 * band->weight));
            if (!band->kept) continue;
            fprintf(out, "%s%ld", separator, row == 0 ? (long)band->band : share);
            separator = ", ";
        }
        fputs("]\n", out);
    }
    if (fclose(out) != 0) {
        free(*text);
        return status_fail(STATUS_NO_MEMORY, "out of memory for the bands");
    }
    return STATUS_OK;
}
