// SPDX-License-Identifier: Apache-2.0
#include "outcome.h"

#include "base/json.h"
#include "report/markup.h"
#include "store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_rounds(struct outcome *outcome, const struct store_round *rounds, size_t count)
{
    double steps = 0;
    for (size_t r = 0; r < count; r++) {
        outcome->rounds = rounds[r].round;
        outcome->bytes_up += rounds[r].bytes_up;
        outcome->bytes_down += rounds[r].bytes_down;
        outcome->round_seconds += rounds[r].seconds;
        struct store_totals totals;
        store_total(&totals, &rounds[r]);
        outcome->images += totals.images;
        outcome->train_seconds += totals.train_seconds;
        outcome->mask_seconds += totals.mask_seconds;
        for (size_t k = 0; k < outcome->choices && k < totals.choices; k++) {
            outcome->k_share[k] += (double)totals.k_count[k];
            steps += (double)totals.k_count[k];
        }
    }
    for (size_t k = 0; k < outcome->choices && steps > 0; k++) {
        outcome->k_share[k] /= steps;
    }
    if (steps <= 0) outcome->choices = 0;
}

static enum status add_evaluations(struct outcome *outcome,
                                   const struct store_evaluation *evaluations, size_t count)
{
    double squares = 0;
    size_t identified = 0;
    outcome->accuracies = calloc(count + 1, sizeof *outcome->accuracies);
    if (outcome->accuracies == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: outcome");
    for (size_t i = 0; i < count; i++) {
        const struct store_evaluation *one = &evaluations[i];
        if (one->model_round != outcome->rounds) continue;
        outcome->accuracies[outcome->verified++] = one->accuracy;
        outcome->accuracy += one->accuracy;
        outcome->tar_at_far_1e3 += one->tar_at_far_1e3;
        outcome->deviation = one->deviation;
        if (one->identification < 0) continue;
        outcome->identification =
            one->identification + (identified > 0 ? outcome->identification : 0);
        identified++;
    }
    if (identified > 1) outcome->identification /= (double)identified;
    if (outcome->verified < 2) return STATUS_OK;
    outcome->accuracy /= (double)outcome->verified;
    outcome->tar_at_far_1e3 /= (double)outcome->verified;
    for (size_t i = 0; i < outcome->verified; i++) {
        const double apart = outcome->accuracies[i] - outcome->accuracy;
        squares += apart * apart;
    }
    outcome->deviation = sqrt(squares / (double)outcome->verified);
    return STATUS_OK;
}

enum status outcome_read(struct outcome *outcome, const char *folder, const struct config *config)
{
    struct store *store = NULL;
    struct store_round *rounds = NULL;
    struct store_evaluation *evaluations = NULL;
    size_t round_count = 0, evaluation_count = 0;
    memset(outcome, 0, sizeof *outcome);
    outcome->identification = -1;
    guarantee_state(&outcome->guarantee, &config->federation);
    if (config->federation.mix.method != MIX_NONE) {
        const struct config_numbers *k = &config->federation.mix.k;
        outcome->choices = k->count < LIMIT_CHOICES ? k->count : LIMIT_CHOICES;
        memcpy(outcome->k, k->values, outcome->choices * sizeof *outcome->k);
    }
    enum status status = store_open(&store, folder);
    if (status == STATUS_OK) status = store_rounds(store, &rounds, &round_count);
    if (status == STATUS_OK) status = store_evaluations(store, &evaluations, &evaluation_count);
    if (status == STATUS_OK) {
        status = store_ending(store, &outcome->ended, &outcome->success, outcome->reason);
    }
    if (status == STATUS_OK) {
        add_rounds(outcome, rounds, round_count);
        health_judge(&outcome->health, rounds, round_count, config->federation.rounds);
        status = add_evaluations(outcome, evaluations, evaluation_count);
    }
    store_free_rounds(rounds, round_count);
    free(evaluations);
    store_close(&store);
    return status;
}

void outcome_destroy(struct outcome *outcome)
{
    free(outcome->accuracies);
    outcome->accuracies = NULL;
}

static double per(double amount, double of)
{
    return of > 0 ? amount / of : 0;
}

static void print_work(FILE *out, const struct outcome *outcome, const struct outcome_host *host)
{
    char first[MARKUP_QUANTITY], second[MARKUP_QUANTITY];
    const double images = (double)outcome->images;
    fprintf(out, "training       %.1f images/s in all, %.1f at a participant while it trains\n",
            per(images, outcome->round_seconds), per(images, outcome->train_seconds));
    fprintf(out, "masking        %.3f ms an image\n", 1000 * per(outcome->mask_seconds, images));
    markup_bytes(first, (double)host->peak_memory_largest);
    markup_bytes(second, (double)host->peak_memory_mean);
    fprintf(out, "peak memory    %s for the largest participant, %s on average\n", first, second);
    markup_bytes(first, (double)outcome->bytes_up);
    markup_bytes(second, (double)outcome->bytes_down);
    fprintf(out, "traffic        %s of updates, %s of models\n", first, second);
    if (outcome->choices == 0) return;
    fputs("mixed          ", out);
    for (size_t k = 0; k < outcome->choices; k++) {
        fprintf(out, "%sk=%d %.0f %%", k == 0 ? "" : ", ", outcome->k[k],
                100 * outcome->k_share[k]);
    }
    fputs("\n", out);
    if (outcome->health.entropy < 0) return;
    fprintf(out, "policy         %.0f %% of the training time, entropy %.2f of 1\n",
            100 * outcome->health.policy_share, outcome->health.entropy);
}

void outcome_print(FILE *out, const struct outcome *outcome, const struct outcome_host *host)
{
    char time[MARKUP_QUANTITY];
    markup_duration(time, host->seconds);
    fprintf(out, "%s         %u round%s in %s\n", outcome->success ? "done  " : "failed",
            (unsigned)outcome->rounds, outcome->rounds == 1 ? "" : "s", time);
    if (outcome->verified > 0) {
        fprintf(out,
                "verification   %.2f %% ± %.2f over the %s, %.1f %% true accepts at a "
                "false-accept rate of 1 in 1000\n",
                100 * outcome->accuracy, 100 * outcome->deviation,
                outcome->verified > 1 ? "participants" : "folds", 100 * outcome->tar_at_far_1e3);
    } else {
        fputs("verification   the last model was not verified\n", out);
    }
    if (outcome->identification >= 0) {
        fprintf(out, "identification %.1f %% of the held-back images\n",
                100 * outcome->identification);
    }
    if (outcome->rounds > 0) print_work(out, outcome, host);
    fprintf(out, "privacy        %s\n", outcome->guarantee.text);
    if (outcome->health.diverged) fprintf(out, "warning        %s\n", HEALTH_DIVERGED);
    if (outcome->health.collapsed) fprintf(out, "warning        %s\n", HEALTH_COLLAPSED);
    if (outcome->success) fprintf(out, "model          %s\n", host->model);
    fprintf(out, "report         %s\n", host->report);
}

static void print_guarantee(FILE *out, const struct guarantee *guarantee)
{
    fputs(", \"dp\": {\"epsilon\": ", out);
    if (guarantee->given) {
        json_number(out, guarantee->epsilon);
        fputs(", \"delta\": ", out);
        json_number(out, guarantee->delta);
        fputs(", \"adjacency\": ", out);
        json_text(out, guarantee->adjacency);
    } else {
        fputs("null, \"delta\": null, \"adjacency\": null", out);
    }
    fputs(", \"mechanism\": ", out);
    json_text(out, guarantee->mechanism);
    fputs("}", out);
}

void outcome_print_json(FILE *out, const struct outcome *outcome, const struct outcome_host *host)
{
    fputs("{\"accuracy\": ", out);
    if (outcome->verified > 0) {
        fprintf(out, "%.6f, \"std\": %.6f, \"tar_at_far_1e3\": %.6f", outcome->accuracy,
                outcome->deviation, outcome->tar_at_far_1e3);
    } else {
        fputs("null", out);
    }
    for (size_t i = 0; outcome->verified > 1 && i < outcome->verified; i++) {
        fprintf(out, "%s%.6f", i == 0 ? ", \"accuracy_by_participant\": [" : ", ",
                outcome->accuracies[i]);
    }
    if (outcome->verified > 1) fputs("]", out);
    if (outcome->identification >= 0) {
        fprintf(out, ", \"identification\": %.6f", outcome->identification);
    }
    fprintf(out, ", \"rounds\": %u, \"seconds\": %.3f, \"model\": ", (unsigned)outcome->rounds,
            host->seconds);
    json_text(out, host->model);
    fputs(", \"report\": ", out);
    json_text(out, host->report);
    fputs(", \"k_share\": {", out);
    for (size_t k = 0; k < outcome->choices; k++) {
        fprintf(out, "%s\"%d\": %.6f", k == 0 ? "" : ", ", outcome->k[k], outcome->k_share[k]);
    }
    fprintf(out, "}, \"bytes_up\": %llu, \"bytes_down\": %llu, \"peak_rss_bytes\": %llu",
            (unsigned long long)outcome->bytes_up, (unsigned long long)outcome->bytes_down,
            (unsigned long long)host->peak_memory_largest);
    fprintf(out, ", \"images_per_second\": %.3f, \"mask_seconds_per_image\": %.9f",
            per((double)outcome->images, outcome->round_seconds),
            per(outcome->mask_seconds, (double)outcome->images));
    print_guarantee(out, &outcome->guarantee);
    fprintf(out, ", \"policy_share\": %.6f, \"policy_collapsed\": %s, \"diverged\": %s}\n",
            outcome->health.policy_share, outcome->health.collapsed ? "true" : "false",
            outcome->health.diverged ? "true" : "false");
}
