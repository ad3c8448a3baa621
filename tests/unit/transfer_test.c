// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "wire/transfer.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE = 9 * LIMIT_CHUNK + 77, CHUNKS = 10 };

struct body {
    uint8_t *bytes;
    uint8_t digest[DIGEST_BYTES];
};

static struct body body_make(void)
{
    struct body body = {.bytes = malloc(SIZE)};
    assert_non_null(body.bytes);
    for (size_t i = 0; i < SIZE; i++) {
        body.bytes[i] = (uint8_t)(i * 31 + i / 251);
    }
    digest_compute(body.digest, body.bytes, SIZE);
    return body;
}

static enum status take(struct transfer *transfer, const struct body *body, size_t chunk,
                        uint64_t now_ms)
{
    const uint64_t offset = (uint64_t)chunk * LIMIT_CHUNK;
    return transfer_take(transfer, offset, body->bytes + offset,
                         transfer_chunk(SIZE, offset, LIMIT_CHUNK), now_ms);
}

static void asks_for_a_window_and_then_for_one_more_a_chunk(void **state)
{
    (void)state;
    const struct body body = body_make();
    struct transfer transfer;
    uint64_t offset = 0;
    uint32_t chunks = 0;
    assert_int_equal(transfer_start(&transfer, SIZE, body.digest, LIMIT_CHUNK, 0), STATUS_OK);
    assert_true(transfer_ask(&transfer, 0, &offset, &chunks));
    assert_int_equal(offset, 0);
    assert_int_equal(chunks, TRANSFER_WINDOW);
    assert_false(transfer_ask(&transfer, 0, &offset, &chunks));
    for (size_t i = 0; i < CHUNKS; i++) {
        assert_false(transfer_whole(&transfer));
        assert_int_equal(take(&transfer, &body, i, 0), STATUS_OK);
        const bool more = transfer_ask(&transfer, 0, &offset, &chunks);
        assert_int_equal(more, i + TRANSFER_WINDOW < CHUNKS);
        if (more) assert_int_equal(offset, (i + TRANSFER_WINDOW) * LIMIT_CHUNK);
        if (more) assert_int_equal(chunks, 1);
    }
    assert_true(transfer_whole(&transfer));
    assert_int_equal(transfer_check(&transfer), STATUS_OK);
    assert_memory_equal(transfer.bytes, body.bytes, SIZE);
    transfer_destroy(&transfer);
    free(body.bytes);
}

/* Models travel in smaller chunks, of which more are asked for ahead. */
static void small_chunks_are_a_quarter(void **state)
{
    (void)state;
    const struct body body = body_make();
    struct transfer transfer;
    uint64_t offset = 0;
    uint32_t chunks = 0;
    size_t taken = 0;
    assert_int_equal(transfer_start(&transfer, SIZE, body.digest, LIMIT_MODEL_CHUNK, 0), STATUS_OK);
    assert_int_equal(transfer.chunks, 4 * (CHUNKS - 1) + 1);
    while (transfer_ask(&transfer, 0, &offset, &chunks)) {
        if (taken == 0) assert_int_equal(chunks, LIMIT_CREDIT);
        for (uint32_t i = 0; i < chunks; i++, taken++) {
            const uint64_t at = offset + (uint64_t)i * LIMIT_MODEL_CHUNK;
            const size_t size = transfer_chunk(SIZE, at, LIMIT_MODEL_CHUNK);
            assert_int_equal(transfer_take(&transfer, at, body.bytes + at, size, 0), STATUS_OK);
        }
    }
    assert_int_equal(transfer_check(&transfer), STATUS_OK);
    assert_memory_equal(transfer.bytes, body.bytes, SIZE);
    transfer_destroy(&transfer);
    free(body.bytes);
}

