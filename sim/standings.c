// SPDX-License-Identifier: Apache-2.0
#include "standings.h"

#include "scores.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAPERS_MAX = 16 };

_Static_assert((int)COMPARISON_SEEDS_MAX <= (int)SCORES_VALUES_MAX, "scores take all seeds");

/* Names that publications give numbers for, over all rows. */
struct papers {
    char name[PAPERS_MAX][LIMIT_NAME];
    bool placed[PAPERS_MAX];
    size_t count;
};

size_t standings_sets(const struct standings *standings)
{
    return standings->tests->count == 0 ? 1 : standings->tests->count;
}

const char *standings_set(const struct standings *standings, size_t set)
{
    return standings->tests->count == 0 ? "accuracy" : standings->tests->test[set].name;
}

/* A cell that verifies its own model has one score, whatever tests there are. */
static double accuracy(const struct standings *standings, const struct cell *cell, size_t set)
{
    const bool own = cell_own(cell->config, standings->tests);
    if (cell->state != CELL_DONE || (own && set > 0)) return (double)NAN;
    return cell->result.score[set].accuracy;
}

void standings_accuracies(double values[COMPARISON_SEEDS_MAX], const struct standings *standings,
                          size_t row, size_t set)
{
    const size_t seeds = standings->comparison->seed_count;
    for (size_t s = 0; s < seeds; s++) {
        values[s] = 100 * accuracy(standings, &standings->cells[row * seeds + s], set);
    }
}

void standings_label(char label[TEXT_TABLE_CELL], const struct comparison *comparison, size_t row)
{
    size_t used = (size_t)snprintf(label, TEXT_TABLE_CELL, "%s", comparison->rows[row].method);
    for (size_t k = 0; k < comparison->key_count && used < TEXT_TABLE_CELL; k++) {
        const char *dot = strrchr(comparison->key[k], '.');
        used += (size_t)snprintf(label + used, TEXT_TABLE_CELL - used, ", %.60s %.60s",
                                 dot == NULL ? comparison->key[k] : dot + 1,
                                 comparison->rows[row].value[k]);
    }
}

static size_t count_state(const struct standings *standings, size_t row, enum cell_state state)
{
    const size_t seeds = standings->comparison->seed_count;
    size_t count = 0;
    for (size_t s = 0; s < seeds; s++) {
        count += standings->cells[row * seeds + s].state == state;
    }
    return count;
}

static void put_spread(struct text_table *table, size_t row, size_t column, double mean,
                       double width, bool difference)
{
    char side[32] = "-";
    if (isfinite(width)) snprintf(side, sizeof side, "%.2f", width);
    if (!isfinite(mean)) {
        text_table_put(table, row, column, "-");
    } else if (difference) {
        text_table_put(table, row, column, "%+.2f ± %s", mean, side);
    } else {
        text_table_put(table, row, column, "%.2f ± %s", mean, side);
    }
}

static void find_papers(struct papers *papers, const struct comparison *comparison)
{
    for (size_t r = 0; r < comparison->row_count; r++) {
        const struct comparison_row *row = &comparison->rows[r];
        for (size_t p = 0; p < row->paper_count; p++) {
            size_t i = 0;
            while (i < papers->count && strcmp(papers->name[i], row->paper[p].name) != 0) {
                i++;
            }
            if (i < papers->count || i == PAPERS_MAX) continue;
            memcpy(papers->name[i], row->paper[p].name, LIMIT_NAME);
            papers->count++;
        }
    }
}

/* A column of what publications give under a name, when they do. */
static void add_paper(struct text_table *table, const struct comparison *comparison,
                      struct papers *papers, const char *name)
{
    size_t i = 0;
    while (i < papers->count && strcmp(papers->name[i], name) != 0) {
        i++;
    }
    if (i == papers->count || papers->placed[i]) return;
    papers->placed[i] = true;
    const size_t column = table->columns;
    text_table_put(table, 0, column, "%s, paper", name);
    for (size_t r = 0; r < comparison->row_count; r++) {
        const struct comparison_row *row = &comparison->rows[r];
        text_table_put(table, r + 1, column, "-");
        for (size_t p = 0; p < row->paper_count; p++) {
            if (strcmp(row->paper[p].name, name) == 0) {
                text_table_put(table, r + 1, column, "%s", row->paper[p].text);
            }
        }
    }
}

