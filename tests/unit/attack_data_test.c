// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/stop.h"
#include "defence/attack_data.h"
#include "fakes/album.h"
#include "measures/judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool stops; // whether the end is asked for while faces are judged

/* This test's own judge, before that of measures/: an embedding is an image's shade. */
size_t judge_size(const struct judge *judge)
{
    (void)judge;
    return 2;
}

enum status judge_embed(struct judge *judge, float *out, const uint8_t *pixels, size_t count,
                        int size, int channels)
{
    (void)judge;
    for (size_t i = 0; i < count; i++) {
        const double angle = pixels[i * (size_t)(size * size * channels)] / 100.0;
        out[2 * i] = (float)cos(angle);
        out[2 * i + 1] = (float)sin(angle);
    }
    if (stops) stop_request();
    return STATUS_OK;
}

struct judge {
    int unused;
};
static struct judge judge;

static void add_person(const char *folder, const char *name, int shade)
{
    char path[LIMIT_NAME];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s/%d.png", folder, name, i);
        album_add_shade(path, shade);
    }
}

/* Victims of shades 0 and 20, attacker's people of 120 and 200: none near the victims. */
static struct attack_options prepare(void)
{
    struct attack_options options = {.size = 8,
                                     .channels = 1,
                                     .known_min = 2,
                                     .victims_min = 2,
                                     .cosine_max = ATTACK_DATA_COSINE,
                                     .trained = true};
    add_person("victims", "anna", 0);
    add_person("victims", "bert", 20);
    add_person("known", "carl", 120);
    add_person("known", "dora", 200);
    snprintf(options.victims.folder, LIMIT_PATH, "%s", album_path("victims"));
    snprintf(options.known.folder, LIMIT_PATH, "%s", album_path("known"));
    return options;
}

static void disjoint_people_are_loaded_and_the_nearest_is_told(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *data = NULL;
    options.judge = &judge;
    options.cosine_max = 0.6; // 120 and 20 are one radian apart: 0.54
    assert_int_equal(attack_data_load(&data, &options), STATUS_OK);
    assert_int_equal(data->known->count, 6);
    assert_int_equal(data->victims->people, 2);
    assert_true(data->trained && data->overlap_by_face);
    assert_int_equal(data->overlap, 0);
    assert_true(fabs(data->overlap_cosine - cos(1)) < 1e-5);
    attack_data_free(&data);
    attack_data_free(&data);
}

static void one_name_in_both_is_refused_unless_forced(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *data = NULL;
    add_person("known", "bert", 250);
    assert_int_equal(attack_data_load(&data, &options), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "bert"));
    assert_non_null(strstr(status_message(), "by name"));
    options.force = true;
    assert_int_equal(attack_data_load(&data, &options), STATUS_OK);
    assert_int_equal(data->overlap, 1);
    assert_false(data->overlap_by_face);
    assert_true(isnan(data->overlap_cosine));
    attack_data_free(&data);
}

static void one_face_under_two_names_is_refused_unless_forced(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *data = NULL;
    options.judge = &judge;
    add_person("known", "emil", 22);
    assert_int_equal(attack_data_load(&data, &options), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "emil"));
    assert_non_null(strstr(status_message(), "by embedding"));
    options.force = true;
    assert_int_equal(attack_data_load(&data, &options), STATUS_OK);
    assert_int_equal(data->overlap, 1);
    attack_data_free(&data);
}

static void too_few_people_are_refused_with_their_number(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *data = NULL;
    options.victims_min = 5;
    assert_int_equal(attack_data_load(&data, &options), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "victims: 2 people, at least 5"));
    options.victims_min = 2;
    options.known_min = 3;
    assert_int_equal(attack_data_load(&data, &options), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "known: 2 people, at least 3"));
}

static void a_sample_repeats_and_keeps_to_its_size(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *first = NULL, *second = NULL;
    options.known_max = 4;
    options.seed = 3;
    assert_int_equal(attack_data_load(&first, &options), STATUS_OK);
    assert_int_equal(attack_data_load(&second, &options), STATUS_OK);
    assert_int_equal(first->known->count, 4);
    assert_int_equal(first->victims->count, 6);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(first->known->names[i], second->known->names[i]);
    }
    attack_data_free(&first);
    attack_data_free(&second);
}

static void others_of_the_victims_collection_are_loaded_when_asked(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *data = NULL;
    add_person("victims", "cleo", 40);
    add_person("victims", "dean", 60);
    options.victims.people = 2;
    assert_int_equal(attack_data_load(&data, &options), STATUS_OK);
    assert_null(data->nonmembers);
    attack_data_free(&data);
    options.nonmembers_skip = 3;
    assert_int_equal(attack_data_load(&data, &options), STATUS_OK);
    assert_int_equal(data->nonmembers->count, 3);
    assert_string_equal(data->nonmembers->people_names[0], "dean");
    assert_int_equal(data->first_nonmember, 3);
    attack_data_free(&data);
    options.nonmembers_skip = 4;
    assert_int_equal(attack_data_load(&data, &options), STATUS_BAD_INPUT);
}

/* The last test: a stop that was asked for stays. */
static void a_comparison_of_people_can_be_stopped(void **state)
{
    (void)state;
    struct attack_options options = prepare();
    struct attack_data *data = NULL;
    options.judge = &judge;
    stops = true;
    assert_int_equal(attack_data_load(&data, &options), STATUS_STOPPED);
    assert_null(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(disjoint_people_are_loaded_and_the_nearest_is_told,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(one_name_in_both_is_refused_unless_forced, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(one_face_under_two_names_is_refused_unless_forced,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(too_few_people_are_refused_with_their_number, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_sample_repeats_and_keeps_to_its_size, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(others_of_the_victims_collection_are_loaded_when_asked,
                                        album_create, album_destroy),
        cmocka_unit_test_setup_teardown(a_comparison_of_people_can_be_stopped, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("attack_data", tests, NULL, NULL);
}
