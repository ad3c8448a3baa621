// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/limits.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
    char top[64], folder[96];
    struct config config;
    struct model model;
    struct store *store;
    struct store_past past;
};

static struct run run;

static int setup(void **state)
{
    (void)state;
    memset(&run, 0, sizeof run);
    snprintf(run.top, sizeof run.top, "/tmp/fedveil-resume-XXXXXX");
    assert_non_null(mkdtemp(run.top));
    snprintf(run.folder, sizeof run.folder, "%s/run", run.top);
    config_defaults(&run.config);
    struct manifest manifest = {0};
    const size_t shape[] = {2, 3};
    assert_int_equal(manifest_add(&manifest, "backbone.weight", shape, 2, true), STATUS_OK);
    assert_int_equal(model_create(&run.model, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(&run.store);
    model_destroy(&run.model);
    model_destroy(&run.past.model);
    free(run.past.counted);
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", run.top);
    return system(command);
}

static enum status put(uint32_t number)
{
    struct store_reporter reporter = {.name = "north", .reported = true, .weight = 1};
    struct store_round round = {.round = number, .reporter = &reporter, .cohort = 1};
    run.model.values[5] = (float)number;
    return store_put_round(run.store, &round, &run.model);
}

/* A process that leads the run up to a round and is gone without a word. */
static void lead_and_die(int rounds, bool has_initial)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (store_create(&run.store, run.folder, &run.config) != STATUS_OK) _exit(1);
        run.model.values[5] = 77;
        if (has_initial && store_put_initial(run.store, &run.model) != STATUS_OK) _exit(2);
        for (int i = 1; i <= rounds; i++) {
            if (put((uint32_t)i) != STATUS_OK) _exit(3);
        }
        _exit(0);
    }
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
}

static enum status resume(void)
{
    return store_resume(&run.store, &run.past, run.folder, &run.config);
}

static void goes_on_after_the_last_published_round(void **state)
{
    (void)state;
    lead_and_die(5, true);
    assert_int_equal(resume(), STATUS_OK);
    assert_true(run.past.has_model);
    assert_int_equal(run.past.round, 5);
    assert_int_equal((int)run.past.model.values[5], 5);
    assert_int_equal(put(6), STATUS_OK);
    struct store_round *rounds = NULL;
    size_t count = 0;
    assert_int_equal(store_rounds(run.store, &rounds, &count), STATUS_OK);
    assert_int_equal(count, 6);
    store_free_rounds(rounds, count);
}

static void goes_on_with_the_initial_model_before_the_first_round(void **state)
{
    (void)state;
    lead_and_die(0, true);
    assert_int_equal(resume(), STATUS_OK);
    assert_true(run.past.has_model);
    assert_int_equal(run.past.round, 0);
    assert_int_equal((int)run.past.model.values[5], 77);
}

static void expect_counted(uint32_t round, const uint32_t *places, size_t count)
{
    store_close(&run.store);
    model_destroy(&run.past.model);
    free(run.past.counted);
    assert_int_equal(resume(), STATUS_OK);
    assert_int_equal(run.past.counted_count, count);
    assert_int_equal(run.past.counted_round, round);
    if (count > 0) assert_memory_equal(run.past.counted, places, count * sizeof *places);
}

static void goes_on_with_the_list_that_was_agreed_upon_last(void **state)
{
    (void)state;
    static const uint32_t first[] = {0, 2, 5, 9999}, second[] = {1, 2, 3}, twice[] = {4, 4};
    static uint32_t largest[LIMIT_COHORT_SECURE];
    lead_and_die(2, true);
    expect_counted(0, NULL, 0);
    assert_int_equal(store_put_counted(run.store, 3, first, 4), STATUS_OK);
    expect_counted(3, first, 4);
    assert_int_equal(run.past.round, 2);
    assert_int_equal(store_put_counted(run.store, UINT32_MAX, second, 3), STATUS_OK);
    expect_counted(UINT32_MAX, second, 3);
    // One that cannot be written leaves the last one, and the journal works.
    assert_int_not_equal(store_put_counted(run.store, 5, twice, 2), STATUS_OK);
    assert_int_equal(put(3), STATUS_OK);
    expect_counted(UINT32_MAX, second, 3);
    assert_int_equal(run.past.round, 3);
    for (uint32_t i = 0; i < LIMIT_COHORT_SECURE; i++) {
        largest[i] = 2 * i;
    }
    assert_int_equal(store_put_counted(run.store, 6, largest, LIMIT_COHORT_SECURE), STATUS_OK);
    expect_counted(6, largest, LIMIT_COHORT_SECURE);
}

static void begins_anew_when_there_is_no_model_yet(void **state)
{
    (void)state;
    lead_and_die(0, false);
    assert_int_equal(resume(), STATUS_OK);
    assert_false(run.past.has_model);
}

static void a_folder_without_a_run_or_with_one_that_ended_is_not_gone_on_with(void **state)
{
    (void)state;
    assert_int_equal(resume(), STATUS_NOT_FOUND);
    assert_int_equal(store_create(&run.store, run.folder, &run.config), STATUS_OK);
    assert_int_equal(put(1), STATUS_OK);
    assert_int_equal(store_finish(run.store, true, "done", &run.model), STATUS_OK);
    store_close(&run.store);
    assert_int_equal(resume(), STATUS_NOT_FOUND);
    assert_int_equal(store_create(&run.store, run.folder, &run.config), STATUS_BAD_INPUT);
}

static void a_journal_that_was_being_made_is_made_anew(void **state)
{
    (void)state;
    char path[128];
    assert_int_equal(files_make_folder(run.folder), STATUS_OK);
    snprintf(path, sizeof path, "%s/journal.sqlite", run.folder);
    assert_int_equal(files_write(path, "", 0), STATUS_OK);
    assert_int_equal(resume(), STATUS_NOT_FOUND);
    assert_int_equal(store_create(&run.store, run.folder, &run.config), STATUS_OK);
}

static void only_one_process_leads_the_run(void **state)
{
    (void)state;
    assert_int_equal(store_create(&run.store, run.folder, &run.config), STATUS_OK);
    struct store *second = NULL;
    assert_int_equal(store_resume(&second, &run.past, run.folder, &run.config), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "another coordinator"));
    assert_int_equal(store_open(&second, run.folder), STATUS_OK); // reading is free
    store_close(&second);
}

static void another_federation_does_not_go_on_with_the_run(void **state)
{
    (void)state;
    lead_and_die(1, true);
    run.config.federation.rounds++;
    assert_int_equal(resume(), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "federation section differs"));
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(goes_on_after_the_last_published_round),
        IN_A_FOLDER(goes_on_with_the_initial_model_before_the_first_round),
        IN_A_FOLDER(goes_on_with_the_list_that_was_agreed_upon_last),
        IN_A_FOLDER(begins_anew_when_there_is_no_model_yet),
        IN_A_FOLDER(a_folder_without_a_run_or_with_one_that_ended_is_not_gone_on_with),
        IN_A_FOLDER(a_journal_that_was_being_made_is_made_anew),
        IN_A_FOLDER(only_one_process_leads_the_run),
        IN_A_FOLDER(another_federation_does_not_go_on_with_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
