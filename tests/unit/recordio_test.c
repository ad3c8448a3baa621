// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "image/dataset_parts.h"

#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char records_path[] = TEST_SOURCE_DIR "/vectors/packed_people.rec";
static const char index_path[] = TEST_SOURCE_DIR "/vectors/packed_people.idx";

static uint8_t *records;
static size_t records_size;

static int read_records(void **state)
{
    (void)state;
    return files_read(&records, &records_size, records_path, 1 << 16) == STATUS_OK ? 0 : -1;
}

static int forget_records(void **state)
{
    (void)state;
    free(records);
    return 0;
}

static void write_word(uint8_t *at, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(word >> (8 * i));
    }
}

/* Opens the records with a change, beside the index that they have. */
static enum status list_changed(const uint8_t *bytes, size_t size)
{
    struct dataset_listing listing;
    album_add_bytes("in/a.rec", bytes, size);
    const enum status status = dataset_records_list(&listing, album_path("in/a.rec"), index_path);
    if (status == STATUS_OK) {
        dataset_list_destroy(&listing);
    } else {
        assert_null(listing.records);
        assert_null(listing.people);
    }
    return status;
}

static void check_word_refused(size_t at, uint32_t word, const char *reason)
{
    uint8_t *copy = malloc(records_size);
    assert_non_null(copy);
    memcpy(copy, records, records_size);
    write_word(copy + at, word);
    assert_int_equal(list_changed(copy, records_size), STATUS_BAD_INPUT);
    if (strstr(status_message(), reason) == NULL) fail_msg("%s", status_message());
    free(copy);
}

static uint32_t float_bits(float value)
{
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

static void heads_are_read_alone_or_with_their_pictures(void **state)
{
    (void)state;
    struct recordio recordio;
    assert_int_equal(recordio_open(&recordio, records_path, index_path), STATUS_OK);
    assert_int_equal(recordio.count, 16);
    for (size_t i = 0; i < recordio.count; i++) {
        struct recordio_head head, alone;
        uint8_t *bytes = NULL;
        size_t size = 0;
        assert_int_equal(recordio_read(&head, &bytes, &size, &recordio, i), STATUS_OK);
        assert_int_equal(recordio_read_head(&alone, &recordio, i), STATUS_OK);
        assert_memory_equal(&head, &alone, sizeof head);
        const int picture = i >= 1 && i <= 10;
        assert_int_equal(size, picture ? 13 + 144 : 0);
        assert_int_equal(head.flag, picture && i % 2 == 1 ? 0 : 2);
        if (picture) assert_int_equal(bytes[13], i - 1);
        free(bytes);
    }
    assert_int_equal(recordio_find(&recordio, 15), 15);
    assert_int_equal(recordio_find(&recordio, 16), recordio.count);
    recordio_close(&recordio);
    recordio_close(&recordio);
}

static void what_is_no_record_is_named_by_file_and_byte(void **state)
{
    (void)state;
    check_word_refused(0, 0x3ed7230a, "in/a.rec: byte 0: no record begins here");
    check_word_refused(4, 5u << 29, "byte 0: a part of an unknown kind");
    check_word_refused(4, 2u << 29 | 32, "byte 0: a part of a record out of its order");
    check_word_refused(4, 1u << 29 | 32, "a part of a record out of its order");
    check_word_refused(4, 0x1fffffff, "byte 0: the file ends within a record");
    check_word_refused(4, 20, "byte 0: the record is too short for its head");
    check_word_refused(8, 3, "byte 0: the record is too short for its labels");
    check_word_refused(8, 0xffffffff, "byte 0: more than 65536 labels");
}

static void people_who_are_no_ranges_of_pictures_are_refused(void **state)
{
    (void)state;
    const size_t labels = 8 + 24;
    check_word_refused(labels, float_bits(11.5f), "does not say which records are people");
    check_word_refused(labels, float_bits(-1), "does not say which records are people");
    check_word_refused(labels, 0x7fc00000, "does not say which records are people");
    check_word_refused(labels, float_bits(0), "does not say which records are people");
    check_word_refused(labels, float_bits(10), "a picture of two people");
    check_word_refused(labels + 4, float_bits(17), "the index lacks them");
    check_word_refused(labels + 4, float_bits(11), "the index lacks them");
    const size_t last = records_size - 8; // labels of the last person
    check_word_refused(last, float_bits(6), "a picture of two people");
    check_word_refused(last, float_bits(0), "not a person");
    check_word_refused(last + 4, float_bits(13), "not a person");
    check_word_refused(last + 4, float_bits(16777216.0f * 2), "not a person");
}

static void a_file_that_ends_early_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    album_listen();
    for (size_t size = 0; size < records_size; size += size < 64 ? 1 : 37) {
        // Pictures are read later; but people stand at the end.
        assert_int_equal(list_changed(records, size), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "in/a.rec: byte "));
    }
    free(album_heard());
}

