// SPDX-License-Identifier: Apache-2.0
#include "report/chart.h"

#include "report/chart_private.h"
#include "report/markup.h"

#include <assert.h>
#include <math.h>

enum {
    POINTS_MAX = 400, // of a line: more cannot be told apart
    DOTS_MAX = 32,    // up to so many points each gets a visible dot
};

struct range {
    double low, high;
    size_t count; // values seen
};

static void range_add(struct range *range, double value)
{
    if (!isfinite(value)) return;
    if (range->count == 0 || value < range->low) range->low = value;
    if (range->count == 0 || value > range->high) range->high = value;
    range->count++;
}

static double deviation_at(const struct chart_series *series, size_t i)
{
    const double deviation = series->deviation == NULL ? 0 : series->deviation[i];
    return isfinite(deviation) ? deviation : 0;
}

static bool shown(const struct chart_series *series, size_t i)
{
    return isfinite(series->x[i]) && isfinite(series->y[i]);
}

/* Every how many points one is drawn. */
static size_t stride(size_t count)
{
    return count <= POINTS_MAX ? 1 : (count + POINTS_MAX - 1) / POINTS_MAX;
}

/* The index after i of the points that are drawn: the last one always is. */
static size_t next(const struct chart_series *series, size_t i)
{
    const size_t step = stride(series->count);
    if (i + 1 < series->count && i + step >= series->count) return series->count - 1;
    return i + step;
}

/* A band that goes over 100 % or below 0 % would be a lie. */
static double bounded(const struct chart_frame *frame, double value)
{
    return frame->percent ? fmin(1, fmax(0, value)) : value;
}

static void draw_band(FILE *out, const struct chart_frame *frame, const struct chart_plot *plot,
                      const struct chart_series *series, size_t colour)
{
    if (series->deviation == NULL || series->count < 2) return;
    fprintf(out, "<path class=\"band c%zu\" d=\"", colour);
    char command = 'M';
    for (size_t i = 0; i < series->count; i = next(series, i)) {
        if (!shown(series, i)) continue;
        fprintf(out, "%c%.1f %.1f", command, chart_x(plot, series->x[i]),
                chart_y(plot, bounded(frame, series->y[i] + deviation_at(series, i))));
        command = 'L';
    }
    const size_t step = stride(series->count);
    for (size_t left = series->count; command == 'L' && left > 0;
         left -= left < step ? left : step) {
        const size_t i = left - 1;
        if (!shown(series, i)) continue;
        fprintf(out, "L%.1f %.1f", chart_x(plot, series->x[i]),
                chart_y(plot, bounded(frame, series->y[i] - deviation_at(series, i))));
    }
    fputs("Z\"/>\n", out);
}

static void draw_line(FILE *out, const struct chart_plot *plot, const struct chart_series *series,
                      size_t colour)
{
    fprintf(out, "<path class=\"line c%zu\" d=\"", colour);
    bool pen = false;
    for (size_t i = 0; i < series->count; i = next(series, i)) {
        if (!shown(series, i)) {
            pen = false;
            continue;
        }
        fprintf(out, "%c%.1f %.1f", pen ? 'L' : 'M', chart_x(plot, series->x[i]),
                chart_y(plot, series->y[i]));
        pen = true;
    }
    fputs("\"/>\n", out);
}

static void write_tip(FILE *out, const struct chart_frame *frame, const struct chart_series *series,
                      size_t i)
{
    char text[CHART_NUMBER];
    fputs("<title>", out);
    if (series->name != NULL) {
        markup_text(out, series->name);
        fputs(", ", out);
    }
    markup_text(out, frame->x_title);
    chart_number(text, series->x[i], 0, false);
    fprintf(out, " %s: ", text);
    chart_value(text, series->y[i], frame->percent);
    fputs(text, out);
    if (series->deviation != NULL) {
        chart_value(text, deviation_at(series, i), frame->percent);
        fprintf(out, " ± %s", text);
    }
    fputs("</title>", out);
}

/* A point is a dot and a column of the plot's height that shows the value under the pointer. */
static void draw_points(FILE *out, const struct chart_frame *frame, const struct chart_plot *plot,
                        const struct chart_series *series, size_t colour)
{
    const char *quiet = series->count > DOTS_MAX ? " quiet" : "";
    for (size_t i = 0; i < series->count; i = next(series, i)) {
        if (!shown(series, i)) continue;
        const double x = chart_x(plot, series->x[i]), y = chart_y(plot, series->y[i]);
        fprintf(out, "<g class=\"point%s\">", quiet);
        write_tip(out, frame, series, i);
        const double width = fmin(40, plot->width / (double)(series->count + 1));
        fprintf(out, "<rect class=\"hit\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"48\"/>",
                x - width / 2, y - 24, width);
        fprintf(out, "<circle class=\"dot c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/></g>\n", colour,
                x, y);
    }
}

