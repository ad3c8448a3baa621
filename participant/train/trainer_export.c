// SPDX-License-Identifier: Apache-2.0
#include "train/trainer_export.h"

#include "base/files.h"
#include "base/log.h"
#include "base/sizes.h"
#include "base/stop.h"
#include "model/tensor_file.h"
#include "secure/digest.h"
#include "train/trainer_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABELS, WEIGHTS, IMAGES, TENSORS, NOTES_MAX = 10, NOTE_MAX = 512 };

/* A file at work. */
struct job {
    struct trainer_export *task;
    struct trainer *trainer;
    struct tensor_file *file;
    uint32_t *place; // of each row in the file
};

static enum status check(const struct trainer_export *task, const struct config *config)
{
    if (config->federation.mix.method == MIX_ADAPTIVE) {
        return status_fail(STATUS_BAD_CONFIG,
                           "federation.mix.method: adaptive has no policy outside a training; use "
                           "matched, with the shares of k in the report of a finished run as "
                           "federation.mix.shares");
    }
    if (config->federation.mix.method == MIX_NONE && task->passes != 1) {
        return status_fail(STATUS_BAD_CONFIG,
                           "federation.mix.method: none has one masked image of each, so one pass");
    }
    if (task->names != NULL && files_exists(task->names)) {
        return status_fail(STATUS_BAD_INPUT, "%s: exists already", task->names);
    }
    return STATUS_OK;
}

/* Candidates k and the largest of them. */
static void count_choices(struct trainer_export *task, const struct config *config)
{
    const struct config_numbers *k = &config->federation.mix.k;
    const enum config_mix method = config->federation.mix.method;
    task->choices = method == MIX_NONE || method == MIX_FIXED ? 1 : k->count;
    task->k_most = 1;
    for (size_t i = 0; i < task->choices; i++) {
        task->k[i] = method == MIX_NONE ? 1 : k->values[i];
        task->k_most = sizes_most(task->k_most, (size_t)task->k[i]);
    }
}

/* How many rows a pass has: where images are mixed, whole batches only, as in training. */
static size_t rows_of_pass(const struct trainer *trainer)
{
    const size_t images = supply_count(trainer->supply);
    const bool whole = trainer->config.federation.mix.method != MIX_NONE;
    return whole ? images / trainer->batch * trainer->batch : images;
}

struct notes {
    struct model_note list[NOTES_MAX + 1];
    char values[NOTES_MAX][NOTE_MAX];
    size_t count;
};

static void add_note(struct notes *notes, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void add_note(struct notes *notes, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *value = notes->values[notes->count];
    (void)vsnprintf(value, NOTE_MAX, format, arguments);
    va_end(arguments);
    notes->list[notes->count++] = (struct model_note){key, value};
}

static enum status make_notes(struct notes *notes, const struct job *job)
{
    const struct config *config = &job->trainer->config;
    const struct config_federation *federation = &config->federation;
    char *section = NULL, list[8 * LIMIT_CHOICES] = "", hex[2 * DIGEST_BYTES + 1];
    uint8_t digest[DIGEST_BYTES];
    const enum status status = config_canonical(config, &section);
    if (status != STATUS_OK) return status;
    digest_compute(digest, section, strlen(section));
    digest_hex(hex, digest);
    free(section);
    for (size_t i = 0, at = 0; i < job->task->choices; i++) {
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%d", i == 0 ? "" : ", ",
                               job->task->k[i]);
    }
    *notes = (struct notes){.count = 0};
    add_note(notes, "fedveil.version", "%s", FEDVEIL_VERSION);
    add_note(notes, "fedveil.layout",
             "images [row, vertical, horizontal, channel]; labels and weights [row, part], parts "
             "of weight 0 are unused");
    add_note(notes, "fedveil.mask", "%s",
             config_word("federation.mask.method", (int)federation->mask.method));
    if (mask_has_noise(federation)) {
        add_note(notes, "fedveil.epsilon",
                 "%g for one coefficient of one image%s; an image spends the sum over its "
                 "coefficients, labels are not covered",
                 federation->mask.epsilon,
                 federation->mask.method == MASK_DCTDP ? " on average" : "");
    }
    add_note(notes, "fedveil.mix", "%s",
             config_word("federation.mix.method", (int)federation->mix.method));
    add_note(notes, "fedveil.k", "[%s]", list);
    add_note(notes, "fedveil.classes", "%zu", job->task->people);
    add_note(notes, "fedveil.passes", "%d", job->task->passes);
    add_note(notes, "fedveil.federation", "%s", hex);
    return STATUS_OK;
}

/* Neighbours in training are of one batch and each other's partners: rows that stood so would tell
 * who was mixed with whom. */
static enum status draw_places(struct job *job)
{
    const struct trainer *trainer = job->trainer;
    const size_t rows = job->task->rows;
    struct random random;
    job->place = malloc(rows * sizeof *job->place);
    if (job->place == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for the order of %zu rows", rows);
    }
    random_start(&random, trainer->config.seed, trainer->index, RANDOM_ROWS, 0, 0);
    random_permutation(&random, job->place, rows);
    return STATUS_OK;
}

