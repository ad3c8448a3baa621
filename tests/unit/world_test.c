// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "secure/roster.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A world of its own folder, below one that the test removes. */
struct fixture {
    char top[64], folder[128];
    struct config config;
    struct world world;
};

static void plan(struct fixture *f, int participants, int cores)
{
    memset(f, 0, sizeof *f);
    snprintf(f->top, sizeof f->top, "/tmp/fedveil-world-XXXXXX");
    assert_non_null(mkdtemp(f->top));
    snprintf(f->folder, sizeof f->folder, "%s/run", f->top);
    config_defaults(&f->config);
    f->config.federation.participants = participants;
    if (world_plan(&f->world, &f->config, cores) != STATUS_OK) fail_msg("%s", status_message());
}

static void finish(const struct fixture *f)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", f->top);
    assert_int_equal(system(command), 0);
}

static void made(struct fixture *f)
{
    if (world_create(&f->world, &f->config, f->folder) != STATUS_OK) {
        fail_msg("%s", status_message());
    }
}

static void cores_are_neither_idle_nor_fought_over(void **state)
{
    (void)state;
    static const struct {
        int participants, cores, slots, threads; // of the config
        int expected_slots, expected_threads;
    } cases[] = {
        {4, 2, 0, 0, 2, 1}, {1, 2, 0, 0, 1, 2}, {4, 16, 0, 0, 4, 4}, {200, 2, 0, 0, 2, 1},
        {4, 8, 1, 0, 1, 8}, {4, 2, 4, 0, 4, 1}, {4, 8, 2, 3, 2, 3},  {3, 8, 0, 0, 3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        struct world world;
        config_defaults(&config);
        config.federation.participants = cases[i].participants;
        config.data.people = 1000;
        config.sim.slots = cases[i].slots;
        config.threads = cases[i].threads;
        assert_int_equal(world_plan(&world, &config, cases[i].cores), STATUS_OK);
        assert_int_equal(world.slots, cases[i].expected_slots);
        assert_int_equal(world.threads, cases[i].expected_threads);
    }
}

static void paths_that_lead_nowhere_are_refused_before_anything_is_made(void **state)
{
    (void)state;
    struct config config;
    struct world world;
    config_defaults(&config);
    config.data.kind = DATA_FOLDER;
    snprintf(config.data.train, sizeof config.data.train, "/nonexistent/faces");
    assert_int_equal(world_plan(&world, &config, 2), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "data.train"));
    assert_non_null(strstr(status_message(), "/nonexistent/faces"));
    config_defaults(&config);
    snprintf(config.tuning, sizeof config.tuning, "/nonexistent/tuning");
    assert_int_equal(world_plan(&world, &config, 2), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "tuning: /nonexistent/tuning"));
}

static void every_party_gets_its_keys_and_the_roster_names_them(void **state)
{
    (void)state;
    struct fixture f;
    char path[LIMIT_PATH];
    struct roster roster = {0};
    struct stat info;
    plan(&f, 3, 2);
    made(&f);
    snprintf(path, sizeof path, "%s/roster", f.folder);
    assert_int_equal(roster_load(&roster, path), STATUS_OK);
    assert_int_equal(roster.count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct identity identity;
        snprintf(path, sizeof path, "%s/keys/p00%zu.key", f.folder, i);
        assert_int_equal(identity_load(&identity, path, ""), STATUS_OK);
        assert_string_equal(identity.public_key, roster.entries[i].public_key);
        identity_wipe(&identity);
    }
    roster_destroy(&roster);
    snprintf(path, sizeof path, "%s/keys", f.folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    finish(&f);
}

static void one_seed_gives_one_mask_key_and_another_seed_another(void **state)
{
    (void)state;
    static const uint64_t seeds[3] = {7, 7, 8};
    uint8_t keys[3][IDENTITY_KEY_BYTES];
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        char path[LIMIT_PATH];
        plan(&f, 1, 1);
        f.config.seed = seeds[i];
        made(&f);
        snprintf(path, sizeof path, "%s/keys/mask.key", f.folder);
        assert_int_equal(identity_load_mask_key(keys[i], path), STATUS_OK);
        finish(&f);
    }
    assert_memory_equal(keys[0], keys[1], IDENTITY_KEY_BYTES);
    assert_memory_not_equal(keys[0], keys[2], IDENTITY_KEY_BYTES);
}

