// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "base/config_table.h"
#include "base/files.h"
#include "base/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/fedveil-config-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/fedveil-config-XXXXXX");
    const int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static enum status load_text(struct config *config, const char *text)
{
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    return config_load(config, path);
}

static void assert_message(const char *rest)
{
    char expected[STATUS_MESSAGE_MAX];
    snprintf(expected, sizeof expected, "%s:%s", path, rest);
    assert_string_equal(status_message(), expected);
}

static void the_defaults_are_the_documented_ones(void **state)
{
    (void)state;
    static const char expected[] =
        "federation.participants=4\nfederation.cohort=0\nfederation.reporters_min=1\n"
        "federation.rounds=8\nfederation.local_epochs=1\nfederation.deadline_seconds=0\n"
        "federation.join_seconds=0\nfederation.privacy=automatic\n"
        "federation.share=[\"backbone.*\"]\n"
        "federation.secure.cohort_min=3\nfederation.secure.corrupt=0.33\n"
        "federation.secure.dropout=0.1\nfederation.secure.answer_seconds=60\n"
        "federation.quantise.bits=32\nfederation.quantise.range=8\n"
        "federation.quantise.weight_max=10000\n"
        "federation.server.learning_rate=1\nfederation.server.momentum=0\n"
        "federation.input.kind=bands\nfederation.input.size=112\nfederation.input.color=grey\n"
        "federation.input.layout=native\n"
        "federation.mask.method=ppfr-fd\nfederation.mask.bands=36\nfederation.mask.band_list=[]\n"
        "federation.mask.drop_dc=true\nfederation.mask.drop_signs=false\n"
        "federation.mask.shifts=1\nfederation.mask.pool=1\nfederation.mask.normalise=true\n"
        "federation.mask.shuffle=deployment\nfederation.mask.epsilon=3\nfederation.mask.clip=0\n"
        "federation.mask.budgets=[]\nfederation.mix.method=adaptive\n"
        "federation.mix.k=[2, 3, 4, 5]\nfederation.mix.weight_max=0.55\n"
        "federation.mix.shares=[]\nfederation.mix.order=random\nfederation.mix.signs=false\n"
        "federation.network.kind=ir_se_18\nfederation.network.width=0.5\n"
        "federation.network.strides=[]\nfederation.network.embedding=512\n"
        "federation.network.dropout=0.4\nfederation.network.norm=batch\n"
        "federation.loss.scale=32\nfederation.loss.margin=0.3\n"
        "federation.optimiser.batch=64\nfederation.optimiser.learning_rate=0.05\n"
        "federation.optimiser.momentum=0.9\nfederation.optimiser.weight_decay=0.0005\n"
        "federation.optimiser.schedule=cosine\nfederation.optimiser.warmup_epochs=0\n"
        "federation.optimiser.head_epochs=0\nfederation.optimiser.milestones=[]\n"
        "federation.optimiser.decay=0.1\nfederation.optimiser.clip_norm=5\n"
        "federation.optimiser.keep_momentum=true\nfederation.optimiser.flip=true\n"
        "federation.policy.width=0.25\nfederation.policy.learning_rate=0.01\n"
        "federation.policy.momentum=0.9\nfederation.policy.reward=loss\n"
        "federation.policy.reward_a=1\nfederation.policy.reward_b=1\n"
        "federation.policy.baseline=false\n"
        "federation.policy.entropy=0\nfederation.policy.k_mean=0\nfederation.policy.k_mean_end=0\n"
        "federation.policy.draw_every=1\nfederation.policy.recogniser_steps=8\n"
        "federation.policy.policy_steps=1\nfederation.dp.method=none\nfederation.dp.clip=1\n"
        "federation.dp.multiplier=1\nfederation.dp.delta=1e-05\nfederation.dp.sample_rate=0.01\n";
    struct config config;
    config_defaults(&config);
    char *text = NULL;
    assert_int_equal(config_canonical(&config, &text), STATUS_OK);
    assert_string_equal(text, expected);
    free(text);
    assert_true(config.seed == 1 && config.threads == 0 && config.log_level == 2);
    assert_int_equal(config.data.kind, DATA_SYNTHETIC);
    assert_true(config.data.people == 100 && config.data.images == 20);
    assert_true(config.data.split_count == 1 && config.data.split_index == 0);
    assert_true(config.data.test_people == 60 && config.data.test_pairs == 600);
    assert_string_equal(config.coordinator.listen, "tcp://127.0.0.1:*");
    assert_true(config.coordinator.models_kept == 3 && config.sim.slots == 0);
    assert_true(config.participant.evaluate);
}

