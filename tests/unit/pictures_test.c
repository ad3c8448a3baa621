// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "image/image.h"
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void portraits_are_jpeg_files_of_112_pixels(void **state)
{
    (void)state;
    struct pictures pictures;
    assert_int_equal(pictures_paint(&pictures, 3), STATUS_OK);
    assert_int_equal(pictures.count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct image image = {0};
        assert_memory_equal(pictures.list[i].bytes, "\xFF\xD8\xFF", 3);
        assert_int_equal(image_decode(&image, pictures.list[i].bytes, pictures.list[i].size, "x"),
                         STATUS_OK);
        assert_int_equal(image.width, 112);
        assert_int_equal(image.channels, 3);
        image_destroy(&image);
    }
    pictures_destroy(&pictures);
    pictures_destroy(&pictures);
}

static void put(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(name, file);
    fclose(file);
}

static void remove_all(const char *folder, const char *const *names, size_t count)
{
    char path[256];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void a_folder_is_read_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {"b/2.JPEG", "b/1.jpg", "a.jpg", "c.txt", "b"};
    char folder[] = "/tmp/fedveil-pictures-XXXXXX", path[256];
    struct pictures pictures;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(pictures_load(&pictures, folder, 9), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "no JPEG file"));
    snprintf(path, sizeof path, "%s/b", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (int i = 0; i < 4; i++) {
        put(folder, names[i]);
    }
    assert_int_equal(pictures_load(&pictures, folder, 9), STATUS_OK);
    assert_int_equal(pictures.count, 3);
    assert_string_equal((char *)pictures.list[0].bytes, "a.jpg");
    assert_string_equal((char *)pictures.list[1].bytes, "b/1.jpg");
    assert_string_equal((char *)pictures.list[2].bytes, "b/2.JPEG");
    pictures_destroy(&pictures);
    assert_int_equal(pictures_load(&pictures, folder, 2), STATUS_OK);
    assert_int_equal(pictures.count, 2);
    pictures_destroy(&pictures);
    remove_all(folder, names, 5);
    assert_int_equal(pictures_load(&pictures, folder, 9), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(portraits_are_jpeg_files_of_112_pixels),
        cmocka_unit_test(a_folder_is_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
