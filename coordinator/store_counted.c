// SPDX-License-Identifier: Apache-2.0
/* Whose sum was agreed upon last: who goes on with a run must ask for the same. */
#include "base/limits.h"
#include "store_private.h"

#include <stdlib.h>

static enum status enter(const struct store *store, uint32_t round, const uint32_t *places,
                         size_t count)
{
    enum status status = store_sql_run(store, "DELETE FROM counted");
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        sqlite3_stmt *insert = NULL;
        status = store_sql_prepare(store, &insert, "INSERT INTO counted VALUES (?,?)");
        if (status != STATUS_OK) return status;
        sqlite3_bind_int64(insert, 1, round);
        sqlite3_bind_int64(insert, 2, places[i]);
        status = store_sql_finish(store, insert);
    }
    return status;
}

enum status store_put_counted(struct store *store, uint32_t round, const uint32_t *places,
                              size_t count)
{
    enum status status = store_sql_run(store, "BEGIN IMMEDIATE");
    if (status != STATUS_OK) return status;
    status = enter(store, round, places, count);
    if (status == STATUS_OK) status = store_sql_run(store, "COMMIT");
    if (status != STATUS_OK) {
        sqlite3_exec(store->journal, "ROLLBACK", NULL, NULL, NULL); // the first reason counts
    }
    return status;
}

enum status store_read_counted(struct store_past *past, const struct store *store)
{
    sqlite3_stmt *select = NULL;
    bool row = false;
    past->counted = malloc(LIMIT_COHORT_SECURE * sizeof *past->counted);
    if (past->counted == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a list");
    enum status status = store_sql_prepare(
        store, &select, "SELECT round, participant FROM counted ORDER BY participant");
    if (status == STATUS_OK) status = store_sql_row(store, select, &row);
    while (status == STATUS_OK && row && past->counted_count < LIMIT_COHORT_SECURE) {
        past->counted_round = (uint32_t)sqlite3_column_int64(select, 0);
        past->counted[past->counted_count++] = (uint32_t)sqlite3_column_int64(select, 1);
        status = store_sql_row(store, select, &row);
    }
    sqlite3_finalize(select);
    return status;
}
