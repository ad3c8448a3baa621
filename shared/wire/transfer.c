// SPDX-License-Identifier: Apache-2.0
#include "wire/transfer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Numbers travel as they lie in memory: little-endian, like every machine that Fedveil runs on. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "models and updates are little-endian");

enum status transfer_start(struct transfer *transfer, uint64_t size,
                           const uint8_t digest[DIGEST_BYTES], size_t chunk, uint64_t now_ms)
{
    assert(size > 0 && size <= LIMIT_PARAMETERS * sizeof(float));
    assert(chunk == LIMIT_CHUNK || chunk == LIMIT_MODEL_CHUNK);
    struct transfer made = {.size = size, .chunk = chunk, .progress_ms = now_ms};
    made.window = chunk == LIMIT_CHUNK ? TRANSFER_WINDOW : LIMIT_CREDIT;
    made.chunks = (size_t)((size + chunk - 1) / chunk);
    memcpy(made.digest, digest, DIGEST_BYTES);
    made.bytes = malloc((size_t)size);
    made.arrived = calloc(made.chunks, 1);
    if (made.bytes == NULL || made.arrived == NULL) {
        transfer_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a transfer of %llu bytes",
                           (unsigned long long)size);
    }
    *transfer = made;
    return STATUS_OK;
}

void transfer_destroy(struct transfer *transfer)
{
    free(transfer->bytes);
    free(transfer->arrived);
    memset(transfer, 0, sizeof *transfer);
}

/* A pass asks for every missing chunk once, in order; when it stalls, the next pass begins. */
static void begin_pass(struct transfer *transfer, uint64_t now_ms)
{
    transfer->next = 0;
    transfer->pending = 0;
    transfer->progress_ms = now_ms;
}

bool transfer_ask(struct transfer *transfer, uint64_t now_ms, uint64_t *offset, uint32_t *chunks)
{
    if (transfer_whole(transfer)) return false;
    if (now_ms - transfer->progress_ms >= TRANSFER_RETRY_MS) begin_pass(transfer, now_ms);
    while (transfer->next < transfer->chunks && transfer->arrived[transfer->next]) {
        transfer->next++;
    }
    size_t count = 0;
    while (transfer->pending + count < transfer->window &&
           transfer->next + count < transfer->chunks &&
           !transfer->arrived[transfer->next + count]) {
        count++;
    }
    if (count == 0) return false;
    *offset = (uint64_t)transfer->next * transfer->chunk;
    *chunks = (uint32_t)count;
    transfer->next += count;
    transfer->pending += count;
    return true;
}

size_t transfer_chunk(uint64_t size, uint64_t offset, size_t chunk)
{
    if (offset >= size || offset % chunk != 0) return 0;
    return size - offset < chunk ? (size_t)(size - offset) : chunk;
}

enum status transfer_take(struct transfer *transfer, uint64_t offset, const uint8_t *bytes,
                          size_t size, uint64_t now_ms)
{
    if (size == 0 || size != transfer_chunk(transfer->size, offset, transfer->chunk)) {
        return status_fail(STATUS_BAD_MESSAGE, "a chunk of %zu bytes at %llu of %llu", size,
                           (unsigned long long)offset, (unsigned long long)transfer->size);
    }
    const size_t index = (size_t)(offset / transfer->chunk);
    if (transfer->arrived[index]) return STATUS_OK;
    memcpy(transfer->bytes + offset, bytes, size);
    transfer->arrived[index] = 1;
    transfer->here++;
    if (transfer->pending > 0) transfer->pending--;
    transfer->progress_ms = now_ms;
    return STATUS_OK;
}

bool transfer_whole(const struct transfer *transfer)
{
    return transfer->here == transfer->chunks;
}

enum status transfer_check(const struct transfer *transfer)
{
    assert(transfer_whole(transfer));
    uint8_t digest[DIGEST_BYTES];
    digest_compute(digest, transfer->bytes, (size_t)transfer->size);
    if (memcmp(digest, transfer->digest, DIGEST_BYTES) != 0) {
        return status_fail(STATUS_BAD_MESSAGE, "its bytes do not have the digest it announced");
    }
    return STATUS_OK;
}
