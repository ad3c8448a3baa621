// SPDX-License-Identifier: Apache-2.0
#include "report/audit_page_parts.h"
#include "report/markup.h"

#include <math.h>

enum { WIDTH = 860, HEIGHT = 380, LEFT = 60, RIGHT = 250, TOP = 16, BOTTOM = 48, LINES = 5 };

struct plot {
    const char *title; // of the x axis
    double x_low, x_high, y_low, y_high;
};

enum measure { SCORE_PP, S4_JUDGE, S2_JUDGE, S1, MEASURES };

static double value_of(const struct audit_row *row, enum measure measure)
{
    const double values[] = {row->scores.pp, row->s4_judge, row->s2_judge, row->scores.s1};
    return values[measure];
}

/* The first measure that two rows have with an accuracy. */
static enum measure choose(const struct audit_sheet *sheet)
{
    for (int m = 0; m < MEASURES; m++) {
        size_t known = 0;
        for (size_t r = 0; r < sheet->count; r++) {
            const struct audit_row *row = &sheet->rows[r];
            known += isfinite(value_of(row, (enum measure)m)) && isfinite(row->accuracy);
        }
        if (known >= 2) return (enum measure)m;
    }
    return MEASURES;
}

/* A round range around all values. */
static void fit(double *low, double *high, double step)
{
    *low = step * floor(*low / step - 0.2);
    *high = step * ceil(*high / step + 0.2);
}

static double x_of(const struct plot *plot, double x)
{
    return LEFT + (x - plot->x_low) / (plot->x_high - plot->x_low) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *plot, double y)
{
    return HEIGHT - BOTTOM -
           (y - plot->y_low) / (plot->y_high - plot->y_low) * (HEIGHT - TOP - BOTTOM);
}

static void put_axes(FILE *out, const struct plot *plot)
{
    for (int i = 0; i <= LINES; i++) {
        const double x = plot->x_low + i * (plot->x_high - plot->x_low) / LINES;
        const double y = plot->y_low + i * (plot->y_high - plot->y_low) / LINES;
        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                "<text class=\"middle\" x=\"%.1f\" y=\"%d\">%.3g</text>\n",
                x_of(plot, x), x_of(plot, x), TOP, HEIGHT - BOTTOM, x_of(plot, x),
                HEIGHT - BOTTOM + 18, x);
        fprintf(out,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"end\" x=\"%d\" y=\"%.1f\">%.3g</text>\n",
                LEFT, WIDTH - RIGHT, y_of(plot, y), y_of(plot, y), LEFT - 8, y_of(plot, y) + 4, y);
    }
    fprintf(out, "<text class=\"middle\" x=\"%d\" y=\"%d\">", (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8);
    markup_text(out, plot->title);
    fputs("</text>\n", out);
}

/* A dot with the row's number, which the list beside it explains. */
static void put_points(FILE *out, const struct audit_sheet *sheet, const struct plot *plot,
                       enum measure measure)
{
    int line = 0;
    for (size_t r = 0; r < sheet->count; r++) {
        const struct audit_row *row = &sheet->rows[r];
        const double x = value_of(row, measure), y = 100 * row->accuracy;
        if (!isfinite(x) || !isfinite(y)) continue;
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"var(--c1)\"><title>",
                x_of(plot, x), y_of(plot, y));
        markup_text(out, row->name);
        fprintf(out,
                ": %.3f, %.2f %%</title></circle><text class=\"last\" x=\"%.1f\" y=\"%.1f\">"
                "%zu</text>\n",
                x, y, x_of(plot, x) + 8, y_of(plot, y) - 6, r + 1);
        fprintf(out, "<text x=\"%d\" y=\"%d\">%zu  ", WIDTH - RIGHT + 20, TOP + 14 + 18 * line++,
                r + 1);
        markup_text(out, row->name);
        fputs("</text>\n", out);
    }
}

void audit_page_plot(FILE *out, const struct audit_sheet *sheet)
{
    static const char *const titles[] = {
        "Score_pp: right is more private", "1 - cosine of recovered faces under the judge (cgan)",
        "1 - cosine of masked pictures under the judge", "LPIPS of masked pictures"};
    const enum measure measure = choose(sheet);
    fputs("<section class=\"card\">\n<h3>", out);
    markup_text(out, sheet->test);
    fputs(" in percent</h3>\n", out);
    if (measure == MEASURES) {
        fputs("<p class=\"note\">Two defences with an accuracy and a measure of privacy are needed "
              "to draw this.</p>\n</section>\n",
              out);
        return;
    }
    struct plot plot = {titles[measure], INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t r = 0; r < sheet->count; r++) {
        const double x = value_of(&sheet->rows[r], measure), y = 100 * sheet->rows[r].accuracy;
        if (!isfinite(x) || !isfinite(y)) continue;
        plot.x_low = fmin(plot.x_low, x);
        plot.x_high = fmax(plot.x_high, x);
        plot.y_low = fmin(plot.y_low, y);
        plot.y_high = fmax(plot.y_high, y);
    }
    fit(&plot.x_low, &plot.x_high, 0.05);
    fit(&plot.y_low, &plot.y_high, 5);
    fprintf(out,
            "<svg class=\"chart\" role=\"img\" aria-label=\"accuracy over privacy\" viewBox=\"0 0 "
            "%d %d\">\n",
            WIDTH, HEIGHT);
    put_axes(out, &plot);
    put_points(out, sheet, &plot, measure);
    fputs("</svg>\n</section>\n", out);
}
