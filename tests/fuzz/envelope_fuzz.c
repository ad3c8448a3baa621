// SPDX-License-Identifier: Apache-2.0
/* envelope_fuzz - any bytes as a frame of either direction: refused with one line, or the very
 * frame that packing what was read gives. */
#include "wire/envelope.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[LIMIT_MESSAGE];

static void check_refusal(enum status status)
{
    if (status != STATUS_BAD_MESSAGE) abort();
    if (strpbrk(status_message(), "\n\r\033") != NULL) abort();
}

static void try_frame(const uint8_t *frame, size_t size)
{
    static struct from_participant up;
    static struct from_coordinator down;
    size_t size_again = 0;
    enum status status = envelope_unpack_participant(&up, frame, size);
    if (status == STATUS_OK) {
        status = envelope_pack_participant(again, sizeof again, &size_again, &up);
        if (status != STATUS_OK || size_again != size) abort();
        if (memcmp(again, frame, size) != 0) abort();
    } else {
        check_refusal(status);
    }
    status = envelope_unpack_coordinator(&down, frame, size);
    if (status == STATUS_OK) {
        status = envelope_pack_coordinator(again, sizeof again, &size_again, &down);
        if (status != STATUS_OK || size_again != size) abort();
        if (memcmp(again, frame, size) != 0) abort();
    } else {
        check_refusal(status);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_frame(data, size);
    // Once more with a length that fits, which a change of size would hardly ever hit.
    if (size < 4) return 0;
    uint8_t *fitted = malloc(size);
    if (fitted == NULL) return 0;
    memcpy(fitted, data, size);
    for (int i = 0; i < 4; i++) {
        fitted[i] = (uint8_t)((size - 4) >> (8 * i));
    }
    try_frame(fitted, size);
    free(fitted);
    return 0;
}
