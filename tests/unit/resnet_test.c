// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/resnet.h"
#include "reference/numbers.h"

enum { BATCH = 5, SIDE = 14, CHANNELS = 3, CHOICES = 4, ITEM = SIDE * SIDE * CHANNELS };

static struct net *create(struct resnet resnet, size_t batch_max)
{
    struct net *net = NULL;
    const enum status status = resnet_create(&net, &resnet, batch_max);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return net;
}

static size_t trainable(const struct net *net)
{
    size_t count = 0;
    for (size_t i = 0; i < net_tensors(net); i++) {
        count += net_tensor(net, i)->trainable ? net_tensor(net, i)->count : 0;
    }
    return count;
}

static void there_are_as_many_numbers_as_in_resnet18(void **state)
{
    (void)state;
    // As torchvision counts its resnet18.
    struct net *net = create((struct resnet){{224, 224, 3}, 1.0, 1000, NULL}, 1);
    assert_int_equal(trainable(net), 11689512);
    net_destroy(&net);
    // On small maps the stem is 3x3 and not 7x7.
    net = create((struct resnet){{14, 14, 35}, 1.0, 4, NULL}, 1);
    assert_int_equal(trainable(net), 11689512 - 7 * 7 * 3 * 64 + 3 * 3 * 35 * 64 - 996 * 513);
    net_destroy(&net);
}

static void large_maps_are_shrunk_at_once_and_small_ones_are_not(void **state)
{
    (void)state;
    static const struct {
        int side;
        size_t kernel;
    } cases[] = {{112, 7}, {56, 7}, {55, 3}, {14, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int side = cases[i].side;
        struct net *net = create((struct resnet){{side, side, 3}, 0.125, 4, NULL}, 1);
        const struct net_tensor *stem = net_tensor(net, 0);
        assert_string_equal(stem->name, "policy.stem.conv.weight");
        assert_int_equal(stem->shape[0], cases[i].kernel);
        assert_int_equal(stem->shape[3], 8);
        net_destroy(&net);
    }
}

struct setting {
    struct net *net;
    float *weights, *input;
};

static void start(struct setting *s)
{
    s->net = create((struct resnet){{SIDE, SIDE, CHANNELS}, 0.125, CHOICES, NULL}, BATCH);
    s->weights = numbers_random(net_parameters(s->net), 1);
    s->input = numbers_random(BATCH * ITEM, 2);
    net_bind(s->net, s->weights, NULL);
    net_initialise(s->net, 1, 0);
}

static void stop(struct setting *s)
{
    net_destroy(&s->net);
    free(s->weights);
    free(s->input);
}

static void at_first_every_choice_is_as_likely(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    const float *logits = net_forward(s.net, s.input, BATCH, NET_TRAIN, NULL);
    for (size_t i = 0; i < CHOICES; i++) {
        assert_true(fabsf(logits[i]) < 1e-30f);
    }
    stop(&s);
}

/* Logits of a batch once the last layer has learnt something. */
static float *taught(struct setting *s, size_t batch)
{
    const size_t last = net_tensors(s->net) - 2;
    assert_string_equal(net_tensor(s->net, last)->name, "policy.out.weight");
    float *noise = numbers_random(net_tensor(s->net, last)->count, 3);
    memcpy(s->weights + net_tensor(s->net, last)->offset, noise,
           net_tensor(s->net, last)->count * sizeof *noise);
    free(noise);
    float *logits = numbers_copy(net_forward(s->net, s->input, batch, NET_TRAIN, NULL), CHOICES);
    assert_int_equal(net_items(s->net), 1);
    assert_int_equal(net_outputs(s->net), CHOICES);
    return logits;
}

static void a_batch_of_any_size_has_one_row_of_logits(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    float *all = taught(&s, BATCH), *fewer = taught(&s, BATCH - 2);
    assert_memory_not_equal(all, fewer, CHOICES * sizeof *all);
    free(all);
    free(fewer);
    stop(&s);
}

static void the_order_of_the_images_does_not_matter(void **state)
{
    (void)state;
    struct setting s;
    start(&s);
    float *forward = taught(&s, BATCH), *turned = numbers_copy(s.input, BATCH * ITEM);
    for (size_t i = 0; i < BATCH; i++) {
        memcpy(s.input + i * ITEM, turned + (BATCH - 1 - i) * ITEM, ITEM * sizeof *turned);
    }
    float *backward = taught(&s, BATCH);
    numbers_near(backward, forward, CHOICES, 1e-3);
    free(forward);
    free(backward);
    free(turned);
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_as_many_numbers_as_in_resnet18),
        cmocka_unit_test(large_maps_are_shrunk_at_once_and_small_ones_are_not),
        cmocka_unit_test(at_first_every_choice_is_as_likely),
        cmocka_unit_test(a_batch_of_any_size_has_one_row_of_logits),
        cmocka_unit_test(the_order_of_the_images_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