static void add_methods(struct text_table *table, const struct standings *standings)
{
    const struct comparison *comparison = standings->comparison;
    text_table_put(table, 0, 0, "method");
    for (size_t k = 0; k < comparison->key_count; k++) {
        const char *dot = strrchr(comparison->key[k], '.');
        text_table_put(table, 0, k + 1, "%s", dot == NULL ? comparison->key[k] : dot + 1);
    }
    text_table_put(table, 0, comparison->key_count + 1, "n");
    for (size_t r = 0; r < comparison->row_count; r++) {
        const size_t diverged = count_state(standings, r, CELL_DIVERGED);
        const size_t done = count_state(standings, r, CELL_DONE);
        const size_t failed = count_state(standings, r, CELL_FAILED);
        text_table_put(table, r + 1, 0, "%s", comparison->rows[r].method);
        for (size_t k = 0; k < comparison->key_count; k++) {
            text_table_put(table, r + 1, k + 1, "%s", comparison->rows[r].value[k]);
        }
        text_table_put(table, r + 1, comparison->key_count + 1, "%zu", done);
        if (diverged > 0) {
            text_table_put(table, r + 1, comparison->key_count + 1, "%zu (%zu diverged)", done,
                           diverged);
        } else if (failed > 0) {
            text_table_put(table, r + 1, comparison->key_count + 1, "%zu (%zu failed)", done,
                           failed);
        }
    }
}

/* Differences; one to another reference than the column's names it. */
static void add_differences(struct text_table *table, const struct standings *standings, size_t set)
{
    const struct comparison *comparison = standings->comparison;
    double ours[COMPARISON_SEEDS_MAX], theirs[COMPARISON_SEEDS_MAX];
    const size_t column = table->columns;
    bool any = false;
    for (size_t r = 0; r < comparison->row_count; r++) {
        any = any || comparison->rows[r].compared_name[0] != '\0';
    }
    if (!any) return;
    text_table_put(table, 0, column, "%s - %s", standings_set(standings, set),
                   comparison->reference[0] == '\0' ? "reference" : comparison->reference);
    for (size_t r = 0; r < comparison->row_count; r++) {
        const struct comparison_row *row = &comparison->rows[r];
        text_table_put(table, r + 1, column, "-");
        if (row->compared == COMPARISON_NONE || (size_t)row->compared == r) continue;
        standings_accuracies(ours, standings, r, set);
        standings_accuracies(theirs, standings, (size_t)row->compared, set);
        const struct scores_spread difference =
            scores_difference(ours, theirs, comparison->seed_count);
        put_spread(table, r + 1, column, difference.mean, difference.interval, true);
        if (strcmp(row->compared_name, comparison->reference) == 0) continue;
        char text[TEXT_TABLE_CELL];
        snprintf(text, sizeof text, "%.60s", text_table_at(table, r + 1, column));
        text_table_put(table, r + 1, column, "%s to %s", text, row->compared_name);
    }
}

static void add_set(struct text_table *table, const struct standings *standings,
                    struct papers *papers, size_t set)
{
    const struct comparison *comparison = standings->comparison;
    double ours[COMPARISON_SEEDS_MAX];
    const size_t column = table->columns;
    text_table_put(table, 0, column, "%s", standings_set(standings, set));
    for (size_t r = 0; r < comparison->row_count; r++) {
        standings_accuracies(ours, standings, r, set);
        const struct scores_spread spread = scores_spread(ours, comparison->seed_count);
        put_spread(table, r + 1, column, spread.mean, spread.deviation, false);
        if (count_state(standings, r, CELL_DIVERGED) > 0 && spread.count == 0) {
            text_table_put(table, r + 1, column, "diverged");
        } else if (count_state(standings, r, CELL_FAILED) > 0 && spread.count == 0) {
            text_table_put(table, r + 1, column, "failed");
        }
    }
    add_paper(table, comparison, papers, standings_set(standings, set));
    add_differences(table, standings, set);
}

static double mean_accuracy(const struct standings *standings, size_t row)
{
    double values[COMPARISON_SEEDS_MAX];
    standings_accuracies(values, standings, row, 0);
    return scores_spread(values, standings->comparison->seed_count).mean;
}

