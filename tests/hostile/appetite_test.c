// SPDX-License-Identifier: Apache-2.0
/* Messages that are small on the wire and large in memory: protobuf-c can be made to take twenty
 * times what it reads, and stops at the budget of envelope.c instead. Linked with --wrap for what
 * allocates. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "wire/envelope.h"

#include <stdlib.h>
#include <string.h>

enum { BUDGET = 2 * LIMIT_CONTROL, LENGTH = 4 };

static size_t taken; // bytes, counted without what is given back

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    taken += count * size;
    return __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
    taken += size;
    return __real_malloc(size);
}

/* A frame whose message is a piece again and again, with a context before it. */
static size_t repeat(uint8_t *frame, const char *piece, size_t piece_size, size_t size)
{
    static const uint8_t context[] = {0x0a, 2, 0x10, 1}; // round 1
    size_t used = LENGTH;
    memcpy(frame + used, context, sizeof context);
    used += sizeof context;
    while (used + piece_size <= LENGTH + size) {
        memcpy(frame + used, piece, piece_size);
        used += piece_size;
    }
    const size_t length = used - LENGTH;
    for (int i = 0; i < LENGTH; i++) {
        frame[i] = (uint8_t)(length >> (8 * i));
    }
    return used;
}

static const struct {
    const char *bytes;
    size_t size;
} pieces[] = {
    {"\x22\x00", 2},                 // an empty offer
    {"\x22\x02\x22\x00", 4},         // an offer with empty metrics
    {"\x12\x00", 2},                 // an empty join or welcome
    {"\x7a\x00", 2},                 // a field that nobody knows
    {"\x78\x01", 2},                 // the same, a number
    {"\x22\x04\x22\x02\x38\x01", 6}, // an offer whose metrics have one number of a list
    {"\x2a\x00", 2},                 // an empty chunk
};

static void no_message_takes_more_than_twice_its_largest_size(void **state)
{
    (void)state;
    static uint8_t frame[LIMIT_MESSAGE];
    static struct from_participant up; // large
    static struct from_coordinator down;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        const size_t size = repeat(frame, pieces[i].bytes, pieces[i].size, LIMIT_CONTROL);
        taken = 0;
        assert_int_equal(envelope_unpack_participant(&up, frame, size), STATUS_BAD_MESSAGE);
        assert_in_range(taken, 1, BUDGET);
        taken = 0;
        assert_int_equal(envelope_unpack_coordinator(&down, frame, size), STATUS_BAD_MESSAGE);
        assert_in_range(taken, 1, BUDGET);
    }
}

static void a_mebibyte_of_them_takes_nothing(void **state)
{
    (void)state;
    static uint8_t frame[LIMIT_MESSAGE];
    static struct from_participant up;
    static struct from_coordinator down;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        const size_t size = repeat(frame, pieces[i].bytes, pieces[i].size, LIMIT_CHUNK);
        taken = 0;
        assert_int_equal(envelope_unpack_participant(&up, frame, size), STATUS_BAD_MESSAGE);
        assert_int_equal(envelope_unpack_coordinator(&down, frame, size), STATUS_BAD_MESSAGE);
        assert_int_equal(taken, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_message_takes_more_than_twice_its_largest_size),
        cmocka_unit_test(a_mebibyte_of_them_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