static void participants_share_the_data_and_one_verifies(void **state)
{
    (void)state;
    struct fixture f;
    char path[LIMIT_PATH];
    char *federation = NULL;
    plan(&f, 3, 2);
    made(&f);
    assert_int_equal(world_connect(&f.world, &f.config, "tcp://127.0.0.1:4711"), STATUS_OK);
    assert_int_equal(config_canonical(&f.config, &federation), STATUS_OK);
    for (size_t i = 0; i < 3; i++) {
        struct config own;
        char name[LIMIT_NAME], *canonical = NULL;
        config_defaults(&own);
        assert_int_equal(world_participant_path(path, &f.world, i, "config.yaml"), STATUS_OK);
        if (config_load(&own, path) != STATUS_OK) fail_msg("%s", status_message());
        assert_int_equal(own.data.split_count, 3);
        assert_int_equal(own.data.split_index, i);
        assert_int_equal(own.participant.evaluate, i == 0);
        assert_string_equal(own.participant.coordinator, "tcp://127.0.0.1:4711");
        world_name(name, &f.world, i);
        assert_string_equal(own.participant.name, name);
        assert_true(files_exists(own.participant.secret_key));
        assert_true(files_exists(own.participant.roster));
        assert_true(files_exists(own.participant.mask_key));
        assert_int_equal(config_canonical(&own, &canonical), STATUS_OK);
        assert_string_equal(canonical, federation);
        free(canonical);
    }
    free(federation);
    finish(&f);
}

static void all_verify_where_each_has_a_backbone_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *share;
        bool all;
    } cases[] = {{"federation.share=[]", true},
                 {"federation.share=[backbone.*, \"!*.running_*\"]", true},
                 {"federation.share=[backbone.*, \"!*.norm*\"]", true},
                 {"federation.share=[backbone.*]", false},
                 {"federation.share=[\"*\"]", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        struct world world;
        config_defaults(&config);
        assert_int_equal(config_set(&config, cases[i].share), STATUS_OK);
        assert_int_equal(world_plan(&world, &config, 2), STATUS_OK);
        assert_int_equal(world.all_verify, cases[i].all);
    }
}

static void a_folder_that_holds_something_is_left_alone(void **state)
{
    (void)state;
    struct fixture f;
    char path[LIMIT_PATH];
    plan(&f, 1, 1);
    assert_int_equal(files_make_folder(f.folder), STATUS_OK);
    made(&f); // an empty one is fine
    snprintf(path, sizeof path, "%s/roster", f.folder);
    assert_int_equal(remove(path), 0);
    assert_int_equal(world_create(&f.world, &f.config, f.folder), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), f.folder));
    assert_false(files_exists(path));
    finish(&f);
}

static void names_are_as_wide_as_the_last_one(void **state)
{
    (void)state;
    static const struct {
        size_t participants, index;
        const char *name;
    } cases[] = {{1, 0, "p000"},
                 {1000, 999, "p999"},
                 {1001, 1000, "p1000"},
                 {1001, 7, "p0007"},
                 {10000, 9999, "p9999"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct world world = {.participants = cases[i].participants};
        char name[LIMIT_NAME];
        world_name(name, &world, cases[i].index);
        assert_string_equal(name, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cores_are_neither_idle_nor_fought_over),
        cmocka_unit_test(paths_that_lead_nowhere_are_refused_before_anything_is_made),
        cmocka_unit_test(every_party_gets_its_keys_and_the_roster_names_them),
        cmocka_unit_test(one_seed_gives_one_mask_key_and_another_seed_another),
        cmocka_unit_test(participants_share_the_data_and_one_verifies),
        cmocka_unit_test(all_verify_where_each_has_a_backbone_of_its_own),
        cmocka_unit_test(a_folder_that_holds_something_is_left_alone),
        cmocka_unit_test(names_are_as_wide_as_the_last_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
