// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/trained.h"

#include "base/files.h"
#include "base/random.h"
#include "train/trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct config trained_config(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.participants = 1;
    config.federation.cohort = 0;
    config.federation.reporters_min = 1;
    config.federation.privacy = PRIVACY_TRUSTED_COORDINATOR;
    config.federation.input.size = 56;
    config.federation.input.color = COLOR_GREY;
    config.federation.mix.k = (struct config_numbers){2, {2, 3}};
    config.federation.network.width = 0.0625;
    config.federation.network.embedding = 16;
    config.federation.policy.width = 0.0625;
    config.threads = 1;
    return config;
}

static void join(char *path, const char *folder, const char *name)
{
    assert_int_equal(files_join(path, folder, name), STATUS_OK);
}

static void leave_head(const char *folder, size_t people, size_t size)
{
    char path[LIMIT_PATH];
    struct manifest manifest = {0};
    struct model head = {0};
    struct random random;
    const size_t shape[] = {people, size};
    join(path, folder, "participants/p000");
    assert_int_equal(files_make_folder(path), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "head.weight", shape, 2, true), STATUS_OK);
    assert_int_equal(model_create(&head, &manifest), STATUS_OK);
    random_start(&random, 5, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < head.manifest.count; i++) {
        head.values[i] = random_normal(&random);
    }
    join(path, folder, "participants/p000/private.safetensors");
    assert_int_equal(model_save(&head, path, NULL), STATUS_OK);
    model_destroy(&head);
    manifest_destroy(&manifest);
}

void trained_leave(const char *folder, const struct config *config, size_t people)
{
    static const char metrics[] = "round,loss,share_k2,share_k3\n1,9,0.5,0.5\n2,,1,0\n";
    /* Always the same, so that what a test measures is the same in every run. */
    static const char mask_key[] =
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    char path[LIMIT_PATH];
    char *section = NULL;
    struct model model = {0};
    join(path, folder, "keys");
    assert_int_equal(files_make_folder(path), STATUS_OK);
    join(path, folder, "keys/mask.key");
    assert_int_equal(files_write_secret(path, mask_key, sizeof mask_key - 1), STATUS_OK);
    assert_int_equal(trainer_initial_model(&model, config), STATUS_OK);
    assert_int_equal(config_canonical(config, &section), STATUS_OK);
    const struct model_note notes[] = {{"fedveil.federation", section}, {NULL, NULL}};
    join(path, folder, "model.safetensors");
    assert_int_equal(model_save(&model, path, notes), STATUS_OK);
    join(path, folder, "metrics.csv");
    assert_int_equal(files_write(path, metrics, sizeof metrics - 1), STATUS_OK);
    if (people > 0) leave_head(folder, people, (size_t)config->federation.network.embedding);
    model_destroy(&model);
    free(section);
}

struct target *trained_open(const char *name, const struct config *config, size_t people)
{
    char folder[] = "/tmp/fedveil-trained-XXXXXX", command[64];
    struct target *target = NULL;
    assert_non_null(mkdtemp(folder));
    trained_leave(folder, config, people);
    const enum status status = target_open(&target, name, folder);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return target;
}

struct dataset *trained_faces(int first, int people, int images)
{
    const struct dataset_options options = {.size = 56, .channels = 1, .images_min = 1};
    struct dataset *faces = NULL;
    const enum status status = dataset_synthesize(&faces, 1, first, people, images, &options);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return faces;
}
