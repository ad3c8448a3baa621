// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "model/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct manifest *manifest, const char *name, size_t rows, size_t columns)
{
    const size_t shape[] = {rows, columns};
    assert_int_equal(
        manifest_add(manifest, name, shape, columns == 0 ? 1 : 2, !manifest_is_statistic(name)),
        STATUS_OK);
}

/* Two layers with statistics, 2*3 + 5 + 5 + 4 numbers. */
static struct manifest sample(void)
{
    struct manifest manifest = {0};
    add(&manifest, "backbone.conv.weight", 2, 3);
    add(&manifest, "backbone.norm.running_mean", 5, 0);
    add(&manifest, "backbone.norm.running_var", 5, 0);
    add(&manifest, "policy.weight", 4, 0);
    return manifest;
}

static struct config_texts patterns_of(const char *first, const char *second, const char *third)
{
    const char *const all[] = {first, second, third};
    struct config_texts patterns = {0};
    for (int i = 0; i < 3 && all[i] != NULL; i++) {
        snprintf(patterns.values[patterns.count++], LIMIT_NAME, "%s", all[i]);
    }
    return patterns;
}

static void tensors_lie_one_after_the_other(void **state)
{
    (void)state;
    struct manifest manifest = sample();
    assert_int_equal(manifest.tensors, 4);
    assert_int_equal(manifest.count, 20);
    const size_t offsets[] = {0, 6, 11, 16}, counts[] = {6, 5, 5, 4};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(manifest.entries[i].offset, offsets[i]);
        assert_int_equal(manifest.entries[i].count, counts[i]);
    }
    assert_ptr_equal(manifest_find(&manifest, "policy.weight"), &manifest.entries[3]);
    assert_null(manifest_find(&manifest, "policy"));
    manifest_destroy(&manifest);
    manifest_destroy(&manifest);
    assert_int_equal(manifest.tensors, 0);
}

static void wrong_tensors_are_refused_and_change_nothing(void **state)
{
    (void)state;
    struct manifest manifest = sample();
    const size_t one[] = {1}, zero[] = {3, 0}, large[] = {LIMIT_PARAMETERS, 2};
    const size_t wraps[] = {(size_t)1 << 32, (size_t)1 << 32}, rest[] = {LIMIT_PARAMETERS - 19};
    const size_t five[] = {1, 1, 1, 1, 1};
    char long_name[LIMIT_NAME + 1];
    memset(long_name, 'a', sizeof long_name);
    long_name[LIMIT_NAME] = '\0';
    assert_int_equal(manifest_add(&manifest, "", one, 1, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "policy.weight", one, 1, true), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "policy.weight"));
    assert_int_equal(manifest_add(&manifest, "two words", one, 1, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "line\n", one, 1, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "\xc3\xa4", one, 1, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "__metadata__", one, 1, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, long_name, one, 1, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "zero", zero, 2, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "none", one, 0, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "five", five, 5, true), STATUS_BAD_INPUT);
    assert_int_equal(manifest_add(&manifest, "large", large, 2, true), STATUS_FULL);
    assert_int_equal(manifest_add(&manifest, "wraps", wraps, 2, true), STATUS_FULL);
    assert_int_equal(manifest_add(&manifest, "rest", rest, 1, true), STATUS_FULL);
    assert_int_equal(manifest.tensors, 4);
    assert_int_equal(manifest.count, 20);
    long_name[LIMIT_NAME - 1] = '\0';
    assert_int_equal(manifest_add(&manifest, long_name, one, 1, true), STATUS_OK);
    manifest_destroy(&manifest);
}

static void no_more_tensors_than_the_limit(void **state)
{
    (void)state;
    struct manifest manifest = {.entries = calloc(LIMIT_TENSORS, sizeof *manifest.entries)};
    assert_non_null(manifest.entries);
    manifest.tensors = LIMIT_TENSORS - 1; // without names: adding so many would take seconds
    const size_t one[] = {1};
    assert_int_equal(manifest_add(&manifest, "last", one, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "one-more", one, 1, true), STATUS_FULL);
    assert_int_equal(manifest.tensors, LIMIT_TENSORS);
    manifest_destroy(&manifest);
}

