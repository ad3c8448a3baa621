// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include "base/files.h"
#include "store_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Lists stand as text, numbers parted by blanks, so that `sqlite3 journal.sqlite` shows them. */
static const char schema[] =
    "CREATE TABLE run (one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  started TEXT DEFAULT (datetime('now')), ended TEXT, success INTEGER, reason TEXT,"
    "  choices TEXT);"
    "CREATE TABLE round (round INTEGER PRIMARY KEY, attempt INTEGER, seconds REAL, loss REAL,"
    "  training_accuracy REAL, bytes_up INTEGER, bytes_down INTEGER, weight INTEGER, model TEXT,"
    "  privacy TEXT, images INTEGER, saturated INTEGER, train_seconds REAL, mask_seconds REAL,"
    "  policy_seconds REAL, peak_memory REAL, k_count TEXT, k_probability TEXT);"
    "CREATE TABLE reporter (round INTEGER, participant INTEGER, name TEXT, reported INTEGER,"
    "  reason TEXT, weight INTEGER, images INTEGER, saturated INTEGER, loss REAL,"
    "  training_accuracy REAL, train_seconds REAL, mask_seconds REAL, peak_memory REAL,"
    "  k_count TEXT, policy_seconds REAL, k_probability TEXT, PRIMARY KEY (round, participant)) "
    "WITHOUT ROWID;"
    "CREATE TABLE counted (round INTEGER, participant INTEGER PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE evaluation (model_round INTEGER, participant INTEGER, accuracy REAL,"
    "  deviation REAL, tar_at_far_1e3 REAL, identification REAL, folds TEXT, roc_far TEXT,"
    "  roc_tar TEXT, PRIMARY KEY (model_round, participant)) WITHOUT ROWID;";

enum { BUSY_MS = 10000 }; // a reader of the journal may hold it for a moment

enum status store_sql_fail(const struct store *store)
{
    return status_fail(STATUS_IO, "%s: %s", store->path, sqlite3_errmsg(store->journal));
}

enum status store_sql_run(const struct store *store, const char *text)
{
    if (sqlite3_exec(store->journal, text, NULL, NULL, NULL) != SQLITE_OK) {
        return store_sql_fail(store);
    }
    return STATUS_OK;
}

enum status store_sql_prepare(const struct store *store, sqlite3_stmt **statement, const char *text)
{
    if (sqlite3_prepare_v2(store->journal, text, -1, statement, NULL) != SQLITE_OK) {
        return store_sql_fail(store);
    }
    return STATUS_OK;
}

enum status store_sql_row(const struct store *store, sqlite3_stmt *statement, bool *row)
{
    const int result = sqlite3_step(statement);
    *row = result == SQLITE_ROW;
    return *row || result == SQLITE_DONE ? STATUS_OK : store_sql_fail(store);
}

enum status store_sql_finish(const struct store *store, sqlite3_stmt *statement)
{
    bool row = false;
    const enum status status = store_sql_row(store, statement, &row);
    sqlite3_finalize(statement);
    return status;
}

enum status store_open_journal(struct store *store, int flags)
{
    if (sqlite3_open_v2(store->path, &store->journal, flags, NULL) != SQLITE_OK) {
        return store_sql_fail(store);
    }
    sqlite3_busy_timeout(store->journal, BUSY_MS);
    return STATUS_OK;
}

enum status store_make(struct store **store, const char *folder)
{
    struct store *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the store");
    made->lock = -1;
    snprintf(made->folder, sizeof made->folder, "%s", folder);
    const enum status status = files_join(made->path, folder, "journal.sqlite");
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *store = made;
    return STATUS_OK;
}

enum status store_lock(struct store *store)
{
    store->lock = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->lock >= 0 && flock(store->lock, LOCK_EX | LOCK_NB) == 0) return STATUS_OK;
    if (errno == EWOULDBLOCK) {
        return status_fail(STATUS_BAD_INPUT, "%s: another coordinator works in this folder",
                           store->folder);
    }
    return status_fail(STATUS_IO, "%s: %s", store->folder, strerror(errno));
}

enum status store_write_ahead(const struct store *store)
{
    enum status status = store_sql_run(store, "PRAGMA journal_mode = WAL");
    if (status == STATUS_OK) status = store_sql_run(store, "PRAGMA synchronous = FULL");
    return status;
}

static enum status enter_run(const struct store *store, const struct config *config)
{
    double choices[LIMIT_CHOICES];
    const struct config_numbers *k = &config->federation.mix.k;
    size_t count = k->count < LIMIT_CHOICES ? k->count : LIMIT_CHOICES;
    if (config->federation.mix.method == MIX_NONE) count = 0;
    for (size_t i = 0; i < count; i++) {
        choices[i] = (double)k->values[i];
    }
    char text[STORE_LIST_TEXT];
    store_numbers_text(text, choices, count);
    sqlite3_stmt *insert = NULL;
    const enum status status =
        store_sql_prepare(store, &insert, "INSERT INTO run (one, choices) VALUES (1, ?)");
    if (status != STATUS_OK) return status;
    sqlite3_bind_text(insert, 1, text, -1, SQLITE_TRANSIENT);
    return store_sql_finish(store, insert);
}

/* Models folder, effective config, journal; in this order, so that a journal has all beside
 * it. */
