// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/fedveil-model-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* A model "a" [2,3], "b" [rows], whose numbers are 0.5, 1.5, ... */
static struct model sample(size_t rows)
{
    const size_t shape_a[] = {2, 3}, shape_b[] = {rows};
    struct manifest manifest = {0};
    struct model model;
    assert_int_equal(manifest_add(&manifest, "a", shape_a, 2, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "b", shape_b, 1, true), STATUS_OK);
    assert_int_equal(model_create(&model, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    for (size_t i = 0; i < model.manifest.count; i++) {
        assert_false(model.values[i] > 0 || model.values[i] < 0);
        model.values[i] = (float)i + 0.5f;
    }
    return model;
}

static void a_saved_model_is_loaded_again(void **state)
{
    (void)state;
    struct model model = sample(5), again;
    model.values[0] = NAN; // the format carries every number
    const struct model_note notes[] = {
        {"round", "7"}, {"federation", "\"quoted\"\n\xc3\xa4"}, {NULL, NULL}};
    assert_int_equal(model_save(&model, path, notes), STATUS_OK);
    assert_int_equal(model_load(&again, path), STATUS_OK);
    assert_int_equal(again.manifest.tensors, 2);
    assert_int_equal(again.manifest.count, 11);
    assert_string_equal(again.manifest.entries[1].name, "b");
    assert_int_equal(again.manifest.entries[1].offset, 6);
    assert_memory_equal(again.values, model.values, 11 * sizeof(float));
    char *value = NULL;
    assert_int_equal(model_load_note(&value, path, "federation"), STATUS_OK);
    assert_string_equal(value, notes[1].value);
    free(value);
    assert_int_equal(model_load_note(&value, path, "absent"), STATUS_OK);
    assert_null(value);
    assert_int_equal(model_save(&model, path, NULL), STATUS_OK);
    assert_int_equal(model_load_note(&value, path, "round"), STATUS_OK);
    assert_null(value);
    model_destroy(&again);
    model_destroy(&model);
    model_destroy(&model);
}

static void data_begin_at_a_multiple_of_eight(void **state)
{
    (void)state;
    struct model model = sample(5);
    for (size_t length = 0; length < 9; length++) {
        const char text[] = "123456789";
        const struct model_note notes[] = {{"n", text + length}, {NULL, NULL}};
        assert_int_equal(model_save(&model, path, notes), STATUS_OK);
        struct stat info;
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(((size_t)info.st_size - 11 * sizeof(float)) % 8, 0);
    }
    model_destroy(&model);
}

static void a_note_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct model model = sample(1);
    const struct model_note notes[] = {{"n", "\xff"}, {NULL, NULL}};
    assert_int_equal(model_save(&model, path, notes), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), path));
    model_destroy(&model);
}

/* A file of a header and as many zero bytes of data. */
static void write_file(const char *header, size_t header_size, size_t data_size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 8; i++) {
        fputc((int)((uint64_t)header_size >> (8 * i) & 0xff), file);
    }
    fputs(header, file);
    for (size_t i = 0; i < data_size; i++) {
        fputc(0, file);
    }
    assert_int_equal(fclose(file), 0);
}

static void expect_refusal(const char *header, size_t data_size, const char *why)
{
    struct model model;
    write_file(header, strlen(header), data_size);
    assert_int_not_equal(model_load(&model, path), STATUS_OK);
    assert_null(model.values);
    assert_null(model.manifest.entries);
    assert_non_null(strstr(status_message(), path));
    if (strstr(status_message(), why) == NULL) fail_msg("%s: %s", header, status_message());
}

#define TENSOR(name, shape, begin, end)                                                            \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static void tensors_may_stand_in_any_order_in_the_header(void **state)
{
    (void)state;
    const char header[] =
        "{" TENSOR("late", "[1]", "8", "12") "," TENSOR("early", "[2]", "0", "8") "}  ";
    write_file(header, strlen(header), 12);
    struct model model;
    assert_int_equal(model_load(&model, path), STATUS_OK);
    assert_string_equal(model.manifest.entries[0].name, "early");
    assert_int_equal(manifest_find(&model.manifest, "late")->offset, 2);
    model_destroy(&model);
}

static void tensors_that_do_not_tile_the_data_are_refused(void **state)
{
    (void)state;
    expect_refusal("{" TENSOR("a", "[1]", "0", "4") "," TENSOR("b", "[1]", "8", "12") "}", 12,
                   "tensor b: begins at byte 8");
    expect_refusal("{" TENSOR("a", "[2]", "0", "8") "," TENSOR("b", "[1]", "4", "8") "}", 8,
                   "tensor b: begins at byte 4");
    expect_refusal("{" TENSOR("a", "[1]", "0", "4") "," TENSOR("b", "[1]", "0", "4") "}", 4,
                   "begins at byte 0");
    expect_refusal("{" TENSOR("a", "[1]", "4", "8") "}", 8, "tensor a: begins at byte 4");
    expect_refusal("{" TENSOR("a", "[1]", "0", "4") "}", 8, "describes 4 bytes, 8 follow");
    expect_refusal("{" TENSOR("a", "[2]", "0", "8") "}", 4, "describes 8 bytes, 4 follow");
    expect_refusal("{" TENSOR("a", "[2]", "0", "4") "}", 4, "has 4 bytes, its shape needs 8");
    expect_refusal("{" TENSOR("a", "[1]", "4", "0") "}", 4, "data_offsets");
    expect_refusal("{" TENSOR("a", "[1]", "-4", "0") "}", 0, "data_offsets");
    expect_refusal("{}", 0, "no tensor");
    expect_refusal("{\"__metadata__\":{}}", 0, "no tensor");
}

