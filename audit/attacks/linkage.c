// SPDX-License-Identifier: Apache-2.0
#include "attacks/linkage.h"

#include "attacks/linking.h"
#include "attacks/student.h"
#include "base/files.h"
#include "base/random.h"
#include "measures/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {64, 256, 1024, SIZE_MAX}; // photographs; the last: all

struct teacher {
    const struct attack_context *context;
    const char *name; // of its figures
    bool judge;       // else F1
    size_t size;      // of its embeddings
    float *known, *victims;
    uint32_t *order; // of the attacker's photographs: the first n are a student's
};

static enum status embed(const struct teacher *teacher, float *out, const struct dataset *faces)
{
    if (teacher->judge) {
        return judge_embed(teacher->context->judge, out, faces->pixels, faces->count, faces->size,
                           faces->channels);
    }
    return target_embed(teacher->context->f1, out, faces, NULL, faces->count);
}

static enum status teacher_open(struct teacher *teacher)
{
    const struct attack_context *context = teacher->context;
    const struct dataset *known = context->data->known, *victims = context->data->victims;
    struct random random;
    teacher->known = calloc(known->count, teacher->size * sizeof(float));
    teacher->victims = calloc(victims->count, teacher->size * sizeof(float));
    teacher->order = calloc(known->count, sizeof *teacher->order);
    if (teacher->known == NULL || teacher->victims == NULL || teacher->order == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for embeddings");
    }
    random_start(&random, context->budget->seed, 0, RANDOM_SAMPLE, 0, 2);
    random_permutation(&random, teacher->order, known->count);
    enum status status = embed(teacher, teacher->known, known);
    if (status == STATUS_OK) status = embed(teacher, teacher->victims, victims);
    return status;
}

static void teacher_close(struct teacher *teacher)
{
    free(teacher->known);
    free(teacher->victims);
    free(teacher->order);
}

static void set(struct figures *figures, const struct teacher *teacher, const char *stage,
                const char *what, double value)
{
    char key[LIMIT_NAME];
    snprintf(key, sizeof key, "linkage.%s.%.16s.%s", teacher->name, stage, what);
    figures_set(figures, key, value);
}

/* What these embeddings of the victims' masked faces find; `face` as in linking.h. */
static enum status measure(struct figures *figures, const struct teacher *teacher,
                           const char *stage, const float *probes, const uint32_t *face)
{
    const struct dataset *victims = teacher->context->data->victims;
    const struct linking linking = {.probes = probes,
                                    .face = face,
                                    .gallery = teacher->victims,
                                    .labels = victims->labels,
                                    .count = victims->count,
                                    .size = teacher->size,
                                    .seed = teacher->context->budget->seed};
    struct linking_figures found;
    const enum status status = linking_measure(&found, &linking);
    if (status != STATUS_OK) return status;
    set(figures, teacher, stage, "verification", found.verification);
    set(figures, teacher, stage, "deviation", found.deviation);
    set(figures, teacher, stage, "verification_same", found.verification_same);
    set(figures, teacher, stage, "rank1", found.rank1);
    set(figures, teacher, stage, "rank1_same", found.rank1_same);
    return STATUS_OK;
}

/* One student: it learns `count` photographs, 0 for none, and is measured. */
static enum status try_student(struct figures *figures, const struct teacher *teacher,
                               const char *stage, size_t count)
{
    const struct attack_context *context = teacher->context;
    const struct dataset *victims = context->data->victims;
    struct student *student = NULL;
    float *probes = calloc(victims->count, teacher->size * sizeof *probes);
    uint32_t *face = calloc(victims->count, sizeof *face);
    enum status status = STATUS_OK;
    double loss = (double)NAN;
    if (probes == NULL || face == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for embeddings");
        goto done;
    }
    status = student_create(&student, context->target, teacher->size, context->budget, count > 0);
    if (status == STATUS_OK && count > 0) {
        status = student_learn(student, &loss, context, teacher->known, teacher->order, count);
        set(figures, teacher, stage, "loss", status == STATUS_OK ? loss : (double)NAN);
        set(figures, teacher, stage, "images", (double)count);
    }
    if (status == STATUS_NOT_FINITE) {
        char name[LIMIT_NAME];
        snprintf(name, sizeof name, "linkage.%s.%s", teacher->name, stage);
        attack_diverged(figures, name, status_message());
        status = STATUS_OK;
        goto done;
    }
    if (status == STATUS_OK) status = student_embed(student, probes, face, victims);
    if (status == STATUS_OK) status = measure(figures, teacher, stage, probes, face);
done:
    student_destroy(&student);
    free(probes);
    free(face);
    return status;
}

/* The same, unless an earlier audit with these inputs has done it. */
static enum status run_student(struct figures *figures, const struct teacher *teacher,
                               const char *stage, size_t count)
{
    struct figures *piece = calloc(1, sizeof *piece);
    char file[LIMIT_NAME], path[LIMIT_PATH];
    if (piece == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for figures");
    snprintf(file, sizeof file, "linkage.%s.%.16s.json", teacher->name, stage);
    enum status status = files_join(path, teacher->context->folder, file);
    if (status != STATUS_OK) goto done;
    if (figures_read(piece, path) != STATUS_OK || strcmp(piece->inputs, figures->inputs) != 0) {
        memset(piece, 0, sizeof *piece);
        memcpy(piece->inputs, figures->inputs, sizeof piece->inputs);
        status = try_student(piece, teacher, stage, count);
        if (status == STATUS_OK) status = figures_write(piece, path);
    }
    if (status == STATUS_OK) figures_join(figures, piece);
done:
    free(piece);
    return status;
}

static enum status run_teacher(struct figures *figures, struct teacher *teacher)
{
    const size_t known = teacher->context->data->known->count;
    enum status status = teacher_open(teacher);
    if (status == STATUS_OK) {
        status = measure(figures, teacher, "plain", teacher->victims, NULL);
        set(figures, teacher, "plain", "rank1_same", (double)NAN); // itself
        set(figures, teacher, "plain", "verification_same", (double)NAN);
    }
    if (status == STATUS_OK) status = run_student(figures, teacher, "untrained", 0);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0] && status == STATUS_OK; s++) {
        char stage[LIMIT_NAME];
        const bool all = sizes[s] == SIZE_MAX;
        if (!all && sizes[s] >= known) continue;
        snprintf(stage, sizeof stage, "%zu", sizes[s]);
        status = run_student(figures, teacher, all ? "all" : stage, all ? known : sizes[s]);
    }
    teacher_close(teacher);
    return status;
}

enum status linkage_attack(const struct attack_context *context, struct figures *figures)
{
    enum status status = STATUS_OK;
    if (context->f1 == NULL && context->judge == NULL) {
        figures_note(figures, "linkage: there is no teacher, neither F1 nor a judge");
        return STATUS_OK;
    }
    figures_set(figures, "linkage.chance", 1 / (double)context->data->victims->count);
    if (context->f1 != NULL) {
        struct teacher f1 = {.context = context, .name = "f1"};
        f1.size = net_outputs(context->f1->net);
        status = run_teacher(figures, &f1);
    }
    if (status == STATUS_OK && context->judge != NULL) {
        struct teacher judge = {.context = context, .name = "judge", .judge = true};
        judge.size = judge_size(context->judge);
        status = run_teacher(figures, &judge);
    }
    return status;
}
