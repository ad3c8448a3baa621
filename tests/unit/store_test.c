// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "store.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COUNT = 6, BIG = 100000, WAL_WRITE_LOCK = 120 };

struct run {
    char top[64];
    char folder[96];
    struct config config;
    struct manifest manifest;
    struct model model;
    struct store *store;
};

/* Everything but the store: a program that is to be killed makes that itself, since a journal must
 * not be carried over a fork. */
static void prepare_run(struct run *run)
{
    memset(run, 0, sizeof *run);
    snprintf(run->top, sizeof run->top, "/tmp/fedveil-store-XXXXXX");
    assert_non_null(mkdtemp(run->top));
    snprintf(run->folder, sizeof run->folder, "%s/run", run->top);
    config_defaults(&run->config);
    run->config.coordinator.models_kept = 2;
    run->config.federation.mix.method = MIX_ADAPTIVE;
    run->config.federation.mix.k = (struct config_numbers){2, {2, 3}};
    const size_t shape[] = {2, 3};
    assert_int_equal(manifest_add(&run->manifest, "backbone.weight", shape, 2, true), STATUS_OK);
    assert_int_equal(model_create(&run->model, &run->manifest), STATUS_OK);
}

static void open_run(struct run *run)
{
    prepare_run(run);
    assert_int_equal(store_create(&run->store, run->folder, &run->config), STATUS_OK);
}

static void close_run(struct run *run)
{
    store_close(&run->store);
    model_destroy(&run->model);
    manifest_destroy(&run->manifest);
    char command[160];
    snprintf(command, sizeof command, "rm -r '%s'", run->top);
    assert_int_equal(system(command), 0);
}

static enum status put(struct run *run, uint32_t number)
{
    struct store_reporter reporters[2] = {
        {.participant = 0,
         .name = "north",
         .reported = true,
         .weight = 30,
         .images = 60,
         .saturated = 2,
         .loss = 1.5,
         .training_accuracy = 0.25,
         .train_seconds = 3.5,
         .mask_seconds = 0.5,
         .peak_memory = 1e6,
         .choices = 2,
         .k_count = {3, 1},
         .policy_seconds = 0.875,
         .probabilities = 2,
         .k_probability = {0.5, 0.5}},
        {.participant = 4, .name = "south", .reason = "it left"},
    };
    struct store_round round = {.round = number,
                                .attempt = 1,
                                .privacy = PRIVACY_TRUSTED_COORDINATOR,
                                .seconds = 2.25,
                                .loss = 1.5,
                                .training_accuracy = 0.25,
                                .bytes_up = 1000,
                                .bytes_down = 2000,
                                .weight = 30,
                                .reporters = 1,
                                .reporter = reporters,
                                .cohort = 2};
    for (size_t i = 0; i < run->model.manifest.count; i++) {
        run->model.values[i] = (float)number + (float)i / 8;
    }
    return store_put_round(run->store, &round, &run->model);
}

static bool has_model(const struct run *run, uint32_t number)
{
    char path[160];
    snprintf(path, sizeof path, "%s/models/round-%04u.safetensors", run->folder, number);
    return files_exists(path);
}