static void asks_again_for_what_did_not_come(void **state)
{
    (void)state;
    const struct body body = body_make();
    struct transfer transfer;
    uint64_t offset = 0, now = 0;
    uint32_t chunks = 0;
    size_t asked = 0;
    assert_int_equal(transfer_start(&transfer, SIZE, body.digest, LIMIT_CHUNK, 0), STATUS_OK);
    while (!transfer_whole(&transfer)) { // every third chunk that is asked for is lost
        assert_true(now < 100u * TRANSFER_RETRY_MS);
        while (transfer_ask(&transfer, now, &offset, &chunks)) {
            for (uint32_t i = 0; i < chunks; i++) {
                if (++asked % 3 == 0) continue;
                const size_t index = (size_t)(offset / LIMIT_CHUNK) + i;
                assert_int_equal(take(&transfer, &body, index, now), STATUS_OK);
            }
        }
        now += 1000;
    }
    assert_true(asked > CHUNKS && asked < 3 * CHUNKS);
    assert_int_equal(transfer_check(&transfer), STATUS_OK);
    transfer_destroy(&transfer);
    free(body.bytes);
}

static void repeated_and_reordered_chunks_change_nothing(void **state)
{
    (void)state;
    const struct body body = body_make();
    struct transfer transfer;
    assert_int_equal(transfer_start(&transfer, SIZE, body.digest, LIMIT_CHUNK, 0), STATUS_OK);
    for (size_t i = 0; i < CHUNKS; i++) {
        const size_t chunk = CHUNKS - 1 - i;
        assert_int_equal(take(&transfer, &body, chunk, 0), STATUS_OK);
        assert_int_equal(take(&transfer, &body, chunk, 0), STATUS_OK);
        assert_int_equal(transfer.here, i + 1);
    }
    assert_true(transfer_whole(&transfer));
    assert_int_equal(transfer_check(&transfer), STATUS_OK);
    transfer_destroy(&transfer);
    free(body.bytes);
}

static void refuses_impossible_places_and_sizes(void **state)
{
    (void)state;
    const struct body body = body_make();
    struct transfer transfer;
    const uint64_t last = 9u * (uint64_t)LIMIT_CHUNK;
    assert_int_equal(transfer_start(&transfer, SIZE, body.digest, LIMIT_CHUNK, 0), STATUS_OK);
    const struct {
        uint64_t offset;
        size_t size;
    } bad[] = {{0, 0},
               {0, 1},
               {0, LIMIT_CHUNK - 1},
               {1, LIMIT_CHUNK},
               {last, 76},
               {last, 78},
               {last + LIMIT_CHUNK, 77},
               {UINT64_MAX - LIMIT_CHUNK + 1, LIMIT_CHUNK}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(transfer_take(&transfer, bad[i].offset, body.bytes, bad[i].size, 0),
                         STATUS_BAD_MESSAGE);
    }
    assert_int_equal(transfer.here, 0);
    transfer_destroy(&transfer);
    free(body.bytes);
}

static void a_changed_bit_does_not_pass_the_check(void **state)
{
    (void)state;
    const struct body body = body_make();
    struct transfer transfer;
    assert_int_equal(transfer_start(&transfer, SIZE, body.digest, LIMIT_CHUNK, 0), STATUS_OK);
    body.bytes[5 * LIMIT_CHUNK + 3] ^= 0x10;
    for (size_t i = 0; i < CHUNKS; i++) {
        assert_int_equal(take(&transfer, &body, i, 0), STATUS_OK);
    }
    assert_int_equal(transfer_check(&transfer), STATUS_BAD_MESSAGE);
    transfer_destroy(&transfer);
    transfer_destroy(&transfer);
    free(body.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_a_window_and_then_for_one_more_a_chunk),
        cmocka_unit_test(small_chunks_are_a_quarter),
        cmocka_unit_test(asks_again_for_what_did_not_come),
        cmocka_unit_test(repeated_and_reordered_chunks_change_nothing),
        cmocka_unit_test(refuses_impossible_places_and_sizes),
        cmocka_unit_test(a_changed_bit_does_not_pass_the_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
