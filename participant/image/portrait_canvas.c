// SPDX-License-Identifier: Apache-2.0
#include "image/portrait_canvas.h"

#include <math.h>

/* How deep a head is, and the depth of what stays in place when it turns. */
static const float head_depth = 0.7f, still_depth = 0.75f;

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

static float smooth(float x)
{
    x = clamp(x, 0, 1);
    return x * x * (3 - 2 * x);
}

static float cosine_of(float sine)
{
    return sqrtf(1 - sine * sine);
}

/* Taylor's sine, good to 1e-4 for angles up to 1.6; the one of a libm differs between machines. */
static float sine_of(float angle)
{
    const float square = angle * angle;
    return angle * (1 - square / 6 * (1 - square / 20 * (1 - square / 42)));
}

/* 1 at whole numbers, -1 between them. */
static float wave(float x)
{
    const float shifted = x + 1024; // rounds towards zero, which is down from here on
    const float part = shifted - (float)(int)shifted;
    return 1 - 8 * part * (1 - part);
}

static float depth_at(const struct canvas_view *view, float u, float v)
{
    const float x = u / view->width, y = v / view->height;
    const float square = 1 - x * x - y * y;
    return square > 0 ? sqrtf(square) : 0;
}

static float outside(const struct canvas_view *view, float u, float v)
{
    const float x = u / view->width, y = v / view->height;
    const float square = x * x + y * y - 1;
    return square > 0 ? square : 0;
}

