// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Made by make_safetensors.py with the reference implementation of the format. */
static const char sample[] = TEST_SOURCE_DIR "/vectors/safetensors_sample.safetensors";

static void a_file_of_the_reference_implementation_is_understood(void **state)
{
    (void)state;
    struct model model;
    char *text = NULL, *note = NULL;
    assert_int_equal(model_load(&model, sample), STATUS_OK);
    assert_int_equal(manifest_text(&model.manifest, &text), STATUS_OK);
    assert_string_equal(text, "conv.weight f32 [2,3,1,2]\n"
                              "norm.running_mean f32 [3]\n"
                              "norm.weight f32 [3]\n"
                              "out f32 [4,2]\n");
    for (int i = 0; i < 26; i++) {
        const float expected = (float)(i - 7) / 8;
        assert_memory_equal(&model.values[i], &expected, sizeof expected);
    }
    assert_false(model.manifest.entries[1].trainable);
    assert_true(model.manifest.entries[2].trainable);
    assert_int_equal(model_load_note(&note, sample, "made-by"), STATUS_OK);
    assert_string_equal(note, "another implementation");
    free(note);
    free(text);
    model_destroy(&model);
}

static size_t read_file(uint8_t *bytes, size_t size, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t count = fread(bytes, 1, size, file);
    fclose(file);
    return count;
}

/* The metadata stand first in both; so the files agree to the last byte. */
static void our_file_of_the_same_model_has_the_same_bytes(void **state)
{
    (void)state;
    char path[] = "/tmp/fedveil-safetensors-XXXXXX";
    const int made = mkstemp(path);
    assert_true(made >= 0);
    close(made);
    struct model model;
    const struct model_note notes[] = {{"made-by", "another implementation"}, {NULL, NULL}};
    assert_int_equal(model_load(&model, sample), STATUS_OK);
    assert_int_equal(model_save(&model, path, notes), STATUS_OK);
    static uint8_t theirs[4096], ours[4096];
    const size_t size = read_file(theirs, sizeof theirs, sample);
    assert_in_range(size, 1, sizeof theirs - 1);
    assert_int_equal(read_file(ours, sizeof ours, path), size);
    assert_memory_equal(ours, theirs, size);
    model_destroy(&model);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_the_reference_implementation_is_understood),
        cmocka_unit_test(our_file_of_the_same_model_has_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
