// SPDX-License-Identifier: Apache-2.0
#include "nn/panel.h"

#include <assert.h>

static size_t image_pixels(struct net_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width;
}

/* From a pixel to the same one in the next panel, or in the first panel of the next image. */
static size_t next_panel(struct net_shape shape, size_t panel)
{
    if (panel + 1 < panel_count(shape.channels)) return KERNELS_PANEL;
    return image_pixels(shape) * (size_t)shape.channels - panel * KERNELS_PANEL;
}

/* Where a panel begins in its image, its first channel and numbers from a pixel to the next. */
struct origin {
    size_t at, channel, step;
};

static struct origin origin_of(struct net_shape shape, size_t panel, bool halved)
{
    const size_t c = panel * KERNELS_PANEL, channels = (size_t)shape.channels;
    if (!halved) return (struct origin){c, c, channels};
    const size_t own = channels / 4, square = c / own;
    const size_t pixel = square / 2 * 2 * (size_t)shape.width + square % 2;
    return (struct origin){pixel * own + c % own, c % own, channels / 2};
}

/* NULL stays NULL. */
static const float *from(const float *x, size_t at)
{
    return x != NULL ? x + at : NULL;
}

struct kernels_view panel_view(const struct conv_view *x, struct net_shape shape, size_t image,
                               size_t panel, struct panel_lines lines)
{
    assert((x->p == NULL || x->r != NULL) && (x->slope == NULL || x->p != NULL));
    assert(x->q == NULL || (x->b != NULL && x->p != NULL));
    const struct origin origin = origin_of(shape, panel, lines.halved);
    const size_t channels = (size_t)shape.channels, c = origin.channel;
    const size_t at = image * image_pixels(shape) * channels + origin.at;
    const size_t item = image * x->item_step + c;
    return (struct kernels_view){.a = x->a + at,
                                 .b = from(x->b, at),
                                 .p = from(x->p, item),
                                 .q = from(x->q, c),
                                 .r = from(x->r, item),
                                 .slope = from(x->slope, c),
                                 .channels = origin.step,
                                 .line = (size_t)shape.width * channels,
                                 .lanes = panel_lanes(shape.channels, panel),
                                 .height = shape.height,
                                 .width = shape.width,
                                 .top = lines.top,
                                 .rows = lines.rows,
                                 .halo = lines.halo,
                                 .ahead = next_panel(shape, panel)};
}

struct kernels_sink panel_sink(const struct conv_sink *y, struct net_shape shape, size_t panel,
                               struct panel_pixels place)
{
    const struct origin origin = origin_of(shape, panel, place.halved);
    const size_t channels = (size_t)shape.channels, c = origin.channel;
    const size_t at = (place.image * image_pixels(shape) + place.first) * channels + origin.at;
    struct kernels_sink sink = {.y = y->y + at,
                                .kind = y->kind,
                                .x = from(y->x, at),
                                .p = from(y->p, c),
                                .r = from(y->r, c),
                                .slope = from(y->slope, c),
                                .center = from(y->center, c),
                                .channels = origin.step,
                                .pixels = place.pixels,
                                .lanes = panel_lanes(shape.channels, panel),
                                .ahead = next_panel(shape, panel)};
    for (size_t which = 0; which < 3 && y->sums != NULL; which++) {
        sink.sum[which] = y->sums + (place.part * 3 + which) * channels + c;
    }
    return sink;
}
