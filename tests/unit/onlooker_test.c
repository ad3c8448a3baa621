// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "defence/onlooker.h"
#include "fakes/album.h"
#include "fakes/trained.h"

#include <stdio.h>

/* Looks at six faces through the mask of a config; F1 is the target itself. */
static struct figures look(const struct config *config)
{
    struct target *target = trained_open("t", config, 0);
    const struct attack_data data = {.victims = trained_faces(0, 3, 2)};
    const struct attack_budget budget = {.seed = 1};
    char folder[LIMIT_PATH];
    snprintf(folder, sizeof folder, "%s", album_path(""));
    const struct attack_context context = {
        .target = target, .f1 = target, .data = &data, .budget = &budget, .folder = folder};
    struct figures figures = {0};
    const enum status status = onlooker_attack(&context, &figures);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    struct dataset *faces = data.victims;
    dataset_destroy(&faces);
    target_close(&target);
    return figures;
}

static void pixels_without_a_mask_show_the_face(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.kind = INPUT_PIXELS;
    config.federation.mask.method = MASK_NONE;
    config.federation.mix.method = MIX_NONE;
    const struct figures figures = look(&config);
    assert_true(figures_get(&figures, "onlooker.ssim") > 0.99);
    assert_true(figures_get(&figures, "onlooker.f1_cosine") > 0.99);
    FILE *row = fopen(album_path("onlooker.png"), "rb");
    assert_non_null(row);
    fclose(row);
}

static void a_mask_hides_much_with_and_without_a_mix(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.mix.method = MIX_NONE;
    const struct figures masked = look(&config);
    config.federation.mix.method = MIX_FIXED;
    const struct figures mixed = look(&config);
    assert_true(figures_get(&masked, "onlooker.ssim") < 0.6);
    assert_true(figures_get(&masked, "onlooker.psnr") < 25);
    assert_true(figures_get(&mixed, "onlooker.ssim") < 0.6);
    assert_true(figures_get(&mixed, "onlooker.psnr") < 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pixels_without_a_mask_show_the_face, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_mask_hides_much_with_and_without_a_mix, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("onlooker", tests, NULL, NULL);
}