static void malformed_indices_are_named_by_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "a.idx: is empty"},
        {"0 0\n1\n", "a.idx:2: expected KEY<tab>PLACE"},
        {"0\t0\n\n", "a.idx:2:"},
        {"-1\t0\n", "a.idx:1:"},
        {"0\t0 1\n", "a.idx:1:"},
        {"99999999999999999999\t0\n", "a.idx:1:"},
        {"0\t0\n2\t0\n1\t0\n2\t0\n", "the key 2 is given twice"},
        {"0\t9000000000000000000\n", "byte 9000000000000000000: the file ends within a record"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset_listing listing;
        album_add_bytes("in/a.idx", cases[i].text, strlen(cases[i].text));
        album_add_bytes("in/a.rec", records, records_size);
        assert_int_equal(dataset_list(&listing, album_path("in/a.rec")), STATUS_BAD_INPUT);
        if (strstr(status_message(), cases[i].reason) == NULL) fail_msg("%s", status_message());
    }
    static const char with_zeros[2][8] = {"0\t0\n\0"
                                          "1",
                                          "0\t0\0"
                                          "1\t0"};
    struct dataset_listing listing;
    for (size_t i = 0; i < 2; i++) {
        album_add_bytes("in/a.idx", with_zeros[i], sizeof with_zeros[i]);
        assert_int_equal(dataset_list(&listing, album_path("in/a.rec")), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "a.idx:2:"));
    }
    assert_int_equal(dataset_list(&listing, album_path("in/b.rec")), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "in/b.rec"));
    album_add_bytes("in/b.rec", records, records_size);
    assert_int_equal(dataset_list(&listing, album_path("in/b.rec")), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "in/b.idx"));
}

static void a_broken_picture_among_records_is_named_and_skipped(void **state)
{
    (void)state;
    uint8_t *copy = malloc(records_size);
    assert_non_null(copy);
    memcpy(copy, records, records_size);
    copy[40 + 8 + 24] = 'X'; // of key 1, after the header's record
    album_add_bytes("in/a.rec", copy, records_size);
    free(copy);
    uint8_t *index = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&index, &size, index_path, 1 << 16), STATUS_OK);
    album_add_bytes("in/a.idx", index, size);
    free(index);
    struct dataset *dataset = NULL;
    const struct dataset_options options = {.size = 12, .channels = 1, .images_min = 1};
    album_listen();
    assert_int_equal(dataset_load(&dataset, album_path("in/a.rec"), &options), STATUS_OK);
    char *heard = album_heard();
    assert_non_null(strstr(heard, "in/a.rec: byte 40: not a known picture format"));
    free(heard);
    assert_int_equal(dataset->count, 9);
    assert_int_equal(dataset->skipped, 1);
    assert_int_equal(dataset_pixels(dataset, 0)[0], 1);
    dataset_destroy(&dataset);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, album_create, album_destroy)
    const struct CMUnitTest tests[] = {
        TEST(heads_are_read_alone_or_with_their_pictures),
        TEST(what_is_no_record_is_named_by_file_and_byte),
        TEST(people_who_are_no_ranges_of_pictures_are_refused),
        TEST(a_file_that_ends_early_is_refused_wherever_it_is_cut),
        TEST(malformed_indices_are_named_by_their_line),
        TEST(a_broken_picture_among_records_is_named_and_skipped),
    };
    return cmocka_run_group_tests(tests, read_records, forget_records);
}
