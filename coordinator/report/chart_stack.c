// SPDX-License-Identifier: Apache-2.0
#include "report/chart_private.h"
#include "report/markup.h"

#include <assert.h>
#include <math.h>

enum { BARS_MAX = 120 }; // more columns are averaged

/* Parts have an order, so their colours are steps of one hue. The plain colour is for viewers that
 * cannot mix. */
static void write_fill(FILE *out, size_t part, size_t parts)
{
    const double share = parts < 2 ? 0.6 : (double)part / (double)(parts - 1);
    const int low[3] = {0xc6, 0xda, 0xf8}, high[3] = {0x17, 0x40, 0x8f};
    int plain[3];
    for (int i = 0; i < 3; i++) {
        plain[i] = (int)lround(low[i] + share * (high[i] - low[i]));
    }
    fprintf(out,
            "fill=\"#%02x%02x%02x\" style=\"fill:color-mix(in oklab,var(--ramp-high) %.0f%%,"
            "var(--ramp-low))\"",
            (unsigned)plain[0], (unsigned)plain[1], (unsigned)plain[2], share * 100);
}

struct bars {
    size_t count, group; // bars, columns in each
    double pitch, width; // from one bar to the next, and of one
};

static struct bars lay_out(const struct chart_plot *plot, size_t columns)
{
    struct bars bars = {0};
    bars.group = (columns + BARS_MAX - 1) / BARS_MAX;
    bars.count = (columns + bars.group - 1) / bars.group;
    bars.pitch = plot->width / (double)bars.count;
    bars.width = fmin(44, fmax(1, bars.pitch - fmin(4, bars.pitch * 0.2)));
    return bars;
}

static double share_of(const struct chart_parts *parts, const struct bars *bars, size_t bar,
                       size_t part)
{
    double sum = 0;
    size_t seen = 0;
    for (size_t i = bar * bars->group; i < (bar + 1) * bars->group && i < parts->columns; i++) {
        const double share = parts->shares[i * parts->parts + part];
        if (!isfinite(share)) continue;
        sum += share;
        seen++;
    }
    return seen == 0 ? 0 : sum / (double)seen;
}

static void draw_bar(FILE *out, const struct chart_frame *frame, const struct chart_plot *plot,
                     const struct chart_parts *parts, const struct bars *bars, size_t bar)
{
    const double x = plot->left + bars->pitch * ((double)bar + 0.5) - bars->width / 2;
    double below = 0;
    for (size_t part = 0; part < parts->parts; part++) {
        const double share = share_of(parts, bars, bar, part);
        if (share <= 0) continue;
        const double top = chart_y(plot, below + share), bottom = chart_y(plot, below);
        char round[CHART_NUMBER], value[CHART_NUMBER];
        chart_number(round, parts->x[bar * bars->group], 0, false);
        chart_value(value, share, true);
        fprintf(out, "<rect class=\"part\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" ",
                x, top, bars->width,
                fmax(0.5, bottom - top - 1)); // a line of surface between parts
        write_fill(out, part, parts->parts);
        fputs("><title>", out);
        markup_text(out, frame->x_title);
        fprintf(out, " %s, ", round);
        markup_text(out, parts->names[part]);
        fprintf(out, ": %s</title></rect>\n", value);
        below += share;
    }
}

static void draw_numbers(FILE *out, const struct chart_plot *plot, const struct chart_parts *parts,
                         const struct bars *bars)
{
    const size_t every = (size_t)fmax(1, ceil(30 / bars->pitch));
    for (size_t bar = 0; bar < bars->count; bar += every) {
        fprintf(out, "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">%.0f</text>\n",
                plot->left + bars->pitch * ((double)bar + 0.5), plot->top + plot->height + 18,
                parts->x[bar * bars->group]);
    }
}

static void draw_legend(FILE *out, const struct chart_plot *plot, const struct chart_parts *parts)
{
    const double room = fmin(64, plot->width / (double)parts->parts);
    for (size_t part = 0; part < parts->parts; part++) {
        const double x = plot->left + room * (double)part;
        fprintf(out, "<rect x=\"%.1f\" y=\"9\" width=\"11\" height=\"11\" rx=\"2\" ", x);
        write_fill(out, part, parts->parts);
        fprintf(out, "/><text class=\"tick\" x=\"%.1f\" y=\"19\">", x + 16);
        markup_text(out, parts->names[part]);
        fputs("</text>\n", out);
    }
}

void chart_stack(FILE *out, const struct chart_frame *frame, const struct chart_parts *parts)
{
    assert(parts->parts <= 16);
    struct chart_plot plot;
    chart_plot_init(&plot, true);
    plot.y_high = 1;
    plot.y_step = 0.25;
    chart_open(out, frame);
    if (parts->columns == 0 || parts->parts == 0) {
        chart_nothing(out, &plot);
    } else {
        const struct bars bars = lay_out(&plot, parts->columns);
        chart_axis_y(out, &plot, true);
        for (size_t bar = 0; bar < bars.count; bar++) {
            draw_bar(out, frame, &plot, parts, &bars, bar);
        }
        draw_numbers(out, &plot, parts, &bars);
        chart_title_x(out, &plot, frame->x_title);
        draw_legend(out, &plot, parts);
    }
    fputs("</svg>\n", out);
}
