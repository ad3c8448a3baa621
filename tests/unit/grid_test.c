// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "grid.h"

static const struct grid_bounds bounds = {4096, 0.0625};

static void has_cell(const struct grid *grid, int index, int batch, int threads, double width)
{
    assert_true(index < grid->count);
    assert_int_equal(grid->cell[index].batch, batch);
    assert_int_equal(grid->cell[index].threads, threads);
    assert_float_equal(grid->cell[index].width, width, 0);
}

static void one_factor_moves_at_a_time(void **state)
{
    (void)state;
    static struct grid grid;
    grid_plan(&grid, (struct grid_cell){64, 3, 1}, bounds, false);
    assert_int_equal(grid.count, 10);
    for (int i = 0; i < 6; i++) {
        has_cell(&grid, i, 8 << i, 3, 1);
    }
    has_cell(&grid, 6, 64, 1, 1);
    has_cell(&grid, 7, 64, 2, 1);
    has_cell(&grid, 8, 64, 3, 0.25);
    has_cell(&grid, 9, 64, 3, 0.5);
}

static void the_whole_grid_has_every_cell_once(void **state)
{
    (void)state;
    static struct grid grid;
    grid_plan(&grid, (struct grid_cell){64, 2, 1}, bounds, true);
    assert_int_equal(grid.count, 6 * 2 * 3);
    has_cell(&grid, 0, 8, 1, 0.25);
    has_cell(&grid, 35, 256, 2, 1);
}

static void what_is_out_of_bounds_is_left_out(void **state)
{
    (void)state;
    static struct grid grid;
    grid_plan(&grid, (struct grid_cell){4, 1, 0.0625}, bounds, true);
    assert_int_equal(grid.count, 5); // batches 1, 2, 4, 8, 16
    has_cell(&grid, 0, 1, 1, 0.0625);
    grid_plan(&grid, (struct grid_cell){4096, 256, 4}, bounds, true);
    assert_int_equal(grid.count, 4 * 9 * 3); // batches from 512
    has_cell(&grid, grid.count - 1, 4096, 256, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_factor_moves_at_a_time),
        cmocka_unit_test(the_whole_grid_has_every_cell_once),
        cmocka_unit_test(what_is_out_of_bounds_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
