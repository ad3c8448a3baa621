// SPDX-License-Identifier: Apache-2.0
/* A model file from anywhere is refused, or it is loaded, saved and loaded again as the same. */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "model/model.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void save_and_load_again(const struct model *model)
{
    static const char path[] = "/dev/shm/fedveil-safetensors-fuzz";
    char own[sizeof path + 16];
    snprintf(own, sizeof own, "%s-%ld", path, (long)getpid());
    struct model again;
    char *text = NULL, *text_again = NULL;
    if (model_save(model, own, NULL) != STATUS_OK) abort();
    if (model_load(&again, own) != STATUS_OK) abort();
    unlink(own);
    if (manifest_text(&model->manifest, &text) != STATUS_OK) abort();
    if (manifest_text(&again.manifest, &text_again) != STATUS_OK) abort();
    if (strcmp(text, text_again) != 0) abort();
    if (memcmp(model->values, again.values, model->manifest.count * sizeof(float)) != 0) abort();
    free(text);
    free(text_again);
    model_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct memory_file source = memory_file_make(bytes, size);
    struct model model;
    char *note = NULL;
    if (model_load(&model, source.path) == STATUS_OK) {
        save_and_load_again(&model);
        if (model_load_note(&note, source.path, "round") != STATUS_OK) abort();
        free(note);
        model_destroy(&model);
    }
    memory_file_destroy(&source);
    return 0;
}
