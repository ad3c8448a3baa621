// SPDX-License-Identifier: Apache-2.0
/* kernels_panel - between maps of all channels and one panel of them: a part of kernels.c.
 *
 * What stands before a convolution (a norm, a PReLU, the gradient of a norm) is done while a panel
 * is read, what stands behind it (statistics, a norm, the gradient of a PReLU) while it is written,
 * so that neither takes a pass over memory of its own. */
#ifndef NN_KERNELS_PANEL_H
#define NN_KERNELS_PANEL_H

#include "nn/kernels_vector.h"

/* Lines of one panel lie too far apart for the machine to foresee. While a panel is read or
 * written, what comes `ahead` of each pixel is fetched: the next panel, mostly. */
ALWAYS_INLINE void fetch_to_read(const float *x, size_t ahead)
{
    __builtin_prefetch(x + ahead, 0, 2);
}

ALWAYS_INLINE void fetch_to_write(const float *y, size_t ahead)
{
    __builtin_prefetch(y + ahead, 1, 2);
}

/* What the panel_* functions do is fixed where they are inlined. */
struct steps {
    bool scale, shift, second, second_scale, slope;
};

/* A view's factors for one part of its channels. */
struct factors {
    vector p, q, r, slope;
};

/* One pixel's part of a view. */
ALWAYS_INLINE vector view_pixel(const float *a, const float *b, const struct factors *factors,
                                int lanes, const struct steps steps)
{
    vector x = load_part(a, lanes);
    if (steps.scale) x *= factors->p;
    if (steps.second) {
        const vector other = load_part(b, lanes);
        if (steps.second_scale) {
            x += other * factors->q;
        } else {
            x += other;
        }
    }
    if (steps.shift) x += factors->r;
    if (steps.slope) x = choose(x, x, x * factors->slope);
    return x;
}

ALWAYS_INLINE void clear_pixels(float *out, size_t count)
{
    for (size_t x = 0; x < count; x++) {
        store(out + x * PANEL, (vector){0});
    }
}

/* A part of all pixels of the panel, zeros beyond the map. */
ALWAYS_INLINE void panel_part(float *map, const struct kernels_view *view, size_t part, int lanes,
                              const struct steps steps)
{
    const size_t width = (size_t)view->width, halo = (size_t)view->halo, ahead = view->ahead;
    const size_t channels = view->channels;
    struct factors factors;
    memset(&factors, 0, sizeof factors);
    if (steps.scale) factors.p = load_part(view->p + part, lanes);
    if (steps.second_scale) factors.q = load_part(view->q + part, lanes);
    if (steps.shift) factors.r = load_part(view->r + part, lanes);
    if (steps.slope) factors.slope = load_part(view->slope + part, lanes);
    for (int row = 0; row < view->rows; row++, map += (width + 2 * halo) * PANEL) {
        const int y = view->top + row;
        float *out = map + part;
        if (y < 0 || y >= view->height) {
            clear_pixels(out, width + 2 * halo);
            continue;
        }
        clear_pixels(out, halo);
        clear_pixels(out + (width + halo) * PANEL, halo);
        out += halo * PANEL;
        const float *a = view->a + (size_t)y * view->line + part;
        const float *b = steps.second ? view->b + (size_t)y * view->line + part : a;
        for (size_t x = 0; x < width; x++, a += channels, b += channels) {
            fetch_to_read(a, ahead);
            if (steps.second) fetch_to_read(b, ahead);
            store(out + x * PANEL, view_pixel(a, b, &factors, lanes, steps));
        }
    }
}

ALWAYS_INLINE void read_parts(float *map, const struct kernels_view *view, const struct steps steps)
{
    for (int part = 0; part < PANEL; part += LANES) {
        if (view->lanes - part >= LANES) {
            panel_part(map, view, (size_t)part, LANES, steps);
        } else {
            panel_part(map, view, (size_t)part, view->lanes - part, steps);
        }
    }
}

static void panel_read(float *map, const struct kernels_view *view)
{
    struct steps steps = {.scale = true, .shift = true};
    if (view->q != NULL) {
        steps.second = steps.second_scale = true;
        read_parts(map, view, steps);
    } else if (view->b != NULL) {
        steps.second = true;
        read_parts(map, view, steps);
    } else if (view->p == NULL) {
        read_parts(map, view, (struct steps){0});
    } else if (view->slope == NULL) {
        read_parts(map, view, steps);
    } else {
        steps.slope = true;
        read_parts(map, view, steps);
    }
}

/* y = m or y += m. */
ALWAYS_INLINE void write_plain(const float *m, const struct kernels_sink *sink, size_t part,
                               int lanes, bool add)
{
    float *y = sink->y + part;
    for (size_t i = 0; i < sink->pixels; i++, y += sink->channels) {
        fetch_to_write(y, sink->ahead);
        vector value = load(m + i * PANEL + part);
        if (add) value += load_part(y, lanes);
        store_part(y, value, lanes);
    }
}