/* The last value, written beside its point. */
static void draw_last(FILE *out, const struct chart_frame *frame, const struct chart_plot *plot,
                      const struct chart_series *series)
{
    for (size_t left = series->count; left > 0; left--) {
        const size_t i = left - 1;
        if (!shown(series, i)) continue;
        char text[CHART_NUMBER];
        chart_value(text, series->y[i], frame->percent);
        fprintf(out, "<text class=\"last\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                chart_x(plot, series->x[i]) + 8, chart_y(plot, series->y[i]) + 4, text);
        return;
    }
}

static void frame_lines(struct chart_plot *plot, const struct chart_frame *frame,
                        const struct chart_series *series, size_t count, struct range *values)
{
    struct range x = {0};
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < series[s].count; i++) {
            if (!shown(&series[s], i)) continue;
            const double y = series[s].y[i], deviation = deviation_at(&series[s], i);
            range_add(&x, series[s].x[i]);
            range_add(values, bounded(frame, y + deviation));
            range_add(values, bounded(frame, y - deviation));
        }
    }
    chart_plot_init(plot, count > 1);
    plot->x_low = plot->x_first = x.low;
    plot->x_high = plot->x_last = x.high;
    if (plot->x_high - plot->x_low < 0.5) { // a single round stands in the middle
        plot->x_low -= 1;
        plot->x_high += 1;
    }
    chart_fit_y(plot, values->low, values->high, frame->percent);
}

void chart_lines(FILE *out, const struct chart_frame *frame, const struct chart_series *series,
                 size_t count)
{
    assert(count <= CHART_SERIES_MAX);
    struct chart_plot plot;
    struct range values = {0};
    frame_lines(&plot, frame, series, count, &values);
    chart_open(out, frame);
    if (values.count == 0) {
        chart_nothing(out, &plot);
    } else {
        chart_axis_y(out, &plot, frame->percent);
        chart_axis_x(out, &plot, frame->x_title);
        for (size_t s = 0; s < count; s++) {
            draw_band(out, frame, &plot, &series[s], s + 1);
        }
        for (size_t s = 0; s < count; s++) {
            draw_line(out, &plot, &series[s], s + 1);
        }
        for (size_t s = 0; s < count; s++) {
            draw_points(out, frame, &plot, &series[s], s + 1);
        }
        if (count == 1) draw_last(out, frame, &plot, &series[0]);
        chart_legend_series(out, series, count);
    }
    fputs("</svg>\n", out);
}

/* The smallest power of ten at or below the smallest rate that was measured. */
static double lowest_rate(const struct chart_series *series, size_t count)
{
    double lowest = 1;
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < series[s].count; i++) {
            const double x = series[s].x[i];
            if (shown(&series[s], i) && x > 0) lowest = fmin(lowest, x);
        }
    }
    return fmin(1e-2, fmax(1e-6, pow(10, floor(log10(lowest) + 1e-9))));
}

/* Guessing: as many false accepts as true ones. */
static void draw_chance(FILE *out, const struct chart_plot *plot)
{
    fputs("<path class=\"chance\" d=\"", out);
    for (int i = 0; i <= 60; i++) {
        const double x = plot->x_low * pow(1 / plot->x_low, i / 60.0);
        fprintf(out, "%c%.1f %.1f", i == 0 ? 'M' : 'L', chart_x(plot, x), chart_y(plot, x));
    }
    fputs("\"><title>chance</title></path>\n", out);
}

/* A rate of zero false accepts has no place on the axis: it enters at the left edge. */
static void draw_roc(FILE *out, const struct chart_plot *plot, const struct chart_series *series,
                     size_t colour)
{
    fprintf(out, "<path class=\"line c%zu\" d=\"", colour);
    double entry = 0;
    bool pen = false;
    for (size_t i = 0; i < series->count; i++) {
        if (!shown(series, i)) continue;
        if (series->x[i] < plot->x_low) {
            entry = fmax(entry, series->y[i]);
            continue;
        }
        if (!pen) fprintf(out, "M%.1f %.1f", plot->left, chart_y(plot, entry));
        pen = true;
        fprintf(out, "L%.1f %.1f", chart_x(plot, fmin(1, series->x[i])),
                chart_y(plot, series->y[i]));
    }
    fputs("\">", out);
    if (series->name != NULL) {
        fputs("<title>", out);
        markup_text(out, series->name);
        fputs("</title>", out);
    }
    fputs("</path>\n", out);
}

void chart_roc(FILE *out, const struct chart_frame *frame, const struct chart_series *series,
               size_t count)
{
    assert(count <= CHART_SERIES_MAX);
    struct chart_plot plot;
    chart_plot_init(&plot, count > 1);
    plot.log_x = true;
    plot.x_low = lowest_rate(series, count);
    plot.x_high = 1;
    plot.y_low = 0;
    plot.y_high = 1;
    plot.y_step = 0.2;
    size_t points = 0;
    for (size_t s = 0; s < count; s++) {
        points += series[s].count;
    }
    chart_open(out, frame);
    if (points == 0) {
        chart_nothing(out, &plot);
    } else {
        chart_axis_y(out, &plot, true);
        chart_axis_decades(out, &plot, frame->x_title);
        draw_chance(out, &plot);
        for (size_t s = 0; s < count; s++) {
            draw_roc(out, &plot, &series[s], s + 1);
        }
        chart_legend_series(out, series, count);
    }
    fputs("</svg>\n", out);
}
