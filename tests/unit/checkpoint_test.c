// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/checkpoint.h"
#include "fakes/album.h"

#include <stdio.h>

static float one[3] = {1, 2, 3}, two[1] = {4};
static const struct checkpoint_part saved[] = {{"one", one, 3}, {"two", two, 1}};

static uint64_t load(const char *path, const char *of, float a[3], float b[1], size_t count)
{
    const struct checkpoint_part parts[] = {{"one", a, count}, {"two", b, 1}};
    uint64_t done = 99;
    assert_int_equal(checkpoint_load(&done, path, of, parts, 2), STATUS_OK);
    return done;
}

static void what_was_saved_comes_back(void **state)
{
    (void)state;
    float a[3] = {0}, b[1] = {0};
    const char *path = album_path("state.safetensors");
    assert_int_equal(load(path, "a thing", a, b, 3), 0);
    assert_int_equal(checkpoint_save(path, "a thing", 17, saved, 2), STATUS_OK);
    assert_int_equal(load(path, "a thing", a, b, 3), 17);
    assert_memory_equal(a, one, sizeof one);
    assert_memory_equal(b, two, sizeof two);
}

static void what_is_of_another_thing_is_passed_over(void **state)
{
    (void)state;
    float a[3] = {7, 7, 7}, b[1] = {7};
    const char *path = album_path("state.safetensors");
    assert_int_equal(checkpoint_save(path, "a thing", 17, saved, 2), STATUS_OK);
    assert_int_equal(load(path, "another", a, b, 3), 0);
    assert_int_equal(load(path, "a thing", a, b, 2), 0);
    album_add_bytes("state.safetensors", "broken", 6);
    assert_int_equal(load(path, "a thing", a, b, 3), 0);
    assert_true(a[0] > 6 && b[0] > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_saved_comes_back, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(what_is_of_another_thing_is_passed_over, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
