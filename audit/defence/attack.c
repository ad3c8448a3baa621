// SPDX-License-Identifier: Apache-2.0
#include "defence/attack.h"

#include "base/files.h"
#include "image/image.h"
#include "measures/recovered.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_PICTURE = 128 }; // grey

enum status attack_progress(const struct attack_context *context, const char *what, uint64_t done,
                            uint64_t total)
{
    if (context->tick == NULL || context->tick(context->tick_context, what, done, total)) {
        return STATUS_OK;
    }
    return status_fail(STATUS_STOPPED, "stopped while %s", what);
}

size_t attack_shown(uint32_t index[ATTACK_PICTURES], const struct dataset *victims)
{
    size_t shown = 0;
    bool found = true;
    for (size_t turn = 0; found && shown < ATTACK_PICTURES; turn++) {
        found = false;
        for (size_t i = 0; i < victims->count && shown < ATTACK_PICTURES; i++) {
            size_t earlier = 0; // images of this person before this one
            for (size_t j = 0; j < i; j++) {
                earlier += victims->labels[j] == victims->labels[i];
            }
            if (earlier != turn) continue;
            index[shown++] = (uint32_t)i;
            found = true;
        }
    }
    return shown;
}

struct f1_view { // of pictures by F1
    const struct target *f1;
    int size, channels;
};

static enum status embed_f1(void *context, float *out, const uint8_t *pixels, size_t count)
{
    const struct f1_view *view = context;
    return target_embed_pixels(view->f1, out, pixels, count, view->size, view->channels);
}

static void set(struct figures *figures, const char *name, const char *what, double value)
{
    char key[LIMIT_NAME];
    snprintf(key, sizeof key, "%.40s.%s", name, what);
    figures_set(figures, key, value);
}

struct pictures {
    const uint8_t *pixels;
    const uint32_t *truth; // image of the victims that each shows
    size_t count;
};

/* The picture that shows an image, that of the same number if it does; `count`: there is none. */
static size_t picture_of(const struct pictures *pictures, uint32_t image)
{
    if (image < pictures->count && pictures->truth[image] == image) return image;
    size_t i = 0;
    while (i < pictures->count && pictures->truth[i] != image) {
        i++;
    }
    return i;
}

static enum status show(const struct attack_context *context, const char *name,
                        const struct pictures *pictures)
{
    const struct dataset *victims = context->data->victims;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    uint32_t index[ATTACK_PICTURES];
    const size_t shown = attack_shown(index, victims);
    uint8_t *row = malloc(ATTACK_PICTURES * bytes);
    if (row == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    memset(row, NO_PICTURE, ATTACK_PICTURES * bytes);
    for (size_t i = 0; i < shown; i++) {
        const size_t at = picture_of(pictures, index[i]);
        if (at < pictures->count) memcpy(row + i * bytes, pictures->pixels + at * bytes, bytes);
    }
    const enum status status = attack_pictures(context, name, row, shown);
    free(row);
    return status;
}

enum status attack_measure_as(const struct attack_context *context, struct figures *figures,
                              const char *name, const uint8_t *recovered, const uint32_t *truth,
                              size_t count)
{
    const struct dataset *victims = context->data->victims;
    struct dataset *originals = NULL;
    struct recovered_figures found;
    struct f1_view view = {context->f1, victims->size, victims->channels};
    const struct recovered_features f1 = {embed_f1, &view,
                                          context->f1 == NULL ? 0 : net_outputs(context->f1->net)};
    enum status status =
        dataset_pick(&originals, victims, victims->size, victims->channels, truth, count);
    if (status == STATUS_OK) {
        status = recovered_measure(&found, originals, recovered, context->lpips, context->judge,
                                   context->f1 == NULL ? NULL : &f1);
    }
    dataset_destroy(&originals);
    if (status != STATUS_OK) return status;
    set(figures, name, "ssim", found.ssim);
    set(figures, name, "psnr", found.psnr);
    set(figures, name, "lpips", found.lpips);
    set(figures, name, "judge_cosine", found.judge_cosine);
    set(figures, name, "f1_cosine", found.f1_cosine);
    set(figures, name, "judge_verification", found.judge_verification);
    return show(context, name, &(struct pictures){recovered, truth, count});
}

enum status attack_measure(const struct attack_context *context, struct figures *figures,
                           const char *name, const uint8_t *recovered)
{
    const size_t count = context->data->victims->count;
    uint32_t *truth = malloc((count + 1) * sizeof *truth);
    if (truth == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for %zu faces", count);
    for (size_t i = 0; i < count; i++) {
        truth[i] = (uint32_t)i;
    }
    const enum status status = attack_measure_as(context, figures, name, recovered, truth, count);
    free(truth);
    return status;
}

void attack_diverged(struct figures *figures, const char *name, const char *reason)
{
    set(figures, name, "diverged", 1);
    figures_note(figures, "%s diverged: %s", name, reason);
}

enum status attack_pictures(const struct attack_context *context, const char *name,
                            const uint8_t *pixels, size_t count)
{
    const struct dataset *victims = context->data->victims;
    const size_t side = (size_t)victims->size, line = side * (size_t)victims->channels;
    char file[LIMIT_NAME + 8], path[LIMIT_PATH];
    struct image row = {0};
    assert(count >= 1 && count <= ATTACK_PICTURES);
    snprintf(file, sizeof file, "%.63s.png", name);
    enum status status = files_join(path, context->folder, file);
    if (status == STATUS_OK) {
        status = image_create(&row, victims->size, (int)(side * count), victims->channels);
    }
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < count; i++) {
        for (size_t y = 0; y < side; y++) {
            memcpy(row.pixels + (y * count + i) * line, pixels + (i * side + y) * line, line);
        }
    }
    status = image_write_png(&row, path);
    image_destroy(&row);
    return status;
}
