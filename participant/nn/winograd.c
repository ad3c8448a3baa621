// SPDX-License-Identifier: Apache-2.0
#include "nn/winograd.h"
#include "nn/gemm.h"
#include "nn/kernels.h"

#include <omp.h>
#include <string.h>

enum { TILE = 4, PLANES = 36, ROWS = 64, CHANNELS_MIN = 16, GROUPS_MAX = 4 };

bool winograd_fits(const struct conv *conv)
{
    return conv->window.kernel == 3 && conv->window.stride == 1 && conv->window.pad == 1 &&
           conv->in.channels >= CHANNELS_MIN && conv->out.channels >= CHANNELS_MIN;
}

static size_t across(int side)
{
    return ((size_t)side + TILE - 1) / TILE;
}

static size_t image_tiles(const struct conv *conv)
{
    return across(conv->in.height) * across(conv->in.width);
}

/* Tiles of one matrix product: enough rows to be efficient, few enough for the cache. A task may
 * begin and end within an image. */
static size_t task_count(const struct conv *conv)
{
    return (conv->images * image_tiles(conv) + ROWS - 1) / ROWS;
}

static size_t task_tiles(const struct conv *conv, size_t task)
{
    const size_t total = conv->images * image_tiles(conv);
    return total - task * ROWS < ROWS ? total - task * ROWS : ROWS;
}

static size_t widest(const struct conv *conv)
{
    return (size_t)(conv->in.channels > conv->out.channels ? conv->in.channels
                                                           : conv->out.channels);
}

static size_t pairs_of_channels(const struct conv *conv)
{
    return (size_t)conv->in.channels * (size_t)conv->out.channels;
}

/* Two sets of planes and a pixel of zeros. */
size_t winograd_scratch(const struct conv *conv)
{
    return 2 * (size_t)PLANES * ROWS * widest(conv) + widest(conv);
}

static size_t groups(const struct conv *conv)
{
    return task_count(conv) < GROUPS_MAX ? task_count(conv) : GROUPS_MAX;
}

/* Transformed weights, or the groups' sums of their gradients. */
size_t winograd_shared(const struct conv *conv)
{
    return (size_t)GROUPS_MAX * PLANES * pairs_of_channels(conv);
}

/* Top left pixel of a tile's output. */
struct corner {
    size_t image;
    int y, x;
};

static struct corner find_corner(const struct conv *conv, size_t tile)
{
    const size_t in_image = tile % image_tiles(conv), columns = across(conv->in.width);
    return (struct corner){tile / image_tiles(conv), TILE * (int)(in_image / columns),
                           TILE * (int)(in_image % columns)};
}

/* Pointers to the side x side pixels whose top left is (y, x); `outside` beyond the map. */
static void find_pixels(const float **pixel, const float *map, struct net_shape shape,
                        struct corner corner, int side, const float *outside)
{
    const size_t c = (size_t)shape.channels;
    const float *plane = map + corner.image * (size_t)shape.height * (size_t)shape.width * c;
    for (int i = 0; i < side * side; i++) {
        const int y = corner.y + i / side, x = corner.x + i % side;
        const bool inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
        pixel[i] = inside ? plane + ((size_t)y * (size_t)shape.width + (size_t)x) * c : outside;
    }
}

/* Planes of the 6x6 input windows of a task's tiles. */
static void spread_inputs(float *v, const float *x, struct net_shape shape, const struct conv *conv,
                          size_t task, const float *zeros)
{
    const struct kernels *kernels = kernels_get();
    const size_t c = (size_t)shape.channels;
    for (size_t t = 0; t < task_tiles(conv, task); t++) {
        const float *pixel[36];
        struct corner corner = find_corner(conv, task * ROWS + t);
        corner.y--;
        corner.x--;
        find_pixels(pixel, x, shape, corner, 6, zeros);
        kernels->winograd_input(v + t * c, ROWS * c, pixel, c);
    }
}

static void spread_gradients(float *v, const float *dy, const struct conv *conv, size_t task,
                             const float *zeros)
{
    const struct kernels *kernels = kernels_get();
    const size_t f = (size_t)conv->out.channels;
    for (size_t t = 0; t < task_tiles(conv, task); t++) {
        const float *pixel[16];
        find_pixels(pixel, dy, conv->out, find_corner(conv, task * ROWS + t), 4, zeros);
        kernels->winograd_gradient(v + t * f, ROWS * f, pixel, f);
    }
}

static void gather_outputs(float *y, const float *m, struct net_shape shape,
                           const struct conv *conv, size_t task, int add)
{
    const struct kernels *kernels = kernels_get();
    const size_t f = (size_t)shape.channels;
    for (size_t t = 0; t < task_tiles(conv, task); t++) {
        const float *pixel[16];
        float *own[16];
        find_pixels(pixel, y, shape, find_corner(conv, task * ROWS + t), 4, NULL);
        memcpy(own, pixel, sizeof own);
        kernels->winograd_output(own, m + t * f, ROWS * f, f, add);
    }
}

