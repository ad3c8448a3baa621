// SPDX-License-Identifier: Apache-2.0
#include "store_private.h"

#include "base/files.h"
#include "health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The verification of one model: the mean over those who measured it. */
struct measured {
    size_t count, identified;
    double accuracy, deviation, tar, identification;
};

static struct measured measure(const struct store_evaluation *evaluations, size_t count,
                               uint32_t model_round)
{
    struct measured sum = {0};
    for (size_t i = 0; i < count; i++) {
        const struct store_evaluation *one = &evaluations[i];
        if (one->model_round != model_round) continue;
        sum.count++;
        sum.accuracy += one->accuracy;
        sum.deviation += one->deviation;
        sum.tar += one->tar_at_far_1e3;
        if (one->identification >= 0) {
            sum.identified++;
            sum.identification += one->identification;
        }
    }
    return sum;
}

static void write_measured(FILE *file, const struct measured *sum)
{
    const double n = (double)sum->count;
    if (sum->count > 0) {
        fprintf(file, ",%.6f,%.6f,%.6f", sum->accuracy / n, sum->deviation / n, sum->tar / n);
    } else {
        fputs(",,,", file);
    }
    if (sum->identified > 0) {
        fprintf(file, ",%.6f", sum->identification / (double)sum->identified);
    } else {
        fputs(",", file);
    }
}

static void write_shares(FILE *file, const struct store_totals *totals, size_t choices)
{
    uint64_t all = 0;
    for (size_t k = 0; k < totals->choices; k++) {
        all += totals->k_count[k];
    }
    for (size_t k = 0; k < choices; k++) {
        if (all > 0) {
            fprintf(file, ",%.4f", (double)totals->k_count[k] / (double)all);
        } else {
            fputs(",", file);
        }
    }
}

/* What the policy takes of the training time, the entropy of its p(k) and p(k) itself. */
static void write_policy(FILE *file, const struct store_round *round,
                         const struct store_totals *totals, size_t choices)
{
    const size_t length = totals->probabilities;
    if (length > 0) {
        fprintf(file, ",%.4f,%.4f", health_policy_share(round, 1),
                health_entropy(totals->k_probability, length));
    } else {
        fputs(",,", file);
    }
    for (size_t k = 0; k < choices; k++) {
        if (k < length) {
            fprintf(file, ",%.4f", totals->k_probability[k]);
        } else {
            fputs(",", file);
        }
    }
}

/* The candidates k of the run, for the names of the last columns. */
static enum status read_choices(const struct store *store, char text[1024])
{
    sqlite3_stmt *select = NULL;
    enum status status = store_sql_prepare(store, &select, "SELECT ifnull(choices, '') FROM run");
    bool row = false;
    if (status == STATUS_OK) status = store_sql_row(store, select, &row);
    text[0] = 0;
    if (row) snprintf(text, 1024, "%s", (const char *)sqlite3_column_text(select, 0));
    sqlite3_finalize(select);
    return status;
}

static size_t write_names(FILE *file, const char *choices, const char *name)
{
    size_t count = 0;
    for (char *end = NULL;; choices = end, count++) {
        const long k = strtol(choices, &end, 10);
        if (end == choices || count == LIMIT_CHOICES) return count;
        fprintf(file, ",%s%ld", name, k);
    }
}

static size_t write_head(FILE *file, const char *choices)
{
    fputs("round,attempt,reporters,cohort,weight,loss,training_accuracy,seconds,bytes_up,"
          "bytes_down,saturated,accuracy,deviation,tar_at_far_1e3,identification",
          file);
    const size_t count = write_names(file, choices, "share_k");
    if (count > 0) fputs(",policy_share,policy_entropy", file);
    write_names(file, choices, "p_k");
    fputs(",privacy\n", file);
    return count;
}

static void write_rounds(FILE *file, const struct store_round *rounds, size_t round_count,
                         const struct store_evaluation *evaluations, size_t evaluation_count,
                         size_t choices)
{
    for (size_t i = 0; i < round_count; i++) {
        const struct store_round *r = &rounds[i];
        const struct measured sum = measure(evaluations, evaluation_count, r->round);
        struct store_totals totals;
        store_total(&totals, r);
        fprintf(file, "%u,%u,%zu,%zu,%llu,%.6f,%.6f,%.3f,%llu,%llu,%llu", (unsigned)r->round,
                (unsigned)r->attempt, r->reporters, r->cohort, (unsigned long long)r->weight,
                r->loss, r->training_accuracy, r->seconds, (unsigned long long)r->bytes_up,
                (unsigned long long)r->bytes_down, (unsigned long long)totals.saturated);
        write_measured(file, &sum);
        write_shares(file, &totals, choices);
        if (choices > 0) write_policy(file, r, &totals, choices);
        fprintf(file, ",%s\n", config_word("federation.privacy", (int)r->privacy));
    }
}

/* The untrained model, when somebody verified it: without the columns of training. */
static void write_initial(FILE *file, const struct store_evaluation *evaluations, size_t count,
                          size_t choices)
{
    const struct measured sum = measure(evaluations, count, 0);
    if (sum.count == 0) return;
    fputs("0,,,,,,,,,,", file);
    write_measured(file, &sum);
    for (size_t k = 0; choices > 0 && k < 2 * choices + 2; k++) {
        fputs(",", file);
    }
    fputs(",\n", file);
}

static enum status write_all(struct store *store, FILE *file)
{
    struct store_round *rounds = NULL;
    struct store_evaluation *evaluations = NULL;
    size_t round_count = 0, evaluation_count = 0;
    char text[1024];
    enum status status = read_choices(store, text);
    if (status == STATUS_OK) status = store_rounds(store, &rounds, &round_count);
    if (status == STATUS_OK) status = store_evaluations(store, &evaluations, &evaluation_count);
    if (status == STATUS_OK) {
        const size_t choices = write_head(file, text);
        write_initial(file, evaluations, evaluation_count, choices);
        write_rounds(file, rounds, round_count, evaluations, evaluation_count, choices);
    }
    store_free_rounds(rounds, round_count);
    free(evaluations);
    return status;
}

enum status store_write_csv(struct store *store)
{
    char path[LIMIT_PATH];
    enum status status = files_join(path, store->folder, "metrics.csv");
    if (status != STATUS_OK) return status;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for %s", path);
    status = write_all(store, file);
    const bool whole = fclose(file) == 0;
    if (status == STATUS_OK && !whole) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %s", path);
    }
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}
