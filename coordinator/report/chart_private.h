// SPDX-License-Identifier: Apache-2.0
/* chart_private - what the kinds of charts share: the plot area, its axes and its legend. */
#ifndef REPORT_CHART_PRIVATE_H
#define REPORT_CHART_PRIVATE_H

#include "report/chart.h"

enum { CHART_NUMBER = 40, CHART_WIDTH = 560, CHART_HEIGHT = 290 };

struct chart_plot {
    double left, top, width, height; // of the area within the axes
    double x_low, x_high, y_low, y_high;
    double y_step;          // between two lines of the grid
    double x_first, x_last; // numbers are written from here to there
    bool log_x;
};

/* The plot area, with or without room for a legend above. */
void chart_plot_init(struct chart_plot *plot, bool legend);

/* Chooses round bounds of the y axis for values from low to high. */
void chart_fit_y(struct chart_plot *plot, double low, double high, bool percent);

double chart_x(const struct chart_plot *plot, double x);
double chart_y(const struct chart_plot *plot, double y);

/* A number with as many places, or as a percentage. */
void chart_number(char text[CHART_NUMBER], double value, int places, bool percent);

/* A value as precise as a reader needs it. */
void chart_value(char text[CHART_NUMBER], double value, bool percent);

void chart_open(FILE *out, const struct chart_frame *frame);
void chart_nothing(FILE *out, const struct chart_plot *plot);
void chart_axis_y(FILE *out, const struct chart_plot *plot, bool percent);
void chart_axis_x(FILE *out, const struct chart_plot *plot, const char *title);
void chart_axis_decades(FILE *out, const struct chart_plot *plot, const char *title);
void chart_title_x(FILE *out, const struct chart_plot *plot, const char *title);
void chart_legend_series(FILE *out, const struct chart_series *series, size_t count);

#endif