static void the_last_matching_pattern_decides(void **state)
{
    (void)state;
    const struct config_texts patterns = patterns_of("backbone.*", "!*.running_*", "*_var");
    assert_true(manifest_matches(&patterns, "backbone.conv.weight"));
    assert_false(manifest_matches(&patterns, "backbone.norm.running_mean"));
    assert_true(manifest_matches(&patterns, "backbone.norm.running_var"));
    assert_false(manifest_matches(&patterns, "policy.weight"));
}

static void a_selection_is_packed_and_names_its_sources(void **state)
{
    (void)state;
    struct manifest manifest = sample(), selected;
    size_t *source = NULL;
    const struct config_texts patterns = patterns_of("*", "!*_mean", NULL);
    assert_int_equal(manifest_select(&selected, &source, &manifest, &patterns), STATUS_OK);
    assert_int_equal(selected.tensors, 3);
    assert_int_equal(selected.count, 15);
    const size_t sources[] = {0, 2, 3}, offsets[] = {0, 6, 11};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(source[i], sources[i]);
        assert_int_equal(selected.entries[i].offset, offsets[i]);
        assert_string_equal(selected.entries[i].name, manifest.entries[source[i]].name);
        assert_int_equal(selected.entries[i].trainable, manifest.entries[source[i]].trainable);
    }
    free(source);
    manifest_destroy(&selected);
    const struct config_texts none = patterns_of("head.*", NULL, NULL);
    assert_int_equal(manifest_select(&selected, NULL, &manifest, &none), STATUS_BAD_CONFIG);
    manifest_destroy(&manifest);
}

static void the_text_describes_the_manifest_and_gives_it_back(void **state)
{
    (void)state;
    struct manifest manifest = sample(), again;
    char *text = NULL, *text_again = NULL;
    assert_int_equal(manifest_text(&manifest, &text), STATUS_OK);
    assert_string_equal(text, "backbone.conv.weight f32 [2,3]\n"
                              "backbone.norm.running_mean f32 [5]\n"
                              "backbone.norm.running_var f32 [5]\n"
                              "policy.weight f32 [4]\n");
    assert_int_equal(manifest_parse(&again, text), STATUS_OK);
    assert_int_equal(manifest_text(&again, &text_again), STATUS_OK);
    assert_string_equal(text_again, text);
    assert_int_equal(again.count, 20);
    const bool trainable[] = {true, false, false, true};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(again.entries[i].trainable, trainable[i]);
    }
    free(text);
    free(text_again);
    manifest_destroy(&manifest);
    manifest_destroy(&again);
}

/* So that two sides that compare digests of texts compare manifests. */
static void only_canonical_text_is_understood(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "a f32 [1]",
        "a f32 [1]\n\n",
        " a f32 [1]\n",
        "a  f32 [1]\n",
        "a f16 [1]\n",
        "a f32 [01]\n",
        "a f32 [+1]\n",
        "a f32 [-1]\n",
        "a f32 []\n",
        "a f32 [0]\n",
        "a f32 [1,]\n",
        "a f32 [1,2,3,4,]\n",
        "a f32 [1,2,3,4,5]\n",
        "a f32 [1] \n",
        "a f32 [1]\r\n",
        "a f32 [1",
        "a f32 [1]\na f32 [1]\n",
        "f32 [1]\n",
        " f32 [1]\n",
        "a f32 [1 ]\n",
        "a f32 [18446744073709551617]\n",
        "a f32 [268435457]\n",
        "\n",
        "a\tb f32 [1]\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa f32 [1]\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct manifest manifest;
        assert_int_not_equal(manifest_parse(&manifest, wrong[i]), STATUS_OK);
        assert_null(manifest.entries);
    }
    struct manifest manifest;
    assert_int_equal(manifest_parse(&manifest, "a f32 [1]\nb f33 [1]\n"), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "line 2"));
    assert_int_equal(manifest_parse(&manifest, "a f32 [1,2,3,4]\n"), STATUS_OK);
    assert_int_equal(manifest.count, 24);
    manifest_destroy(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_lie_one_after_the_other),
        cmocka_unit_test(wrong_tensors_are_refused_and_change_nothing),
        cmocka_unit_test(no_more_tensors_than_the_limit),
        cmocka_unit_test(the_last_matching_pattern_decides),
        cmocka_unit_test(a_selection_is_packed_and_names_its_sources),
        cmocka_unit_test(the_text_describes_the_manifest_and_gives_it_back),
        cmocka_unit_test(only_canonical_text_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
