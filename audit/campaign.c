// SPDX-License-Identifier: Apache-2.0
#include "campaign.h"

#include "base/files.h"
#include "base/log.h"
#include "pieces.h"
#include "registry.h"
#include "subject.h"
#include "version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTACKS_MAX = 32 };

struct campaign {
    const struct plan *plan;
    struct subject subject[PLAN_DEFENCES_MAX];
    const struct registry_attack *attack[ATTACKS_MAX];
    const char *names[ATTACKS_MAX];
    size_t attacks;
    struct pieces pieces;
    struct audit_row rows[PLAN_DEFENCES_MAX];
    struct figures *figures; // of rows * attacks
    struct audit_sheet sheet;
};

static void choose_attacks(struct campaign *campaign)
{
    const struct config_texts *wanted = &campaign->plan->attacks;
    for (size_t r = 0; r < registry_count && campaign->attacks < ATTACKS_MAX; r++) {
        bool chosen = wanted->count == 0;
        for (size_t i = 0; i < wanted->count; i++) {
            chosen = chosen || strcmp(wanted->values[i], registry[r].name) == 0;
        }
        if (!chosen) continue;
        campaign->names[campaign->attacks] = registry[r].name;
        campaign->attack[campaign->attacks++] = &registry[r];
    }
}

/* Opens every defence once: what does not fit is found before the first attack. F1 stays open. */
static enum status open_subjects(struct campaign *campaign, struct target **f1, int *channels)
{
    const struct plan *plan = campaign->plan;
    enum status status = STATUS_OK;
    *channels = 1;
    for (size_t d = 0; d < plan->defences && status == STATUS_OK; d++) {
        struct audit_row *row = &campaign->rows[d];
        struct target *target = NULL;
        status = subject_find(&campaign->subject[d], plan, &plan->defence[d]);
        if (status == STATUS_OK) status = subject_open(&target, &campaign->subject[d]);
        if (status != STATUS_OK) break;
        snprintf(row->name, sizeof row->name, "%s", plan->defence[d].name);
        row->accuracy = campaign->subject[d].accuracy;
        row->unmasked = strcmp(plan->defence[d].name, plan->f1) == 0;
        row->figures = campaign->figures + d * campaign->attacks;
        mask_describe(target->mask, row->mask, sizeof row->mask);
        if (target_channels(target) > *channels) *channels = target_channels(target);
        status = files_join(row->folder, campaign->sheet.folder, plan->defence[d].folder);
        if (row->unmasked) {
            *f1 = target;
        } else {
            target_close(&target);
        }
    }
    return status;
}

/* People with an image: a sample may have none of some. */
static size_t people_of(const struct dataset *set)
{
    size_t people = 0;
    for (size_t i = 0; i < set->count; i++) { // images of a person stand together
        people += i == 0 || set->labels[i] != set->labels[i - 1];
    }
    return people;
}

static void describe(struct campaign *campaign)
{
    struct audit_sheet *sheet = &campaign->sheet;
    const struct plan *plan = campaign->plan;
    const struct attack_data *data = campaign->pieces.data;
    sheet->lpips = campaign->pieces.lpips == NULL ? NULL : lpips_name(campaign->pieces.lpips);
    sheet->judged = campaign->pieces.judge != NULL;
    sheet->known_people = people_of(data->known);
    sheet->known_images = data->known->count;
    sheet->victims_people = people_of(data->victims);
    sheet->victims_images = data->victims->count;
    if (data->overlap > 0) {
        audit_sheet_note(sheet,
                         "overlap: %zu of the attacker's %zu people are victims, which was "
                         "allowed: attacks may count what they remember",
                         data->overlap, data->known->people);
    }
    if (data->overlap_by_face) {
        audit_sheet_note(
            sheet,
            "attacker's people and victims: the largest cosine of two mean faces under "
            "the judge is %.3f, from %.2f on they would be one",
            data->overlap_cosine, plan->overlap_cosine);
    } else {
        audit_sheet_note(sheet, "attacker's people and victims were compared by name only: there "
                                "is no judge");
    }
}

