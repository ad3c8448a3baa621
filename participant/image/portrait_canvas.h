// SPDX-License-Identifier: Apache-2.0
/* portrait_canvas - a picture on which a head is painted with one kind of brush. Private.
 *
 * Places are in units of the head: (0, 0) between eyes and mouth, x to the right, y down, 1 about
 * half of the face's height. Only + - * / and square roots of single floats are used, in a fixed
 * order, so that every compiler and machine paints the same bytes. */
#ifndef IMAGE_PORTRAIT_CANVAS_H
#define IMAGE_PORTRAIT_CANVAS_H

#include "image/portrait.h"

#include "base/random.h"

#include <stdbool.h>

enum { CANVAS_PIXELS = PORTRAIT_SIDE * PORTRAIT_SIDE };

struct canvas_view {
    float scale;         // pixels of one unit
    float x, y;          // pixels from the middle of the picture to that of the head
    float roll;          // in the plane, radians
    float yaw, pitch;    // sines of the turns out of the plane
    float width, height; // half axes of the head
    float light[3];      // where the light comes from: right, down, front
    float ambient;       // light from everywhere
    float shadow;        // 0: none .. 1: black behind a line that is `shadow_turn` steep
    float shadow_turn, shadow_place;
};

struct canvas_finish {
    float blur, gain, offset, warmth, noise;
};

struct canvas {
    struct canvas_view view;
    float roll_cos, yaw_cos, pitch_cos;
    float u[CANVAS_PIXELS], v[CANVAS_PIXELS]; // place of a pixel in the plane of the picture ...
    float s[CANVAS_PIXELS], t[CANVAS_PIXELS]; // ... and on the turned head
    float shade[CANVAS_PIXELS];
    float rgb[3][CANVAS_PIXELS];
};

/* A bowed, tapered, rounded box or ellipse. */
struct canvas_brush {
    float x, y, a, b;              // middle and half axes
    bool on_head;                  // turns with the head
    bool unlit;                    // not shaded
    float turn;                    // radians, clockwise
    float bow;                     // the ends of the x axis hang down by bow * x * x
    float taper;                   // narrower towards the bottom
    float square;                  // 0: ellipse .. 1: box
    float ring;                    // > 0: only an outline of that width
    float soft;                    // width of the edge; at least a pixel
    float clear;                   // 0: opaque .. 1: invisible
    float grain, grain_x, grain_y; // strength and wave numbers of stripes
};

/* Starts a picture with its geometry and light, all black. */
void portrait_canvas_start(struct canvas *canvas, const struct canvas_view *view);

void portrait_canvas_paint(struct canvas *canvas, const struct canvas_brush *brush,
                           const float colour[3]);

/* Blurs, tints, adds noise and rounds to bytes. */
void portrait_canvas_finish(struct canvas *canvas, uint8_t *pixels,
                            const struct canvas_finish *finish, struct random *random);

#endif