static void reads_back_what_was_put(void **state)
{
    (void)state;
    struct run run;
    open_run(&run);
    assert_int_equal(put(&run, 1), STATUS_OK);
    assert_int_equal(put(&run, 2), STATUS_OK);
    const struct store_evaluation evaluation = {.model_round = 2,
                                                .participant = 4,
                                                .accuracy = 0.8,
                                                .deviation = 0.01,
                                                .tar_at_far_1e3 = 0.1,
                                                .identification = -1,
                                                .folds = 2,
                                                .fold = {0.79, 0.81},
                                                .roc_points = 3,
                                                .roc_far = {0, 0.1, 1},
                                                .roc_tar = {0.3, 0.7, 1}};
    assert_int_equal(store_put_evaluation(run.store, &evaluation), STATUS_OK);
    store_close(&run.store);

    struct store_round *rounds = NULL;
    struct store_evaluation *evaluations = NULL;
    size_t count = 0;
    assert_int_equal(store_open(&run.store, run.folder), STATUS_OK);
    assert_int_equal(store_rounds(run.store, &rounds, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rounds[1].round, 2);
    assert_int_equal(rounds[1].bytes_down, 2000);
    assert_int_equal(rounds[1].cohort, 2);
    assert_int_equal(rounds[1].reporters, 1);
    assert_string_equal(rounds[1].reporter[0].name, "north");
    assert_int_equal(rounds[1].reporter[0].k_count[0], 3);
    assert_int_equal(rounds[1].reporter[0].probabilities, 2);
    assert_float_equal(rounds[1].reporter[0].k_probability[1], 0.5, 0);
    assert_float_equal(rounds[1].reporter[0].policy_seconds, 0.875, 0);
    assert_int_equal(rounds[1].reporter[0].choices, 2);
    assert_true(rounds[1].reporter[0].loss > 1.49 && rounds[1].reporter[0].loss < 1.51);
    assert_false(rounds[1].reporter[1].reported);
    assert_string_equal(rounds[1].reporter[1].reason, "it left");
    store_free_rounds(rounds, count);
    assert_int_equal(store_evaluations(run.store, &evaluations, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(&evaluations[0], &evaluation, sizeof evaluation);
    free(evaluations);
    close_run(&run);
}

static void an_evaluation_that_is_repeated_stands_once(void **state)
{
    (void)state;
    struct run run;
    open_run(&run);
    struct store_evaluation evaluation = {.model_round = 0, .participant = 1, .accuracy = 0.5};
    assert_int_equal(store_put_evaluation(run.store, &evaluation), STATUS_OK);
    assert_int_equal(store_put_evaluation(run.store, &evaluation), STATUS_OK);
    struct store_evaluation *evaluations = NULL;
    size_t count = 0;
    assert_int_equal(store_evaluations(run.store, &evaluations, &count), STATUS_OK);
    assert_int_equal(count, 1);
    free(evaluations);
    close_run(&run);
}

static void keeps_the_newest_models_and_the_final_one(void **state)
{
    (void)state;
    struct run run;
    open_run(&run);
    for (uint32_t i = 1; i <= 5; i++) {
        assert_int_equal(put(&run, i), STATUS_OK);
    }
    assert_false(has_model(&run, 3));
    assert_true(has_model(&run, 4));
    assert_true(has_model(&run, 5));
    assert_int_equal(store_finish(run.store, true, "all rounds done", &run.model), STATUS_OK);
    char path[160];
    char *note = NULL;
    snprintf(path, sizeof path, "%s/model.safetensors", run.folder);
    struct model final;
    assert_int_equal(model_load(&final, path), STATUS_OK);
    assert_memory_equal(final.values, run.model.values, COUNT * sizeof(float));
    assert_int_equal(model_load_note(&note, path, "fedveil.round"), STATUS_OK);
    assert_string_equal(note, "5");
    free(note);
    model_destroy(&final);
    bool ended = false, success = false;
    char reason[512];
    assert_int_equal(store_ending(run.store, &ended, &success, reason), STATUS_OK);
    assert_true(ended && success);
    assert_string_equal(reason, "all rounds done");
    close_run(&run);
}

static void refuses_a_folder_that_holds_a_run(void **state)
{
    (void)state;
    struct run run;
    struct store *second = NULL;
    open_run(&run);
    assert_int_equal(store_create(&second, run.folder, &run.config), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), run.folder));
    assert_null(second);
    assert_int_equal(store_open(&second, run.top), STATUS_NOT_FOUND);
    assert_null(second);
    close_run(&run);
}

static void names_a_folder_that_cannot_be_made(void **state)
{
    (void)state;
    struct config config;
    struct store *store = NULL;
    config_defaults(&config);
    assert_int_not_equal(store_create(&store, "/proc/fedveil-run", &config), STATUS_OK);
    assert_non_null(strstr(status_message(), "/proc/fedveil-run"));
    assert_null(store);
}

static void writes_one_line_for_each_model(void **state)
{
    (void)state;
    struct run run;
    open_run(&run);
    const struct store_evaluation first = {
        .model_round = 0, .participant = 1, .accuracy = 0.5, .identification = -1};
    struct store_evaluation second = {.model_round = 1,
                                      .participant = 1,
                                      .accuracy = 0.75,
                                      .deviation = 0.125,
                                      .identification = 0.5};
    assert_int_equal(put(&run, 1), STATUS_OK);
    assert_int_equal(store_put_evaluation(run.store, &first), STATUS_OK);
    assert_int_equal(store_put_evaluation(run.store, &second), STATUS_OK);
    second.participant = 2;
    second.accuracy = 0.25;
    assert_int_equal(store_put_evaluation(run.store, &second), STATUS_OK);
    assert_int_equal(store_write_csv(run.store), STATUS_OK);
    char path[160];
    uint8_t *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/metrics.csv", run.folder);
    assert_int_equal(files_read(&text, &size, path, 10000), STATUS_OK);
    assert_string_equal(
        (char *)text,
        "round,attempt,reporters,cohort,weight,loss,training_accuracy,seconds,bytes_up,bytes_down,"
        "saturated,accuracy,deviation,tar_at_far_1e3,identification,share_k2,share_k3,"
        "policy_share,policy_entropy,p_k2,p_k3,privacy\n"
        "0,,,,,,,,,,,0.500000,0.000000,0.000000,,,,,,,,\n"
        "1,1,1,2,30,1.500000,0.250000,2.250,1000,2000,2,0.500000,0.125000,0.000000,0.500000,"
        "0.7500,0.2500,0.2500,1.0000,0.5000,0.5000,trusted-coordinator\n");
    free(text);
    close_run(&run);
}

/* A file-size limit stands for the full disk: both make a write fail in the middle of a file. */
static int put_on_a_full_disk(struct run *run)
{
    const struct rlimit limit = {65536, 65536};
    const size_t shape[] = {BIG};
    if (store_create(&run->store, run->folder, &run->config) != STATUS_OK) return 1;
    if (put(run, 1) != STATUS_OK) return 2;
    model_destroy(&run->model);
    if (manifest_add(&run->manifest, "backbone.big", shape, 1, true) != STATUS_OK) return 3;
    if (model_create(&run->model, &run->manifest) != STATUS_OK) return 4;
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 5;
    if (put(run, 2) != STATUS_IO) return 6;
    return strstr(status_message(), "round-0002") != NULL ? 0 : 7;
}

static void expect_rounds(struct run *run, size_t expected)
{
    struct store_round *rounds = NULL;
    size_t count = 0;
    if (run->store == NULL) assert_int_equal(store_open(&run->store, run->folder), STATUS_OK);
    assert_int_equal(store_rounds(run->store, &rounds, &count), STATUS_OK);
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        struct model model;
        assert_int_equal(model_load(&model, rounds[i].model), STATUS_OK);
        model_destroy(&model);
    }
    store_free_rounds(rounds, count);
}

