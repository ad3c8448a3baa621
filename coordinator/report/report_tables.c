// SPDX-License-Identifier: Apache-2.0
#include "report/markup.h"
#include "report/report_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 200, // of one table
    LOST_MAX = 8,   // lost participants that one round names
};

static void cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    markup_text(out, text);
    fputs("</td>", out);
}

static void cell_number(FILE *out, int places, double value)
{
    char text[MARKUP_QUANTITY];
    if (isfinite(value)) {
        snprintf(text, sizeof text, "%.*f", places, value);
    } else {
        snprintf(text, sizeof text, "–");
    }
    cell(out, text);
}

static void cell_percent(FILE *out, double share)
{
    char text[MARKUP_QUANTITY];
    markup_percent(text, share);
    cell(out, text);
}

static void cell_bytes(FILE *out, double bytes)
{
    char text[MARKUP_QUANTITY];
    markup_bytes(text, bytes);
    cell(out, text);
}

static void cell_verified(FILE *out, const struct report_facts *facts, uint32_t round)
{
    const struct report_verified mean = report_verified(facts, round);
    char text[MARKUP_QUANTITY];
    if (mean.count == 0) {
        cell(out, "–");
        return;
    }
    snprintf(text, sizeof text, "%.1f ± %.1f %%", mean.accuracy * 100, mean.deviation * 100);
    cell(out, text);
}

static void cell_lost(FILE *out, const struct store_round *round)
{
    size_t lost = 0;
    fputs("<td class=\"text\">", out);
    for (size_t i = 0; i < round->cohort; i++) {
        const struct store_reporter *reporter = &round->reporter[i];
        if (reporter->reported) continue;
        if (++lost > LOST_MAX) continue;
        fputs(lost == 1 ? "<strong>" : "<br><strong>", out);
        markup_text(out, reporter->name);
        fputs("</strong> ", out);
        markup_text(out, reporter->reason[0] == '\0' ? "no reason known" : reporter->reason);
    }
    if (lost > LOST_MAX) fprintf(out, "<br>and %zu more", lost - LOST_MAX);
    fputs(lost == 0 ? "–</td>" : "</td>", out);
}

