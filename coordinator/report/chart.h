// SPDX-License-Identifier: Apache-2.0
/* chart - small SVG charts: lines with a band, ROC curves, and shares as stacked bars.
 *
 * A chart is one <svg> element that needs no script; values show as tooltips. It takes its colours
 * from the CSS variables that chart_style() writes once for a page, so it follows a light or dark
 * surface; a chart `alone` brings them itself and can be a file. Values that are not finite are
 * left out; long series are thinned to what a screen can show. Without any value it says so. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CHART_SERIES_MAX = 6 }; // series with a colour of their own

struct chart_frame {
    const char *label;   // what it shows, for those who cannot see it
    const char *x_title; // below the axis
    bool percent;        // values are shares in [0,1], written as percent
    bool alone;          // an SVG file of its own
};

struct chart_series {
    const char *name;        // shown when there are two series or more
    const double *x, *y;     // `count` of each, x rising
    const double *deviation; // half the height of a band around y; NULL: none
    size_t count;
};

struct chart_parts {
    const char *const *names; // of the parts, from the bottom up
    size_t parts;             // at most 16
    const double *x;          // whole numbers, rising
    const double *shares;     // columns * parts, each column adds up to 1
    size_t columns;
};

/* Writes the CSS variables and rules that all charts of a page need (without <style>). */
void chart_style(FILE *out);

/* Lines over x, for instance over rounds; at most CHART_SERIES_MAX series. */
void chart_lines(FILE *out, const struct chart_frame *frame, const struct chart_series *series,
                 size_t count);

/* True accepts (y) over false accepts (x, logarithmic), both in [0,1], with the line of chance. */
void chart_roc(FILE *out, const struct chart_frame *frame, const struct chart_series *series,
               size_t count);

/* A stacked bar for each x. */
void chart_stack(FILE *out, const struct chart_frame *frame, const struct chart_parts *parts);

#endif
