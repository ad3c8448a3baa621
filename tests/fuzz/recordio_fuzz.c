// SPDX-License-Identifier: Apache-2.0
/* Records and their index from anywhere are refused, or every picture has one person. The input is
 * the length of the index in 4 bytes, the index, the records. */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "base/log.h"
#include "image/dataset_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_listing(const struct dataset_listing *listing)
{
    const struct recordio *records = listing->records;
    uint8_t *seen = calloc(records->count, 1);
    if (seen == NULL) abort();
    for (size_t i = 0; i < listing->count; i++) {
        const struct dataset_person *person = &listing->people[i];
        for (size_t j = 0; j < person->count; j++) {
            const uint32_t entry = listing->order[person->first + j];
            if (entry >= records->count || seen[entry]++ != 0) abort();
            char *name = dataset_records_name(listing, person, j);
            if (name == NULL) abort();
            free(name);
        }
    }
    free(seen);
}

static void read_all(const struct recordio *records)
{
    for (size_t i = 0; i < records->count; i++) {
        struct recordio_head head, alone;
        uint8_t *bytes = NULL;
        size_t size = 0;
        if (recordio_read(&head, &bytes, &size, records, i) != STATUS_OK) continue;
        if (recordio_read_head(&alone, records, i) != STATUS_OK) abort();
        if (head.flag != alone.flag) abort();
        free(bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    log_start("fuzz", LOG_ERROR);
    if (size < 4) return 0;
    size_t length = (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16;
    if (length > size - 4) length = size - 4;
    struct memory_file index = memory_file_make(bytes + 4, length);
    struct memory_file source = memory_file_make(bytes + 4 + length, size - 4 - length);
    struct dataset_listing listing;
    if (dataset_records_list(&listing, source.path, index.path) == STATUS_OK) {
        check_listing(&listing);
        read_all(listing.records);
        dataset_list_destroy(&listing);
    }
    memory_file_destroy(&index);
    memory_file_destroy(&source);
    return 0;
}
