// SPDX-License-Identifier: Apache-2.0
/* The rows of the journal that a round leaves. */
#include "store_private.h"

#include <assert.h>
#include <stdio.h>

enum { NUMBER_TEXT = 25 }; // bytes of one number and a blank

void store_numbers_text(char text[STORE_LIST_TEXT], const double *numbers, size_t count)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < count && used + NUMBER_TEXT < STORE_LIST_TEXT; i++) {
        used += (size_t)snprintf(text + used, STORE_LIST_TEXT - used, i == 0 ? "%.17g" : " %.17g",
                                 numbers[i]);
    }
}

/* Binds a list of counts as text. */
static void bind_counts(sqlite3_stmt *insert, int column, const uint64_t *counts, size_t count)
{
    double numbers[LIMIT_CHOICES];
    char text[STORE_LIST_TEXT];
    assert(count <= LIMIT_CHOICES);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (double)counts[i];
    }
    store_numbers_text(text, numbers, count);
    sqlite3_bind_text(insert, column, text, -1, SQLITE_TRANSIENT);
}

static void bind_totals(sqlite3_stmt *insert, const struct store_round *round)
{
    struct store_totals totals;
    char text[STORE_LIST_TEXT];
    store_total(&totals, round);
    sqlite3_bind_text(insert, 10, config_word("federation.privacy", (int)round->privacy), -1,
                      SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 11, (sqlite3_int64)totals.images);
    sqlite3_bind_int64(insert, 12, (sqlite3_int64)totals.saturated);
    sqlite3_bind_double(insert, 13, totals.train_seconds);
    sqlite3_bind_double(insert, 14, totals.mask_seconds);
    sqlite3_bind_double(insert, 15, totals.policy_seconds);
    sqlite3_bind_double(insert, 16, totals.peak_memory);
    bind_counts(insert, 17, totals.k_count, totals.choices);
    store_numbers_text(text, totals.k_probability, totals.probabilities);
    sqlite3_bind_text(insert, 18, text, -1, SQLITE_TRANSIENT);
}

static enum status enter_reporter(const struct store *store, uint32_t round,
                                  const struct store_reporter *reporter)
{
    assert(reporter->probabilities <= LIMIT_CHOICES);
    char text[STORE_LIST_TEXT];
    sqlite3_stmt *insert = NULL;
    const enum status status = store_sql_prepare(
        store, &insert, "INSERT INTO reporter VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (status != STATUS_OK) return status;
    sqlite3_bind_int64(insert, 1, round);
    sqlite3_bind_int64(insert, 2, reporter->participant);
    sqlite3_bind_text(insert, 3, reporter->name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(insert, 4, reporter->reported);
    sqlite3_bind_text(insert, 5, reporter->reason, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 6, (sqlite3_int64)reporter->weight);
    sqlite3_bind_int64(insert, 7, (sqlite3_int64)reporter->images);
    sqlite3_bind_int64(insert, 8, (sqlite3_int64)reporter->saturated);
    sqlite3_bind_double(insert, 9, reporter->loss);
    sqlite3_bind_double(insert, 10, reporter->training_accuracy);
    sqlite3_bind_double(insert, 11, reporter->train_seconds);
    sqlite3_bind_double(insert, 12, reporter->mask_seconds);
    sqlite3_bind_double(insert, 13, reporter->peak_memory);
    bind_counts(insert, 14, reporter->k_count, reporter->choices);
    sqlite3_bind_double(insert, 15, reporter->policy_seconds);
    store_numbers_text(text, reporter->k_probability, reporter->probabilities);
    sqlite3_bind_text(insert, 16, text, -1, SQLITE_TRANSIENT);
    return store_sql_finish(store, insert);
}

enum status store_enter_round(const struct store *store, const struct store_round *round)
{
    sqlite3_stmt *insert = NULL;
    enum status status = store_sql_prepare(
        store, &insert, "INSERT INTO round VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (status != STATUS_OK) return status;
    sqlite3_bind_int64(insert, 1, round->round);
    sqlite3_bind_int64(insert, 2, round->attempt);
    sqlite3_bind_double(insert, 3, round->seconds);
    sqlite3_bind_double(insert, 4, round->loss);
    sqlite3_bind_double(insert, 5, round->training_accuracy);
    sqlite3_bind_int64(insert, 6, (sqlite3_int64)round->bytes_up);
    sqlite3_bind_int64(insert, 7, (sqlite3_int64)round->bytes_down);
    sqlite3_bind_int64(insert, 8, (sqlite3_int64)round->weight);
    sqlite3_bind_text(insert, 9, round->model, -1, SQLITE_TRANSIENT);
    bind_totals(insert, round);
    status = store_sql_finish(store, insert);
    for (size_t i = 0; status == STATUS_OK && i < round->cohort; i++) {
        status = enter_reporter(store, round->round, &round->reporter[i]);
    }
    return status;
}

enum status store_put_evaluation(struct store *store, const struct store_evaluation *evaluation)
{
    assert(evaluation->folds <= LIMIT_FOLDS && evaluation->roc_points <= 256);
    char text[STORE_LIST_TEXT];
    sqlite3_stmt *insert = NULL;
    const enum status status = store_sql_prepare(
        store, &insert, "INSERT OR REPLACE INTO evaluation VALUES (?,?,?,?,?,?,?,?,?)");
    if (status != STATUS_OK) return status;
    sqlite3_bind_int64(insert, 1, evaluation->model_round);
    sqlite3_bind_int64(insert, 2, evaluation->participant);
    sqlite3_bind_double(insert, 3, evaluation->accuracy);
    sqlite3_bind_double(insert, 4, evaluation->deviation);
    sqlite3_bind_double(insert, 5, evaluation->tar_at_far_1e3);
    sqlite3_bind_double(insert, 6, evaluation->identification);
    store_numbers_text(text, evaluation->fold, evaluation->folds);
    sqlite3_bind_text(insert, 7, text, -1, SQLITE_TRANSIENT);
    store_numbers_text(text, evaluation->roc_far, evaluation->roc_points);
    sqlite3_bind_text(insert, 8, text, -1, SQLITE_TRANSIENT);
    store_numbers_text(text, evaluation->roc_tar, evaluation->roc_points);
    sqlite3_bind_text(insert, 9, text, -1, SQLITE_TRANSIENT);
    return store_sql_finish(store, insert);
}