static void a_file_changes_what_it_names(void **state)
{
    (void)state;
    struct config config, defaults;
    assert_int_equal(load_text(&config, "seed: 7\nfederation:\n  mix: {method: fixed, k: [3]}\n"),
                     STATUS_OK);
    assert_true(config.seed == 7);
    assert_int_equal(config.federation.mix.method, MIX_FIXED);
    assert_int_equal(config.federation.mix.k.count, 1);
    assert_int_equal(config.federation.mix.k.values[0], 3);
    assert_int_equal(load_text(&config, ""), STATUS_OK);
    config_defaults(&defaults);
    assert_memory_equal(&config, &defaults, sizeof config);
}

static void a_failure_names_file_line_and_key(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(load_text(&config, "seed: 1\nfederation:\n  rounds: 0\n"), STATUS_BAD_CONFIG);
    assert_message("3: federation.rounds: \"0\" is out of range, allowed: a whole number from 1 to "
                   "1000000");
    assert_int_equal(load_text(&config, "federation:\n  mask: {metod: none}\n"), STATUS_BAD_CONFIG);
    assert_message("2: federation.mask.metod: unknown key, did you mean federation.mask.method?");
    assert_int_equal(load_text(&config, "federation: {}\nseed: 1\nseed: 2\n"), STATUS_BAD_CONFIG);
    assert_message("3: seed: duplicate key, allowed once, and line 2 has it");
}

static void a_broken_rule_names_the_line_of_its_key(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(load_text(&config, "federation:\n  participants: 2\n  cohort: 3\n"),
                     STATUS_BAD_CONFIG);
    assert_message(
        "3: federation.cohort: 3 are more than federation.participants, allowed: 0 to 2");
    // The key at fault keeps its default here, so there is no line to name.
    assert_int_equal(load_text(&config, "federation:\n  input: {kind: pixels}\n"),
                     STATUS_BAD_CONFIG);
    assert_message(" federation.mask.method: ppfr-fd with federation.input.kind pixels, allowed: "
                   "none or eigenfaces");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(config_load(&config, "/nowhere/a.yaml"), STATUS_NOT_FOUND);
    assert_string_equal(status_message(), "/nowhere/a.yaml: No such file or directory");
    assert_int_equal(config_load(&config, "/tmp"), STATUS_IO);
    assert_string_equal(status_message(), "/tmp: not a plain file");
    char *text = malloc(LIMIT_FILE_CONFIG + 2);
    assert_non_null(text);
    memset(text, '#', LIMIT_FILE_CONFIG + 1);
    text[LIMIT_FILE_CONFIG] = '\0';
    assert_int_equal(load_text(&config, text), STATUS_OK); // one long comment
    text[LIMIT_FILE_CONFIG] = '#';
    text[LIMIT_FILE_CONFIG + 1] = '\0';
    assert_int_equal(load_text(&config, text), STATUS_FULL);
    assert_message(" 1048577 bytes, at most 1048576 allowed");
    free(text);
}

static void an_assignment_changes_one_key(void **state)
{
    (void)state;
    struct config config;
    config_defaults(&config);
    assert_int_equal(config_set(&config, "data.train=/data/with = and # inside"), STATUS_OK);
    assert_string_equal(config.data.train, "/data/with = and # inside");
    assert_int_equal(config_set(&config, "federation.mix.k=[2, 4]"), STATUS_OK);
    assert_int_equal(config.federation.mix.k.values[1], 4);
    assert_int_equal(config_set(&config, "federation.loss.margin=nan"), STATUS_BAD_CONFIG);
    assert_string_equal(
        status_message(),
        "--set: federation.loss.margin: got \"nan\", allowed: a number from 0 to 1.5");
}