static void add_scores(struct text_table *table, const struct standings *standings,
                       struct papers *papers)
{
    const struct comparison *comparison = standings->comparison;
    const size_t column = table->columns;
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (size_t r = 0; r < comparison->row_count; r++) {
        if (strcmp(comparison->rows[r].method, comparison->reference) == 0) continue;
        low = fmin(low, mean_accuracy(standings, r));
        high = fmax(high, mean_accuracy(standings, r));
    }
    text_table_put(table, 0, column, "Score_cls ratio");
    text_table_put(table, 0, column + 1, "Score_cls min-max");
    for (size_t r = 0; r < comparison->row_count; r++) {
        const int reference = comparison->rows[r].reference;
        const double mean = mean_accuracy(standings, r);
        const double best = reference == COMPARISON_NONE
                                ? (double)NAN
                                : mean_accuracy(standings, (size_t)reference);
        const double normalised = scores_normalised(mean, low, high);
        const bool is_reference = strcmp(comparison->rows[r].method, comparison->reference) == 0;
        text_table_put(table, r + 1, column, "-");
        text_table_put(table, r + 1, column + 1, "-");
        if (isfinite(mean / best)) text_table_put(table, r + 1, column, "%.3f", mean / best);
        if (isfinite(normalised) && !is_reference) {
            text_table_put(table, r + 1, column + 1, "%.3f", normalised);
        }
    }
    add_paper(table, comparison, papers, "Score_cls");
}

/* The mean over seeds of shares "2:0.41 3:0.59". */
static void put_shares(struct text_table *table, const struct standings *standings, size_t row,
                       size_t column)
{
    const size_t seeds = standings->comparison->seed_count;
    double sum[LIMIT_MIX + 1] = {0};
    char text[TEXT_TABLE_CELL] = "";
    size_t count = 0, used = 0;
    for (size_t s = 0; s < seeds; s++) {
        const struct cell *cell = &standings->cells[row * seeds + s];
        if (cell->state != CELL_DONE || cell->result.k_share[0] == '\0') continue;
        count++;
        char *at = NULL;
        for (const char *p = cell->result.k_share; *p != '\0'; p = at + strspn(at, " ")) {
            const unsigned long k = strtoul(p, &at, 10);
            if (*at != ':') break;
            const double share = strtod(at + 1, &at);
            if (k <= LIMIT_MIX) sum[k] += share;
        }
    }
    for (size_t k = 1; k <= LIMIT_MIX && used < sizeof text; k++) {
        if (sum[k] <= 0) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu: %.2f",
                                 used == 0 ? "" : ", ", k, sum[k] / (double)count);
    }
    text_table_put(table, row + 1, column, "%s", count == 0 ? "-" : text);
}

static double mean_of(const struct standings *standings, size_t row, bool seconds)
{
    const size_t seeds = standings->comparison->seed_count;
    double values[COMPARISON_SEEDS_MAX];
    for (size_t s = 0; s < seeds; s++) {
        const struct cell *cell = &standings->cells[row * seeds + s];
        const struct cell_result *result = &cell->result;
        values[s] = seconds ? result->seconds : 1e-6 * (result->bytes_up + result->bytes_down);
        if (cell->state != CELL_DONE) values[s] = (double)NAN;
    }
    return scores_spread(values, seeds).mean;
}

static void add_costs(struct text_table *table, const struct standings *standings,
                      struct papers *papers)
{
    const struct comparison *comparison = standings->comparison;
    const size_t shares = table->columns;
    text_table_put(table, 0, shares, "shares of k");
    for (size_t r = 0; r < comparison->row_count; r++) {
        put_shares(table, standings, r, shares);
    }
    add_paper(table, comparison, papers, "k_share");
    const size_t column = table->columns;
    text_table_put(table, 0, column, "MB");
    text_table_put(table, 0, column + 1, "seconds");
    for (size_t r = 0; r < comparison->row_count; r++) {
        const double megabytes = mean_of(standings, r, false),
                     seconds = mean_of(standings, r, true);
        text_table_put(table, r + 1, column, "-");
        text_table_put(table, r + 1, column + 1, "-");
        if (isfinite(megabytes)) text_table_put(table, r + 1, column, "%.1f", megabytes);
        if (isfinite(seconds)) text_table_put(table, r + 1, column + 1, "%.0f", seconds);
    }
    for (size_t p = 0; p < papers->count; p++) {
        add_paper(table, comparison, papers, papers->name[p]);
    }
}

enum status standings_make(struct text_table *table, const struct standings *standings)
{
    struct papers papers = {.count = 0};
    const enum status status = text_table_create(table, standings->comparison->row_count);
    if (status != STATUS_OK) return status;
    find_papers(&papers, standings->comparison);
    add_methods(table, standings);
    for (size_t set = 0; set < standings_sets(standings); set++) {
        add_set(table, standings, &papers, set);
    }
    add_scores(table, standings, &papers);
    add_costs(table, standings, &papers);
    return STATUS_OK;
}
