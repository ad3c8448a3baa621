// SPDX-License-Identifier: Apache-2.0
#include "health.h"
#include "report/markup.h"
#include "report/report_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of numbers over the rounds; one block of memory. */
struct columns {
    double *x, *y, *deviation;
    size_t count;
};

static bool make(struct columns *columns, size_t count)
{
    memset(columns, 0, sizeof *columns);
    columns->x = calloc(3 * count + 1, sizeof *columns->x);
    if (columns->x == NULL) return false;
    columns->y = columns->x + count;
    columns->deviation = columns->y + count;
    return true;
}

static void open_card(FILE *out, const char *title)
{
    fprintf(out, "<section class=\"card\">\n<h3>%s</h3>\n", title);
}

static void close_card(FILE *out, const char *note)
{
    fprintf(out, "<p class=\"note\">%s</p>\n</section>\n", note);
}

static void chart_of_rounds(FILE *out, const struct report_facts *facts, bool loss)
{
    struct columns columns;
    const char *title = loss ? "Training loss" : "Training accuracy";
    if (!make(&columns, facts->round_count)) return;
    columns.count = facts->round_count;
    for (size_t i = 0; i < columns.count; i++) {
        const struct store_round *round = &facts->rounds[i];
        columns.x[i] = round->round;
        columns.y[i] = loss ? round->loss : round->training_accuracy;
    }
    const struct chart_frame frame = {.label = title, .x_title = "round", .percent = !loss};
    const struct chart_series series = {NULL, columns.x, columns.y, NULL, columns.count};
    open_card(out, title);
    chart_lines(out, &frame, &series, 1);
    close_card(out, loss ? "Mean over the round’s training steps, weighted by images."
                         : "Share of training images whose own person scored highest; of a mix,"
                           " the one of the largest weight counts.");
    free(columns.x);
}

/* Roster indices of those who verified models, at most CHART_SERIES_MAX; returns how many. */
static size_t verifiers(const struct report_facts *facts, uint32_t index[CHART_SERIES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < facts->evaluation_count && count < CHART_SERIES_MAX; i++) {
        bool known = false;
        for (size_t j = 0; j < count; j++) {
            known = known || index[j] == facts->evaluations[i].participant;
        }
        if (!known) index[count++] = facts->evaluations[i].participant;
    }
    return count;
}

static void verification_of(struct columns *columns, const struct report_facts *facts,
                            uint32_t participant)
{
    for (size_t i = 0; i < facts->evaluation_count; i++) {
        const struct store_evaluation *one = &facts->evaluations[i];
        if (one->participant != participant) continue;
        columns->x[columns->count] = one->model_round;
        columns->y[columns->count] = one->accuracy;
        columns->deviation[columns->count++] = one->deviation;
    }
}

/* Every fold of the newest verified model, as the protocol asks. */
static void note_folds(FILE *out, const struct report_facts *facts)
{
    const struct store_evaluation *newest = NULL;
    if (report_newest(facts, &newest) != 1 || newest->folds == 0) return;
    fprintf(out, "<p class=\"note\">Folds of round %u: ", (unsigned)newest->model_round);
    for (size_t i = 0; i < newest->folds; i++) {
        fprintf(out, i == 0 ? "%.1f" : ", %.1f", newest->fold[i] * 100);
    }
    fputs(" %</p>\n", out);
}

static void chart_of_verification(FILE *out, const struct report_facts *facts)
{
    struct columns columns[CHART_SERIES_MAX];
    struct chart_series series[CHART_SERIES_MAX];
    char names[CHART_SERIES_MAX][LIMIT_NAME];
    uint32_t index[CHART_SERIES_MAX];
    const size_t count = verifiers(facts, index);
    size_t made = 0;
    while (made < count && make(&columns[made], facts->evaluation_count)) {
        struct columns *one = &columns[made];
        verification_of(one, facts, index[made]);
        report_name(names[made], facts, index[made]);
        series[made] = (struct chart_series){count > 1 ? names[made] : NULL, one->x, one->y,
                                             one->deviation, one->count};
        made++;
    }
    const struct chart_frame frame = {.label = "Verification accuracy of each published model",
                                      .x_title = "round",
                                      .percent = true};
    open_card(out, "Verification accuracy");
    chart_lines(out, &frame, series, made);
    note_folds(out, facts);
    close_card(out,
               "Unseen people, masked as in training, not mixed; 10-fold protocol. The band is one"
               " standard deviation over the folds to each side; round 0 is the untrained"
               " model.");
    for (size_t i = 0; i < made; i++) {
        free(columns[i].x);
    }
}

