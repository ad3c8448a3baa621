// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "defence/target.h"
#include "fakes/album.h"
#include "fakes/trained.h"
#include "secure/identity.h"
#include "train/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) fail_msg("%g, expected %g", found, expected);
}

static void a_run_opens_with_mask_network_head_and_shares(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct target *target = trained_open("AdaMixUp", &config, 3);
    assert_string_equal(target->name, "AdaMixUp");
    assert_int_equal(target_values(target), 7 * 7 * 35);
    assert_int_equal(target_channels(target), 1);
    assert_int_equal(net_outputs(target->net), 16);
    assert_int_equal(target->people, 3);
    for (size_t r = 0; r < 3; r++) {
        double squares = 0;
        for (size_t i = 0; i < 16; i++) {
            squares += pow((double)target->head[16 * r + i], 2);
        }
        assert_near(squares, 1, 1e-5);
    }
    assert_int_equal(target_choices(target), 2);
    assert_int_equal(target_k(target, 1), 3);
    assert_near(target->k_share[0], 0.75, 1e-9);
    assert_near(target->k_share[1], 0.25, 1e-9);
    target_close(&target);
    target_close(&target);
}

static void shares_follow_the_way_of_mixing(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.mix.method = MIX_NONE;
    struct target *target = trained_open("none", &config, 0);
    assert_int_equal(target_choices(target), 1);
    assert_int_equal(target_k(target, 0), 1);
    assert_null(target->head);
    target_close(&target);
    config.federation.mix.method = MIX_MATCHED;
    config.federation.mix.shares = (struct config_numbers){2, {1, 4}};
    target = trained_open("matched", &config, 0);
    assert_near(target->k_share[1], 0.8, 1e-9);
    target_close(&target);
}

static void embeddings_are_normalised_and_belong_to_the_image(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct target *target = trained_open("t", &config, 0);
    struct dataset *faces = trained_faces(0, 3, 2);
    float all[6][16], some[2][16];
    const uint32_t index[] = {4, 1};
    assert_int_equal(target_embed(target, all[0], faces, NULL, 6), STATUS_OK);
    assert_int_equal(target_embed(target, some[0], faces, index, 2), STATUS_OK);
    assert_true(evaluate_distance(all[4], some[0], 16) < 1e-9);
    assert_true(evaluate_distance(all[1], some[1], 16) < 1e-9);
    assert_true(evaluate_distance(all[1], some[0], 16) > 1e-6);
    dataset_destroy(&faces);
    target_close(&target);
}

static void a_digest_tells_keys_and_weights_apart(void **state)
{
    (void)state;
    const struct config config = trained_config();
    struct target *first = trained_open("a", &config, 2), *second = NULL;
    uint8_t digest[2][DIGEST_BYTES];
    trained_leave(album_path(""), &config, 2);
    assert_int_equal(remove(album_path("keys/mask.key")), 0);
    assert_int_equal(identity_make_mask_key(album_path("keys/mask.key")), STATUS_OK);
    assert_int_equal(target_open(&second, "b", album_path("")), STATUS_OK);
    assert_int_equal(target_digest(digest[0], first), STATUS_OK);
    assert_int_equal(target_digest(digest[1], first), STATUS_OK);
    assert_memory_equal(digest[0], digest[1], DIGEST_BYTES);
    assert_int_equal(target_digest(digest[1], second), STATUS_OK); // of another mask key
    assert_memory_not_equal(digest[0], digest[1], DIGEST_BYTES);
    first->model.values[3] += 1;
    assert_int_equal(target_digest(digest[1], first), STATUS_OK);
    assert_memory_not_equal(digest[0], digest[1], DIGEST_BYTES);
    target_close(&first);
    target_close(&second);
}

static void expect_refusal(const char *folder, enum status status, const char *word)
{
    struct target *target = NULL;
    assert_int_equal(target_open(&target, "Name", folder), status);
    assert_null(target);
    if (strstr(status_message(), word) == NULL) fail_msg("%s", status_message());
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    const struct config config = trained_config();
    char folder[LIMIT_PATH];
    snprintf(folder, sizeof folder, "%s", album_path("run"));
    expect_refusal(folder, STATUS_NOT_FOUND, "model.safetensors");
    trained_leave(folder, &config, 0);
    unlink(album_path("run/metrics.csv"));
    expect_refusal(folder, STATUS_BAD_CONFIG, "metrics.csv");
    unlink(album_path("run/keys/mask.key"));
    expect_refusal(folder, STATUS_BAD_CONFIG, "mask_key is missing");
}

static void a_model_that_does_not_fit_the_mask_is_refused(void **state)
{
    (void)state;
    const struct config config = trained_config();
    char folder[LIMIT_PATH], other[LIMIT_PATH];
    static const char bands[] = "federation:\n  mask:\n    bands: 20\n";
    struct target *target = NULL;
    snprintf(folder, sizeof folder, "%s", album_path("run"));
    trained_leave(folder, &config, 0);
    snprintf(other, sizeof other, "%s", album_path("other.yaml"));
    album_add_bytes("other.yaml", bands, sizeof bands - 1);
    const struct target_files files = {.model = album_path("run/model.safetensors"),
                                       .config = other,
                                       .mask_key = album_path("run/keys/mask.key"),
                                       .metrics = album_path("run/metrics.csv")};
    assert_int_equal(target_open_model(&target, "Name", &files), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "does not fit"));
    album_add_bytes("run/model.safetensors", "no model", 8);
    expect_refusal(folder, STATUS_BAD_INPUT, "model.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_opens_with_mask_network_head_and_shares),
        cmocka_unit_test(shares_follow_the_way_of_mixing),
        cmocka_unit_test(embeddings_are_normalised_and_belong_to_the_image),
        cmocka_unit_test_setup_teardown(a_digest_tells_keys_and_weights_apart, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(a_model_that_does_not_fit_the_mask_is_refused, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
