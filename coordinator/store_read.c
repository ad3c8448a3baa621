// SPDX-License-Identifier: Apache-2.0
#include "store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_at(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text == NULL ? "" : text;
}

static uint64_t unsigned_at(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

/* At most `room` numbers of a list; returns how many there were. */
static size_t numbers_at(sqlite3_stmt *row, int column, double *numbers, size_t room)
{
    const char *text = text_at(row, column);
    size_t count = 0;
    while (count < room) {
        char *end = NULL;
        const double number = strtod(text, &end);
        if (end == text) break;
        numbers[count++] = number;
        text = end;
    }
    return count;
}

/* Makes room for one more element of `size` bytes in an array that doubles. */
static enum status grow(void **array, size_t count, size_t size)
{
    const bool full = (count & (count - 1)) == 0; // 0, 1, 2, 4, 8, ... elements
    if (!full) return STATUS_OK;
    const size_t room = count == 0 ? 1 : 2 * count;
    void *larger = room > SIZE_MAX / size ? NULL : realloc(*array, room * size);
    if (larger == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the journal");
    *array = larger;
    return STATUS_OK;
}

static size_t counts_at(sqlite3_stmt *row, int column, uint64_t counts[LIMIT_CHOICES])
{
    double numbers[LIMIT_CHOICES];
    const size_t count = numbers_at(row, column, numbers, LIMIT_CHOICES);
    for (size_t i = 0; i < count; i++) {
        counts[i] = (uint64_t)numbers[i];
    }
    return count;
}

static void read_reporter(sqlite3_stmt *row, struct store_reporter *reporter)
{
    memset(reporter, 0, sizeof *reporter);
    reporter->participant = (uint32_t)sqlite3_column_int64(row, 0);
    snprintf(reporter->name, sizeof reporter->name, "%s", text_at(row, 1));
    reporter->reported = sqlite3_column_int(row, 2) != 0;
    snprintf(reporter->reason, sizeof reporter->reason, "%s", text_at(row, 3));
    reporter->weight = unsigned_at(row, 4);
    reporter->images = unsigned_at(row, 5);
    reporter->saturated = unsigned_at(row, 6);
    reporter->loss = sqlite3_column_double(row, 7);
    reporter->training_accuracy = sqlite3_column_double(row, 8);
    reporter->train_seconds = sqlite3_column_double(row, 9);
    reporter->mask_seconds = sqlite3_column_double(row, 10);
    reporter->peak_memory = sqlite3_column_double(row, 11);
    reporter->choices = counts_at(row, 12, reporter->k_count);
    reporter->policy_seconds = sqlite3_column_double(row, 13);
    reporter->probabilities = numbers_at(row, 14, reporter->k_probability, LIMIT_CHOICES);
}

static enum status read_reporters(struct store *store, struct store_round *round)
{
    sqlite3_stmt *select = NULL;
    enum status status = store_sql_prepare(
        store, &select,
        "SELECT participant, name, reported, reason, weight, images, saturated, loss,"
        " training_accuracy, train_seconds, mask_seconds, peak_memory, k_count,"
        " policy_seconds, k_probability"
        " FROM reporter WHERE round = ? ORDER BY participant");
    if (status != STATUS_OK) return status;
    sqlite3_bind_int64(select, 1, round->round);
    bool row = false;
    void *array = NULL;
    while ((status = store_sql_row(store, select, &row)) == STATUS_OK && row) {
        status = grow(&array, round->cohort, sizeof *round->reporter);
        round->reporter = array;
        if (status != STATUS_OK) break;
        read_reporter(select, &round->reporter[round->cohort]);
        round->reporters += round->reporter[round->cohort].reported;
        round->cohort++;
    }
    sqlite3_finalize(select);
    return status;
}

/* What was opened; in a round without a secure sum its reporters say the same. */
static void read_totals(sqlite3_stmt *row, struct store_totals *totals)
{
    totals->images = unsigned_at(row, 10);
    totals->saturated = unsigned_at(row, 11);
    totals->train_seconds = sqlite3_column_double(row, 12);
    totals->mask_seconds = sqlite3_column_double(row, 13);
    totals->policy_seconds = sqlite3_column_double(row, 14);
    totals->peak_memory = sqlite3_column_double(row, 15);
    totals->choices = counts_at(row, 16, totals->k_count);
    totals->probabilities = numbers_at(row, 17, totals->k_probability, LIMIT_CHOICES);
}

static void read_round(sqlite3_stmt *row, struct store_round *round)
{
    memset(round, 0, sizeof *round);
    round->round = (uint32_t)sqlite3_column_int64(row, 0);
    round->attempt = (uint32_t)sqlite3_column_int64(row, 1);
    round->seconds = sqlite3_column_double(row, 2);
    round->loss = sqlite3_column_double(row, 3);
    round->training_accuracy = sqlite3_column_double(row, 4);
    round->bytes_up = unsigned_at(row, 5);
    round->bytes_down = unsigned_at(row, 6);
    round->weight = unsigned_at(row, 7);
    snprintf(round->model, sizeof round->model, "%s", text_at(row, 8));
    const char *secure = config_word("federation.privacy", PRIVACY_SECURE_SUM);
    round->privacy =
        strcmp(text_at(row, 9), secure) == 0 ? PRIVACY_SECURE_SUM : PRIVACY_TRUSTED_COORDINATOR;
    read_totals(row, &round->opened);
}

enum status store_rounds(struct store *store, struct store_round **rounds, size_t *count)
{
    *rounds = NULL;
    *count = 0;
    sqlite3_stmt *select = NULL;
    enum status status = store_sql_prepare(
        store, &select,
        "SELECT round, attempt, seconds, loss, training_accuracy, bytes_up, bytes_down, weight,"
        " model, privacy, images, saturated, train_seconds, mask_seconds, policy_seconds,"
        " peak_memory, k_count, k_probability FROM round ORDER BY round");
    bool row = false;
    void *array = NULL;
    size_t read = 0;
    while (status == STATUS_OK && (status = store_sql_row(store, select, &row)) == STATUS_OK &&
           row) {
        status = grow(&array, read, sizeof **rounds);
        if (status != STATUS_OK) break;
        struct store_round *round = (struct store_round *)array + read++;
        read_round(select, round);
        status = read_reporters(store, round);
    }
    sqlite3_finalize(select);
    if (status != STATUS_OK) {
        store_free_rounds(array, read);
        return status;
    }
    *rounds = array;
    *count = read;
    return STATUS_OK;
}

void store_free_rounds(struct store_round *rounds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(rounds[i].reporter);
    }
    free(rounds);
}

static void read_evaluation(sqlite3_stmt *row, struct store_evaluation *evaluation)
{
    memset(evaluation, 0, sizeof *evaluation);
    evaluation->model_round = (uint32_t)sqlite3_column_int64(row, 0);
    evaluation->participant = (uint32_t)sqlite3_column_int64(row, 1);
    evaluation->accuracy = sqlite3_column_double(row, 2);
    evaluation->deviation = sqlite3_column_double(row, 3);
    evaluation->tar_at_far_1e3 = sqlite3_column_double(row, 4);
    evaluation->identification = sqlite3_column_double(row, 5);
    evaluation->folds = numbers_at(row, 6, evaluation->fold, LIMIT_FOLDS);
    const size_t far_count = numbers_at(row, 7, evaluation->roc_far, 256);
    const size_t tar_count = numbers_at(row, 8, evaluation->roc_tar, 256);
    evaluation->roc_points = far_count < tar_count ? far_count : tar_count;
}

enum status store_evaluations(struct store *store, struct store_evaluation **evaluations,
                              size_t *count)
{
    *evaluations = NULL;
    *count = 0;
    sqlite3_stmt *select = NULL;
    enum status status = store_sql_prepare(
        store, &select,
        "SELECT model_round, participant, accuracy, deviation, tar_at_far_1e3, identification,"
        " folds, roc_far, roc_tar FROM evaluation ORDER BY model_round, participant");
    bool row = false;
    void *array = NULL;
    size_t read = 0;
    while (status == STATUS_OK && (status = store_sql_row(store, select, &row)) == STATUS_OK &&
           row) {
        status = grow(&array, read, sizeof **evaluations);
        if (status != STATUS_OK) break;
        read_evaluation(select, (struct store_evaluation *)array + read++);
    }
    sqlite3_finalize(select);
    if (status != STATUS_OK) {
        free(array);
        return status;
    }
    *evaluations = array;
    *count = read;
    return STATUS_OK;
}

enum status store_ending(struct store *store, bool *ended, bool *success, char reason[512])
{
    sqlite3_stmt *select = NULL;
    enum status status = store_sql_prepare(
        store, &select, "SELECT ended IS NOT NULL, ifnull(success, 0), reason FROM run");
    bool row = false;
    if (status == STATUS_OK) status = store_sql_row(store, select, &row);
    if (status == STATUS_OK && !row) {
        status = status_fail(STATUS_BAD_INPUT, "%s: holds no run", store->path);
    }
    if (status == STATUS_OK) {
        *ended = sqlite3_column_int(select, 0) != 0;
        *success = sqlite3_column_int(select, 1) != 0;
        snprintf(reason, 512, "%s", text_at(select, 2));
    }
    sqlite3_finalize(select);
    return status;
}