static float shade_at(const struct canvas_view *view, float u, float v)
{
    float normal[3] = {u / view->width, v / view->height, depth_at(view, u, v)};
    const float length =
        sqrtf(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
    float sum = 0;
    for (int i = 0; i < 3; i++) {
        sum += view->light[i] * normal[i] / (length + 0.001f);
    }
    const float behind = u + view->shadow_turn * v - view->shadow_place;
    const float shadow = view->shadow * smooth(0.5f + 3 * behind);
    return (view->ambient + (sum > 0 ? sum : 0)) * (1 - shadow);
}

void portrait_canvas_start(struct canvas *canvas, const struct canvas_view *view)
{
    canvas->view = *view;
    const float roll = sine_of(view->roll);
    canvas->roll_cos = cosine_of(roll);
    canvas->yaw_cos = cosine_of(view->yaw);
    canvas->pitch_cos = cosine_of(view->pitch);
    for (int i = 0; i < CANVAS_PIXELS; i++) {
        const float x = ((float)(i % PORTRAIT_SIDE) - 55.5f - view->x) / view->scale;
        const float y = ((float)(i / PORTRAIT_SIDE) - 55.5f - view->y) / view->scale;
        const float u = canvas->roll_cos * x + roll * y;
        const float v = canvas->roll_cos * y - roll * x;
        const float depth = head_depth * (depth_at(view, u, v) - still_depth);
        canvas->u[i] = u;
        canvas->v[i] = v;
        // Beyond the outline the head ends soon, so that nothing on it sticks out.
        const float beyond = 1 + 4 * outside(view, u, v);
        canvas->s[i] = beyond * (u * canvas->yaw_cos - depth * view->yaw);
        canvas->t[i] = beyond * (v * canvas->pitch_cos - depth * view->pitch);
        canvas->shade[i] = shade_at(view, u, v);
        canvas->rgb[0][i] = canvas->rgb[1][i] = canvas->rgb[2][i] = 0;
    }
}

/* Where a place on the head is seen: the map of portrait_canvas_start() turned round. */
static void find_on_head(const struct canvas *canvas, float *u, float *v)
{
    const float s = *u, t = *v;
    for (int i = 0; i < 4; i++) {
        const float depth = head_depth * (depth_at(&canvas->view, *u, *v) - still_depth);
        *u = (s + depth * canvas->view.yaw) / canvas->yaw_cos;
        *v = (t + depth * canvas->view.pitch) / canvas->pitch_cos;
    }
}

/* Pixels that a brush may touch: low and high of columns and of rows, both included. */
static void find_bounds(const struct canvas *canvas, const struct canvas_brush *brush,
                        int bounds[4])
{
    const float slack = brush->on_head ? 0.12f : 0.03f;
    const float bow = brush->bow < 0 ? -brush->bow : brush->bow;
    const float taper = brush->taper < 0 ? -brush->taper : brush->taper;
    const float a = brush->a + taper * brush->b;
    const float radius =
        sqrtf(a * a + brush->b * brush->b) + bow * a * a + brush->soft + brush->ring + slack;
    float u = brush->x, v = brush->y;
    if (brush->on_head) find_on_head(canvas, &u, &v);
    const float roll = sine_of(canvas->view.roll);
    const float place[2] = {canvas->roll_cos * u - roll * v + canvas->view.x / canvas->view.scale,
                            canvas->roll_cos * v + roll * u + canvas->view.y / canvas->view.scale};
    for (int i = 0; i < 2; i++) {
        const float low = 55.5f + canvas->view.scale * (place[i] - radius);
        const float high = 55.5f + canvas->view.scale * (place[i] + radius);
        bounds[2 * i] = (int)clamp(low, 0, PORTRAIT_SIDE);
        bounds[2 * i + 1] = (int)clamp(high + 1, 0, PORTRAIT_SIDE - 1);
    }
}

/* Share of a pixel at (x, y) from the brush's middle that is covered, its axes being level;
 * `steep` is 1 / b², `sharp` 1 over the width of the edge. */
static float cover(const struct canvas_brush *brush, float x, float y, float steep, float sharp)
{
    y -= brush->bow * x * x;
    const float wide = brush->a - brush->taper * y;
    const float a = wide > 0.1f * brush->a ? wide : 0.1f * brush->a;
    const float narrow = 1 / (a * a);
    const float p = x * x * narrow, q = y * y * steep;
    const float ellipse = p + q, box = p * p + q * q;
    const float level = ellipse + brush->square * (box - ellipse);
    // A step along the slope from here to the edge, where the level is 1.
    const float inside = (1 - level) / (2 * sqrtf(p * narrow + q * steep) + 0.001f);
    const float outline = 0.5f * brush->ring - (inside < 0 ? -inside : inside);
    return (1 - brush->clear) * smooth((brush->ring > 0 ? outline : inside) * sharp + 0.5f);
}

/* portrait_canvas_paint() in one row, branch-free so that compilers can vectorise it. */
static void paint_row(struct canvas *canvas, const struct canvas_brush *brush,
                      const float colour[3], int first, int count)
{
    float share[PORTRAIT_SIDE], light[PORTRAIT_SIDE];
    const float *across = (brush->on_head ? canvas->s : canvas->u) + first;
    const float *down = (brush->on_head ? canvas->t : canvas->v) + first;
    const float sine = sine_of(brush->turn), cosine = cosine_of(sine);
    const float pixel = 1 / canvas->view.scale;
    const float sharp = 1 / (brush->soft > pixel ? brush->soft : pixel);
    const float steep = 1 / (brush->b * brush->b);
    const float lit = brush->unlit ? 0 : 1;
    for (int i = 0; i < count; i++) {
        const float dx = across[i] - brush->x, dy = down[i] - brush->y;
        const float x = cosine * dx + sine * dy, y = cosine * dy - sine * dx;
        share[i] = cover(brush, x, y, steep, sharp);
        const float stripes = 1 + brush->grain * wave(brush->grain_x * x + brush->grain_y * y);
        light[i] = stripes * (1 + lit * (canvas->shade[first + i] - 1));
    }
    for (int c = 0; c < 3; c++) {
        float *rgb = canvas->rgb[c] + first;
        for (int i = 0; i < count; i++) {
            rgb[i] += share[i] * (light[i] * colour[c] - rgb[i]);
        }
    }
}

void portrait_canvas_paint(struct canvas *canvas, const struct canvas_brush *brush,
                           const float colour[3])
{
    int bounds[4];
    find_bounds(canvas, brush, bounds);
    for (int row = bounds[2]; row <= bounds[3]; row++) {
        paint_row(canvas, brush, colour, row * PORTRAIT_SIDE + bounds[0],
                  bounds[1] - bounds[0] + 1);
    }
}

/* Mixes each value with its neighbours `step` pixels before and after. */
static void blur_axis(float *plane, float strength, int step)
{
    for (int line = 0; line < PORTRAIT_SIDE; line++) {
        float *here = plane + (step == 1 ? line * PORTRAIT_SIDE : line);
        float before = *here;
        for (int j = 1; j < PORTRAIT_SIDE - 1; j++) {
            here += step;
            const float kept = *here;
            *here += strength * (0.5f * (before + here[step]) - kept);
            before = kept;
        }
    }
}

void portrait_canvas_finish(struct canvas *canvas, uint8_t *pixels,
                            const struct canvas_finish *finish, struct random *random)
{
    for (int c = 0; c < 3; c++) {
        blur_axis(canvas->rgb[c], finish->blur, 1);
        blur_axis(canvas->rgb[c], finish->blur, PORTRAIT_SIDE);
    }
    const float tint[3] = {1 + finish->warmth, 1, 1 - finish->warmth};
    for (int i = 0; i < CANVAS_PIXELS; i++) {
        // The sum of four uniform bytes is normal enough.
        const uint32_t bits = random_bits(random);
        const uint32_t sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24);
        const float noise = finish->noise * ((float)sum / 510 - 1);
        for (int c = 0; c < 3; c++) {
            const float value = finish->gain * canvas->rgb[c][i] * tint[c] + finish->offset + noise;
            pixels[3 * i + c] = (uint8_t)(255 * clamp(value, 0, 1) + 0.5f);
        }
    }
}