/* y = m, with the sums of y - center and its squares. */
ALWAYS_INLINE void write_statistics(const float *m, const struct kernels_sink *sink, size_t part,
                                    int lanes)
{
    float *y = sink->y + part;
    const vector center = load_part(sink->center + part, lanes);
    vector sum = {0}, squares = {0};
    for (size_t i = 0; i < sink->pixels; i++, y += sink->channels) {
        fetch_to_write(y, sink->ahead);
        const vector value = load(m + i * PANEL + part), d = value - center;
        sum += d;
        squares += d * d;
        store_part(y, value, lanes);
    }
    store_part(sink->sum[0] + part, sum, lanes);
    store_part(sink->sum[1] + part, squares, lanes);
}

/* y = m p + r, then PReLU where there are slopes, with the sums of y. */
ALWAYS_INLINE void write_affine(const float *m, const struct kernels_sink *sink, size_t part,
                                int lanes)
{
    float *y = sink->y + part;
    const vector p = load_part(sink->p + part, lanes), r = load_part(sink->r + part, lanes);
    const vector slope = sink->slope != NULL ? load_part(sink->slope + part, lanes) : splat(1.0f);
    vector sum = {0};
    for (size_t i = 0; i < sink->pixels; i++, y += sink->channels) {
        fetch_to_write(y, sink->ahead);
        vector value = load(m + i * PANEL + part) * p + r;
        value = choose(value, value, value * slope);
        sum += value;
        store_part(y, value, lanes);
    }
    if (sink->sum[0] != NULL) store_part(sink->sum[0] + part, sum, lanes);
}

/* n = x p + r; y = m or, where n <= 0, m slope, with the sums of y, y (x - center) and, where
 * n <= 0, of m n. */
ALWAYS_INLINE void write_gradient(const float *m, const struct kernels_sink *sink, size_t part,
                                  int lanes)
{
    float *y = sink->y + part;
    const float *x = sink->x + part;
    const vector center = load_part(sink->center + part, lanes);
    const bool bent = sink->slope != NULL;
    const vector p = bent ? load_part(sink->p + part, lanes) : (vector){0};
    const vector r = bent ? load_part(sink->r + part, lanes) : (vector){0};
    const vector slope = bent ? load_part(sink->slope + part, lanes) : (vector){0};
    vector sum = {0}, products = {0}, bends = {0};
    for (size_t i = 0; i < sink->pixels; i++, y += sink->channels, x += sink->channels) {
        fetch_to_write(y, sink->ahead);
        vector value = load(m + i * PANEL + part);
        const vector input = load_part(x, lanes);
        if (bent) {
            const vector n = input * p + r;
            bends += choose(n, (vector){0}, value * n);
            value = choose(n, value, value * slope);
        }
        sum += value;
        products += value * (input - center);
        store_part(y, value, lanes);
    }
    store_part(sink->sum[0] + part, sum, lanes);
    store_part(sink->sum[1] + part, products, lanes);
    if (bent) store_part(sink->sum[2] + part, bends, lanes);
}

ALWAYS_INLINE void write_part(const float *m, const struct kernels_sink *sink, size_t part,
                              int lanes)
{
    switch (sink->kind) {
    case KERNELS_ASSIGN:
        write_plain(m, sink, part, lanes, false);
        break;
    case KERNELS_ADD:
        write_plain(m, sink, part, lanes, true);
        break;
    case KERNELS_STATISTICS:
        write_statistics(m, sink, part, lanes);
        break;
    case KERNELS_AFFINE:
        write_affine(m, sink, part, lanes);
        break;
    case KERNELS_GRADIENT:
        write_gradient(m, sink, part, lanes);
        break;
    }
}

static void panel_write(const struct kernels_sink *sink, const float *m)
{
    for (int part = 0; part < PANEL; part += LANES) {
        if (sink->lanes - part >= LANES) {
            write_part(m, sink, (size_t)part, LANES);
        } else {
            write_part(m, sink, (size_t)part, sink->lanes - part);
        }
    }
}

ALWAYS_INLINE void dots_part(float *sum, float *product, const struct kernels_view *view,
                             size_t pixels, size_t part, int lanes)
{
    const vector center = load_part(view->r + part, lanes);
    vector total = {0}, dots = {0};
    for (size_t i = 0; i < pixels; i++) {
        const size_t at = i * view->channels + part;
        const vector x = load_part(view->a + at, lanes);
        total += x;
        dots += x * (load_part(view->b + at, lanes) - center);
    }
    store_part(sum + part, total, lanes);
    store_part(product + part, dots, lanes);
}

static void panel_dots(float *sum, float *product, const struct kernels_view *view, size_t pixels)
{
    for (int part = 0; part < PANEL; part += LANES) {
        if (view->lanes - part >= LANES) {
            dots_part(sum, product, view, pixels, (size_t)part, LANES);
        } else {
            dots_part(sum, product, view, pixels, (size_t)part, view->lanes - part);
        }
    }
}

/* Pixels of 16 channels that lie `y_step` and `x_step` numbers apart. */
static void panel_copy(float *y, size_t y_step, const float *x, size_t x_step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        UNROLL for (int part = 0; part < PANEL; part += LANES)
        {
            store(y + i * y_step + part, load(x + i * x_step + part));
        }
    }
}

static void panel_add(float *y, size_t y_step, const float *x, size_t x_step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        UNROLL for (int part = 0; part < PANEL; part += LANES)
        {
            float *at = y + i * y_step + part;
            store(at, load(at) + load(x + i * x_step + part));
        }
    }
}

#endif
