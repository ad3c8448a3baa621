// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include "base/json.h"

#include <string.h>

static const double megabyte = 1e6;

void table_start(struct table *table, FILE *file, const struct config *config)
{
    memset(table, 0, sizeof *table);
    table->file = file;
    if (config->federation.mix.method == MIX_NONE) return;
    const struct config_numbers *k = &config->federation.mix.k;
    table->choices = k->count < LIMIT_CHOICES ? k->count : LIMIT_CHOICES;
    memcpy(table->k, k->values, table->choices * sizeof table->k[0]);
}

/* "k=2/3/4", as wide as the shares below it. */
static void print_head(struct table *table)
{
    table->headed = true;
    fprintf(table->file, "%5s %9s %9s %7s %8s", "round", "reported", "loss", "train", "verified");
    for (size_t i = 0; i < table->choices; i++) {
        fprintf(table->file, "   k=%-2d", table->k[i]);
    }
    fprintf(table->file, " %8s %8s %8s\n", "MB up", "MB down", "seconds");
}

static void print_shares(const struct table *table, const double counts[LIMIT_CHOICES])
{
    double all = 0;
    for (size_t i = 0; i < table->choices; i++) {
        all += counts[i];
    }
    for (size_t i = 0; i < table->choices; i++) {
        if (all > 0) {
            fprintf(table->file, " %4.0f %%", 100 * counts[i] / all);
        } else {
            fprintf(table->file, " %6s", "-");
        }
    }
}

static void print_last(struct table *table)
{
    if (!table->waits) return;
    table->waits = false;
    if (!table->headed) print_head(table);
    const struct table_round *r = &table->last;
    char reported[32];
    snprintf(reported, sizeof reported, "%zu/%zu", r->reporters, r->cohort);
    fprintf(table->file, "%5u %9s %9.4f %6.2f%%", (unsigned)r->round, reported, r->loss,
            100 * r->training_accuracy);
    if (table->verified > 0 && table->verified_round == r->round) {
        fprintf(table->file, " %7.2f%%", 100 * table->accuracy / (double)table->verified);
    } else {
        fprintf(table->file, " %8s", "-");
    }
    print_shares(table, r->k_count);
    fprintf(table->file, " %8.1f %8.1f %8.1f\n", (double)r->bytes_up / megabyte,
            (double)r->bytes_down / megabyte, r->seconds);
    fflush(table->file);
}

void table_add_round(struct table *table, const struct store_round *round)
{
    print_last(table);
    table->last = (struct table_round){.round = round->round,
                                       .reporters = round->reporters,
                                       .cohort = round->cohort,
                                       .loss = round->loss,
                                       .training_accuracy = round->training_accuracy,
                                       .seconds = round->seconds,
                                       .bytes_up = round->bytes_up,
                                       .bytes_down = round->bytes_down};
    struct store_totals totals;
    store_total(&totals, round);
    for (size_t k = 0; k < totals.choices; k++) {
        table->last.k_count[k] += (double)totals.k_count[k];
        table->k_count[k] += (double)totals.k_count[k];
    }
    table->rounds = round->round;
    table->bytes_up += round->bytes_up;
    table->bytes_down += round->bytes_down;
    table->waits = true;
    if (table->verified == 0) print_last(table); // nobody verified the model before this one
}

void table_add_evaluation(struct table *table, const struct store_evaluation *evaluation)
{
    if (evaluation->model_round < table->verified_round) return;
    if (evaluation->model_round > table->verified_round) {
        table->verifiers = table->verified;
        table->verified = 0;
        table->accuracy = 0;
        table->verified_round = evaluation->model_round;
    }
    table->verified++;
    table->accuracy += evaluation->accuracy;
    if (table->verified >= table->verifiers && table->verified_round == table->rounds) {
        print_last(table);
    }
}

void table_end(struct table *table)
{
    print_last(table);
}

void table_print_json(const struct table *table, const char *model, double seconds,
                      uint64_t peak_memory)
{
    double all = 0;
    for (size_t i = 0; i < table->choices; i++) {
        all += table->k_count[i];
    }
    fputs("{\"accuracy\": ", table->file);
    if (table->verified > 0 && table->verified_round == table->rounds) {
        fprintf(table->file, "%.6f", table->accuracy / (double)table->verified);
    } else {
        fputs("null", table->file);
    }
    fprintf(table->file,
            ", \"rounds\": %u, \"seconds\": %.3f, \"model\": ", (unsigned)table->rounds, seconds);
    json_text(table->file, model);
    fputs(", \"k_share\": {", table->file);
    for (size_t i = 0; all > 0 && i < table->choices; i++) {
        fprintf(table->file, "%s\"%d\": %.6f", i == 0 ? "" : ", ", table->k[i],
                table->k_count[i] / all);
    }
    fprintf(table->file, "}, \"bytes_up\": %llu, \"bytes_down\": %llu, \"peak_rss_bytes\": %llu}\n",
            (unsigned long long)table->bytes_up, (unsigned long long)table->bytes_down,
            (unsigned long long)peak_memory);
    fflush(table->file);
}
