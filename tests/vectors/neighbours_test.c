// SPDX-License-Identifier: Apache-2.0
#include "reference/vector_context.h"
#include "reference/vector_file.h"
#include "secure/neighbours.h"

#include <stdio.h>
#include <string.h>

enum { COUNT_MAX = 40, CASES = 5 };

static void compare_places(FILE *file, const uint32_t *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned expected = 0;
        assert_int_equal(fscanf(file, "%u", &expected), 1);
        assert_int_equal(places[i], expected);
    }
}

static void compare_case(FILE *file)
{
    const struct exchange_context context = vector_context();
    size_t count = 0, degree = 0;
    int salt = 0;
    uint8_t digest[EXCHANGE_HASH_BYTES] = {0}, expected[EXCHANGE_HASH_BYTES];
    uint32_t places[COUNT_MAX], list[COUNT_MAX];
    struct neighbours_graph graph;
    assert_int_equal(fscanf(file, " case %zu %zu %d", &count, &degree, &salt), 3);
    assert_true(degree < count && count <= COUNT_MAX);
    for (uint32_t i = 0; i < count; i++) {
        char message[32];
        places[i] = 5 * i + i % 3;
        const int size = snprintf(message, sizeof message, "key %d %u", salt, (unsigned)places[i]);
        neighbours_add_message(digest, &context, places[i], message, (size_t)size);
    }
    vector_file_bytes(file, expected, sizeof expected);
    assert_memory_equal(digest, expected, sizeof expected);
    assert_int_equal(neighbours_create(&graph, places, count, degree, digest, &context), STATUS_OK);
    compare_places(file, graph.ring, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(neighbours_of(list, &graph, places[i]), STATUS_OK);
        compare_places(file, list, degree);
    }
    neighbours_destroy(&graph);
}

static void rings_and_neighbours_are_those_of_the_program(void **state)
{
    (void)state;
    vector_file_each("neighbours.txt", NULL, compare_case, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_and_neighbours_are_those_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