/* The victims as they are, above everything that is recovered of them. */
static enum status show_originals(const struct campaign *campaign)
{
    const struct dataset *victims = campaign->pieces.data->victims;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    const struct attack_context context = {.data = campaign->pieces.data,
                                           .folder = campaign->sheet.folder};
    uint32_t index[ATTACK_PICTURES];
    const size_t shown = attack_shown(index, victims);
    uint8_t *row = malloc(ATTACK_PICTURES * bytes);
    if (row == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    for (size_t i = 0; i < shown; i++) {
        memcpy(row + i * bytes, dataset_pixels(victims, index[i]), bytes);
    }
    const enum status status = attack_pictures(&context, "originals", row, shown);
    free(row);
    return status;
}

enum status campaign_check(const struct plan *plan)
{
    struct lpips *lpips = NULL;
    struct judge *judge = NULL;
    enum status status = plan->lpips[0] == '\0' ? STATUS_OK : lpips_open(&lpips, plan->lpips);
    if (status != STATUS_OK) status = status_fail(status, "lpips: %s", status_message());
    lpips_close(&lpips);
    if (status != STATUS_OK || plan->judge[0] == '\0') return status;
    status = judge_open(&judge, plan->judge);
    if (status != STATUS_OK) status = status_fail(status, "judge: %s", status_message());
    judge_close(&judge);
    return status;
}

enum status campaign_open(struct campaign **campaign, const struct plan *plan, const char *folder)
{
    struct campaign *made = calloc(1, sizeof *made);
    struct target *f1 = NULL;
    int channels = 1;
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: audit");
    made->plan = plan;
    made->sheet = (struct audit_sheet){.title = plan->title,
                                       .profile = plan->profile,
                                       .version = version_text(),
                                       .folder = folder,
                                       .test = plan->test[0] == '\0' ? "Accuracy" : plan->test,
                                       .quick = plan->budget.quick,
                                       .f1 = plan->f1[0] == '\0' ? NULL : plan->f1,
                                       .attack = made->names,
                                       .rows = made->rows,
                                       .count = plan->defences};
    choose_attacks(made);
    made->sheet.attacks = made->attacks;
    made->figures = calloc(plan->defences * made->attacks, sizeof *made->figures);
    enum status status =
        made->figures == NULL ? status_fail(STATUS_NO_MEMORY, "out of memory: audit") : STATUS_OK;
    if (status == STATUS_OK) status = open_subjects(made, &f1, &channels);
    if (status == STATUS_OK) status = pieces_open(&made->pieces, plan, folder, &f1, channels);
    if (status == STATUS_OK) status = show_originals(made);
    if (status == STATUS_OK) {
        made->pieces.total = plan->defences * made->attacks;
        describe(made);
        *campaign = made;
        return STATUS_OK;
    }
    target_close(&f1);
    campaign_close(&made);
    return status;
}

void campaign_close(struct campaign **campaign)
{
    if (*campaign == NULL) return;
    pieces_close(&(*campaign)->pieces);
    free((*campaign)->figures);
    free(*campaign);
    *campaign = NULL;
}

/* Whether there are figures: of an earlier start, or an attack that ended or failed in this one. */
static bool is_over(const struct figures *figures)
{
    return figures->inputs[0] != '\0';
}

/* What was finished before; *count is how many pieces that are. */
static enum status take_over(struct campaign *campaign, size_t *count)
{
    enum status status = STATUS_OK;
    *count = 0;
    for (size_t d = 0; d < campaign->plan->defences && status == STATUS_OK; d++) {
        struct target *target = NULL;
        status = subject_open(&target, &campaign->subject[d]);
        for (size_t a = 0; a < campaign->attacks && status == STATUS_OK; a++) {
            struct figures *figures = &campaign->figures[d * campaign->attacks + a];
            status = pieces_find(figures, &campaign->pieces, target, &campaign->plan->defence[d],
                                 campaign->attack[a]);
            *count += is_over(figures);
        }
        target_close(&target);
    }
    return status;
}

/* By what each attack took where it is over, or where it nowhere is by what the others took. */
static double seconds_left(const struct campaign *campaign)
{
    double of_others = 0, left = 0;
    size_t others = 0, unknown = 0;
    for (size_t a = 0; a < campaign->attacks; a++) {
        double seconds = 0;
        size_t over = 0;
        for (size_t d = 0; d < campaign->plan->defences; d++) {
            const struct figures *figures = &campaign->figures[d * campaign->attacks + a];
            if (!is_over(figures)) continue;
            seconds += figures->seconds;
            over++;
        }
        const size_t missing = campaign->plan->defences - over;
        of_others += seconds;
        others += over;
        if (over > 0) left += (double)missing * seconds / (double)over;
        if (over == 0) unknown += missing;
    }
    return others > 0 ? left + (double)unknown * of_others / (double)others : 0;
}

static void tell(const struct campaign *campaign, const struct figures *figures, const char *name,
                 const char *attack)
{
    const struct pieces *pieces = &campaign->pieces;
    char took[LOG_TIME], left[LOG_TIME];
    log_time(took, figures->seconds);
    log_time(left, seconds_left(campaign));
    if (figures->failure[0] != '\0') {
        log_error("%zu/%zu %s, %s: failed: %s", pieces->at, pieces->total, name, attack,
                  figures->failure);
    } else {
        log_info("%zu/%zu %s, %s: %s after %s, about %s left", pieces->at, pieces->total, name,
                 attack, figures_diverged(figures) ? "diverged" : "done", took, left);
    }
}

static enum status attack_one(struct campaign *campaign, size_t d)
{
    const struct plan_defence *defence = &campaign->plan->defence[d];
    struct target *target = NULL;
    enum status status = subject_open(&target, &campaign->subject[d]);
    for (size_t a = 0; a < campaign->attacks && status == STATUS_OK; a++) {
        struct figures *figures = &campaign->figures[d * campaign->attacks + a];
        campaign->pieces.at = d * campaign->attacks + a + 1;
        if (is_over(figures)) continue;
        status = pieces_run(figures, &campaign->pieces, target, defence, campaign->attack[a]);
        if (status == STATUS_OK) tell(campaign, figures, defence->name, campaign->attack[a]->name);
    }
    target_close(&target);
    return status;
}

enum status campaign_run(struct campaign *campaign)
{
    size_t finished = 0;
    enum status status = take_over(campaign, &finished);
    if (status != STATUS_OK) return status;
    log_info("%zu defences, %zu attacks, %zu images of %zu victims, %zu of %zu pieces finished "
             "before; folder %s",
             campaign->plan->defences, campaign->attacks, campaign->sheet.victims_images,
             campaign->sheet.victims_people, finished, campaign->pieces.total,
             campaign->sheet.folder);
    for (size_t d = 0; d < campaign->plan->defences && status == STATUS_OK; d++) {
        status = attack_one(campaign, d);
    }
    return status;
}

const struct audit_sheet *campaign_sheet(struct campaign *campaign)
{
    audit_sheet_score(&campaign->sheet);
    return &campaign->sheet;
}
