// SPDX-License-Identifier: Apache-2.0
/* transfer - a large body of bytes, pulled in chunks by the side that wants it. No I/O, no
 * clock.
 *
 * The receiver knows size and digest beforehand, asks for a few chunks ahead (TRANSFER_WINDOW large
 * ones, LIMIT_CREDIT small ones)
 * and asks again for what does not come, so nothing arrives unasked and a frame may be lost,
 * repeated or late. Chunk i lies at offset i * chunk; only the last one may be shorter.
 * `chunk` is LIMIT_CHUNK for updates, and LIMIT_MODEL_CHUNK for models: of each connection on which
 * a chunk is under way, the transport holds a copy of it.
 * The bytes count only once transfer_check() has found their digest right. */
#ifndef WIRE_TRANSFER_H
#define WIRE_TRANSFER_H

#include "base/limits.h"
#include "base/status.h"
#include "secure/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRANSFER_WINDOW = 4,       // chunks of LIMIT_CHUNK asked for and not yet here
    TRANSFER_RETRY_MS = 10000, // so long without a chunk, then the missing ones are asked for again
};

_Static_assert((int)TRANSFER_WINDOW <= (int)LIMIT_CREDIT, "the sender allows what is asked for");

struct transfer {
    uint64_t size;
    size_t chunk, window;
    uint8_t digest[DIGEST_BYTES];
    uint8_t *bytes;       // owned, `size` bytes
    uint8_t *arrived;     // owned, one flag a chunk
    size_t chunks;        // in all
    size_t here;          // arrived
    size_t next;          // first one not asked for in this pass
    size_t pending;       // asked for in this pass, not arrived
    uint64_t progress_ms; // when a chunk last came, or the pass began
};

/* Begins to receive `size` > 0 bytes with that digest in such chunks; takes the memory. */
enum status transfer_start(struct transfer *transfer, uint64_t size,
                           const uint8_t digest[DIGEST_BYTES], size_t chunk,
                           uint64_t now_ms) CHECKED;

/* Gives the memory back; the structure is then as zeroed. Safe to call again. */
void transfer_destroy(struct transfer *transfer);

/* What to ask for now: `chunks` chunks from `offset`. False when there is nothing to ask for;
 * call it until then, after each chunk and with the clock. */
bool transfer_ask(struct transfer *transfer, uint64_t now_ms, uint64_t *offset, uint32_t *chunks);

/* Takes a chunk; one that is here already is ignored. STATUS_BAD_MESSAGE when place or size are
 * impossible. */
enum status transfer_take(struct transfer *transfer, uint64_t offset, const uint8_t *bytes,
                          size_t size, uint64_t now_ms) CHECKED;

bool transfer_whole(const struct transfer *transfer);

/* Checks the digest of what is whole; STATUS_BAD_MESSAGE when it differs. */
enum status transfer_check(const struct transfer *transfer) CHECKED;

/* The sender's side: bytes of the chunk at `offset` of a body of `size` bytes; 0 when there is
 * none. */
size_t transfer_chunk(uint64_t size, uint64_t offset, size_t chunk);

#endif
