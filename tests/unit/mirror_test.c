// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/mirror.h"
#include "fakes/trained.h"

static void each_face_is_followed_by_its_mirror_image(void **state)
{
    (void)state;
    enum { COUNT = 2 };
    const uint32_t index[COUNT] = {3, 1};
    struct dataset *faces = trained_faces(0, 2, 2), *pair = NULL, *back = NULL;
    const size_t side = (size_t)faces->size, area = side * side;
    const uint32_t turned[COUNT] = {2, 3};
    assert_int_equal(mirror_faces(&pair, faces, index, COUNT), STATUS_OK);
    assert_int_equal(pair->count, 2 * COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *face = dataset_pixels(faces, index[i]);
        assert_memory_equal(dataset_pixels(pair, i), face, area);
        assert_int_equal(pair->labels[COUNT + i], faces->labels[index[i]]);
        for (size_t at = 0; at < area; at++) {
            const size_t x = at % side;
            assert_int_equal(dataset_pixels(pair, COUNT + i)[at - x + (side - 1 - x)], face[at]);
        }
    }
    assert_int_equal(mirror_faces(&back, pair, turned, COUNT), STATUS_OK);
    assert_memory_equal(dataset_pixels(back, COUNT), dataset_pixels(pair, 0), 2 * area);
    dataset_destroy(&faces);
    dataset_destroy(&pair);
    dataset_destroy(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_face_is_followed_by_its_mirror_image),
    };
    return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
