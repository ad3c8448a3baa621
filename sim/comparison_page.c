// SPDX-License-Identifier: Apache-2.0
#include "comparison_page.h"

#include "base/files.h"
#include "report/chart.h"
#include "report/markup.h"
#include "report/report.h"
#include "scores.h"
#include "version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS_MAX = 1024, // of a curve; later ones are left out
    LINE = 26,         // pixels of a row of the accuracies
    NAMES = 330,       // for their names
    AREA = 520,        // of the marks
};

struct curve {
    double x[ROUNDS_MAX], y[ROUNDS_MAX], deviation[ROUNDS_MAX];
    size_t count;
    char name[32]; // the number of its row
};

/* The bounds of an axis around all bars. */
static void find_bounds(double *low, double *high, const struct standings *standings, size_t set)
{
    const struct comparison *comparison = standings->comparison;
    double values[COMPARISON_SEEDS_MAX];
    *low = 100;
    *high = 0;
    for (size_t r = 0; r < comparison->row_count; r++) {
        standings_accuracies(values, standings, r, set);
        const struct scores_spread spread = scores_spread(values, comparison->seed_count);
        const double side = isfinite(spread.deviation) ? spread.deviation : 0;
        *low = fmin(*low, spread.mean - side);
        *high = fmax(*high, spread.mean + side);
    }
    *low = fmax(0, 5 * floor((*low - 1) / 5));
    *high = fmin(100, 5 * ceil((*high + 1) / 5));
    if (!(*high > *low)) *high = *low + 5;
}

static void put_mark(FILE *out, const struct scores_spread *spread, double low, double scale,
                     double y)
{
    const double x = NAMES + (spread->mean - low) * scale;
    if (isfinite(spread->deviation)) {
        const double side = spread->deviation * scale;
        fprintf(out,
                "<path d=\"M%.1f %.1fH%.1fM%.1f %.1fv10M%.1f %.1fv10\" fill=\"none\" "
                "stroke=\"var(--c1)\" stroke-width=\"1.5\"/>",
                x - side, y, x + side, x - side, y - 5, x + side, y - 5);
    }
    fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"var(--c1)\"/>", x, y);
    fprintf(out, "<text class=\"last\" x=\"%d\" y=\"%.1f\">%.2f</text>\n", NAMES + AREA + 16, y + 4,
            spread->mean);
}

static void put_accuracies(FILE *out, const struct standings *standings, size_t set)
{
    const struct comparison *comparison = standings->comparison;
    const double bottom = (double)(comparison->row_count * LINE) + 8;
    double low = 0, high = 0, values[COMPARISON_SEEDS_MAX];
    find_bounds(&low, &high, standings, set);
    const double scale = AREA / (high - low), step = high - low > 40 ? 10 : 5;
    fputs("<section class=\"card\">\n<h3>", out);
    markup_text(out, standings_set(standings, set));
    fprintf(out,
            " in percent</h3>\n<svg class=\"chart\" role=\"img\" aria-label=\"accuracy by method\" "
            "viewBox=\"0 0 %d %.0f\">\n",
            NAMES + AREA + 70, bottom + 24);
    for (double at = low; at <= high + 1e-9; at += step) {
        const double x = NAMES + (at - low) * scale;
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"4\" y2=\"%.1f\"/>", x, x,
                bottom);
        fprintf(out, "<text class=\"middle\" x=\"%.1f\" y=\"%.1f\">%g</text>\n", x, bottom + 16,
                at);
    }
    for (size_t r = 0; r < comparison->row_count; r++) {
        const double y = (double)(r * LINE) + LINE / 2.0 + 4;
        char label[TEXT_TABLE_CELL];
        standings_label(label, comparison, r);
        standings_accuracies(values, standings, r, set);
        const struct scores_spread spread = scores_spread(values, comparison->seed_count);
        fprintf(out, "<text class=\"end\" x=\"%d\" y=\"%.1f\">", NAMES - 14, y + 4);
        markup_text(out, label);
        fputs("</text>", out);
        if (isfinite(spread.mean)) put_mark(out, &spread, low, scale, y);
    }
    fputs("</svg>\n<p class=\"note\">Mean over seeds; the bar is the deviation of a seed.</p>\n"
          "</section>\n",
          out);
}