static enum status lay_out(struct store *store, const struct config *config)
{
    char path[LIMIT_PATH];
    char *text = NULL;
    enum status status = files_join(path, store->folder, "models");
    if (status == STATUS_OK) status = files_make_folder(path);
    if (status == STATUS_OK) status = config_canonical(config, &store->federation);
    if (status == STATUS_OK) status = config_write(config, &text);
    if (status == STATUS_OK) status = files_join(path, store->folder, "config.yaml");
    if (status == STATUS_OK) status = files_write(path, text, strlen(text));
    free(text);
    if (status != STATUS_OK) return status;
    status = store_open_journal(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (status == STATUS_OK) status = store_write_ahead(store);
    if (status == STATUS_OK) status = store_sql_run(store, "BEGIN IMMEDIATE");
    if (status == STATUS_OK) status = store_sql_run(store, schema);
    if (status == STATUS_OK) status = enter_run(store, config);
    if (status == STATUS_OK) status = store_sql_run(store, "COMMIT");
    return status;
}

enum status store_create(struct store **store, const char *folder, const struct config *config)
{
    assert(store != NULL && folder != NULL && config != NULL);
    struct store *made = NULL;
    enum status status = store_make(&made, folder);
    if (status != STATUS_OK) return status;
    made->models_kept = config->coordinator.models_kept;
    if (files_exists(made->path)) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: this folder already holds a run; choose "
                             "another with --out",
                             folder);
    }
    if (status == STATUS_OK) status = files_make_folder(folder);
    if (status == STATUS_OK) status = store_lock(made);
    if (status == STATUS_OK) status = lay_out(made, config);
    if (status != STATUS_OK) {
        store_close(&made);
        return status;
    }
    *store = made;
    return STATUS_OK;
}

enum status store_open(struct store **store, const char *folder)
{
    assert(store != NULL && folder != NULL);
    struct store *made = NULL;
    enum status status = store_make(&made, folder);
    if (status != STATUS_OK) return status;
    if (!files_exists(made->path)) {
        status = status_fail(STATUS_NOT_FOUND, "%s: there is no such journal", made->path);
    }
    if (status == STATUS_OK) status = store_open_journal(made, SQLITE_OPEN_READWRITE);
    if (status == STATUS_OK) status = store_sql_run(made, "SELECT one FROM run");
    if (status != STATUS_OK) {
        store_close(&made);
        return status;
    }
    *store = made;
    return STATUS_OK;
}

void store_close(struct store **store)
{
    if (*store == NULL) return;
    // A writer leaves one plain file, readable from anywhere; it stays WAL while it is in use.
    if ((*store)->federation != NULL) {
        sqlite3_exec((*store)->journal, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    sqlite3_close((*store)->journal);
    if ((*store)->lock >= 0) close((*store)->lock);
    free((*store)->federation);
    free(*store);
    *store = NULL;
}

const char *store_folder(const struct store *store)
{
    return store->folder;
}

static enum status save_model(const struct store *store, const struct model *model,
                              const char *path, unsigned round)
{
    char number[16];
    snprintf(number, sizeof number, "%u", round);
    const struct model_note notes[] = {
        {"fedveil.round", number},
        {"fedveil.federation", store->federation},
        {NULL, NULL},
    };
    return model_save(model, path, notes);
}

enum status store_round_path(char path[LIMIT_PATH], const struct store *store, uint32_t round)
{
    char name[48];
    snprintf(name, sizeof name, "models/round-%04u.safetensors", (unsigned)round);
    return files_join(path, store->folder, name);
}

/* After the commit, and only files whose rounds the journal has: what cannot be removed is
 * kept. */
static void drop_old_model(const struct store *store, uint32_t round)
{
    const uint32_t kept = store->models_kept < 1 ? 1u : (uint32_t)store->models_kept;
    char path[LIMIT_PATH];
    if (round >= kept && store_round_path(path, store, round - kept) == STATUS_OK) unlink(path);
}

enum status store_put_round(struct store *store, struct store_round *round,
                            const struct model *model)
{
    assert(store != NULL && round != NULL && model != NULL);
    enum status status = store_round_path(round->model, store, round->round);
    if (status == STATUS_OK) status = save_model(store, model, round->model, round->round);
    if (status == STATUS_OK) status = store_sql_run(store, "BEGIN IMMEDIATE");
    if (status != STATUS_OK) return status;
    status = store_enter_round(store, round);
    if (status == STATUS_OK) status = store_sql_run(store, "COMMIT");
    if (status != STATUS_OK) {
        sqlite3_exec(store->journal, "ROLLBACK", NULL, NULL, NULL); // the first reason counts
        return status;
    }
    drop_old_model(store, round->round);
    return STATUS_OK;
}

enum status store_put_initial(struct store *store, const struct model *model)
{
    char path[LIMIT_PATH];
    const enum status status = store_round_path(path, store, 0);
    return status == STATUS_OK ? save_model(store, model, path, 0) : status;
}

enum status store_last_round(const struct store *store, unsigned *round)
{
    sqlite3_stmt *select = NULL;
    enum status status =
        store_sql_prepare(store, &select, "SELECT ifnull(max(round), 0) FROM round");
    bool row = false;
    if (status == STATUS_OK) status = store_sql_row(store, select, &row);
    if (row) *round = (unsigned)sqlite3_column_int64(select, 0);
    sqlite3_finalize(select);
    return status;
}

enum status store_finish(struct store *store, bool success, const char *reason,
                         const struct model *model)
{
    unsigned round = 0;
    char path[LIMIT_PATH];
    sqlite3_stmt *update = NULL;
    enum status status = store_last_round(store, &round);
    if (status == STATUS_OK) status = files_join(path, store->folder, "model.safetensors");
    if (status == STATUS_OK && model != NULL) status = save_model(store, model, path, round);
    if (status == STATUS_OK) {
        status = store_sql_prepare(
            store, &update, "UPDATE run SET ended = datetime('now'), success = ?, reason = ?");
    }
    if (status != STATUS_OK) return status;
    sqlite3_bind_int(update, 1, success);
    sqlite3_bind_text(update, 2, reason, -1, SQLITE_TRANSIENT);
    return store_sql_finish(store, update);
}
