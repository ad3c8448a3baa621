// SPDX-License-Identifier: Apache-2.0
#include "defence/attack.h"

#include "base/files.h"
#include "image/image.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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
