// SPDX-License-Identifier: Apache-2.0
/* store_private - what store.c (writing), store_read.c and store_csv.c share. SQLite's only
 * door. */
#ifndef COORDINATOR_STORE_PRIVATE_H
#define COORDINATOR_STORE_PRIVATE_H

#include "store.h"

#include <sqlite3.h>

struct store {
    sqlite3 *journal;
    char folder[LIMIT_PATH];
    char path[LIMIT_PATH]; // of the journal, for error texts
    char *federation;      // canonical section, noted in every model file; NULL when reading
    int models_kept;
    int lock; // descriptor of the folder, held by whoever leads the run in it; -1: reading
};

/* A store whose journal is not open yet. */
enum status store_make(struct store **store, const char *folder) CHECKED;

/* Claims the folder until store_close() or the end of the process. */
enum status store_lock(struct store *store) CHECKED;

enum status store_open_journal(struct store *store, int flags) CHECKED;

/* What is committed from now on survives whatever dies. */
enum status store_write_ahead(const struct store *store) CHECKED;

enum status store_round_path(char path[LIMIT_PATH], const struct store *store,
                             uint32_t round) CHECKED;

/* The last round of the journal; 0: none. */
enum status store_last_round(const struct store *store, unsigned *round) CHECKED;

/* Numbers as text, parted by blanks. */
enum { STORE_LIST_TEXT = 256 * 25 + 1 };
void store_numbers_text(char text[STORE_LIST_TEXT], const double *numbers, size_t count);

/* Reads what store_put_counted() entered last. */
enum status store_read_counted(struct store_past *past, const struct store *store) CHECKED;

/* Enters the row of a round and those of its reporters. */
enum status store_enter_round(const struct store *store, const struct store_round *round) CHECKED;

/* Fails with the journal's path and SQLite's reason. */
enum status store_sql_fail(const struct store *store) CHECKED;

/* Runs statements without results. */
enum status store_sql_run(const struct store *store, const char *text) CHECKED;

enum status store_sql_prepare(const struct store *store, sqlite3_stmt **statement,
                              const char *text) CHECKED;

/* Runs a statement that gives no rows, and releases it in any case. */
enum status store_sql_finish(const struct store *store, sqlite3_stmt *statement) CHECKED;

/* Steps to the next row; *row tells whether there was one. */
enum status store_sql_row(const struct store *store, sqlite3_stmt *statement, bool *row) CHECKED;

#endif
