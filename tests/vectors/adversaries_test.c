// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/adversarial.h"
#include "attacks/dcgan.h"
#include "attacks/patch_critic.h"
#include "attacks/unet.h"
#include "attacks/wasserstein.h"
#include "vectors/torch_rows.h"

static const char path[] = TEST_SOURCE_DIR "/vectors/adversaries.txt";

#define PENALTY_TOLERANCE 3e-4 // second derivatives by differences

static const struct unet whole = {{32, 32, 5}, {32, 32, 1}, 2, 0};
static const struct unet native = {{4, 4, 5}, {32, 32, 3}, 2, 0};
static const struct dcgan small = {32, 1, 4, 10}, large = {64, 3, 4, 10};

static size_t inputs_of(const struct net *net)
{
    const struct net_shape shape = net_shape_of(net, 0);
    return (size_t)(shape.height * shape.width * shape.channels);
}

/* Both passes of a whole net, which is destroyed. */
static void check(const char *label, struct net *net, size_t batch)
{
    float *weights = calloc(net_parameters(net), sizeof(float));
    float *gradients = calloc(net_parameters(net), sizeof(float));
    float *input = torch_numbers(inputs_of(net) * batch, 999);
    float *dy = torch_numbers(net_outputs(net) * batch, 555);
    assert_non_null(weights);
    assert_non_null(gradients);
    torch_fill(net, weights);
    net_bind(net, weights, gradients);
    const float *y = net_forward(net, input, batch, NET_TRAIN, NULL);
    torch_compare(path, label, "output", y, net_outputs(net) * batch);
    torch_compare(path, label, "grad.input", net_backward(net, dy, true), inputs_of(net) * batch);
    torch_compare_tensors(path, label, net, weights, gradients);
    net_destroy(&net);
    free(weights);
    free(gradients);
    free(input);
    free(dy);
}

static void generators_of_faces_from_masked_images_agree_with_pytorch(void **state)
{
    (void)state;
    struct net *net = NULL;
    assert_int_equal(unet_create(&net, &whole, 3), STATUS_OK);
    check("unet", net, 3);
    assert_int_equal(unet_create(&net, &native, 3), STATUS_OK);
    check("native", net, 3);
}

static void faces_from_noise_and_their_critic_agree_with_pytorch(void **state)
{
    (void)state;
    struct net *net = NULL;
    assert_int_equal(dcgan_generator(&net, &small, 6), STATUS_OK);
    check("generator", net, 6);
    assert_int_equal(dcgan_critic(&net, &small, 3), STATUS_OK);
    check("critic", net, 3);
}

static void compare_loss(const char *label, const char *what, int step, double loss)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%d", what, step);
    const float value = (float)loss;
    torch_compare(path, label, name, &value, 1);
}

static void check_steps(const char *label, const struct unet *unet)
{
    struct net *generator = NULL, *critic = NULL;
    const struct patch_critic patches = {unet->input, unet->face, 2};
    assert_int_equal(unet_create(&generator, unet, 4), STATUS_OK);
    assert_int_equal(patch_critic_create(&critic, &patches, 4), STATUS_OK);
    struct adversarial_options options = adversarial_defaults;
    options.rates.rate = 1e-2;
    struct adversarial adversarial;
    assert_int_equal(adversarial_create(&adversarial, generator, critic, 4, &options), STATUS_OK);
    torch_fill(generator, adversarial.generator.weights);
    torch_fill(critic, adversarial.critic.weights);
    float *masked = torch_numbers(4 * inputs_of(generator), 999);
    float *faces = torch_numbers(4 * net_outputs(generator), 998);
    for (int step = 0; step < 3; step++) {
        const struct adversarial_losses losses = adversarial_step(&adversarial, masked, faces, 4);
        compare_loss(label, "real", step, losses.real);
        compare_loss(label, "fake", step, losses.fake);
        compare_loss(label, "deceit", step, losses.deceit);
        compare_loss(label, "absolute", step, losses.absolute);
    }
    free(masked);
    free(faces);
    adversarial_destroy(&adversarial);
}

static void steps_against_a_critic_agree_with_pytorch(void **state)
{
    (void)state;
    check_steps("adversarial_whole", &whole);
    check_steps("adversarial_native", &native);
}

/* In parts of the whole gradient's norm: that of some tensors is none but for rounding. */
static void compare_penalty(const char *label, const struct net_tensor *tensor,
                            const float *gradients)
{
    char name[128];
    snprintf(name, sizeof name, "grad.%s", tensor->name);
    const struct torch_row row = torch_find(path, label, name);
    const double allowed = PENALTY_TOLERANCE * torch_find(path, label, "norm").first[0];
    const float *gradient = gradients + tensor->offset;
    assert_int_equal(row.count, tensor->count);
    double squares = 0, sum = 0;
    for (size_t i = 0; i < tensor->count; i++) {
        squares += (double)gradient[i] * (double)gradient[i];
        sum += (double)gradient[i];
        if (i < 4) assert_true(fabs((double)gradient[i] - row.first[i]) < allowed);
    }
    assert_true(fabs(sqrt(squares) - row.norm) < allowed);
    assert_true(fabs(sum - row.sum) < allowed * sqrt((double)tensor->count));
}

static void check_penalty(const char *label, const struct dcgan *dcgan)
{
    struct net *net = NULL;
    assert_int_equal(dcgan_critic(&net, dcgan, 6), STATUS_OK);
    struct learner critic;
    assert_int_equal(learner_create(&critic, net, 0, 0), STATUS_OK);
    torch_fill(net, critic.weights);
    float *x = torch_numbers(3 * inputs_of(net), 999), gradient[6];
    float *sides = torch_numbers(6 * inputs_of(net), 0);
    const float value = (float)wasserstein_penalty(&critic, sides, gradient, x, 3, 10);
    torch_compare(path, label, "penalty", &value, 1);
    for (size_t t = 0; t < net_tensors(net); t++) {
        compare_penalty(label, net_tensor(net, t), critic.gradients);
    }
    free(x);
    free(sides);
    learner_destroy(&critic);
}

static void the_penalty_agrees_with_pytorchs_double_backward(void **state)
{
    (void)state;
    check_penalty("penalty_32", &small);
    check_penalty("penalty_64", &large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generators_of_faces_from_masked_images_agree_with_pytorch),
        cmocka_unit_test(faces_from_noise_and_their_critic_agree_with_pytorch),
        cmocka_unit_test(steps_against_a_critic_agree_with_pytorch),
        cmocka_unit_test(the_penalty_agrees_with_pytorchs_double_backward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