/* Writes a random value that the row allows. */
static void random_value(char *out, size_t out_size, const struct settings_row *row,
                         struct random *random)
{
    static const char *const texts[] = {"",     "plain", "a b: c # d",  "\"q\" 'r' \\", "- [x, {y",
                                        "日本", "!tag",  "*.running_*", "&a *b % @ `",  "null"};
    const uint32_t text_count = sizeof texts / sizeof texts[0];
    const double part = (double)random_uniform(random);
    const uint32_t span = row->max > row->min ? (uint32_t)(row->max - row->min) + 1 : 1;
    uint32_t words = 0;
    switch (row->kind) {
    case SETTINGS_BOOL:
        snprintf(out, out_size, "%s", part < 0.5 ? "true" : "false");
        break;
    case SETTINGS_INT:
        snprintf(out, out_size, "%.0f", row->min + (double)random_below(random, span));
        break;
    case SETTINGS_UINT64:
        snprintf(out, out_size, "%" PRIu64,
                 (uint64_t)random_bits(random) << 32 | random_bits(random));
        break;
    case SETTINGS_DOUBLE:
        snprintf(out, out_size, "%.17g", row->min + part * (row->max - row->min));
        break;
    case SETTINGS_TEXT:
    case SETTINGS_PATH:
        snprintf(out, out_size, "%s", texts[random_below(random, text_count)]);
        break;
    case SETTINGS_WORD:
        while (row->words[words] != NULL) {
            words++;
        }
        snprintf(out, out_size, "%s", row->words[random_below(random, words)]);
        break;
    case SETTINGS_NUMBERS:
        snprintf(out, out_size, "[%.0f, %.0f]", row->min + (double)random_below(random, span),
                 row->min + (double)random_below(random, span));
        break;
    case SETTINGS_TEXTS:
        snprintf(out, out_size, "[backbone.*, !%s]", part < 0.5 ? "*.running_*" : "a b");
        break;
    }
}

/* Changes about half of the keys; a change that breaks a rule is taken back. */
static void random_config(struct config *config, struct random *random)
{
    config_defaults(config);
    for (size_t i = 0; i < config_table.count; i++) {
        if (random_below(random, 2) == 0) continue;
        struct config before;
        memcpy(&before, config, sizeof before); // with its padding, for memory to compare equal
        char value[256];
        char assignment[512];
        random_value(value, sizeof value, &config_table.rows[i], random);
        snprintf(assignment, sizeof assignment, "%s=%s", config_table.rows[i].key, value);
        if (config_set(config, assignment) != STATUS_OK) fail_msg("%s", status_message());
        if (config_check(config) != STATUS_OK) memcpy(config, &before, sizeof before);
    }
}

enum { RANDOM_CONFIGS = 50 };

static void what_is_written_loads_the_same(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < RANDOM_CONFIGS; i++) {
        struct config config, again;
        char *text = NULL, *text_again = NULL;
        random_config(&config, &random);
        assert_int_equal(config_write(&config, &text), STATUS_OK);
        if (load_text(&again, text) != STATUS_OK) fail_msg("%s\n%s", status_message(), text);
        assert_int_equal(config_write(&again, &text_again), STATUS_OK);
        assert_string_equal(text_again, text);
        assert_memory_equal(&again, &config, sizeof config);
        free(text);
        free(text_again);
    }
}

static void the_canonical_text_is_of_the_federation_alone(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 2, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < RANDOM_CONFIGS; i++) {
        struct config config, other;
        char *text = NULL, *text_other = NULL;
        random_config(&config, &random);
        random_config(&other, &random);
        other.federation = config.federation;
        assert_int_equal(config_canonical(&config, &text), STATUS_OK);
        assert_int_equal(config_canonical(&other, &text_other), STATUS_OK);
        assert_string_equal(text, text_other);
        other.federation.rounds = config.federation.rounds % 1000 + 1001;
        free(text_other);
        assert_int_equal(config_canonical(&other, &text_other), STATUS_OK);
        assert_string_not_equal(text, text_other);
        free(text);
        free(text_other);
    }
}

