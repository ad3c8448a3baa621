// SPDX-License-Identifier: Apache-2.0
/* Going on with a run that was cut off. */
#include "base/files.h"
#include "store_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A process that died while it made the journal has left one without a run: it is made anew. */
static enum status forget_empty(struct store *store)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    sqlite3_stmt *select = NULL;
    bool row = false;
    enum status status = store_sql_prepare(
        store, &select, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'run'");
    if (status == STATUS_OK) status = store_sql_row(store, select, &row);
    sqlite3_finalize(select);
    if (status != STATUS_OK || row) return status;
    sqlite3_close(store->journal);
    store->journal = NULL;
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char path[LIMIT_PATH + 8];
        snprintf(path, sizeof path, "%s%s", store->path, tails[i]);
        unlink(path);
    }
    return status_fail(STATUS_NOT_FOUND, "%s: holds no run yet", store->folder);
}

/* The run goes on as it began: its model would be no use to another federation. */
static enum status check_config(struct store *store, const struct config *config)
{
    static struct config before; // large
    char path[LIMIT_PATH];
    char *text = NULL;
    enum status status = files_join(path, store->folder, "config.yaml");
    if (status == STATUS_OK) status = config_load(&before, path);
    if (status == STATUS_OK) status = config_canonical(&before, &text);
    if (status == STATUS_OK) status = config_canonical(config, &store->federation);
    if (status == STATUS_OK && strcmp(text, store->federation) != 0) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: holds a run that was cut off and whose federation section "
                             "differs from yours; go on with its own config.yaml, or choose "
                             "another folder with --out",
                             store->folder);
    }
    free(text);
    return status;
}

static enum status read_past(struct store_past *past, const struct store *store)
{
    char path[LIMIT_PATH];
    unsigned round = 0;
    enum status status = store_last_round(store, &round);
    if (status == STATUS_OK) status = store_round_path(path, store, round);
    if (status != STATUS_OK) return status;
    past->round = round;
    if (round == 0 && !files_exists(path)) return STATUS_OK;
    status = model_load(&past->model, path);
    past->has_model = status == STATUS_OK;
    return status;
}

enum status store_resume(struct store **store, struct store_past *past, const char *folder,
                         const struct config *config)
{
    assert(store != NULL && past != NULL && folder != NULL && config != NULL);
    memset(past, 0, sizeof *past);
    struct store *made = NULL;
    bool ended = false, success = false;
    char reason[512];
    enum status status = store_make(&made, folder);
    if (status != STATUS_OK) return status;
    made->models_kept = config->coordinator.models_kept;
    if (!files_exists(made->path)) {
        status = status_fail(STATUS_NOT_FOUND, "%s: holds no run", folder);
    }
    if (status == STATUS_OK) status = store_lock(made);
    if (status == STATUS_OK) status = store_open_journal(made, SQLITE_OPEN_READWRITE);
    if (status == STATUS_OK) status = forget_empty(made);
    if (status == STATUS_OK) status = store_ending(made, &ended, &success, reason);
    if (status == STATUS_OK && ended) {
        status = status_fail(STATUS_NOT_FOUND, "%s: its run has ended", folder);
    }
    if (status == STATUS_OK) status = check_config(made, config);
    if (status == STATUS_OK) status = store_write_ahead(made);
    if (status == STATUS_OK) status = read_past(past, made);
    if (status == STATUS_OK) status = store_read_counted(past, made);
    if (status != STATUS_OK) {
        model_destroy(&past->model);
        free(past->counted);
        memset(past, 0, sizeof *past);
        store_close(&made);
        return status;
    }
    *store = made;
    return STATUS_OK;
}
