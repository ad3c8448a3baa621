// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unmix_attack.h"
#include "fakes/album.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PEOPLE = 4, EACH = 3, KNOWN = 20 };

/* Attacks portraits through the mask of a config with faces of other people. */
static struct figures attack(const struct config *config)
{
    struct target *target = trained_open("t", config, 0);
    struct attack_data data = {.known = trained_faces(20, KNOWN, 1),
                               .victims = trained_faces(0, PEOPLE, EACH)};
    const struct attack_budget budget = {.quick = true, .steps = 1, .batch = 1, .seed = 1};
    char folder[LIMIT_PATH];
    snprintf(folder, sizeof folder, "%s", album_path(""));
    const struct attack_context context = {
        .target = target, .data = &data, .budget = &budget, .folder = folder};
    static struct figures figures;
    figures = (struct figures){.count = 0};
    const enum status status = unmix_attack(&context, &figures);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    dataset_destroy(&data.known);
    dataset_destroy(&data.victims);
    target_close(&target);
    return figures;
}

static bool noted(const struct figures *figures, const char *text)
{
    for (size_t i = 0; i < figures->note_count; i++) {
        if (strstr(figures->note[i], text) != NULL) return true;
    }
    return false;
}

static void assert_picture(const char *name)
{
    FILE *row = fopen(album_path(name), "rb");
    assert_non_null(row);
    fclose(row);
}

static void mixes_with_known_weights_hide_nothing(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    const struct figures figures = attack(&config);
    assert_true(figures_get(&figures, "unmix.error.t20") < 1e-3);
    assert_true(figures_get(&figures, "unmix.error.k3.t2") < 1e-2);
    assert_true(figures_get(&figures, "unmix.labels.t1") >
                figures_get(&figures, "unmix.labels.t20"));
    assert_true(figures_get(&figures, "unmix.assigned.t20") > 0.5);
    assert_true(isnan(figures_get(&figures, "unmix.labels.k2.t20"))); // quick
    assert_true(figures_get(&figures, "unmix.ssim") > 0.5);
    assert_true(isfinite(figures_get(&figures, "unmix_labels.ssim")));
    assert_true(isfinite(figures_get(&figures, "unmix_cgan.ssim")));
    assert_picture("unmix.png");
    assert_picture("unmix_labels.png");
}

static void signs_leave_the_labels_out(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mix.method = MIX_FIXED;
    config.federation.mix.signs = true;
    const struct figures figures = attack(&config);
    assert_true(figures_get(&figures, "unmix.error.k2.t20") > 0.1);
    assert_true(isnan(figures_get(&figures, "unmix.labels.t20")));
    assert_true(noted(&figures, "random signs"));
}

static void what_is_not_mixed_or_not_linear_is_left_alone(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.input.size = 40;
    config.federation.mask.bands = 16;
    config.federation.mask.shuffle = SHUFFLE_PER_IMAGE;
    const struct figures shuffled = attack(&config);
    assert_int_equal(shuffled.count, 0);
    assert_true(noted(&shuffled, "another order"));
    config.federation.mix.method = MIX_NONE;
    const struct figures alone = attack(&config);
    assert_int_equal(alone.count, 0);
    assert_true(noted(&alone, "mixes no images"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mixes_with_known_weights_hide_nothing, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(signs_leave_the_labels_out, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(what_is_not_mixed_or_not_linear_is_left_alone, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