static void the_canonical_text_does_not_depend_on_the_form_of_the_file(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "federation:\n  loss:\n    scale: 64\n    margin: 0.5\n  mix:\n    k: [2, 3]\n",
        "seed: 9\nfederation:\n  mix: {k: [2, 3]}\n  loss: {margin: 5e-1, scale: 64.0}\n",
        "federation: {loss: {margin: 0.50, scale: 6.4e1}, \"mix\": {\n  k:\n    [2,\n  3]}}\n",
    };
    char *first = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct config config;
        char *text = NULL;
        assert_int_equal(load_text(&config, forms[i]), STATUS_OK);
        assert_int_equal(config_canonical(&config, &text), STATUS_OK);
        if (first == NULL) {
            first = text;
        } else {
            assert_string_equal(text, first);
            free(text);
        }
    }
    assert_non_null(strstr(first, "\nfederation.loss.scale=64\nfederation.loss.margin=0.5\n"));
    free(first);
}

static void the_reference_file_is_what_the_table_says(void **state)
{
    (void)state;
    uint8_t *file = NULL;
    size_t size = 0;
    char *text = NULL;
    assert_int_equal(
        files_read(&file, &size, TEST_SOURCE_DIR "/../configs/reference.yaml", LIMIT_FILE_CONFIG),
        STATUS_OK);
    assert_int_equal(config_reference(&text), STATUS_OK);
    assert_string_equal((char *)file, text);
    struct config config, defaults;
    if (load_text(&config, text) != STATUS_OK) fail_msg("%s", status_message());
    config_defaults(&defaults);
    assert_memory_equal(&config, &defaults, sizeof config);
    free(file);
    free(text);
}

static void load_shipped(struct config *config, const char *name)
{
    char full[LIMIT_PATH];
    assert_int_equal(files_join(full, TEST_SOURCE_DIR "/../configs", name), STATUS_OK);
    if (config_load(config, full) != STATUS_OK) fail_msg("%s", status_message());
}

static void every_config_that_is_shipped_loads(void **state)
{
    (void)state;
    struct config config;
    load_shipped(&config, "quickstart.yaml");
    assert_int_equal(config.data.kind, DATA_SYNTHETIC);
    assert_int_equal(config.federation.participants, 4);
    assert_int_equal(config.federation.mask.method, MASK_PPFR_FD);
    assert_int_equal(config.federation.mix.method, MIX_ADAPTIVE);
    load_shipped(&config, "celeba200-plain.yaml");
    assert_int_equal(config.federation.participants, 1);
    assert_int_equal(config.federation.mask.method, MASK_NONE);
    assert_int_equal(config.federation.mix.method, MIX_NONE);
    load_shipped(&config, "celeba200-pixels.yaml");
    assert_int_equal(config.federation.input.kind, INPUT_PIXELS);
}

static void assert_same_federation(const struct config *a, const struct config *b)
{
    char *text_a = NULL, *text_b = NULL;
    assert_int_equal(config_canonical(a, &text_a), STATUS_OK);
    assert_int_equal(config_canonical(b, &text_b), STATUS_OK);
    assert_string_equal(text_a, text_b);
    free(text_a);
    free(text_b);
}

static void configs_that_belong_together_agree(void **state)
{
    (void)state;
    struct config config, other;
    load_shipped(&config, "deploy/coordinator.yaml");
    load_shipped(&other, "deploy/participant.yaml");
    assert_same_federation(&config, &other);
    load_shipped(&config, "celeba200.yaml");
    load_shipped(&other, "celeba200-central.yaml");
    assert_int_equal(config.federation.participants, 4);
    other.federation.participants = 4;
    assert_same_federation(&config, &other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_defaults_are_the_documented_ones),
        CASE(a_file_changes_what_it_names),
        CASE(a_failure_names_file_line_and_key),
        CASE(a_broken_rule_names_the_line_of_its_key),
        CASE(files_that_cannot_be_read_are_named),
        CASE(an_assignment_changes_one_key),
        CASE(what_is_written_loads_the_same),
        CASE(the_canonical_text_is_of_the_federation_alone),
        CASE(the_canonical_text_does_not_depend_on_the_form_of_the_file),
        CASE(the_reference_file_is_what_the_table_says),
        CASE(every_config_that_is_shipped_loads),
        CASE(configs_that_belong_together_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
