// SPDX-License-Identifier: Apache-2.0
/* A verification set from anywhere is refused, or its pairs name images that are there. */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "base/log.h"
#include "image/pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SIDE = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    log_start("fuzz", LOG_ERROR);
    struct memory_file source = memory_file_make(bytes, size);
    struct pairs *pairs = NULL;
    struct dataset *images = NULL;
    if (pairs_load_bin(&pairs, &images, source.path, SIDE, 1) == STATUS_OK) {
        for (size_t i = 0; i < pairs->count; i++) {
            const struct pair *pair = &pairs->list[i];
            if (pair->first >= images->count || pair->second >= images->count) abort();
            const uint32_t *labels = images->labels;
            if ((labels[pair->first] == labels[pair->second]) != pair->same) abort();
        }
    } else if (pairs != NULL || images != NULL) {
        abort();
    }
    pairs_destroy(&pairs);
    dataset_destroy(&images);
    memory_file_destroy(&source);
    return 0;
}
