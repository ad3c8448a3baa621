// SPDX-License-Identifier: Apache-2.0
#include "report/audit_table.h"

#include <math.h>
#include <string.h>

static void put_number(struct text_table *table, size_t row, size_t column, double value,
                       int digits)
{
    if (fabs(value) < 0.5 * pow(10, -digits)) value = 0; // no -0.000
    if (isfinite(value)) {
        text_table_put(table, row, column, "%.*f", digits, value);
    } else {
        text_table_put(table, row, column, isinf(value) ? "inf" : "-");
    }
}

static void put_column(struct text_table *table, const char *name)
{
    text_table_put(table, 0, table->columns, "%s", name);
}

static void put_measures(struct text_table *table, const struct audit_sheet *sheet)
{
    char test[TEXT_TABLE_CELL];
    snprintf(test, sizeof test, "%.60s %%", sheet->test);
    put_column(table, "Defence");
    const size_t first = table->columns;
    const char *const names[] = {test, "acc/acc_bst", "S1",       "S2",        "S2 judge", "S3",
                                 "S4", "S4 judge",    "Score_pp", "Score_cls", "Score"};
    for (size_t c = 0; c < sizeof names / sizeof names[0]; c++) {
        put_column(table, names[c]);
    }
    for (size_t r = 0; r < sheet->count; r++) {
        const struct audit_row *row = &sheet->rows[r];
        const double values[] = {100 * row->accuracy, row->of_best,     row->scores.s1,
                                 row->scores.s2,      row->s2_judge,    row->scores.s3,
                                 row->scores.s4,      row->s4_judge,    row->scores.pp,
                                 row->scores.cls,     row->scores.score};
        text_table_put(table, r + 1, 0, "%s", row->name);
        for (size_t c = 0; c < sizeof values / sizeof values[0]; c++) {
            put_number(table, r + 1, first + c, values[c], c == 0 ? 2 : 3);
        }
    }
}

/* Keys of all rows, in the order in which attacks set them. */
struct keys {
    const char *list[FIGURES_MAX * 2];
    size_t count;
};

static void collect(struct keys *keys, const struct figures *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        size_t k = 0;
        while (k < keys->count && strcmp(keys->list[k], figures->list[i].key) != 0) {
            k++;
        }
        if (k == keys->count && k < sizeof keys->list / sizeof keys->list[0]) {
            keys->list[keys->count++] = figures->list[i].key;
        }
    }
}

static void find_keys(struct keys *keys, const struct audit_sheet *sheet)
{
    keys->count = 0;
    for (size_t a = 0; a < sheet->attacks; a++) {
        for (size_t r = 0; r < sheet->count; r++) {
            collect(keys, &sheet->rows[r].figures[a]);
        }
    }
}

static void put_share(struct text_table *table, const struct audit_sheet *sheet, const char *key,
                      const char *title)
{
    const size_t column = table->columns;
    bool known = false;
    for (size_t r = 0; r < sheet->count; r++) {
        known = known || isfinite(audit_sheet_figure(sheet, r, key));
    }
    if (!known || column == TEXT_TABLE_COLUMNS_MAX) return;
    text_table_put(table, 0, column, "%s", title);
    for (size_t r = 0; r < sheet->count; r++) {
        put_number(table, r + 1, column, 100 * audit_sheet_figure(sheet, r, key), 1);
    }
}

/* How often what an attack recovered is verified, and how often masked faces are linked. */
static void put_verifications(struct text_table *table, const struct audit_sheet *sheet)
{
    static const char verified[] = ".judge_verification", linked[] = ".all.verification";
    struct keys keys;
    find_keys(&keys, sheet);
    for (size_t k = 0; k < keys.count; k++) {
        const char *key = keys.list[k], *end = strstr(key, verified), *all = strstr(key, linked);
        char title[TEXT_TABLE_CELL];
        if (end != NULL && end[sizeof verified - 1] == '\0') {
            snprintf(title, sizeof title, "%.*s", (int)(end - key), key);
        } else if (all != NULL && all[sizeof linked - 1] == '\0') {
            snprintf(title, sizeof title, "%.*s", (int)(all - key), key);
        } else {
            continue;
        }
        put_share(table, sheet, key, title);
    }
}

static void put_outcomes(struct text_table *table, const struct audit_sheet *sheet)
{
    if (audit_sheet_count(sheet, AUDIT_DONE) == sheet->count * sheet->attacks) return;
    const size_t column = table->columns;
    static const char *const words[] = {
        [AUDIT_NOT_RUN] = "not run", [AUDIT_DIVERGED] = "diverged", [AUDIT_FAILED] = "failed"};
    text_table_put(table, 0, column, "not done");
    for (size_t r = 0; r < sheet->count; r++) {
        char text[TEXT_TABLE_CELL] = "";
        size_t used = 0;
        for (size_t a = 0; a < sheet->attacks; a++) {
            const enum audit_outcome outcome = audit_sheet_outcome(sheet, r, a);
            if (outcome == AUDIT_DONE || used >= sizeof text) continue;
            const int length = snprintf(text + used, sizeof text - used, "%s%.30s %s",
                                        used == 0 ? "" : ", ", sheet->attack[a], words[outcome]);
            used += length < 0 ? 0 : (size_t)length;
        }
        text_table_put(table, r + 1, column, "%s", text);
    }
}

enum status audit_table_make(struct text_table *table, const struct audit_sheet *sheet)
{
    const enum status status = text_table_create(table, sheet->count);
    if (status != STATUS_OK) return status;
    put_measures(table, sheet);
    put_outcomes(table, sheet);
    return STATUS_OK;
}

enum status audit_table_attacks(struct text_table *table, const struct audit_sheet *sheet)
{
    const enum status status = text_table_create(table, sheet->count);
    if (status != STATUS_OK) return status;
    put_column(table, "Verified %");
    for (size_t r = 0; r < sheet->count; r++) {
        text_table_put(table, r + 1, 0, "%s", sheet->rows[r].name);
    }
    put_verifications(table, sheet);
    return STATUS_OK;
}

enum status audit_table_figures(struct text_table *table, const struct audit_sheet *sheet)
{
    struct keys keys;
    find_keys(&keys, sheet);
    const enum status status = text_table_create(table, keys.count);
    if (status != STATUS_OK) return status;
    put_column(table, "Figure");
    for (size_t r = 0; r < sheet->count && r + 1 < TEXT_TABLE_COLUMNS_MAX; r++) {
        put_column(table, sheet->rows[r].name);
        for (size_t k = 0; k < keys.count; k++) {
            text_table_put(table, k + 1, 0, "%s", keys.list[k]);
            put_number(table, k + 1, r + 1, audit_sheet_figure(sheet, r, keys.list[k]), 4);
        }
    }
    return STATUS_OK;
}
