// SPDX-License-Identifier: Apache-2.0
#include "pieces.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_MIN = 2 }; // people of the attacker: with one nothing can be told apart

static enum status load_faces(struct pieces *pieces, int channels)
{
    const struct plan *plan = pieces->plan;
    const struct attack_options options = {.known = plan->known,
                                           .victims = plan->victims,
                                           .nonmembers_skip = plan->nonmembers_skip,
                                           .nonmembers_people = plan->nonmembers_people,
                                           .size = plan->size,
                                           .channels = channels,
                                           .known_max = (size_t)plan->known_max,
                                           .known_min = KNOWN_MIN,
                                           .victims_min = (size_t)plan->victims_min,
                                           .cosine_max = plan->overlap_cosine,
                                           .force = plan->overlap == PLAN_OVERLAP_ALLOW,
                                           .trained = plan->trained,
                                           .seed = plan->seed,
                                           .judge = pieces->judge};
    return attack_data_load(&pieces->data, &options);
}

static void add_text(struct digest_stream *stream, const char *text)
{
    digest_stream_add(stream, text, strlen(text) + 1);
}

static void add_faces(struct digest_stream *stream, const struct dataset *set)
{
    const size_t bytes = (size_t)set->size * (size_t)set->size * (size_t)set->channels;
    digest_stream_add(stream, set->pixels, set->count * bytes);
    digest_stream_add(stream, set->labels, set->count * sizeof *set->labels);
}

static enum status add_file(struct digest_stream *stream, const char *format, const char *path)
{
    char name[LIMIT_PATH + 32];
    uint8_t digest[DIGEST_BYTES];
    if (path[0] == '\0') return STATUS_OK;
    snprintf(name, sizeof name, "%s%s", path, format);
    const enum status status = digest_file(digest, name);
    if (status == STATUS_OK) digest_stream_add(stream, digest, sizeof digest);
    return status;
}

static enum status digest_shared(struct pieces *pieces)
{
    const struct plan *plan = pieces->plan;
    const struct attack_budget *budget = &pieces->budget;
    struct digest_stream *stream = NULL;
    uint8_t f1[DIGEST_BYTES] = {0};
    char text[256];
    enum status status = digest_stream_create(&stream);
    if (status != STATUS_OK) return status;
    snprintf(text, sizeof text, "%d %d %d %d %zu %zu %d %llu %d %zu", plan->size, budget->quick,
             budget->steps, budget->batch, budget->known_max, budget->victims_max, budget->starts,
             (unsigned long long)budget->seed, pieces->data->trained, pieces->data->first_class);
    add_text(stream, text);
    add_faces(stream, pieces->data->known);
    add_faces(stream, pieces->data->victims);
    if (pieces->data->nonmembers != NULL) add_faces(stream, pieces->data->nonmembers);
    if (pieces->f1 != NULL) status = target_digest(f1, pieces->f1);
    digest_stream_add(stream, f1, sizeof f1);
    static const char *const parts[][2] = {{".f32", "/refnet.f32"}, {".tsv", "/refnet.graph.tsv"}};
    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        status = add_file(stream, parts[i][0], plan->lpips);
        if (status == STATUS_OK) status = add_file(stream, parts[i][1], plan->judge);
    }
    digest_stream_end(pieces->inputs, &stream);
    return status;
}

enum status pieces_open(struct pieces *pieces, const struct plan *plan, const char *out,
                        struct target **f1, int channels)
{
    enum status status = STATUS_OK;
    *pieces = (struct pieces){.plan = plan, .out = out, .budget = plan_budget(plan), .f1 = *f1};
    *f1 = NULL;
    if (plan->lpips[0] != '\0') status = lpips_open(&pieces->lpips, plan->lpips);
    if (status == STATUS_OK && plan->judge[0] != '\0') {
        status = judge_open(&pieces->judge, plan->judge);
    }
    if (status == STATUS_OK) status = files_join(pieces->shared, out, "shared");
    if (status == STATUS_OK) status = files_make_folder(pieces->shared);
    if (status == STATUS_OK) status = load_faces(pieces, channels);
    if (status == STATUS_OK) status = digest_shared(pieces);
    if (status != STATUS_OK) pieces_close(pieces);
    return status;
}

void pieces_close(struct pieces *pieces)
{
    lpips_close(&pieces->lpips);
    judge_close(&pieces->judge);
    attack_data_free(&pieces->data);
    target_close(&pieces->f1);
}

/* Digest of one piece. */
static enum status digest_piece(char hex[2 * DIGEST_BYTES + 1], const struct pieces *pieces,
                                const struct target *target, const struct registry_attack *attack)
{
    struct digest_stream *stream = NULL;
    uint8_t digest[DIGEST_BYTES];
    const enum attack_identity identity = pieces->plan->gmi.identity;
    const uint8_t number = (uint8_t)identity, revision = (uint8_t)attack->revision;
    enum status status = target_digest(digest, target);
    if (status == STATUS_OK) status = digest_stream_create(&stream);
    if (status != STATUS_OK) return status;
    digest_stream_add(stream, pieces->inputs, sizeof pieces->inputs);
    digest_stream_add(stream, digest, sizeof digest);
    add_text(stream, attack->name);
    // What is as it was at first has no part in the digest: older pieces stay finished.
    if (attack->revision > 0) digest_stream_add(stream, &revision, sizeof revision);
    if (strcmp(attack->name, "gmi") == 0 && identity != ATTACK_IDENTITY_AUTO) {
        digest_stream_add(stream, &number, sizeof number);
    }
    digest_stream_end(digest, &stream);
    digest_hex(hex, digest);
    return STATUS_OK;
}