void report_roc(FILE *out, const struct report_facts *facts, bool alone)
{
    const struct store_evaluation *newest = NULL;
    struct chart_series series[CHART_SERIES_MAX];
    char names[CHART_SERIES_MAX][LIMIT_NAME];
    size_t count = report_newest(facts, &newest);
    if (count > CHART_SERIES_MAX) count = CHART_SERIES_MAX;
    for (size_t i = 0; i < count; i++) {
        report_name(names[i], facts, newest[i].participant);
        series[i] = (struct chart_series){count > 1 ? names[i] : NULL, newest[i].roc_far,
                                          newest[i].roc_tar, NULL, newest[i].roc_points};
    }
    const struct chart_frame frame = {.label = "ROC: true accepts over false accepts",
                                      .x_title = "false-accept rate",
                                      .percent = true,
                                      .alone = alone};
    chart_roc(out, &frame, series, count);
}

/* The share of each k of a round: of its steps, or as p(k) of the policies. */
static bool shares_of(double shares[LIMIT_CHOICES], const struct store_round *round, size_t parts,
                      bool probabilities)
{
    if (!probabilities) return report_choices(shares, round, parts);
    return health_probabilities(shares, round) == parts;
}

static void note_policy(FILE *out, const struct report_facts *facts)
{
    struct health health;
    char note[256];
    health_judge(&health, facts->rounds, facts->round_count, facts->config.federation.rounds);
    snprintf(note, sizeof note,
             "Mean p(k) of the policies over the recogniser’s steps. Entropy in the newest round:"
             " %.2f of 1. The policy takes %.0f %% of the training time.",
             fmax(0, health.entropy), 100 * health.policy_share);
    close_card(out, note);
}

static void chart_of_choices(FILE *out, const struct report_facts *facts, bool probabilities)
{
    const struct config_federation *f = &facts->config.federation;
    if (f->mix.method != MIX_ADAPTIVE && (probabilities || f->mix.method != MIX_UNIFORM)) return;
    const size_t parts = f->mix.k.count < LIMIT_CHOICES ? f->mix.k.count : LIMIT_CHOICES;
    double *shares = calloc(facts->round_count * (parts + 1) + 1, sizeof *shares);
    if (shares == NULL) return;
    double *x = shares + facts->round_count * parts;
    char names[LIMIT_CHOICES][16];
    const char *name[LIMIT_CHOICES];
    for (size_t k = 0; k < parts; k++) {
        snprintf(names[k], sizeof names[k], "k = %d", f->mix.k.values[k]);
        name[k] = names[k];
    }
    size_t columns = 0;
    for (size_t i = 0; i < facts->round_count; i++) {
        double of_round[LIMIT_CHOICES];
        if (!shares_of(of_round, &facts->rounds[i], parts, probabilities)) continue;
        memcpy(shares + columns * parts, of_round, parts * sizeof *shares);
        x[columns++] = facts->rounds[i].round;
    }
    if (probabilities && columns == 0) { // no policy reported
        free(shares);
        return;
    }
    const struct chart_frame frame = {
        .label = probabilities ? "Probability of each number of mixed images by round"
                               : "Share of each number of mixed images by round",
        .x_title = "round",
        .percent = true};
    const struct chart_parts stack = {name, parts, x, shares, columns};
    open_card(out, probabilities ? "Policy" : "Images mixed into one");
    chart_stack(out, &frame, &stack);
    if (probabilities) {
        note_policy(out, facts);
        free(shares);
        return;
    }
    close_card(out, f->mix.method == MIX_ADAPTIVE
                        ? "Share of the recogniser’s steps with each k, as the policies chose."
                        : "Share of the recogniser’s steps with each k, drawn at random.");
    free(shares);
}

static void card_of_examples(FILE *out, const struct report_facts *facts)
{
    if (facts->examples == NULL) return;
    fputs("<section class=\"card pictures\">\n<h3>Masked faces</h3>\n"
          "<img class=\"faces\" alt=\"Rows of faces: original, masked, mixed, and what the inverse"
          " gives back\" src=\"data:image/png;base64,",
          out);
    markup_base64(out, facts->examples, facts->examples_size);
    fputs("\">\n", out);
    close_card(out, facts->config.data.kind == DATA_SYNTHETIC
                        ? "From left to right: the original, what the network sees, mixed with"
                          " others, and what the inverse transform gives back. These people do"
                          " not exist."
                        : "From left to right: the original, what the network sees, mixed with"
                          " others, and what the inverse transform gives back. <strong>This"
                          " page holds training faces: pass it on only to those who may see"
                          " them.</strong>");
}

void report_charts(FILE *out, const struct report_facts *facts)
{
    if (facts->round_count == 0 && facts->evaluation_count == 0) return;
    fputs("<h2>Curves</h2>\n<div class=\"grid\">\n", out);
    chart_of_verification(out, facts);
    open_card(out, "ROC");
    report_roc(out, facts, false);
    close_card(out, "The newest verified model over all pairs; the dashed line is chance.");
    chart_of_rounds(out, facts, true);
    chart_of_rounds(out, facts, false);
    chart_of_choices(out, facts, false);
    chart_of_choices(out, facts, true);
    card_of_examples(out, facts);
    fputs("</div>\n", out);
}
