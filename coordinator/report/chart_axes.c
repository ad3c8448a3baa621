// SPDX-License-Identifier: Apache-2.0
#include "report/chart_private.h"
#include "report/markup.h"

#include <math.h>
#include <string.h>

enum { GRID_LINES = 5, AXIS_NUMBERS_MAX = 9, LEGEND_HEIGHT = 26, TITLE_HEIGHT = 30 };

void chart_plot_init(struct chart_plot *plot, bool legend)
{
    memset(plot, 0, sizeof *plot);
    plot->left = 52;
    plot->top = legend ? 12 + LEGEND_HEIGHT : 12;
    plot->width = CHART_WIDTH - plot->left - (legend ? 16 : 58);
    plot->height = CHART_HEIGHT - plot->top - 46;
}

/* The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below `step`. */
static double round_step(double step)
{
    static const double nice[] = {1, 2, 2.5, 5, 10};
    const double power = pow(10, floor(log10(step)));
    for (size_t i = 0; i < sizeof nice / sizeof nice[0]; i++) {
        if (nice[i] * power >= step * (1 - 1e-9)) return nice[i] * power;
    }
    return 10 * power;
}

void chart_fit_y(struct chart_plot *plot, double low, double high, bool percent)
{
    const double least = percent ? 0.04 : fmax(1e-6, 0.02 * fmax(fabs(low), fabs(high)));
    if (high - low < least) {
        const double middle = (low + high) / 2;
        low = middle - least / 2;
        high = middle + least / 2;
    }
    if (percent && low < 0) low = 0;
    if (percent && high > 1) high = 1;
    plot->y_step = round_step((high - low) / GRID_LINES);
    plot->y_low = floor(low / plot->y_step + 1e-9) * plot->y_step;
    plot->y_high = ceil(high / plot->y_step - 1e-9) * plot->y_step;
}

double chart_x(const struct chart_plot *plot, double x)
{
    double share = (x - plot->x_low) / (plot->x_high - plot->x_low);
    if (plot->log_x) share = log(x / plot->x_low) / log(plot->x_high / plot->x_low);
    return plot->left + share * plot->width;
}

double chart_y(const struct chart_plot *plot, double y)
{
    const double share = (y - plot->y_low) / (plot->y_high - plot->y_low);
    return plot->top + (1 - share) * plot->height;
}

void chart_number(char text[CHART_NUMBER], double value, int places, bool percent)
{
    if (percent) {
        snprintf(text, CHART_NUMBER, "%.*f %%", places, value * 100);
    } else {
        snprintf(text, CHART_NUMBER, "%.*f", places, value);
    }
}

void chart_value(char text[CHART_NUMBER], double value, bool percent)
{
    if (percent) {
        chart_number(text, value, 1, true);
    } else if (fabs(value) >= 1000) {
        chart_number(text, value, 0, false);
    } else {
        snprintf(text, CHART_NUMBER, "%.3g", value);
    }
}

void chart_open(FILE *out, const struct chart_frame *frame)
{
    if (!frame->alone) {
        fprintf(out, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
                CHART_WIDTH, CHART_HEIGHT);
        markup_text(out, frame->label);
        fputs("\">\n", out);
        return;
    }
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"%d\" height=\"%d\""
            " viewBox=\"0 %d %d %d\">\n<style>\n",
            CHART_WIDTH, CHART_HEIGHT + TITLE_HEIGHT, -TITLE_HEIGHT, CHART_WIDTH,
            CHART_HEIGHT + TITLE_HEIGHT);
    chart_style(out);
    fprintf(out,
            "</style>\n<rect class=\"surface\" y=\"%d\" width=\"100%%\" height=\"100%%\"/>\n"
            "<text class=\"heading\" x=\"14\" y=\"-8\">",
            -TITLE_HEIGHT);
    markup_text(out, frame->label);
    fputs("</text>\n", out);
}

void chart_nothing(FILE *out, const struct chart_plot *plot)
{
    fprintf(out, "<text class=\"nothing\" x=\"%d\" y=\"%.0f\">nothing was measured</text>\n",
            CHART_WIDTH / 2, plot->top + plot->height / 2);
}

/* Places that tell the grid's numbers apart. */
static int places_of(double step, bool percent)
{
    const double unit = percent ? step * 100 : step;
    for (int places = 0; places < 6; places++) {
        const double scaled = unit * pow(10, places);
        if (fabs(scaled - round(scaled)) < 1e-6 * fmax(1, scaled)) return places;
    }
    return 6;
}

void chart_axis_y(FILE *out, const struct chart_plot *plot, bool percent)
{
    const int places = places_of(plot->y_step, percent);
    const int steps = (int)lround((plot->y_high - plot->y_low) / plot->y_step);
    for (int i = 0; i <= steps; i++) {
        const double value = plot->y_low + i * plot->y_step;
        const double y = chart_y(plot, value);
        char text[CHART_NUMBER];
        chart_number(text, value, places, percent);
        fprintf(out,
                "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"tick end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                i == 0 ? "axis" : "grid", plot->left, plot->left + plot->width, y, y,
                plot->left - 8, y + 4, text);
    }
}

void chart_title_x(FILE *out, const struct chart_plot *plot, const char *title)
{
    fprintf(out, "<text class=\"tick middle\" x=\"%.1f\" y=\"%d\">", plot->left + plot->width / 2,
            CHART_HEIGHT - 8);
    markup_text(out, title);
    fputs("</text>\n", out);
}

static void put_number(FILE *out, const struct chart_plot *plot, double value)
{
    fprintf(out, "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">%.0f</text>\n",
            chart_x(plot, value), plot->top + plot->height + 18, value);
}

void chart_axis_x(FILE *out, const struct chart_plot *plot, const char *title)
{
    const double step = fmax(1, ceil(round_step((plot->x_high - plot->x_low) / AXIS_NUMBERS_MAX)));
    double next = ceil(plot->x_first / step) * step;
    for (; next <= plot->x_last; next += step) {
        put_number(out, plot, next);
    }
    // The last round is what readers look for: it is written when there is room.
    const double before = chart_x(plot, next - step), last = chart_x(plot, plot->x_last);
    if (last - before > 22) put_number(out, plot, plot->x_last);
    chart_title_x(out, plot, title);
}

void chart_axis_decades(FILE *out, const struct chart_plot *plot, const char *title)
{
    const int decades = (int)lround(-log10(plot->x_low));
    for (int i = 0; i <= decades; i++) {
        const double x = chart_x(plot, pow(10, -i));
        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">",
                x, x, plot->top, plot->top + plot->height, x, plot->top + plot->height + 18);
        if (i == 0) {
            fputs("1</text>\n", out);
        } else {
            fprintf(out, "10<tspan class=\"power\" dy=\"-5\">−%d</tspan></text>\n", i);
        }
    }
    chart_title_x(out, plot, title);
}

void chart_legend_series(FILE *out, const struct chart_series *series, size_t count)
{
    if (count < 2) return;
    const double room = (double)(CHART_WIDTH - 52 - 16) / (double)count;
    for (size_t s = 0; s < count; s++) {
        const double x = 52 + room * (double)s;
        fprintf(out,
                "<path class=\"line c%zu\" d=\"M%.1f 15h16\"/><text class=\"tick\" x=\"%.1f\""
                " y=\"19\">",
                s + 1, x, x + 22);
        markup_text(out, series[s].name == NULL ? "" : series[s].name);
        fputs("</text>\n", out);
    }
}