/* Column `loss` of a run's metrics.csv by round, into losses[round]. */
static void read_losses(double *losses, const char *folder)
{
    char path[LIMIT_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (files_join(path, folder, "run/metrics.csv") != STATUS_OK ||
        files_read(&bytes, &size, path, LIMIT_FILE_CONFIG * 16) != STATUS_OK) {
        return;
    }
    int column = -1, at = 0;
    char *rest = NULL;
    for (char *line = strtok_r((char *)bytes, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (column < 0) {
            const char *word = strstr(line, "loss");
            for (column = 0; word != NULL && word > line; word--) {
                column += word[-1] == ',';
            }
            continue;
        }
        const unsigned long round = strtoul(line, NULL, 10);
        const char *field = line;
        for (at = 0; at < column && field != NULL; at++) {
            field = strchr(field, ',');
            if (field != NULL) field++;
        }
        if (round >= 1 && round <= ROUNDS_MAX && field != NULL && *field != ',') {
            losses[round - 1] = strtod(field, NULL);
        }
    }
    free(bytes);
}

/* The mean loss over seeds by round; cells that diverged are in it as far as they came. */
static enum status read_curve(struct curve *curve, const struct standings *standings, size_t row)
{
    const size_t seeds = standings->comparison->seed_count;
    double *losses = malloc(seeds * ROUNDS_MAX * sizeof *losses);
    if (losses == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: curves");
    for (size_t i = 0; i < seeds * ROUNDS_MAX; i++) {
        losses[i] = (double)NAN;
    }
    for (size_t s = 0; s < seeds; s++) {
        read_losses(losses + s * ROUNDS_MAX, standings->cells[row * seeds + s].folder);
    }
    curve->count = 0;
    for (size_t r = 0; r < ROUNDS_MAX; r++) {
        double values[COMPARISON_SEEDS_MAX];
        for (size_t s = 0; s < seeds; s++) {
            values[s] = losses[s * ROUNDS_MAX + r];
        }
        const struct scores_spread spread = scores_spread(values, seeds);
        if (spread.count == 0) continue;
        curve->x[curve->count] = (double)(r + 1);
        curve->y[curve->count] = spread.mean;
        curve->deviation[curve->count++] = isfinite(spread.deviation) ? spread.deviation : 0;
    }
    snprintf(curve->name, sizeof curve->name, "%zu", row + 1);
    free(losses);
    return STATUS_OK;
}

/* A legend has room for numbers; what they mean stands below. */
static void put_names(FILE *out, const struct comparison *comparison, size_t first, size_t count)
{
    fputs("<p class=\"note\">", out);
    for (size_t i = 0; i < count; i++) {
        char label[TEXT_TABLE_CELL];
        standings_label(label, comparison, first + i);
        fprintf(out, "%s<b style=\"color:var(--c%zu)\">%zu</b> ", i == 0 ? "" : "; ", i + 1,
                first + i + 1);
        markup_text(out, label);
    }
    fputs("</p>\n", out);
}

/* As many charts as the colours of one demand. */
static enum status put_curves(FILE *out, const struct standings *standings)
{
    const size_t rows = standings->comparison->row_count;
    const struct chart_frame frame = {.label = "loss by round", .x_title = "round"};
    struct chart_series series[CHART_SERIES_MAX];
    struct curve *curves = calloc(CHART_SERIES_MAX, sizeof *curves);
    if (curves == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: curves");
    enum status status = STATUS_OK;
    fputs("<h2>Learning curves</h2>\n<div class=\"grid\">\n", out);
    for (size_t r = 0; status == STATUS_OK && r < rows; r += CHART_SERIES_MAX) {
        const size_t count = rows - r < CHART_SERIES_MAX ? rows - r : CHART_SERIES_MAX;
        for (size_t i = 0; status == STATUS_OK && i < count; i++) {
            struct curve *curve = &curves[i];
            status = read_curve(curve, standings, r + i);
            series[i] = (struct chart_series){curve->name, curve->x, curve->y, curve->deviation,
                                              curve->count};
        }
        if (status != STATUS_OK) break;
        fputs("<section class=\"card\">\n<h3>Loss</h3>\n", out);
        chart_lines(out, &frame, series, count);
        put_names(out, standings->comparison, r, count);
        fputs("</section>\n", out);
    }
    fputs("</div>\n", out);
    free(curves);
    return status;
}

/* The picture that the row's first finished run has made. */
static void put_faces(FILE *out, const struct standings *standings, size_t row)
{
    const size_t seeds = standings->comparison->seed_count;
    for (size_t s = 0; s < seeds; s++) {
        char path[LIMIT_PATH], label[TEXT_TABLE_CELL];
        uint8_t *bytes = NULL;
        size_t size = 0;
        if (files_join(path, standings->cells[row * seeds + s].folder, "run/examples.png") !=
                STATUS_OK ||
            files_read(&bytes, &size, path, LIMIT_FILE_IMAGE) != STATUS_OK) {
            continue;
        }
        standings_label(label, standings->comparison, row);
        fputs("<section class=\"card pictures\">\n<h3>", out);
        markup_text(out, label);
        fputs("</h3>\n<img class=\"faces\" alt=\"original, masked, mixed and their inverses\" "
              "src=\"data:image/png;base64,",
              out);
        markup_base64(out, bytes, size);
        fputs("\">\n</section>\n", out);
        free(bytes);
        return;
    }
}

static enum status put_page(FILE *out, const struct standings *standings,
                            const struct text_table *table)
{
    const struct comparison *comparison = standings->comparison;
    report_begin(out, comparison->title);
    fputs("<p class=\"brand\">Fedveil comparison</p>\n<h1>", out);
    markup_text(out, comparison->title);
    fputs("</h1>\n<p class=\"summary\">profile ", out);
    markup_text(out, comparison->profile);
    fprintf(out, ", %zu seed%s</p>\n", comparison->seed_count,
            comparison->seed_count == 1 ? "" : "s");
    fputs("<h2>Table</h2>\n", out);
    report_table(out, table,
                 "Accuracies in percent, mean ± deviation over seeds; differences are paired by "
                 "seed, ± half of the 95 % confidence interval (Student). Score_cls: as a ratio "
                 "to the reference, and min-max normalised to [0.5, 1] over the other rows. - is "
                 "what is not known.");
    fputs("<h2>Accuracy</h2>\n", out);
    for (size_t set = 0; set < standings_sets(standings); set++) {
        put_accuracies(out, standings, set);
    }
    const enum status status = put_curves(out, standings);
    fputs("<h2>What an image looks like</h2>\n<p class=\"note before\">In each row: the original, "
          "masked, mixed with others, and the inverse of both with zeros for what was left out. "
          "Networks that see pixels have no mask to show.</p>\n<div class=\"grid\">\n",
          out);
    for (size_t r = 0; r < comparison->row_count; r++) {
        put_faces(out, standings, r);
    }
    fputs("</div>\n<footer>Fedveil ", out);
    markup_text(out, version_text());
    fputs(" · every number is in "
          "<code>cells.csv</code> beside this page</footer>\n</main>\n</body>\n</html>\n",
          out);
    return status;
}

enum status comparison_page_write(const char *out, const struct standings *standings,
                                  const struct text_table *table)
{
    char path[LIMIT_PATH];
    char *text = NULL;
    size_t size = 0;
    enum status status = files_join(path, out, "compare.html");
    FILE *page = open_memstream(&text, &size);
    if (page == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: page");
    if (status == STATUS_OK) status = put_page(page, standings, table);
    if (fclose(page) != 0) status = status_fail(STATUS_NO_MEMORY, "out of memory: page");
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}
