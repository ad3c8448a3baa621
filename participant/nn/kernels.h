// SPDX-License-Identifier: Apache-2.0
/* kernels - the inner loops of the layers, over rows of channels and over panels of 16 of them, one
 * source for every machine.
 *
 * kernels.c is compiled once for each instruction set (portable, AVX2 + FMA, AVX-512);
 * kernels_get() tells the best set that the machine has. Matrices are rows x channels, row after
 * row. Loops run over channels innermost, so sums over rows are taken in the order of the rows
 * whatever the vector width. `add` != 0 adds to the output instead of assigning it. */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KERNELS_PANEL = 16, // channels of a panel, whatever the vectors
    KERNELS_POINTS = 6, // of a one-dimensional transform of F(4, 3)
};

/* A product of matrices in panels of 16 columns, row after row. A panel of a begins a_step numbers
 * after the one before, and so on. Panels of c are as long as those of a, or (turned) have 16 rows
 * for each panel of a; those of b have a row for each column of a, or (turned) for each row. */
struct kernels_product {
    float *c;
    const float *a, *b;
    size_t c_step, a_step, b_step;
    size_t rows;                  // of c; turned: a multiple of 16
    size_t inner;                 // panels of a; turned: rows of a and b
    size_t columns;               // panels of b and c
    size_t c_row;                 // turned only: numbers from one row of c to the next
    bool add;                     // turned only: to c
    const float *a_next, *b_next; // turned only: what comes next, fetched meanwhile; NULL: nothing
};

/* Rows of two plain matrices, a_row and b_row numbers apart. `rows` and `columns` of c are
 * multiples of 4, `inner` is one of 16. */
struct kernels_rows {
    float *c;
    const float *a, *b;
    size_t c_row, a_row, b_row;
    size_t rows, columns, inner;
    bool add;
};

/* What is read in place of a map: a p[c] + b q[c] + r[c], then PReLU; parts that are NULL are left
 * out (p and r go together; b and slope need them; q needs b). All point to the panel's first
 * channel. */
struct kernels_view {
    const float *a, *b, *p, *q, *r, *slope;
    size_t channels; // numbers from one pixel to the next
    size_t line;     // numbers from one line to the next
    int lanes;       // channels in this panel: 16, or fewer in the last
    int height, width;
    int top, rows; // lines wanted, from `top` on; may be outside
    int halo;      // pixels of zeros left and right
    size_t ahead;  // numbers from each pixel to what is wanted next, which is fetched meanwhile
};

enum kernels_write {
    KERNELS_ASSIGN,     // y = m
    KERNELS_ADD,        // y += m
    KERNELS_STATISTICS, // y = m; sums of y - center and of its squares
    KERNELS_AFFINE,     // y = m p + r, then PReLU with slopes; sum of y
    KERNELS_GRADIENT,   // y = m, through the PReLU of x p + r; sums of y, of y (x - center) and of
                        // the slopes' gradients
};

/* Where a panel is written, and what is done with it. Parts that a kind does not name are NULL. */
struct kernels_sink {
    float *y;
    enum kernels_write kind;
    const float *x, *p, *r, *slope, *center;
    float *sum[3]; // assigned
    size_t channels;
    size_t pixels;
    int lanes;
    size_t ahead; // as in struct kernels_view
};

/* A tile of up to 4 x 4 results. */
struct kernels_tile {
    int y, x, rows, columns;
    size_t place; // among the tiles of a product
};

/* A stream of base/random.h at its first block. */
struct kernels_stream {
    uint32_t key[2], counter[4];
};

struct kernels {
    const char *name;

    /* y = x * scale[c] + shift[c] */
    void (*affine)(float *restrict y, const float *restrict x, const float *restrict scale,
                   const float *restrict shift, size_t rows, size_t channels);

    /* sum[c] += x */
    void (*column_sums)(float *restrict sum, const float *restrict x, size_t rows, size_t channels);

    /* sum[c] += (x - center[c])^2 */
    void (*column_squares)(float *restrict sum, const float *restrict x,
                           const float *restrict center, size_t rows, size_t channels);

    /* sum[c] += a; product[c] += a * (b - center[c]) */
    void (*column_products)(float *restrict sum, float *restrict product, const float *restrict a,
                            const float *restrict b, const float *restrict center, size_t rows,
                            size_t channels);

    /* z = a * p[c] + b * q[c] + r[c] */
    void (*affine_pair)(float *restrict z, const float *restrict a, const float *restrict b,
                        const float *const pqr[3], size_t rows, size_t channels, int add);

    /* z = z * p[c] + b * q[c] + r[c], plus `more` unless it is NULL */
    void (*affine_in_place)(float *restrict z, const float *restrict b, const float *restrict more,
                            const float *const pqr[3], size_t rows, size_t channels);