/* u[plane][in][out] from w[3][3][C][F]; turned: in = F, out = C, taps in reverse. */
static void transform_weights(float *u, const float *w, const struct conv *conv, bool turned,
                              float *scratch)
{
    const struct kernels *kernels = kernels_get();
    const size_t c = (size_t)conv->in.channels, f = (size_t)conv->out.channels;
    const size_t rows = turned ? f : c, columns = turned ? c : f;
    const size_t each = winograd_scratch(conv);
#pragma omp parallel for schedule(static)
    for (size_t row = 0; row < rows; row++) {
        float *line = scratch + (size_t)omp_get_thread_num() * each;
        const float *tap[9];
        for (size_t i = 0; i < 9; i++) {
            tap[i] = w + (i * c + row) * f;
            if (!turned) continue;
            for (size_t j = 0; j < c; j++) {
                line[i * c + j] = w[((8 - i) * c + j) * f + row];
            }
            tap[i] = line + i * c;
        }
        kernels->winograd_weights(u + row * columns, rows * columns, tap, columns);
    }
}

/* y (+)= x convolved with the weights whose transform is u, of any two shapes of one map. */
static void convolve(float *y, const float *x, const float *u, struct net_shape out,
                     struct net_shape in, const struct conv *conv, float *scratch, int add)
{
    const size_t c = (size_t)in.channels, f = (size_t)out.channels, count = task_count(conv);
    const size_t each = winograd_scratch(conv), planes = (size_t)PLANES * ROWS * widest(conv);
#pragma omp parallel for schedule(static)
    for (size_t task = 0; task < count; task++) {
        float *v = scratch + (size_t)omp_get_thread_num() * each, *m = v + planes;
        float *zeros = m + planes;
        memset(zeros, 0, widest(conv) * sizeof *zeros);
        spread_inputs(v, x, in, conv, task, zeros);
        for (size_t p = 0; p < PLANES; p++) {
            gemm_multiply(
                m + p * ROWS * f, v + p * ROWS * c, u + p * c * f,
                (struct gemm){
                    .m = task_tiles(conv, task), .n = f, .k = c, .lda = c, .ldb = f, .ldc = f});
        }
        gather_outputs(y, m, out, conv, task, add);
    }
}

void winograd_forward(float *y, const float *x, const float *w, const struct conv *conv,
                      float *const workspace[2])
{
    transform_weights(workspace[1], w, conv, false, workspace[0]);
    convolve(y, x, workspace[1], conv->out, conv->in, conv, workspace[0], 0);
}

/* One task's products, added to a group's sums. */
static void add_products(float *sums, const float *x, const float *dy, const struct conv *conv,
                         size_t task, float *scratch)
{
    const size_t c = (size_t)conv->in.channels, f = (size_t)conv->out.channels;
    const size_t planes = (size_t)PLANES * ROWS * widest(conv);
    float *v = scratch, *z = v + planes, *zeros = z + planes;
    memset(zeros, 0, widest(conv) * sizeof *zeros);
    spread_inputs(v, x, conv->in, conv, task, zeros);
    spread_gradients(z, dy, conv, task, zeros);
    for (size_t p = 0; p < PLANES; p++) {
        gemm_multiply(sums + p * c * f, v + p * ROWS * c, z + p * ROWS * f,
                      (struct gemm){.m = c,
                                    .n = f,
                                    .k = task_tiles(conv, task),
                                    .transpose_a = 1,
                                    .lda = c,
                                    .ldb = f,
                                    .ldc = f,
                                    .add = 1});
    }
}

static void weight_gradient(float *dw, const float *x, const float *dy, const struct conv *conv,
                            float *const workspace[2])
{
    const struct kernels *kernels = kernels_get();
    const size_t c = (size_t)conv->in.channels, f = (size_t)conv->out.channels;
    const size_t parts = groups(conv), count = task_count(conv), size = PLANES * c * f;
#pragma omp parallel for schedule(static)
    for (size_t part = 0; part < parts; part++) {
        float *scratch = workspace[0] + (size_t)omp_get_thread_num() * winograd_scratch(conv);
        float *sums = workspace[1] + part * size;
        memset(sums, 0, size * sizeof *sums);
        for (size_t task = count * part / parts; task < count * (part + 1) / parts; task++) {
            add_products(sums, x, dy, conv, task, scratch);
        }
    }
#pragma omp parallel for schedule(static)
    for (size_t row = 0; row < c; row++) {
        for (size_t p = 0; p < PLANES; p++) {
            for (size_t part = 1; part < parts; part++) {
                kernels->accumulate(workspace[1] + (p * c + row) * f,
                                    workspace[1] + part * size + (p * c + row) * f, f, 1);
            }
        }
        float *tap[9];
        for (size_t i = 0; i < 9; i++) {
            tap[i] = dw + (i * c + row) * f;
        }
        kernels->winograd_taps(tap, workspace[1] + row * f, c * f, f);
    }
}

void winograd_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const struct conv *conv, float *const workspace[2], int add)
{
    weight_gradient(dw, x, dy, conv, workspace);
    if (dx == NULL) return;
    transform_weights(workspace[1], w, conv, true, workspace[0]);
    convolve(dx, dy, workspace[1], conv->in, conv->out, conv, workspace[0], add);
}
