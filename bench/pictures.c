// SPDX-License-Identifier: Apache-2.0
#include "pictures.h"
#include "base/files.h"
#include "base/limits.h"
#include "image/portrait.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jpeglib.h>

enum { QUALITY = 90, SEED = 1 };

static enum status create(struct pictures *pictures, size_t count)
{
    assert(count > 0 && count <= PICTURES_MAX);
    *pictures = (struct pictures){.list = calloc(count, sizeof *pictures->list)};
    return pictures->list != NULL ? STATUS_OK
                                  : status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
}

void pictures_destroy(struct pictures *pictures)
{
    for (size_t i = 0; i < pictures->count; i++) {
        free(pictures->list[i].bytes);
        free(pictures->list[i].name);
    }
    free(pictures->list);
    *pictures = (struct pictures){.list = NULL};
}

/* Takes the bytes over. */
static enum status add(struct pictures *pictures, uint8_t *bytes, size_t size, const char *name)
{
    char *copy = strdup(name);
    if (copy == NULL) {
        free(bytes);
        return status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    }
    pictures->list[pictures->count++] = (struct picture){bytes, size, copy};
    return STATUS_OK;
}

static bool is_jpeg(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Adds the files of a folder and, `deep`, of the folders in it; what is neither is passed over. */
static enum status add_folder(struct pictures *pictures, const char *folder, size_t most, bool deep)
{
    struct dirent **entries = NULL;
    enum status status = STATUS_OK;
    const int count = scandir(folder, &entries, visible, alphasort);
    if (count < 0) {
        if (!deep && errno == ENOTDIR) return STATUS_OK;
        return status_fail(STATUS_NOT_FOUND, "%s: %s", folder, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        char path[LIMIT_PATH];
        uint8_t *bytes = NULL;
        size_t size = 0;
        const char *name = entries[i]->d_name;
        if (status == STATUS_OK && pictures->count < most) {
            status = files_join(path, folder, name);
            if (status == STATUS_OK && is_jpeg(name)) {
                status = files_read(&bytes, &size, path, LIMIT_FILE_IMAGE);
                if (status == STATUS_OK) status = add(pictures, bytes, size, path);
            } else if (status == STATUS_OK && deep) {
                status = add_folder(pictures, path, most, false);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum status pictures_load(struct pictures *pictures, const char *folder, size_t most)
{
    enum status status = create(pictures, most);
    if (status == STATUS_OK) status = add_folder(pictures, folder, most, true);
    if (status == STATUS_OK && pictures->count == 0) {
        status = status_fail(STATUS_NOT_FOUND, "%s: no JPEG file in it or in its folders", folder);
    }
    if (status != STATUS_OK) pictures_destroy(pictures);
    return status;
}

struct encoder {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    unsigned char *bytes;
    unsigned long size;
};

static _Noreturn void fail(j_common_ptr codec)
{
    struct encoder *encoder = codec->client_data;
    longjmp(encoder->failed, 1);
}

static void encode(struct encoder *encoder, const struct image *image)
{
    struct jpeg_compress_struct *codec = &encoder->codec;
    jpeg_create_compress(codec);
    jpeg_mem_dest(codec, &encoder->bytes, &encoder->size);
    codec->image_width = (JDIMENSION)image->width;
    codec->image_height = (JDIMENSION)image->height;
    codec->input_components = image->channels;
    codec->in_color_space = image->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, QUALITY, TRUE);
    jpeg_start_compress(codec, TRUE);
    const size_t stride = (size_t)image->width * (size_t)image->channels;
    for (size_t y = 0; y < (size_t)image->height; y++) {
        JSAMPROW rows[1] = {image->pixels + y * stride};
        jpeg_write_scanlines(codec, rows, 1);
    }
    jpeg_finish_compress(codec);
}

static enum status paint_one(struct pictures *pictures, uint32_t person)
{
    struct image image = {0};
    struct encoder *encoder = calloc(1, sizeof *encoder);
    enum status status = portrait_paint(&image, SEED, person, 0);
    if (encoder == NULL) status = status_fail(STATUS_NO_MEMORY, "out of memory for a portrait");
    if (status != STATUS_OK) goto done;
    encoder->codec.err = jpeg_std_error(&encoder->errors);
    encoder->codec.client_data = encoder;
    encoder->errors.error_exit = fail;
    if (setjmp(encoder->failed) == 0) {
        encode(encoder, &image);
    } else {
        status = status_fail(STATUS_NO_MEMORY, "a portrait cannot be encoded");
    }
    jpeg_destroy_compress(&encoder->codec);
    if (status == STATUS_OK) {
        status = add(pictures, encoder->bytes, encoder->size, "portrait");
    } else {
        free(encoder->bytes);
    }
done:
    free(encoder);
    image_destroy(&image);
    return status;
}

enum status pictures_paint(struct pictures *pictures, size_t count)
{
    enum status status = create(pictures, count);
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++) {
        status = paint_one(pictures, i);
    }
    if (status != STATUS_OK) pictures_destroy(pictures);
    return status;
}