    /* y = x > 0 ? x : slope[c] * x */
    void (*prelu)(float *restrict y, const float *restrict x, const float *restrict slope,
                  size_t rows, size_t channels);

    /* dx = dy * (x > 0 ? 1 : slope[c]); dslope[c] += dy * min(x, 0) */
    void (*prelu_backward)(float *restrict dx, float *restrict dslope, const float *restrict dy,
                           const float *restrict x, const float *restrict slope, size_t rows,
                           size_t channels, int add);

    /* y = a + b */
    void (*sum)(float *restrict y, const float *restrict a, const float *restrict b, size_t count);

    /* y += x, or y = x when add == 0 */
    void (*accumulate)(float *restrict y, const float *restrict x, size_t count, int add);

    /* y = x * gate[c] */
    void (*gate)(float *restrict y, const float *restrict x, const float *restrict gate,
                 size_t rows, size_t channels, int add);

    /* sum[c] += a * b */
    void (*column_dots)(float *restrict sum, const float *restrict a, const float *restrict b,
                        size_t rows, size_t channels);

    /* v = momentum * v + scale * g + decay * w; w -= rate * v (Sutskever et al. 2013 as PyTorch
     * does it) */
    void (*sgd)(float *restrict w, float *restrict v, const float *restrict g, size_t count,
                const float rate_momentum_decay_scale[4]);

    /* m += first (g - m); v += second (g^2 - v); w -= rate m / (scale sqrt(v) + epsilon): adam.h */
    void (*adam)(float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                 size_t count, const float first_second_rate_scale_epsilon[5]);

    /* c = a b, and (turned) c (+)= a^T b: see struct kernels_product. */
    void (*product)(const struct kernels_product *product);
    void (*product_turned)(const struct kernels_product *product);

    /* c[r * c_row + j] (+)= the dot product of row r of a and row j of b, of `inner` numbers: see
     * struct kernels_rows. */
    void (*dot_rows)(const struct kernels_rows *rows);

    /* One panel of a map of all channels, read through a view into map[rows][width + 2 halo][16],
     * zeros outside; and one written to such a map from m[pixels][16]. */
    void (*panel_read)(float *map, const struct kernels_view *view);
    void (*panel_write)(const struct kernels_sink *sink, const float *m);

    /* sum[c] = the sum of a, product[c] = that of a (b - r[c]), over `pixels` pixels of a view. */
    void (*panel_dots)(float *sum, float *product, const struct kernels_view *view, size_t pixels);

    /* y = x and y += x for pixels of 16 channels, y_step and x_step numbers apart. */
    void (*panel_copy)(float *y, size_t y_step, const float *x, size_t x_step, size_t count);
    void (*panel_add)(float *y, size_t y_step, const float *x, size_t x_step, size_t count);

    /* The transforms of winograd.h for the tiles of one panel. Point p of a tile stands in
     * v + p * plane + tile.place * 16; a map has lines of `line` pixels of 16 channels, and a tile
     * begins there at (y, x), an input with the pixel before the tile's first. */
    void (*winograd_input)(float *v, size_t plane, const float *map, size_t line,
                           const struct kernels_tile *tiles, size_t count);
    void (*winograd_gradient)(float *v, size_t plane, const float *map, size_t line,
                              const struct kernels_tile *tiles, size_t count);
    void (*winograd_output)(float *map, size_t line, const float *m, size_t plane,
                            const struct kernels_tile *tiles, size_t count);

    /* Points of `rows` rows of 9 taps, u + p * plane + row * 16, and back. Row r of tap t stands at
     * tap[t] + r * row_step; a tap that is NULL is zero, and is not written. */
    void (*winograd_weights)(float *u, size_t plane, const float *const tap[9], size_t row_step,
                             size_t rows, int lanes);
    void (*winograd_taps)(float *const tap[9], size_t row_step, const float *u, size_t plane,
                          size_t rows, int lanes);

    /* kept[i] = 0 where word first + i of a stream is below `threshold`, else scale; `first` is a
     * multiple of 4. */
    void (*draw_kept)(float *kept, const struct kernels_stream *stream, size_t first, size_t count,
                      uint32_t threshold, float scale);

    /* y = a * b, or y += a * b */
    void (*multiply)(float *restrict y, const float *restrict a, const float *restrict b,
                     size_t count, int add);

    /* sum of x^2, in fixed lanes */
    double (*squares)(const float *restrict x, size_t count);
};

/* The best set for this machine. Thread-safe. */
const struct kernels *kernels_get(void);

/* The portable set: the oracle of the others. */
const struct kernels *kernels_portable(void);

#endif