static void a_full_disk_names_the_file_and_leaves_the_journal_whole(void **state)
{
    (void)state;
    struct run run;
    prepare_run(&run);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(put_on_a_full_disk(&run));
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 0);
    assert_false(has_model(&run, 2));
    expect_rounds(&run, 1);
    close_run(&run);
}

/* Holds the write lock of a WAL database: byte 120 of its shared-memory file (SQLite's format). */
static int hold_write_lock(const struct run *run)
{
    char path[160];
    snprintf(path, sizeof path, "%s/journal.sqlite-shm", run->folder);
    const int file = open(path, O_RDWR);
    assert_true(file >= 0);
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = WAL_WRITE_LOCK, .l_len = 1};
    assert_int_equal(fcntl(file, F_SETLK, &lock), 0);
    return file;
}

static int put_two_rounds(struct run *run)
{
    if (store_create(&run->store, run->folder, &run->config) != STATUS_OK) return 1;
    if (put(run, 1) != STATUS_OK) return 2;
    raise(SIGSTOP);
    return put(run, 2) == STATUS_OK ? 3 : 4;
}

/* The child has the model of round 2 on disk and waits for the journal when it is killed. */
static void a_kill_between_model_and_journal_loses_only_that_round(void **state)
{
    (void)state;
    struct run run;
    prepare_run(&run);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(put_two_rounds(&run));
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, WUNTRACED), child);
    assert_true(WIFSTOPPED(ended));
    const int lock = hold_write_lock(&run);
    assert_int_equal(kill(child, SIGCONT), 0);
    const struct timespec pause = {0, 2000000};
    for (int i = 0; i < 2000 && !has_model(&run, 2); i++) {
        nanosleep(&pause, NULL);
    }
    const bool written = has_model(&run, 2);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(written);
    assert_true(WIFSIGNALED(ended));
    close(lock);
    expect_rounds(&run, 1);
    close_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_put),
        cmocka_unit_test(an_evaluation_that_is_repeated_stands_once),
        cmocka_unit_test(keeps_the_newest_models_and_the_final_one),
        cmocka_unit_test(refuses_a_folder_that_holds_a_run),
        cmocka_unit_test(names_a_folder_that_cannot_be_made),
        cmocka_unit_test(writes_one_line_for_each_model),
        cmocka_unit_test(a_full_disk_names_the_file_and_leaves_the_journal_whole),
        cmocka_unit_test(a_kill_between_model_and_journal_loses_only_that_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
