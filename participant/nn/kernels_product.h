// SPDX-License-Identifier: Apache-2.0
/* kernels_product - matrix products on panels that are already where they are wanted: a part of
 * kernels.c.
 *
 * The transforms of winograd.c write their results in panels of 16 channels, so nothing is packed
 * or copied before a product, which is what a general library spends its time on at these sizes;
 * other callers bring panels of their own. A block of ROWS x (COLUMNS * 16) sums stays in
 * registers. dot_rows() multiplies plain rows, which a wide linear layer has. */
#ifndef NN_KERNELS_PRODUCT_H
#define NN_KERNELS_PRODUCT_H

#include "nn/kernels_vector.h"

#if defined __AVX512F__
enum { ROWS = 12, COLUMNS = 2, TURNED = 8 };
#elif defined __AVX2__
enum { ROWS = 6, COLUMNS = 1, TURNED = 4 };
#else
enum { ROWS = 2, COLUMNS = 1, TURNED = 2 };
#endif

enum { AHEAD = 4 }; // cache lines fetched for each panel of the inner dimension

/* One block: `rows` and `columns` are constants where this is inlined. The panels of b that come
 * next are fetched meanwhile, as they are seldom in a near cache. */
ALWAYS_INLINE void product_block(float *c, const float *a, const float *b, const float *ahead,
                                 const struct kernels_product *product, const int rows,
                                 const int columns)
{
    vector sum[ROWS][COLUMNS * PARTS];
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int j = 0; j < columns * PARTS; j++) sum[i][j] = (vector){0};
    }
    const float *const end = a + product->inner * product->a_step;
    for (; a != end; a += product->a_step, b += PANEL * PANEL, ahead += AHEAD * PANEL) {
        UNROLL for (int i = 0; i < AHEAD; i++) __builtin_prefetch(ahead + i * PANEL, 0, 2);
        for (int k = 0; k < PANEL; k++) {
            vector right[COLUMNS * PARTS];
            UNROLL for (int j = 0; j < columns * PARTS; j++)
            {
                right[j] =
                    load(b + (size_t)(j / PARTS) * product->b_step + k * PANEL + j % PARTS * LANES);
            }
            UNROLL for (int i = 0; i < rows; i++)
            {
                const vector left = splat(a[i * PANEL + k]);
                UNROLL for (int j = 0; j < columns * PARTS; j++) sum[i][j] += left * right[j];
            }
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int j = 0; j < columns * PARTS; j++)
        {
            store(c + (size_t)(j / PARTS) * product->c_step + i * PANEL + j % PARTS * LANES,
                  sum[i][j]);
        }
    }
}

/* All rows of `columns` panels: blocks of ROWS, then what is left in one block. */
ALWAYS_INLINE void product_columns(float *c, const float *b, const struct kernels_product *product,
                                   const int columns)
{
    const float *a = product->a, *ahead = b + (size_t)columns * product->b_step;
    size_t rows = product->rows;
    for (; rows >= ROWS; rows -= ROWS, a += ROWS * PANEL, c += ROWS * PANEL) {
        product_block(c, a, b, ahead, product, ROWS, columns);
        ahead += product->inner * AHEAD * PANEL;
    }
    switch (rows) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        if (n < ROWS) product_block(c, a, b, ahead, product, n < ROWS ? n : 1, columns);           \
        break
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
        CASE(7);
        CASE(8);
        CASE(9);
        CASE(10);
        CASE(11);
#undef CASE
    default:
        break;
    }
}

static void product(const struct kernels_product *product)
{
    size_t j = 0;
    for (; j + COLUMNS <= product->columns; j += COLUMNS) {
        product_columns(product->c + j * product->c_step, product->b + j * product->b_step, product,
                        COLUMNS);
    }
    for (; j < product->columns; j++) {
        product_columns(product->c + j * product->c_step, product->b + j * product->b_step, product,
                        1);
    }
}

