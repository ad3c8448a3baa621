// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct command_request request; // what each test adds to its file

static enum status load(struct comparison **comparison, const char *text, const char *profile)
{
    snprintf(path, sizeof path, "/tmp/fedveil-comparison-XXXXXX");
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    char base[80];
    snprintf(base, sizeof base, "%s.base", path);
    FILE *out = fopen(base, "w");
    assert_non_null(out);
    fputs("seed: 1\n", out);
    assert_int_equal(fclose(out), 0);
    out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "base: %s\n%s", base, text);
    assert_int_equal(fclose(out), 0);
    static char over[80];
    snprintf(over, sizeof over, "%s.over", path);
    out = fopen(over, "w");
    assert_non_null(out);
    fputs("federation: {rounds: 77, local_epochs: 3}\n", out);
    assert_int_equal(fclose(out), 0);
    request.config = path;
    request.withs[0] = over;
    const enum status status = comparison_load(comparison, &request, profile);
    unlink(over);
    unlink(path);
    unlink(base);
    return status;
}

static void a_file_gives_methods_times_the_grid_and_what_is_said_later_wins(void **state)
{
    (void)state;
    struct comparison *comparison = NULL;
    const char *text = "reference: A\n"
                       "profiles:\n"
                       "  quick: {seeds: [7, 8], set: {federation.rounds: 3}}\n"
                       "set: {federation.rounds: 9, federation.mix.method: none}\n"
                       "grid: {federation.participants: [1, 2]}\n"
                       "methods:\n"
                       "  - name: A\n"
                       "    set: {federation.mask.method: none}\n"
                       "  - name: B b\n"
                       "    set: {federation.mix.method: uniform}\n"
                       "    paper: {LFW: 98.93}\n";
    if (load(&comparison, text, NULL) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(comparison->row_count, 4);
    assert_int_equal(comparison->seed_count, 2);
    assert_true(comparison->seed[0] == 7);
    for (size_t i = 0; i < 4; i++) {
        const struct config_federation *federation = &comparison->rows[i].config.federation;
        assert_int_equal(federation->rounds, 3);
        assert_int_equal(federation->participants, comparison->rows[i].value[0][0] - '0');
        const int is_b = strcmp(comparison->rows[i].method, "B b") == 0;
        assert_int_equal(federation->mix.method, is_b ? MIX_UNIFORM : MIX_NONE);
        assert_int_equal(federation->mask.method, is_b ? MASK_PPFR_FD : MASK_NONE);
        assert_int_equal(comparison->rows[i].paper_count, is_b);
        assert_null(strchr(comparison->rows[i].folder, ' '));
    }
    comparison_destroy(&comparison);
}

static void the_grid_of_a_profile_adds_keys_and_its_values_win(void **state)
{
    (void)state;
    struct comparison *comparison = NULL;
    const char *text = "profiles:\n"
                       "  quick: {seeds: [1]}\n"
                       "  search:\n"
                       "    seeds: [1]\n"
                       "    grid:\n"
                       "      federation.participants: [3]\n"
                       "      federation.rounds: [4, 5]\n"
                       "grid: {federation.participants: [1, 2]}\n"
                       "methods:\n"
                       "  - name: A\n"
                       "  - name: B\n"
                       "    set: {federation.rounds: 9}\n"
                       "  - name: C\n"
                       "    set: {federation.participants: 7}\n";
    static const int rounds[] = {4, 5, 4, 5, 4, 5}; // B's own 9 too gives way
    if (load(&comparison, text, "search") != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(comparison->key_count, 2);
    assert_int_equal(comparison->row_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(comparison->rows[i].config.federation.participants, i < 4 ? 3 : 7);
        assert_int_equal(comparison->rows[i].config.federation.rounds, rounds[i]);
    }
    comparison_destroy(&comparison);
    if (load(&comparison, text, NULL) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(comparison->key_count, 1);
    assert_int_equal(comparison->row_count, 5);
    comparison_destroy(&comparison);
}

static void words_of_learning_belong_to_a_method(void **state)
{
    (void)state;
    struct comparison *comparison = NULL;
    const char *text = "profiles: {q: {seeds: [1]}}\n"
                       "methods:\n"
                       "  - {name: A, learn: [--budgets, 3, --clip, 100]}\n"
                       "  - {name: B}\n";
    if (load(&comparison, text, NULL) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(comparison->rows[0].learn.count, 4);
    assert_string_equal(comparison->rows[0].learn.values[0], "--budgets");
    assert_string_equal(comparison->rows[0].learn.values[3], "100");
    assert_int_equal(comparison->rows[1].learn.count, 0);
    comparison_destroy(&comparison);
}

static void a_file_of_the_command_line_is_read_before_set_and_its_set_is_read_last(void **state)
{
    (void)state;
    struct comparison *comparison = NULL;
    const char *text = "profiles: {q: {seeds: [1]}}\n"
                       "set: {federation.rounds: 9}\n"
                       "methods: [{name: A, set: {federation.participants: 2}}]\n";
    request.with_count = 1;
    request.set_count = 1;
    request.sets[0] = "federation.participants=4";
    if (load(&comparison, text, NULL) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(comparison->rows[0].config.federation.local_epochs, 3);
    assert_int_equal(comparison->rows[0].config.federation.rounds, 9);
    assert_int_equal(comparison->rows[0].config.federation.participants, 4);
    comparison_destroy(&comparison);
    request.sets[0] = "seed=4";
    assert_int_equal(load(&comparison, text, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "seeds of a profile"));
    request.with_count = request.set_count = 0;
}

static void a_method_may_have_a_reference_of_its_own(void **state)
{
    (void)state;
    struct comparison *comparison = NULL;
    const char *text = "reference: A\n"
                       "profiles: {q: {seeds: [1]}}\n"
                       "grid: {federation.participants: [1, 2]}\n"
                       "methods: [{name: A}, {name: B, reference: C}, {name: C}]\n";
    if (load(&comparison, text, NULL) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(comparison->row_count, 6);
    assert_int_equal(comparison->rows[3].reference, 1); // B at two participants
    assert_int_equal(comparison->rows[3].compared, 5);
    assert_int_equal(comparison->rows[5].compared, 1);
    comparison_destroy(&comparison);
}

static void refuses(const char *text, const char *profile, const char *words)
{
    struct comparison *comparison = NULL;
    assert_int_equal(load(&comparison, text, profile), STATUS_BAD_CONFIG);
    if (strstr(status_message(), words) == NULL) {
        fail_msg("no \"%s\" in \"%s\"", words, status_message());
    }
    assert_null(comparison);
}

static void a_fault_is_told_before_anything_runs(void **state)
{
    (void)state;
    const char *good = "profiles: {q: {seeds: [1]}}\nmethods: [{name: A, set: {}}]\n";
    refuses(good, "standard", "standard");
    refuses("profiles: {q: {seeds: [1]}}\nmethods: [{name: A, learn: 3}]\n", NULL, "mask learn");
    refuses("profiles: {q: {seeds: [1]}}\nmethods: [{name: A, reference: D}]\n", NULL, "\"D\"");
    refuses("profiles: {q: {seeds: [1]}}\nmethods: []\n", NULL, "methods");
    refuses("profiles: {q: {seeds: [1]}}\nmethods: [{name: A}, {name: A}]\n", NULL, "A");
    refuses("profiles: {q: {seeds: [1]}}\n"
            "methods: [{name: A, set: {federation.mask.method: rot13}}]\n",
            NULL, "rot13");
    refuses("profiles: {q: {seeds: [1]}}\nmethods: [{name: A, set: {no.such: 1}}]\n", NULL,
            "no.such");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gives_methods_times_the_grid_and_what_is_said_later_wins),
        cmocka_unit_test(the_grid_of_a_profile_adds_keys_and_its_values_win),
        cmocka_unit_test(words_of_learning_belong_to_a_method),
        cmocka_unit_test(a_file_of_the_command_line_is_read_before_set_and_its_set_is_read_last),
        cmocka_unit_test(a_method_may_have_a_reference_of_its_own),
        cmocka_unit_test(a_fault_is_told_before_anything_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
