// SPDX-License-Identifier: Apache-2.0
#include "reference/slow_conv.h"

#include <stdlib.h>

/* One product of a convolution: which numbers of x, w and y it joins. */
struct product {
    size_t x, w, y;
};

/* Calls `join` for every product of the convolution. */
static void visit(const struct conv *conv, void (*join)(void *context, struct product product),
                  void *context)
{
    const size_t kernel = (size_t)conv->window.kernel, stride = (size_t)conv->window.stride;
    const size_t pad = (size_t)conv->window.pad;
    const size_t height = (size_t)conv->in.height, width = (size_t)conv->in.width;
    const size_t channels = (size_t)conv->in.channels, filters = (size_t)conv->out.channels;
    const size_t pixels = (size_t)conv->out.height * (size_t)conv->out.width;
    for (size_t i = 0; i < conv->images * pixels * kernel * kernel; i++) {
        const size_t kx = i % kernel, ky = i / kernel % kernel, pixel = i / (kernel * kernel);
        const size_t ox = pixel % (size_t)conv->out.width;
        const size_t oy = pixel % pixels / (size_t)conv->out.width, image = pixel / pixels;
        const size_t y = oy * stride + ky, x = ox * stride + kx; // counted from the padding's edge
        if (y < pad || y >= height + pad || x < pad || x >= width + pad) continue;
        const size_t from = (image * height + y - pad) * width + x - pad;
        for (size_t c = 0; c < channels; c++) {
            for (size_t f = 0; f < filters; f++) {
                join(context, (struct product){from * channels + c,
                                               ((ky * kernel + kx) * channels + c) * filters + f,
                                               pixel * filters + f});
            }
        }
    }
}

struct sums {
    const float *x, *w, *dy;
    double *y, *dx, *dw; // those that are wanted
};

static void join_forward(void *context, struct product product)
{
    const struct sums *sums = context;
    sums->y[product.y] += (double)sums->x[product.x] * (double)sums->w[product.w];
}

static void join_backward(void *context, struct product product)
{
    const struct sums *sums = context;
    sums->dx[product.x] += (double)sums->dy[product.y] * (double)sums->w[product.w];
    sums->dw[product.w] += (double)sums->dy[product.y] * (double)sums->x[product.x];
}

static double *zeros(size_t count)
{
    double *made = calloc(count, sizeof *made);
    if (made == NULL) abort();
    return made;
}

static void hand_out(float *out, double *sums, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (float)sums[i];
    }
    free(sums);
}

static size_t numbers_of(struct net_shape shape, size_t images)
{
    return images * (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

void slow_conv_forward(float *y, const float *x, const float *w, const struct conv *conv)
{
    const size_t outputs = numbers_of(conv->out, conv->images);
    struct sums sums = {.x = x, .w = w, .y = zeros(outputs)};
    visit(conv, join_forward, &sums);
    hand_out(y, sums.y, outputs);
}

void slow_conv_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                        const struct conv *conv)
{
    const size_t kernel = (size_t)conv->window.kernel, inputs = numbers_of(conv->in, conv->images);
    const size_t weights = kernel * kernel * (size_t)conv->in.channels * (size_t)conv->out.channels;
    struct sums sums = {.x = x, .w = w, .dy = dy, .dx = zeros(inputs), .dw = zeros(weights)};
    visit(conv, join_backward, &sums);
    hand_out(dx, sums.dx, inputs);
    hand_out(dw, sums.dw, weights);
}
