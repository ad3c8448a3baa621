// SPDX-License-Identifier: Apache-2.0
/* transfer_fuzz - chunks of any place and size in any order: what is taken is what fits, no more is
 * asked for than the window, and the whole has its digest only with the right bytes. Two bytes are
 * the size of the body, in chunks (of a model, if the top bit is set) and in bytes more; then each
 * operation has three:
 *     a chunk's number | what to do | a byte of its size or of the clock */
#include "wire/transfer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { CHUNKS_MAX = 8, STEP_MAX = 64 }; // more chunks than the window

static uint8_t body[CHUNKS_MAX * LIMIT_CHUNK], wrong[LIMIT_CHUNK]; // zeros, and ones

static void check(bool right)
{
    if (!right) abort();
}

static void ask(struct transfer *transfer, uint64_t now_ms)
{
    uint64_t offset;
    uint32_t chunks, all = 0;
    while (transfer_ask(transfer, now_ms, &offset, &chunks)) {
        check(chunks > 0 && chunks <= transfer->window && offset % transfer->chunk == 0);
        check(offset / transfer->chunk + chunks <= transfer->chunks);
        all += chunks;
    }
    check(all <= transfer->window && transfer->pending <= transfer->window);
}

static void take(struct transfer *transfer, const uint8_t op[3], uint64_t now_ms, bool *spoilt)
{
    const uint64_t offset = (uint64_t)op[0] * transfer->chunk + (op[1] & 4 ? op[2] : 0);
    size_t fits = transfer_chunk(transfer->size, offset, transfer->chunk);
    size_t given = fits;
    if ((op[1] & 8) != 0) given = op[2];
    const bool is_new = given == fits && fits > 0 && !transfer->arrived[op[0]];
    const size_t here = transfer->here;
    const bool bad = (op[1] & 2) != 0;
    const uint8_t *from = bad || fits == 0 ? wrong : body + offset;
    const enum status status = transfer_take(transfer, offset, from, given, now_ms);
    check(status == (given == fits && fits > 0 ? STATUS_OK : STATUS_BAD_MESSAGE));
    check(transfer->here == here + (is_new ? 1 : 0));
    if (is_new && bad) *spoilt = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t digests[2][CHUNKS_MAX][UINT8_MAX + 1][DIGEST_BYTES];
    static bool known[2][CHUNKS_MAX][UINT8_MAX + 1];
    if (size < 2 || (bytes[0] % CHUNKS_MAX == 0 && bytes[1] == 0)) return 0;
    const size_t chunks = bytes[0] % CHUNKS_MAX, more = bytes[1];
    const size_t small = bytes[0] >> 7, chunk = small ? LIMIT_MODEL_CHUNK : LIMIT_CHUNK;
    const size_t whole = chunks * chunk + more;
    uint8_t *digest = digests[small][chunks][more];
    if (wrong[0] == 0) memset(wrong, 1, sizeof wrong);
    if (!known[small][chunks][more]) digest_compute(digest, body, whole);
    known[small][chunks][more] = true;
    struct transfer transfer;
    uint64_t now_ms = 1;
    bool spoilt = false;
    if (transfer_start(&transfer, whole, digest, chunk, now_ms) != STATUS_OK) return 0;
    for (size_t at = 2; at + 3 <= size && at < 3 * STEP_MAX; at += 3) {
        if ((bytes[at + 1] & 1) != 0) {
            now_ms += (uint64_t)bytes[at + 2] * 100;
            ask(&transfer, now_ms);
        } else {
            take(&transfer, bytes + at, now_ms, &spoilt);
        }
    }
    if (transfer_whole(&transfer)) {
        check(transfer_check(&transfer) == (spoilt ? STATUS_BAD_MESSAGE : STATUS_OK));
    }
    transfer_destroy(&transfer);
    return 0;
}