static void open_table(FILE *out, const char *const *heads, size_t count)
{
    fputs("<div class=\"card scroll\"><table>\n<thead><tr>", out);
    for (size_t i = 0; i < count; i++) {
        // What participants were lost, and why, is text; all else is figures.
        fprintf(out, strcmp(heads[i], "Lost") == 0 ? "<th class=\"text\">%s</th>" : "<th>%s</th>",
                heads[i]);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void close_table(FILE *out, size_t left_out, const char *where)
{
    fputs("</tbody>\n</table>", out);
    if (left_out > 0) {
        fprintf(out, "<p class=\"note\">%zu earlier or further rows are in %s.</p>", left_out,
                where);
    }
    fputs("</div>\n", out);
}

void report_rounds(FILE *out, const struct report_facts *facts)
{
    static const char *const heads[] = {"Round",    "Reporters",    "Loss",
                                        "Training", "Verification", "Seconds",
                                        "Updates",  "Models",       "Lost"};
    fputs("<h2>Rounds</h2>\n", out);
    if (facts->round_count == 0) {
        fputs("<p class=\"note\">No round was completed.</p>\n", out);
        return;
    }
    const size_t first = facts->round_count > ROWS_MAX ? facts->round_count - ROWS_MAX : 0;
    open_table(out, heads, sizeof heads / sizeof heads[0]);
    for (size_t i = first; i < facts->round_count; i++) {
        const struct store_round *round = &facts->rounds[i];
        fprintf(out, "<tr><td>%u</td><td>%zu of %zu</td>", (unsigned)round->round, round->reporters,
                round->cohort);
        cell_number(out, 3, round->loss);
        cell_percent(out, round->training_accuracy);
        cell_verified(out, facts, round->round);
        cell_number(out, 1, round->seconds);
        cell_bytes(out, (double)round->bytes_up);
        cell_bytes(out, (double)round->bytes_down);
        cell_lost(out, round);
        fputs("</tr>\n", out);
    }
    close_table(out, first, "<code>metrics.csv</code>");
}

/* One participant's part in all rounds. */
struct part {
    const struct store_reporter *last; // its newest report; NULL: never
    const char *name;
    size_t chosen, reported;
    double images, train_seconds, mask_seconds, peak_memory, saturated;
};

static void add_part(struct part *part, const struct store_reporter *reporter)
{
    part->name = reporter->name;
    part->chosen++;
    if (!reporter->reported) return;
    part->reported++;
    part->last = reporter;
    part->images += (double)reporter->images;
    part->train_seconds += reporter->train_seconds;
    part->mask_seconds += reporter->mask_seconds;
    part->peak_memory = fmax(part->peak_memory, reporter->peak_memory);
    part->saturated += (double)reporter->saturated;
}

static void write_part(FILE *out, const struct part *part)
{
    const double missing = (double)NAN;
    char text[MARKUP_QUANTITY];
    fputs("<tr>", out);
    cell(out, part->name);
    fprintf(out, "<td>%zu of %zu</td>", part->reported, part->chosen);
    markup_count(text, (uint64_t)part->images);
    cell(out, text);
    cell_number(out, 3, part->last == NULL ? missing : part->last->loss);
    cell_percent(out, part->last == NULL ? missing : part->last->training_accuracy);
    cell_number(out, 1, part->train_seconds > 0 ? part->images / part->train_seconds : missing);
    cell_number(out, 3, part->images > 0 ? 1000 * part->mask_seconds / part->images : missing);
    cell_bytes(out, part->peak_memory > 0 ? part->peak_memory : missing);
    markup_count(text, (uint64_t)part->saturated);
    cell(out, text);
    fputs("</tr>\n", out);
}

/* What is known of one participant of secure sums: in which rounds it was counted. */
static void write_counted(FILE *out, const struct part *part)
{
    fputs("<tr>", out);
    cell(out, part->name);
    fprintf(out, "<td>%zu of %zu</td>", part->reported, part->chosen);
    for (int i = 0; i < 7; i++) {
        cell(out, "–");
    }
    fputs("</tr>\n", out);
}

/* All participants of secure sums as one; peak memory is a mean. */
static void write_together(FILE *out, const struct report_facts *facts)
{
    const struct store_round *newest = &facts->rounds[facts->round_count - 1];
    struct store_reporter last = {.loss = newest->loss,
                                  .training_accuracy = newest->training_accuracy};
    struct part part = {.name = "all together", .last = &last};
    for (size_t r = 0; r < facts->round_count; r++) {
        struct store_totals totals;
        store_total(&totals, &facts->rounds[r]);
        part.chosen += facts->rounds[r].cohort;
        part.reported += facts->rounds[r].reporters;
        part.images += (double)totals.images;
        part.train_seconds += totals.train_seconds;
        part.mask_seconds += totals.mask_seconds;
        part.peak_memory = fmax(part.peak_memory, totals.peak_memory);
        part.saturated += (double)totals.saturated;
    }
    write_part(out, &part);
}

static struct part *gather_parts(const struct report_facts *facts)
{
    struct part *parts = calloc(LIMIT_PARTICIPANTS, sizeof *parts);
    for (size_t r = 0; parts != NULL && r < facts->round_count; r++) {
        const struct store_round *round = &facts->rounds[r];
        for (size_t i = 0; i < round->cohort; i++) {
            const uint32_t index = round->reporter[i].participant;
            if (index < LIMIT_PARTICIPANTS) add_part(&parts[index], &round->reporter[i]);
        }
    }
    return parts;
}

void report_participants(FILE *out, const struct report_facts *facts)
{
    static const char *const heads[] = {"Participant",       "Rounds",      "Images trained",
                                        "Last loss",         "Training",    "Images/s",
                                        "Masking, ms/image", "Peak memory", "Saturated"};
    if (facts->round_count == 0) return;
    struct part *parts = gather_parts(facts);
    if (parts == NULL) return;
    const bool secure = facts->rounds[0].privacy == PRIVACY_SECURE_SUM;
    size_t rows = 0, left_out = 0;
    fputs("<h2>Participants</h2>\n", out);
    open_table(out, heads, sizeof heads / sizeof heads[0]);
    if (secure) write_together(out, facts);
    for (size_t i = 0; i < LIMIT_PARTICIPANTS; i++) {
        if (parts[i].name == NULL) continue;
        if (rows++ < ROWS_MAX) {
            (secure ? write_counted : write_part)(out, &parts[i]);
        } else {
            left_out++;
        }
    }
    close_table(out, left_out, "<code>journal.sqlite</code>");
    if (secure) {
        fputs(
            "<p class=\"note\">Privacy: secure-sum. Figures of single participants are not visible"
            " to the coordinator: it opened their sums only. Peak memory is a mean.</p>\n",
            out);
    }
    fputs("<p class=\"note\">Rates are those of one participant while it trains. Saturated: numbers"
          " of its updates that were cut to the largest value that travels.</p>\n",
          out);
    free(parts);
}
