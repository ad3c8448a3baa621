// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // nftw
#include "fakes/album.h"

#include "base/files.h"
#include "base/limits.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 8, PATHS = 4 };

static char folder[] = "/tmp/fedveil-album-XXXXXX";
static int usual_errors = -1; // standard error while the log goes elsewhere

/* A test that cannot prepare its files is a failed one. */
static void check(bool fine, const char *what)
{
    if (fine) return;
    fprintf(stderr, "album: %s: %s\n", what, status_message());
    abort();
}

int album_create(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/fedveil-album-XXXXXX");
    check(mkdtemp(folder) != NULL, folder);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

int album_destroy(void **state)
{
    (void)state;
    check(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, folder);
    return 0;
}

const char *album_path(const char *name)
{
    static char paths[PATHS][LIMIT_PATH];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    snprintf(path, LIMIT_PATH, "%s/%s", folder, name);
    return path;
}

void album_add_bytes(const char *name, const void *bytes, size_t size)
{
    char above[LIMIT_PATH];
    snprintf(above, sizeof above, "%s", album_path(name));
    *strrchr(above, '/') = '\0';
    check(files_make_folder(above) == STATUS_OK, above);
    FILE *file = fopen(album_path(name), "wb");
    check(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, name);
}

void album_add_shade(const char *name, int shade)
{
    const char *dot = strrchr(name, '.');
    if (dot != NULL && strcmp(dot, ".png") == 0) {
        struct image image;
        uint8_t *bytes = NULL;
        size_t size = 0;
        check(image_create(&image, SIDE, SIDE, 1) == STATUS_OK, name);
        memset(image.pixels, shade, SIDE * SIDE);
        check(image_encode_png(&bytes, &size, &image) == STATUS_OK, name);
        album_add_bytes(name, bytes, size);
        free(bytes);
        image_destroy(&image);
        return;
    }
    uint8_t bytes[16 + SIDE * SIDE];
    const int head = snprintf((char *)bytes, 16, "P5 %d %d 255\n", SIDE, SIDE);
    memset(bytes + head, shade, SIDE * SIDE);
    album_add_bytes(name, bytes, (size_t)head + SIDE * SIDE);
}

void album_add_truncated(const char *name)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    check(files_read(&bytes, &size, TEST_SOURCE_DIR "/fuzz/corpus/image/colour.jpg",
                     LIMIT_FILE_IMAGE) == STATUS_OK,
          name);
    album_add_bytes(name, bytes, size * 2 / 3);
    free(bytes);
}

void album_listen(void)
{
    fflush(stderr);
    usual_errors = dup(STDERR_FILENO);
    FILE *file = fopen(album_path(".log"), "wb");
    check(usual_errors >= 0 && file != NULL && dup2(fileno(file), STDERR_FILENO) >= 0, "log");
    fclose(file);
}

char *album_heard(void)
{
    dup2(usual_errors, STDERR_FILENO);
    close(usual_errors);
    uint8_t *bytes = NULL;
    size_t size = 0;
    check(files_read(&bytes, &size, album_path(".log"), LIMIT_FILE_CONFIG) == STATUS_OK, "log");
    return (char *)bytes;
}