static void shapes_types_and_names_are_checked(void **state)
{
    (void)state;
    expect_refusal("{" TENSOR("a", "[]", "0", "4") "}", 4, "its shape is not 1 to 4 sizes");
    expect_refusal("{" TENSOR("a", "[1,1,1,1,1]", "0", "4") "}", 4, "1 to 4 sizes");
    expect_refusal("{" TENSOR("a", "[0]", "0", "0") "}", 0, "axis 0 is zero");
    expect_refusal("{" TENSOR("a", "[-1]", "0", "4") "}", 4, "1 to 4 sizes");
    expect_refusal("{" TENSOR("a", "[1.0]", "0", "4") "}", 4, "1 to 4 sizes");
    expect_refusal("{" TENSOR("a", "{}", "0", "4") "}", 4, "1 to 4 sizes");
    expect_refusal("{" TENSOR("a", "[4294967296,4294967296]", "0", "4") "}", 4, "more than");
    expect_refusal("{" TENSOR("a", "[4611686018427387905,4]", "0", "4") "}", 4, "more than");
    expect_refusal("{" TENSOR("a b", "[1]", "0", "4") "}", 4, "its name is not one word");
    expect_refusal("{" TENSOR("a", "[1]", "0", "4") "," TENSOR("a", "[1]", "4", "8") "}", 8,
                   "duplicate");
    expect_refusal("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
                   "tensor a: dtype F16, allowed is F32");
    expect_refusal("{\"a\\u001b[2J\":{\"dtype\":3}}", 4,
                   "(with unusual characters): dtype missing");
    expect_refusal("{\"a\":[]}", 4, "dtype missing");
    expect_refusal("{\"__metadata__\":{\"n\":1}," TENSOR("a", "[1]", "0", "4") "}", 4,
                   "table of texts");
    expect_refusal("{\"__metadata__\":[]," TENSOR("a", "[1]", "0", "4") "}", 4, "table of texts");
}

static void what_is_no_safetensors_file_is_refused(void **state)
{
    (void)state;
    struct model model;
    expect_refusal("[]", 0, "no safetensors header");
    expect_refusal("", 0, "no safetensors header");
    expect_refusal("{\"a\":", 0, "header");
    expect_refusal("{} {}", 0, "header");
    write_file("{}", 3, 0);
    assert_int_equal(model_load(&model, path), STATUS_BAD_INPUT);
    write_file("{}", SIZE_MAX, 0);
    assert_int_equal(model_load(&model, path), STATUS_BAD_INPUT);
    write_file("{}", SIZE_MAX - 7, 0);
    assert_int_equal(model_load(&model, path), STATUS_BAD_INPUT);
    assert_int_equal(truncate(path, 7), 0);
    assert_int_equal(model_load(&model, path), STATUS_BAD_INPUT);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(model_load(&model, path), STATUS_BAD_INPUT);
    assert_int_equal(truncate(path, (off_t)LIMIT_FILE_MODEL + 1), 0);
    assert_int_equal(model_load(&model, path), STATUS_FULL);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(model_load(&model, "/tmp"), STATUS_IO);
    assert_int_equal(model_load(&model, "/nowhere/at/all"), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "/nowhere/at/all"));
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct model model = sample(5), again;
    assert_int_equal(model_save(&model, path, NULL), STATUS_OK);
    model_destroy(&model);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    for (off_t size = info.st_size - 1; size >= 0; size--) {
        assert_int_equal(truncate(path, size), 0);
        assert_int_equal(model_load(&again, path), STATUS_BAD_INPUT);
    }
}

static void tensors_are_copied_by_name_or_not_at_all(void **state)
{
    (void)state;
    struct model from = sample(5), to = sample(5), other = sample(4);
    const struct config_texts only_b = {.count = 1, .values = {"b"}};
    const float zeros[6] = {0};
    memset(to.values, 0, 11 * sizeof(float));
    assert_int_equal(model_copy(&to, &from, &only_b), STATUS_OK);
    assert_memory_equal(to.values, zeros, sizeof zeros);
    assert_memory_equal(to.values + 6, from.values + 6, 5 * sizeof(float));
    assert_int_equal(model_copy(&to, &from, NULL), STATUS_OK);
    assert_memory_equal(to.values, from.values, 11 * sizeof(float));

    memset(to.values, 0, 11 * sizeof(float));
    assert_int_equal(model_copy(&to, &other, NULL), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "tensor b"));
    snprintf(from.manifest.entries[1].name, LIMIT_NAME, "c");
    assert_int_equal(model_copy(&to, &from, NULL), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "tensor b"));
    assert_memory_equal(to.values, zeros, sizeof zeros);
    model_destroy(&from);
    model_destroy(&to);
    model_destroy(&other);
}

static void a_number_that_is_not_finite_is_found(void **state)
{
    (void)state;
    struct model model = sample(5);
    assert_int_equal(model_check_finite(&model), STATUS_OK);
    model.values[8] = INFINITY;
    assert_int_equal(model_check_finite(&model), STATUS_NOT_FINITE);
    assert_string_equal(status_message(), "tensor b: number 2 is not finite");
    model.values[8] = NAN;
    assert_int_equal(model_check_finite(&model), STATUS_NOT_FINITE);
    model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_model_is_loaded_again),
        cmocka_unit_test(data_begin_at_a_multiple_of_eight),
        cmocka_unit_test(a_note_that_is_not_utf8_is_refused),
        cmocka_unit_test(tensors_may_stand_in_any_order_in_the_header),
        cmocka_unit_test(tensors_that_do_not_tile_the_data_are_refused),
        cmocka_unit_test(shapes_types_and_names_are_checked),
        cmocka_unit_test(what_is_no_safetensors_file_is_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(tensors_are_copied_by_name_or_not_at_all),
        cmocka_unit_test(a_number_that_is_not_finite_is_found),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
