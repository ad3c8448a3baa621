// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "train/testset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIN TEST_SOURCE_DIR "/fuzz/corpus/pickle/python2.bin"

static void the_forms_of_a_set_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *path, *pairs;
        int skip;
    } cases[] = {
        {"lfw=a/lfw.bin", "lfw", "a/lfw.bin", "", 0},
        {"a-B_9=dir,b/pairs.txt", "a-B_9", "dir", "b/pairs.txt", 0},
        {"x=d=e,f,pairs", "x", "d=e,f", "pairs", 0},
        {"x=dir", "x", "dir", "", 0},
        {"x=dir,skip=180", "x", "dir", "", 180},
        {"x=a.rec,skip=0", "x", "a.rec", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct testset_source source;
        assert_int_equal(testset_parse(&source, cases[i].text), STATUS_OK);
        assert_string_equal(source.name, cases[i].name);
        assert_string_equal(source.path, cases[i].path);
        assert_string_equal(source.pairs, cases[i].pairs);
        assert_int_equal(source.skip, cases[i].skip);
    }
}

static void other_forms_are_told_what_is_allowed(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "lfw",
                                        "=dir",
                                        "x=",
                                        "a b=dir",
                                        "x=dir,",
                                        "x=,pairs",
                                        "x=dir,skip=",
                                        "x=d,skip=-1",
                                        "x=d,skip=1x",
                                        "x=d,skip=999999999",
                                        "x=a.bin,skip=1",
                                        "x=a.bin,pairs",
                                        "x=a.rec,pairs",
                                        "x\"=dir"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct testset_source source;
        if (testset_parse(&source, cases[i]) != STATUS_BAD_CONFIG) fail_msg("%s", cases[i]);
        assert_non_null(strstr(status_message(), "NAME=DIR,PAIRS"));
    }
}

static void load(struct testset *set, const char *text, uint64_t seed)
{
    struct testset_source source;
    assert_int_equal(testset_parse(&source, text), STATUS_OK);
    if (testset_load(set, &source, 8, 1, seed) != STATUS_OK) fail_msg("%s", status_message());
}

static void check_hex(const struct testset *set, const char *expected)
{
    char hex[2 * DIGEST_BYTES + 1];
    digest_hex(hex, set->digest);
    assert_string_equal(hex, expected);
}

static void a_packed_set_has_the_digest_that_sha256sum_says(void **state)
{
    (void)state;
    struct testset set;
    load(&set, "x=" BIN, 1);
    assert_int_equal(set.pairs->count, 10);
    check_hex(&set, "aaa0e40eda0749ad22ece96641d98b48e049490a69b6fdc5121afaf7391fc261");
    testset_destroy(&set);
    testset_destroy(&set);
    album_listen();
    load(&set, "x=" TEST_SOURCE_DIR "/vectors/packed_labels.rec", 1);
    check_hex(&set, "ce7536b53159a3fa8984015a89eb0770929193e520dd345e39529aca09a49e96");
    testset_destroy(&set);
}

/* Person 0 to count - 1 with three images each, whose shades are 10 * person + image. */
static void add_people(int count)
{
    for (int i = 0; i < 3 * count; i++) {
        char name[64];
        snprintf(name, sizeof name, "in/p%02d/p%02d_%04d.png", i / 3, i / 3, i % 3 + 1);
        album_add_shade(name, i / 3 * 10 + i % 3);
    }
}

static void pairs_are_drawn_from_the_people_after_those_skipped(void **state)
{
    (void)state;
    add_people(20);
    album_add_shade("in/a_lone/1.png", 255); // trained on by nobody, counted by nobody
    char text[256];
    snprintf(text, sizeof text, "x=%s,skip=5", album_path("in"));
    struct testset set;
    album_listen();
    load(&set, text, 1);
    free(album_heard());
    assert_int_equal(set.images->people, 15);
    assert_string_equal(set.images->people_names[0], "p05");
    assert_int_equal(set.pairs->count, 90); // all 45 pairs of one person
    size_t same = 0;
    for (size_t i = 0; i < set.pairs->count; i++) {
        const struct pair *pair = &set.pairs->list[i];
        const int shades[2] = {*dataset_pixels(set.images, pair->first),
                               *dataset_pixels(set.images, pair->second)};
        assert_true(shades[0] >= 50 && shades[1] >= 50 && shades[0] != shades[1]);
        assert_int_equal(pair->same, shades[0] / 10 == shades[1] / 10);
        same += pair->same;
    }
    assert_int_equal(same, 45);
    testset_destroy(&set);
}

static void the_digest_of_drawn_pairs_tells_seeds_apart(void **state)
{
    (void)state;
    add_people(8);
    char text[256];
    snprintf(text, sizeof text, "x=%s", album_path("in"));
    struct testset set;
    uint8_t digest[DIGEST_BYTES];
    load(&set, text, 1);
    memcpy(digest, set.digest, sizeof digest);
    testset_destroy(&set);
    load(&set, text, 1);
    assert_memory_equal(set.digest, digest, sizeof digest);
    testset_destroy(&set);
    load(&set, text, 2);
    assert_memory_not_equal(set.digest, digest, sizeof digest);
    testset_destroy(&set);
}

static void too_few_people_are_refused(void **state)
{
    (void)state;
    add_people(8);
    struct testset_source source;
    struct testset set;
    char text[256];
    snprintf(text, sizeof text, "x=%s,skip=8", album_path("in"));
    assert_int_equal(testset_parse(&source, text), STATUS_OK);
    assert_int_equal(testset_load(&set, &source, 8, 1, 1), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "apart from those skipped"));
    source.skip = 7;
    assert_int_equal(testset_load(&set, &source, 8, 1, 1), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "pairs, at least 20 are needed"));
    assert_null(set.images);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, album_create, album_destroy)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forms_of_a_set_are_told_apart),
        cmocka_unit_test(other_forms_are_told_what_is_allowed),
        TEST(a_packed_set_has_the_digest_that_sha256sum_says),
        TEST(pairs_are_drawn_from_the_people_after_those_skipped),
        TEST(the_digest_of_drawn_pairs_tells_seeds_apart),
        TEST(too_few_people_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