/* As product_block(), of a turned: its rows are the channels of a panel. */
ALWAYS_INLINE void turned_block(float *c, const float *a, const float *b, const float *ahead,
                                const struct kernels_product *product, const int columns)
{
    vector sum[TURNED][COLUMNS * PARTS];
    UNROLL for (int i = 0; i < TURNED; i++)
    {
        UNROLL for (int j = 0; j < columns * PARTS; j++)
        {
            const float *from = c + (size_t)(j / PARTS) * product->c_step +
                                (size_t)i * product->c_row + j % PARTS * LANES;
            sum[i][j] = product->add ? load(from) : (vector){0};
        }
    }
    for (size_t k = 0; k < product->inner; k++, a += PANEL, b += PANEL, ahead += PANEL) {
        __builtin_prefetch(ahead, 0, 2);
        vector right[COLUMNS * PARTS];
        UNROLL for (int j = 0; j < columns * PARTS; j++)
        {
            right[j] = load(b + (size_t)(j / PARTS) * product->b_step + j % PARTS * LANES);
        }
        UNROLL for (int i = 0; i < TURNED; i++)
        {
            const vector left = splat(a[i]);
            UNROLL for (int j = 0; j < columns * PARTS; j++) sum[i][j] += left * right[j];
        }
    }
    UNROLL for (int i = 0; i < TURNED; i++)
    {
        UNROLL for (int j = 0; j < columns * PARTS; j++)
        {
            store(c + (size_t)(j / PARTS) * product->c_step + (size_t)i * product->c_row +
                      j % PARTS * LANES,
                  sum[i][j]);
        }
    }
}

/* Panel number `visit` of those that come next: each block fetches one. */
static const float *panel_to_fetch(const struct kernels_product *product, size_t visit)
{
    const size_t panels = product->rows / PANEL;
    if (product->a_next == NULL || visit >= panels + product->columns) return product->a;
    return visit < panels ? product->a_next + visit * product->a_step
                          : product->b_next + (visit - panels) * product->b_step;
}

ALWAYS_INLINE void turned_columns(const struct kernels_product *product, size_t j, size_t *visit,
                                  const int columns)
{
    for (size_t row = 0; row < product->rows; row += TURNED, ++*visit) {
        turned_block(product->c + j * product->c_step + row * product->c_row,
                     product->a + row / PANEL * product->a_step + row % PANEL,
                     product->b + j * product->b_step, panel_to_fetch(product, *visit), product,
                     columns);
    }
}

static void product_turned(const struct kernels_product *product)
{
    size_t j = 0, visit = 0;
    for (; j + COLUMNS <= product->columns; j += COLUMNS) {
        turned_columns(product, j, &visit, COLUMNS);
    }
    for (; j < product->columns; j++) {
        turned_columns(product, j, &visit, 1);
    }
}

enum { DOT_ROWS = 4, DOT_COLUMNS = LANES == 16 ? 4 : 2 };

static float sum_of(vector x)
{
    float lane[LANES], sum = 0;
    store(lane, x);
    for (int i = 0; i < LANES; i++) {
        sum += lane[i];
    }
    return sum;
}

ALWAYS_INLINE void dot_block(float *c, const float *a, const float *b,
                             const struct kernels_rows *rows)
{
    vector sum[DOT_ROWS][DOT_COLUMNS];
    memset(sum, 0, sizeof sum);
    for (size_t k = 0; k < rows->inner; k += LANES) {
        vector right[DOT_COLUMNS];
        UNROLL for (int j = 0; j < DOT_COLUMNS; j++) right[j] =
            load(b + (size_t)j * rows->b_row + k);
        UNROLL for (int i = 0; i < DOT_ROWS; i++)
        {
            const vector left = load(a + (size_t)i * rows->a_row + k);
            UNROLL for (int j = 0; j < DOT_COLUMNS; j++) sum[i][j] += left * right[j];
        }
    }
    UNROLL for (int i = 0; i < DOT_ROWS; i++)
    {
        UNROLL for (int j = 0; j < DOT_COLUMNS; j++)
        {
            float *to = c + (size_t)i * rows->c_row + j;
            *to = (rows->add ? *to : 0.0f) + sum_of(sum[i][j]);
        }
    }
}

static void dot_rows(const struct kernels_rows *rows)
{
    for (size_t j = 0; j < rows->columns; j += DOT_COLUMNS) {
        for (size_t i = 0; i < rows->rows; i += DOT_ROWS) {
            dot_block(rows->c + i * rows->c_row + j, rows->a + i * rows->a_row,
                      rows->b + j * rows->b_row, rows);
        }
    }
}

#endif
