// SPDX-License-Identifier: Apache-2.0
/* Linked with --wrap for the functions that allocate, so that calls can be counted. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/arcface.h"
#include "nn/arena.h"
#include "nn/irse.h"
#include "reference/numbers.h"

#include <stdint.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static long calls;

void *__wrap_malloc(size_t size)
{
    calls++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    calls++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    calls++;
    return __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    calls++;
    return __real_aligned_alloc(align, size);
}

static void a_block_begins_on_a_cache_line_or_a_large_page(void **state)
{
    (void)state;
    float *small = arena_create(3), *large = arena_create((size_t)1 << 20);
    assert_true(small && large);
    assert_int_equal((uintptr_t)small % 64, 0);
    assert_int_equal((uintptr_t)large % (2 * 1024 * 1024), 0);
    large[((size_t)1 << 20) - 1] = 1;
    free(small);
    free(large);
}

static void what_no_address_reaches_is_refused(void **state)
{
    (void)state;
    assert_null(arena_create(SIZE_MAX));
    assert_null(arena_create(SIZE_MAX / sizeof(float)));
}

static void a_training_step_allocates_nothing(void **state)
{
    (void)state;
    enum { BATCH = 4, INPUTS = BATCH * 14 * 14 * 5, CLASSES = 6 };
    const struct irse irse = {
        .depth = 18, .width = 0.25, .input = {14, 14, 5}, .embedding = 16, .dropout = 0.4};
    struct net *net = NULL;
    struct arcface *head = NULL;
    assert_int_equal(irse_create(&net, &irse, BATCH), STATUS_OK);
    assert_int_equal(arcface_create(&head, (struct arcface_shape){CLASSES, 16, BATCH, 32, 0.3}),
                     STATUS_OK);
    float *input = numbers_random(INPUTS, 1), *weights = numbers_random(net_parameters(net), 2);
    float *gradients = numbers_random(net_parameters(net), 3);
    net_bind(net, weights, gradients);
    net_initialise(net, 1, 0);
    arcface_initialise(head, 1, 0);
    const uint32_t label[BATCH] = {0, 1, 2, 3};
    const float weight[BATCH] = {1, 1, 1, 1};
    struct random dropout;
    random_start(&dropout, 1, 0, RANDOM_DROPOUT, 0, 0);
    const long before = calls;
    assert_true(before > 0); // or nothing is counted
    for (int step = 0; step < 2; step++) {
        const float *embedding = net_forward(net, input, BATCH, NET_TRAIN, &dropout);
        arcface_forward(head, embedding, BATCH, (struct arcface_labels){1, label, weight});
        net_backward(net, arcface_backward(head), true);
        net_forward(net, input, BATCH, NET_EVALUATE, NULL);
    }
    assert_int_equal(calls, before);
    arcface_destroy(&head);
    net_destroy(&net);
    free(input);
    free(weights);
    free(gradients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_begins_on_a_cache_line_or_a_large_page),
        cmocka_unit_test(what_no_address_reaches_is_refused),
        cmocka_unit_test(a_training_step_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