/* Begins the file, whose size is known. */
static enum status begin(struct job *job)
{
    struct trainer_export *task = job->task;
    struct notes *notes = malloc(sizeof *notes);
    if (notes == NULL) return status_fail(STATUS_NO_MEMORY, "%s: out of memory", task->path);
    const size_t side = (size_t)task->side, channels = (size_t)task->channels;
    // Numbers of eight bytes stand first, so that all are aligned.
    const struct tensor_spec tensors[TENSORS] = {
        [LABELS] = {"labels", TENSOR_I64, 2, {task->rows, task->k_most}},
        [WEIGHTS] = {"weights", TENSOR_F32, 2, {task->rows, task->k_most}},
        [IMAGES] = {"images", TENSOR_F32, 4, {task->rows, side, side, channels}},
    };
    enum status status = make_notes(notes, job);
    if (status == STATUS_OK) {
        status = tensor_file_create(&job->file, task->path, 0600, tensors, TENSORS, notes->list);
    }
    free(notes);
    return status;
}

/* Puts row number i of a batch to its place. */
static enum status put_row(struct job *job, const struct recogniser_batch *batch, size_t i,
                           size_t place)
{
    const size_t most = job->task->k_most, k = (size_t)batch->labels.k;
    const size_t values = mask_values(job->trainer->mask);
    int64_t labels[LIMIT_MIX] = {0};
    float weights[LIMIT_MIX] = {0};
    for (size_t j = 0; j < k; j++) {
        labels[j] = batch->labels.label[i * k + j];
        weights[j] = batch->labels.weight[i * k + j];
    }
    enum status status = tensor_file_put(job->file, LABELS, labels, place * most, most);
    if (status == STATUS_OK) {
        status = tensor_file_put(job->file, WEIGHTS, weights, place * most, most);
    }
    if (status == STATUS_OK) {
        status =
            tensor_file_put(job->file, IMAGES, batch->input + i * values, place * values, values);
    }
    return status;
}

static enum status write_pass(struct job *job, int pass)
{
    struct trainer *trainer = job->trainer;
    const int epochs = trainer->config.federation.local_epochs;
    const size_t rows = rows_of_pass(trainer), batch = trainer->batch;
    const size_t steps = (rows + batch - 1) / batch;
    struct trainer_step at = {.round = (uint32_t)(1 + pass / epochs),
                              .step = (uint32_t)(steps * (size_t)(pass % epochs))};
    trainer_order(trainer, at.round, (uint32_t)(pass % epochs));
    enum status status = STATUS_OK;
    for (size_t first = 0; first < rows && status == STATUS_OK; first += batch, at.step++) {
        const uint32_t *index = trainer->order + first;
        const size_t now = rows - first < batch ? rows - first : batch;
        const size_t later = rows - first - now < batch ? rows - first - now : batch;
        size_t choice = 0;
        supply_expect(trainer->supply, index + now, later);
        trainer->batch = now;
        const struct recogniser_batch made = trainer_batch(trainer, &choice, index, at);
        trainer->batch = batch;
        job->task->k_count[choice] += now;
        const size_t row = (size_t)pass * rows + first;
        for (size_t i = 0; i < now && status == STATUS_OK; i++) {
            status = put_row(job, &made, i, job->place[row + i]);
        }
        log_progress("masking", row + now, job->task->rows, "images");
        if (status == STATUS_OK && stop_requested()) {
            status = status_fail(STATUS_STOPPED, "stopped: %s is not written", job->task->path);
        }
    }
    return status;
}

/* Which class is whom: for the owner alone. */
static enum status write_names(const char *path, const struct supply *supply)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < supply_people(supply); i++) {
        fprintf(stream, "%zu\t%s\n", i, supply_person(supply, i));
    }
    const bool failed = ferror(stream) != 0;
    const enum status status = fclose(stream) != 0 || failed
                                   ? status_fail(STATUS_NO_MEMORY, "%s: no memory", path)
                                   : files_write_secret(path, text, size);
    free(text);
    return status;
}

static enum status write_file(struct job *job)
{
    const char *names = job->task->names;
    enum status status = draw_places(job);
    if (status == STATUS_OK) status = begin(job);
    for (int pass = 0; pass < job->task->passes && status == STATUS_OK; pass++) {
        status = write_pass(job, pass);
    }
    if (status != STATUS_OK) return status;
    if (names != NULL) status = write_names(names, job->trainer->supply);
    if (status != STATUS_OK) return status;
    status = tensor_file_end(&job->file);
    if (status != STATUS_OK && names != NULL) unlink(names);
    return status;
}

enum status trainer_export(struct trainer_export *task, const struct config *config,
                           const uint8_t mask_key[MASK_KEY_BYTES])
{
    struct job job = {.task = task};
    enum status status = check(task, config);
    if (status == STATUS_OK) {
        status = trainer_create_masker(&job.trainer, config, (uint32_t)config->data.split_index,
                                       mask_key);
    }
    if (status != STATUS_OK) return status;
    count_choices(task, config);
    memset(task->k_count, 0, sizeof task->k_count);
    task->images = supply_count(job.trainer->supply);
    task->people = supply_people(job.trainer->supply);
    task->side = mask_side(job.trainer->mask);
    task->channels = mask_channels(job.trainer->mask);
    const size_t rows = rows_of_pass(job.trainer);
    if (rows > UINT32_MAX / (size_t)task->passes) {
        status = status_fail(STATUS_FULL, "%d passes over %zu images: too many for a file",
                             task->passes, rows);
    } else {
        task->rows = rows * (size_t)task->passes;
        status = write_file(&job);
    }
    tensor_file_destroy(&job.file);
    free(job.place);
    trainer_destroy(&job.trainer);
    return status;
}
