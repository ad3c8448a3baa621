// SPDX-License-Identifier: Apache-2.0
#include "frequency/dct.h"

#include "base/limits.h"
#include "frequency/dct_plan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights in millionths of grey or Y, Cb and Cr (full-range JPEG). Integers make the sum exact. */
static const int32_t colour_weights[3][3] = {
    {299000, 587000, 114000}, {-168736, -331264, 500000}, {500000, -418688, -81312}};

static const uint8_t zigzag[BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

double dct_basis(int u, int x)
{
    const double pi = 3.14159265358979323846;
    return sqrt((u == 0 ? 1.0 : 2.0) / EDGE) * cos((2 * x + 1) * u * pi / (2 * EDGE));
}

static void plan_basis(struct dct *dct)
{
    for (int u = 0; u < EDGE; u++) {
        for (int x = 0; x < EDGE; x++) {
            dct->basis[u][x] = (float)dct_basis(u, x);
        }
        for (int x = 0; x < HALF; x++) {
            (u % 2 == 0 ? dct->even : dct->odd)[x][u / 2] = dct->basis[u][x];
        }
    }
}

enum status dct_create(struct dct **dct, struct dct_shape shape)
{
    assert(dct != NULL);
    if (shape.size < EDGE || shape.size > LIMIT_IMAGE_SIDE || shape.size % EDGE != 0) {
        return status_fail(STATUS_BAD_CONFIG, "image side %d: a multiple of 8 from 8 to %d wanted",
                           shape.size, LIMIT_IMAGE_SIDE);
    }
    if (shape.components != 1 && shape.components != 3) {
        return status_fail(STATUS_BAD_CONFIG, "%d colour components: 1 or 3 wanted",
                           shape.components);
    }
    enum status status = STATUS_NO_MEMORY;
    struct dct *made = calloc(1, sizeof *made);
    if (made == NULL) goto done;
    made->shape = shape;
    made->side = shape.up8 ? shape.size : shape.size / EDGE;
    plan_basis(made);
    if (shape.up8) {
        made->enlarge = calloc((size_t)shape.size, sizeof *made->enlarge);
        made->reduce = calloc((size_t)shape.size, sizeof *made->reduce);
        if (made->enlarge == NULL || made->reduce == NULL) goto done;
        dct_up8_plan(made);
    }
    *dct = made;
    made = NULL;
    status = STATUS_OK;
done:
    dct_destroy(&made);
    return status == STATUS_OK ? status : status_fail(status, "frequency plan: out of memory");
}

void dct_destroy(struct dct **dct)
{
    if (*dct == NULL) return;
    free((*dct)->enlarge);
    free((*dct)->reduce);
    free(*dct);
    *dct = NULL;
}

int dct_side(const struct dct *dct)
{
    return dct->side;
}

int dct_bands(const struct dct *dct)
{
    return BLOCK * dct->shape.components;
}

int dct_taps(const struct dct *dct, float weight[DCT_TAPS_MAX], int *base, int block, int u)
{
    assert(block >= 0 && block < dct->side && u >= 0 && u < EDGE);
    if (dct->shape.up8) {
        *base = dct->enlarge[block].base;
        for (int t = 0; t < TAPS; t++) {
            weight[t] = dct->enlarge[block].weight[t][u];
        }
        return TAPS;
    }
    *base = EDGE * block;
    memcpy(weight, dct->basis[u], sizeof dct->basis[u]);
    return EDGE;
}

int dct_zigzag(int n)
{
    assert(n >= 0 && n < BLOCK);
    return zigzag[n];
}

double dct_colour(int component, int channel, int channels)
{
    return channels == 1 ? 1 : 1e-6 * colour_weights[component][channel];
}

void dct_load(float *out, const uint8_t *pixels, int count, int channels, int component)
{
    const float shift = component == 0 ? 128.0f : 0.0f;
    if (channels == 1) {
        for (int x = 0; x < count; x++) {
            out[x] = (float)pixels[x] - shift;
        }
        return;
    }
    const int32_t *weight = colour_weights[component];
    for (int x = 0; x < count; x++) {
        const uint8_t *rgb = &pixels[3 * x];
        const int32_t sum = weight[0] * rgb[0] + weight[1] * rgb[1] + weight[2] * rgb[2];
        out[x] = (float)sum * 1e-6f - shift;
    }
}

int dct_run(const int *chosen, int count)
{
    int run = 1;
    while (run < count && run < BLOCK && dct_component(chosen[run]) == dct_component(chosen[0])) {
        run++;
    }
    return run;
}

/* Where block_forward() leaves a band: even frequencies first along both axes. */
static int slot_of(int band)
{
    const int u = dct_vertical(band), v = dct_horizontal(band);
    return EDGE * (u / 2 + u % 2 * HALF) + v / 2 + v % 2 * HALF;
}

static void rows_forward(float rows[EDGE][EDGE], const struct dct *dct, float block[EDGE][EDGE])
{
    for (int y = 0; y < EDGE; y++) {
        const float *p = block[y];
        const float s0 = p[0] + p[7], s1 = p[1] + p[6], s2 = p[2] + p[5], s3 = p[3] + p[4];
        const float d0 = p[0] - p[7], d1 = p[1] - p[6], d2 = p[2] - p[5], d3 = p[3] - p[4];
        for (int h = 0; h < HALF; h++) {
            rows[y][h] = s0 * dct->even[0][h] + s1 * dct->even[1][h] + s2 * dct->even[2][h] +
                         s3 * dct->even[3][h];
        }
        for (int h = 0; h < HALF; h++) {
            rows[y][HALF + h] = d0 * dct->odd[0][h] + d1 * dct->odd[1][h] + d2 * dct->odd[2][h] +
                                d3 * dct->odd[3][h];
        }
    }
}

/* DCT of one block by sums and differences of mirrored samples: half the products, and a mirrored
 * block gives the very same numbers up to their signs. */
static void block_forward(float out[BLOCK], const struct dct *dct, float block[EDGE][EDGE])
{
    float rows[EDGE][EDGE], s[HALF][EDGE], d[HALF][EDGE];
    rows_forward(rows, dct, block);
    for (int y = 0; y < HALF; y++) {
        for (int x = 0; x < EDGE; x++) {
            s[y][x] = rows[y][x] + rows[EDGE - 1 - y][x];
            d[y][x] = rows[y][x] - rows[EDGE - 1 - y][x];
        }
    }
    for (int h = 0; h < HALF; h++) {
        for (int x = 0; x < EDGE; x++) {
            out[EDGE * h + x] = s[0][x] * dct->even[0][h] + s[1][x] * dct->even[1][h] +
                                s[2][x] * dct->even[2][h] + s[3][x] * dct->even[3][h];
            out[EDGE * (HALF + h) + x] = d[0][x] * dct->odd[0][h] + d[1][x] * dct->odd[1][h] +
                                         d[2][x] * dct->odd[2][h] + d[3][x] * dct->odd[3][h];
        }
    }
}

/* Bands of one component: where block_forward() leaves them, and where they go. */
struct native {
    const uint8_t *pixels;
    int channels, component, count;
    uint8_t slots[BLOCK];
    float *values;
    size_t stride;
};

/* Bands of the block that begins at `pixels`, `row` bytes from line to line. */
static void native_block(const struct dct *dct, const struct native *native, float *out,
                         const uint8_t *pixels, size_t row)
{
    float block[EDGE][EDGE], bands[BLOCK];
    for (size_t y = 0; y < EDGE; y++) {
        dct_load(block[y], pixels + y * row, EDGE, native->channels, native->component);
    }
    block_forward(bands, dct, block);
    for (int c = 0; c < native->count; c++) {
        out[c] = bands[native->slots[c]];
    }
}

static void native_forward(const struct dct *dct, const struct native *native)
{
    const size_t row = (size_t)dct->shape.size * (size_t)native->channels;
    const size_t side = (size_t)dct->side;
    for (size_t cell = 0; cell < side * side; cell++) {
        const size_t corner =
            cell / side * EDGE * row + cell % side * EDGE * (size_t)native->channels;
        native_block(dct, native, native->values + cell * native->stride, native->pixels + corner,
                     row);
    }
}

/* The pixels of the block whose corner is there, what is beyond the border being mirrored. */
static void copy_block(uint8_t *to, const struct dct *dct, const struct native *native, int top,
                       int left)
{
    const int size = dct->shape.size, channels = native->channels;
    for (int y = 0; y < EDGE; y++) {
        for (int x = 0; x < EDGE; x++, to += channels) {
            const int at = dct_mirror(top + y, size) * size + dct_mirror(left + x, size);
            memcpy(to, native->pixels + at * channels, (size_t)channels);
        }
    }
}

static void native_sizes(const struct dct *dct, const struct native *native, int shifts)
{
    const float share = 1 / (float)(shifts * shifts);
    for (int cell = 0; cell < dct->side * dct->side; cell++) {
        float bands[BLOCK], *out = native->values + (size_t)cell * native->stride;
        memset(out, 0, (size_t)native->count * sizeof *out);
        for (int place = 0; place < shifts * shifts; place++) {
            uint8_t moved[3 * BLOCK];
            copy_block(moved, dct, native,
                       cell / dct->side * EDGE + dct_shift(place / shifts, shifts),
                       cell % dct->side * EDGE + dct_shift(place % shifts, shifts));
            native_block(dct, native, bands, moved, (size_t)(EDGE * native->channels));
            for (int c = 0; c < native->count; c++) {
                out[c] += share * fabsf(bands[c]);
            }
        }
    }
}

/* The bands of one component from the start of the list on. */
static struct native native_of(float *values, const uint8_t *pixels, int channels,
                               const int *chosen, int count, int left)
{
    struct native native = {.pixels = pixels,
                            .channels = channels,
                            .component = dct_component(chosen[0]),
                            .count = dct_run(chosen, left),
                            .values = values,
                            .stride = (size_t)count};
    for (int c = 0; c < native.count; c++) {
        native.slots[c] = (uint8_t)slot_of(chosen[c]);
    }
    return native;
}

void dct_forward(const struct dct *dct, float *values, const uint8_t *pixels, int channels,
                 const int *chosen, int count)
{
    assert(channels == 3 || (channels == 1 && dct->shape.components == 1));
    if (dct->shape.up8) {
        dct_up8_forward(dct, values, pixels, channels, chosen, count);
        return;
    }
    for (int first = 0; first < count;) {
        const struct native native =
            native_of(values + first, pixels, channels, chosen + first, count, count - first);
        native_forward(dct, &native);
        first += native.count;
    }
}

bool dct_has_shifts(const struct dct *dct, int shifts)
{
    return shifts == 1 || (!dct->shape.up8 && (shifts == 2 || shifts == DCT_SHIFTS_MAX));
}

void dct_sizes(const struct dct *dct, float *values, const uint8_t *pixels, int channels,
               const int *chosen, int count, int shifts)
{
    assert(dct_has_shifts(dct, shifts));
    if (shifts == 1) {
        dct_forward(dct, values, pixels, channels, chosen, count);
        for (int i = 0; i < dct->side * dct->side * count; i++) {
            values[i] = fabsf(values[i]);
        }
        return;
    }
    assert(channels == 3 || (channels == 1 && dct->shape.components == 1));
    for (int first = 0; first < count;) {
        const struct native native =
            native_of(values + first, pixels, channels, chosen + first, count, count - first);
        native_sizes(dct, &native, shifts);
        first += native.count;
    }
}

/* One block of pixels from its 64 coefficients, at the corner `out` of a plane. */
static void block_inverse(const struct dct *dct, float *out, size_t stride, float bands[EDGE][EDGE])
{
    float rows[EDGE][EDGE] = {{0}};
    for (int u = 0; u < EDGE; u++) {
        for (int v = 0; v < EDGE; v++) {
            for (int x = 0; x < EDGE; x++) {
                rows[u][x] += bands[u][v] * dct->basis[v][x];
            }
        }
    }
    for (size_t y = 0; y < EDGE; y++) {
        memset(out + y * stride, 0, EDGE * sizeof *out);
        for (int u = 0; u < EDGE; u++) {
            for (size_t x = 0; x < EDGE; x++) {
                out[y * stride + x] += rows[u][x] * dct->basis[u][y];
            }
        }
    }
}

static void native_inverse(const struct dct *dct, float *planes, const float *values,
                           const int *chosen, int count)
{
    const size_t size = (size_t)dct->shape.size, side = (size_t)dct->side;
    for (size_t cell = 0; cell < side * side; cell++) {
        float bands[3][EDGE][EDGE] = {{{0}}};
        for (int c = 0; c < count; c++) {
            bands[dct_component(chosen[c])][dct_vertical(chosen[c])][dct_horizontal(chosen[c])] =
                values[cell * (size_t)count + (size_t)c];
        }
        const size_t corner = cell / side * EDGE * size + cell % side * EDGE;
        for (int component = 0; component < dct->shape.components; component++) {
            block_inverse(dct, planes + (size_t)component * size * size + corner, size,
                          bands[component]);
        }
    }
}

void dct_inverse(const struct dct *dct, float *planes, const float *values, const int *chosen,
                 int count)
{
    (dct->shape.up8 ? dct_up8_inverse : native_inverse)(dct, planes, values, chosen, count);
}

void dct_flip(const struct dct *dct, float *flipped, const float *values, const int *chosen,
              int count)
{
    const size_t side = (size_t)dct->side, bands = (size_t)count;
    for (size_t cell = 0; cell < side * side; cell++) {
        const size_t mirrored = cell - cell % side + (side - 1 - cell % side);
        for (size_t c = 0; c < bands; c++) {
            const float value = values[mirrored * bands + c];
            flipped[cell * bands + c] = dct_horizontal(chosen[c]) % 2 == 0 ? value : -value;
        }
    }
}
