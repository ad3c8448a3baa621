// SPDX-License-Identifier: Apache-2.0
#include "standings.h"

#include <math.h>

/* A number in full; nothing when there is none. */
static void put_number(struct text_table *table, size_t row, size_t column, double value)
{
    if (isfinite(value)) {
        text_table_put(table, row, column, "%.10g", value);
    } else {
        text_table_put(table, row, column, "%s", "");
    }
}

static void put_cell(struct text_table *table, const struct standings *standings, size_t row,
                     size_t index)
{
    const struct comparison *comparison = standings->comparison;
    const struct comparison_row *method = &comparison->rows[index / comparison->seed_count];
    const struct cell *cell = &standings->cells[index];
    const struct cell_result *result = &cell->result;
    size_t column = 0;
    text_table_put(table, row, column++, "%s", method->method);
    for (size_t k = 0; k < comparison->key_count; k++) {
        text_table_put(table, row, column++, "%s", method->value[k]);
    }
    text_table_put(table, row, column++, "%llu", (unsigned long long)cell->seed);
    text_table_put(table, row, column++, "%s", cell_state_word(cell->state));
    const bool own = cell_own(cell->config, standings->tests);
    for (size_t set = 0; set < standings_sets(standings); set++) {
        const bool known = cell->state == CELL_DONE && !(own && set > 0);
        const struct cell_score *score = &result->score[set];
        put_number(table, row, column++, known ? score->accuracy : (double)NAN);
        put_number(table, row, column++, known ? score->deviation : (double)NAN);
        put_number(table, row, column++, known ? score->tar_at_far_1e3 : (double)NAN);
        text_table_put(table, row, column++, "%s", known ? score->sha256 : "");
    }
    put_number(table, row, column++, result->loss);
    text_table_put(table, row, column++, "%s", result->k_share);
    put_number(table, row, column++, result->bytes_up);
    put_number(table, row, column++, result->bytes_down);
    put_number(table, row, column++, result->seconds);
    put_number(table, row, column++, result->peak_rss_bytes);
    text_table_put(table, row, column++, "%s", result->digest);
    text_table_put(table, row, column++, "%s", result->version);
    text_table_put(table, row, column++, "%s", result->failure);
}

enum status standings_make_cells(struct text_table *table, const struct standings *standings)
{
    static const char *const last[] = {"loss",          "k_share", "bytes_up",
                                       "bytes_down",    "seconds", "peak_rss_bytes",
                                       "config_digest", "version", "failure"};
    const struct comparison *comparison = standings->comparison;
    const size_t cells = comparison->row_count * comparison->seed_count;
    const enum status status = text_table_create(table, cells);
    if (status != STATUS_OK) return status;
    size_t column = 0;
    text_table_put(table, 0, column++, "method");
    for (size_t k = 0; k < comparison->key_count; k++) {
        text_table_put(table, 0, column++, "%s", comparison->key[k]);
    }
    text_table_put(table, 0, column++, "seed");
    text_table_put(table, 0, column++, "state");
    for (size_t set = 0; set < standings_sets(standings); set++) {
        const char *name = standings_set(standings, set);
        text_table_put(table, 0, column++, "%s", name);
        text_table_put(table, 0, column++, "%s std", name);
        text_table_put(table, 0, column++, "%s tar_at_far_1e3", name);
        text_table_put(table, 0, column++, "%s sha256", name);
    }
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        text_table_put(table, 0, column++, "%s", last[i]);
    }
    for (size_t i = 0; i < cells; i++) {
        put_cell(table, standings, i + 1, i);
    }
    return STATUS_OK;
}