static bool tick(void *context, const char *what, uint64_t done, uint64_t total)
{
    char line[128];
    snprintf(line, sizeof line, "%s: %.60s", (const char *)context, what);
    log_progress(line, done, total, "steps");
    return !stop_requested();
}

static enum status attack(struct figures *figures, struct pieces *pieces,
                          const struct target *target, const struct registry_attack *one,
                          const char *folder)
{
    char label[64], reason[FIGURES_TEXT];
    snprintf(label, sizeof label, "%zu/%zu %.32s %.16s", pieces->at, pieces->total, target->name,
             one->name);
    const struct attack_context context = {.target = target,
                                           .f1 = pieces->f1,
                                           .data = pieces->data,
                                           .budget = &pieces->budget,
                                           .identity = pieces->plan->gmi.identity,
                                           .lpips = pieces->lpips,
                                           .judge = pieces->judge,
                                           .folder = folder,
                                           .shared = pieces->shared,
                                           .tick = tick,
                                           .tick_context = label};
    const double start = clock_now_seconds();
    const enum status status = stop_requested() ? STATUS_STOPPED : one->attack(&context, figures);
    figures->seconds = clock_now_seconds() - start;
    if (status == STATUS_STOPPED) return status_fail(STATUS_STOPPED, "stopped on request");
    if (status != STATUS_OK) {
        snprintf(reason, sizeof reason, "%.500s", status_message());
        memcpy(figures->failure, reason, sizeof reason);
        figures->count = 0; // half of an attack is no measurement
    }
    return STATUS_OK;
}

/* The folder of an attack, empty unless what it holds belongs to these inputs. */
static enum status prepare_folder(const char *folder, const char *inputs, const char *finished)
{
    char path[LIMIT_PATH];
    uint8_t *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, folder, "inputs");
    if (status != STATUS_OK) return status;
    const bool same = files_read(&text, &size, path, LIMIT_NAME * 2) == STATUS_OK &&
                      strcmp((const char *)text, inputs) == 0;
    free(text);
    if (same) return STATUS_OK;
    if (files_exists(finished)) status = files_remove(finished); // its pictures go
    if (status == STATUS_OK) status = files_remove(folder);
    if (status == STATUS_OK) status = files_make_folder(folder);
    return status == STATUS_OK ? files_write(path, inputs, strlen(inputs)) : status;
}

/* OUT/DEFENCE/ATTACK.json */
static enum status name_file(char path[LIMIT_PATH], const struct pieces *pieces,
                             const struct plan_defence *defence, const char *attack)
{
    char above[LIMIT_PATH], file[LIMIT_NAME];
    snprintf(file, sizeof file, "%.56s.json", attack);
    const enum status status = files_join(above, pieces->out, defence->folder);
    return status == STATUS_OK ? files_join(path, above, file) : status;
}

enum status pieces_find(struct figures *figures, const struct pieces *pieces,
                        const struct target *target, const struct plan_defence *defence,
                        const struct registry_attack *one)
{
    char path[LIMIT_PATH], inputs[2 * DIGEST_BYTES + 1];
    enum status status = name_file(path, pieces, defence, one->name);
    if (status == STATUS_OK) status = digest_piece(inputs, pieces, target, one);
    if (status == STATUS_OK && figures_read(figures, path) == STATUS_OK &&
        figures->failure[0] == '\0' && strcmp(figures->inputs, inputs) == 0) {
        return STATUS_OK;
    }
    *figures = (struct figures){0};
    return status;
}

enum status pieces_run(struct figures *figures, struct pieces *pieces, const struct target *target,
                       const struct plan_defence *defence, const struct registry_attack *one)
{
    char above[LIMIT_PATH], folder[LIMIT_PATH], path[LIMIT_PATH];
    *figures = (struct figures){0};
    enum status status = name_file(path, pieces, defence, one->name);
    if (status == STATUS_OK) status = files_join(above, pieces->out, defence->folder);
    if (status == STATUS_OK) status = files_join(folder, above, one->name);
    if (status == STATUS_OK) status = digest_piece(figures->inputs, pieces, target, one);
    if (status == STATUS_OK) status = prepare_folder(folder, figures->inputs, path);
    if (status == STATUS_OK) status = attack(figures, pieces, target, one, folder);
    if (status != STATUS_OK) {
        *figures = (struct figures){0};
        return status;
    }
    status = figures_write(figures, path);
    // What a restarted audit will see, digit by digit.
    return status == STATUS_OK ? figures_read(figures, path) : status;
}
