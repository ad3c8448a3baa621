// SPDX-License-Identifier: Apache-2.0
/* Frames that nobody of ours sends: each is refused with a sentence that names what is wrong. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/frames.h"

#include <math.h>
#include <string.h>

static struct from_participant up;
static struct from_coordinator down;
static uint8_t frame[LIMIT_MESSAGE];

static void accept_up(struct frames_maker *maker)
{
    frames_end(maker);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size), STATUS_OK);
}

/* Refused, and the sentence names the field. */
static void refuse_up(struct frames_maker *maker, const char *named)
{
    frames_end(maker);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size),
                     STATUS_BAD_MESSAGE);
    if (strstr(status_message(), named) == NULL) fail_msg("%s: no %s", status_message(), named);
}

static void refuse_down(struct frames_maker *maker, const char *named)
{
    frames_end(maker);
    assert_int_equal(envelope_unpack_coordinator(&down, maker->bytes, maker->size),
                     STATUS_BAD_MESSAGE);
    if (strstr(status_message(), named) == NULL) fail_msg("%s: no %s", status_message(), named);
}

static void frames_of_impossible_length_are_refused(void **state)
{
    (void)state;
    static uint8_t bytes[LIMIT_MESSAGE + 1];
    assert_int_equal(envelope_unpack_participant(&up, bytes, 0), STATUS_BAD_MESSAGE);
    assert_int_equal(envelope_unpack_participant(&up, bytes, 3), STATUS_BAD_MESSAGE);
    assert_int_equal(envelope_unpack_participant(&up, bytes, sizeof bytes), STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "are allowed"));
    memset(bytes, 0xff, 4);
    assert_int_equal(envelope_unpack_participant(&up, bytes, LIMIT_MESSAGE), STATUS_BAD_MESSAGE);
    static const uint8_t control[4] = {1, 0, 1, 0}; // LIMIT_CONTROL + 1
    memcpy(bytes, control, 4);
    assert_int_equal(envelope_unpack_participant(&up, bytes, LIMIT_MESSAGE), STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "65537"));
}

static void there_is_one_context_and_one_body(void **state)
{
    (void)state;
    struct frames_maker *maker = frames_begin();
    refuse_up(maker, "body");

    maker = frames_begin();
    frames_put_bytes(maker, 8, "", 0);
    frames_put_bytes(maker, 8, "", 0);
    refuse_up(maker, "repeated");

    maker = frames_begin();
    frames_put_bytes(maker, 3, "\x10\x01", 2); // fetch of one chunk
    frames_put_bytes(maker, 8, "", 0);
    refuse_up(maker, "repeated");

    maker = frames_empty();
    frames_put_bytes(maker, 8, "", 0);
    refuse_up(maker, "context");

    maker = frames_empty();
    frames_put_bytes(maker, 8, "", 0);
    frames_put_bytes(maker, 1, "\x10\x01", 2); // the body before the context
    refuse_up(maker, "form");
}

static void what_we_would_not_write_is_refused(void **state)
{
    (void)state;
    struct frames_maker *maker = frames_begin();
    frames_put_bytes(maker, 8, "", 0);
    frames_put_number(maker, 99, 1);
    refuse_up(maker, "unknown");

    maker = frames_begin();
    frames_put_bytes(maker, 8, "\x08\x01", 2); // a field inside of Alive, which has none
    refuse_up(maker, "unknown");

    maker = frames_begin();
    frames_put_bytes(maker, 3, "\x10\x81\x00", 3); // 1 as a varint of two bytes
    refuse_up(maker, "form");

    maker = frames_begin();
    frames_put_bytes(maker, 3, "\x08\x00\x10\x01", 4); // an offset of 0, which is left out
    refuse_up(maker, "form");

    maker = frames_begin();
    frames_put_bytes(maker, 8, "", 0);
    frames_end(maker);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size), STATUS_OK);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size + 1),
                     STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "1 bytes after"));
}

static void a_context_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *named;
    } cases[] = {
        {"\x20\x0a", 2, "context.phase"},
        {"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "context.phase"},
        {"\x0a\x0f"
         "123456789012345",
         17, "context.session"},
        {"\x0a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18, "form"}, // none is written as none
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frames_maker *maker = frames_empty();
        frames_put_bytes(maker, 1, cases[i].bytes, cases[i].size);
        frames_put_bytes(maker, 8, "", 0);
        refuse_up(maker, cases[i].named);
    }
}

static void places_of_chunks_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset, chunks;
        const char *named;
    } cases[] = {
        {1, 1, "fetch.offset"},
        {LIMIT_CHUNK + 8, 1, "fetch.offset"},
        {(uint64_t)1 << 30, 1, "fetch.offset"},
        {UINT64_MAX, 1, "fetch.offset"},
        {0, LIMIT_CREDIT + 1, "fetch.chunks"},
        {0, UINT32_MAX, "fetch.chunks"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frames_maker *fetch = frames_inner();
        if (cases[i].offset > 0) frames_put_number(fetch, 1, cases[i].offset);
        frames_put_number(fetch, 2, cases[i].chunks);
        struct frames_maker *maker = frames_begin();
        frames_put_inner(maker, 3, fetch);
        refuse_up(maker, cases[i].named);
    }
    struct frames_maker *maker = frames_begin();
    frames_put_bytes(maker, 3, "", 0);
    refuse_up(maker, "fetch.chunks");
}

static size_t mask_size; // of the fingerprint in a Join; 0: it has none

/* A Join with these texts. */
static struct frames_maker *join(const char *name, size_t name_size, size_t digest_size)
{
    static const uint8_t digest[DIGEST_BYTES + 1] = {1};
    struct frames_maker *made = frames_inner();
    frames_put_number(made, 1, ENVELOPE_PROTOCOL);
    if (name_size > 0) frames_put_bytes(made, 2, name, name_size);
    frames_put_bytes(made, 3, digest, digest_size);
    frames_put_bytes(made, 4, digest, DIGEST_BYTES);
    frames_put_bytes(made, 5, "a f32 [1]\n", 10);
    if (mask_size > 0) frames_put_bytes(made, 6, digest, mask_size);
    struct frames_maker *maker = frames_begin();
    frames_put_inner(maker, 2, made);
    return maker;
}

static void texts_are_printable(void **state)
{
    (void)state;
    accept_up(join("Z\xc3\xbcrich 2", 9, DIGEST_BYTES));
    assert_string_equal(up.join.name, "Z\xc3\xbcrich 2");
    assert_string_equal(up.join.manifest, "a f32 [1]\n");
    static const char *const bad[] = {
        "a\nb",
        "a\x1b[2J",
        "tab\there",
        "\x7f",
        "\xc2\x85", // C1: next line
        "\xff",
        "\xc3",
        "\xc3(",
        "\xc0\xaf",
        "\xe0\x80\xaf",
        "\xed\xa0\x80",
        "\xe2\x82",
        "\x80",
        "\xf0\x82\x82\xac",
        "\xf4\x90\x80\x80",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuse_up(join(bad[i], strlen(bad[i]), DIGEST_BYTES), "join.name");
    }
    refuse_up(join("", 0, DIGEST_BYTES), "join.name: empty");
    refuse_up(join("a\0b", 3, DIGEST_BYTES), "form"); // what follows the zero would be lost
}

static void lengths_are_checked(void **state)
{
    (void)state;
    char name[LIMIT_NAME + 1];
    memset(name, 'n', sizeof name);
    accept_up(join(name, LIMIT_NAME - 1, DIGEST_BYTES));
    refuse_up(join(name, LIMIT_NAME, DIGEST_BYTES), "join.name");
    refuse_up(join("n", 1, DIGEST_BYTES - 1), "join.model_type");
    refuse_up(join("n", 1, DIGEST_BYTES + 1), "join.model_type");
    for (mask_size = 1; mask_size <= DIGEST_BYTES + 1; mask_size++) {
        if (mask_size != DIGEST_BYTES) refuse_up(join("n", 1, DIGEST_BYTES), "join.mask");
        if (mask_size == DIGEST_BYTES) accept_up(join("n", 1, DIGEST_BYTES));
    }
    mask_size = 0;

    char reason[ENVELOPE_REASON];
    memset(reason, 'r', sizeof reason);
    for (size_t size = ENVELOPE_REASON - 1; size <= ENVELOPE_REASON; size++) {
        struct frames_maker *leave = frames_inner();
        frames_put_bytes(leave, 1, reason, size);
        struct frames_maker *maker = frames_begin();
        frames_put_inner(maker, 7, leave);
        if (size < ENVELOPE_REASON) {
            accept_up(maker);
            assert_int_equal(strlen(up.leave.reason), size);
        } else {
            refuse_up(maker, "leave.reason");
        }
    }
}

static struct frames_maker *evaluation(size_t folds, size_t far, size_t tar)
{
    static double shares[4 * ENVELOPE_ROC];
    struct frames_maker *made = frames_inner();
    if (folds > 0) frames_put_bytes(made, 5, shares, folds * sizeof *shares);
    if (far > 0) frames_put_bytes(made, 6, shares, far * sizeof *shares);
    if (tar > 0) frames_put_bytes(made, 7, shares, tar * sizeof *shares);
    struct frames_maker *maker = frames_begin();
    frames_put_inner(maker, 6, made);
    return maker;
}

static void counts_are_checked(void **state)
{
    (void)state;
    accept_up(evaluation(LIMIT_FOLDS, ENVELOPE_ROC, ENVELOPE_ROC));
    assert_int_equal(up.evaluation.folds, LIMIT_FOLDS);
    assert_int_equal(up.evaluation.roc_points, ENVELOPE_ROC);
    refuse_up(evaluation(LIMIT_FOLDS + 1, 0, 0), "evaluation.folds");
    refuse_up(evaluation(0, ENVELOPE_ROC + 1, ENVELOPE_ROC + 1), "evaluation.roc_far");
    refuse_up(evaluation(0, 3, 2), "roc_tar");

    // An offer of one byte, a digest, and metrics with a k_count of 17 entries: 19 bytes.
    enum { METRICS = 4 + DIGEST_BYTES };
    static uint8_t body[METRICS + 2 + 19] = {0x08, 1, 0x12, DIGEST_BYTES, [METRICS] = 0x22, 19};
    memcpy(body + METRICS + 2,
           "\x3a\x11"
           "12345678901234567",
           19);
    struct frames_maker *maker = frames_begin();
    frames_put_bytes(maker, 4, body, sizeof body);
    refuse_up(maker, "metrics.k_count");
    maker = frames_begin();
    frames_put_bytes(maker, 4, body, METRICS);
    refuse_up(maker, "offer.metrics");
}

static void numbers_are_finite_and_within_their_range(void **state)
{
    (void)state;
    static const struct {
        unsigned field;
        double value;
        const char *named;
    } cases[] = {
        {2, 1.5, "evaluation.accuracy"},
        {2, -0.1, "evaluation.accuracy"},
        {2, (double)NAN, "evaluation.accuracy"},
        {3, -1, "evaluation.deviation"},
        {3, (double)INFINITY, "evaluation.deviation"},
        {4, 2, "evaluation.tar_at_far_1e3"},
        {8, -0.5, "evaluation.identification"},
        {8, (double)NAN, "evaluation.identification"},
        {2, -0.0, "form"}, // protobuf leaves a zero out
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frames_maker *made = frames_inner();
        frames_put_double(made, cases[i].field, cases[i].value);
        struct frames_maker *maker = frames_begin();
        frames_put_inner(maker, 6, made);
        refuse_up(maker, cases[i].named);
    }
    memset(&up, 0, sizeof up);
    up.kind = PARTICIPANT_OFFER;
    up.offer.size = 4;
    up.offer.metrics.loss = (double)NAN;
    size_t size = 0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up),
                     STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "metrics.loss"));
    up.offer.metrics.loss = -0.0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up), STATUS_OK);
    assert_int_equal(envelope_unpack_participant(&up, frame, size), STATUS_OK);
    assert_false(signbit(up.offer.metrics.loss));
}

static void a_welcome_and_a_model_are_checked(void **state)
{
    (void)state;
    static const uint8_t session[ENVELOPE_SESSION_BYTES] = {7};
    static const struct {
        uint64_t index, participants;
        const char *named;
    } cases[] = {
        {0, 0, "welcome.participants"},
        {5, 5, "welcome.index"},
        {1, LIMIT_PARTICIPANTS + 1, "welcome.participants"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frames_maker *welcome = frames_inner();
        frames_put_bytes(welcome, 1, session, sizeof session);
        if (cases[i].index > 0) frames_put_number(welcome, 2, cases[i].index);
        if (cases[i].participants > 0) frames_put_number(welcome, 3, cases[i].participants);
        struct frames_maker *maker = frames_begin();
        frames_put_inner(maker, 2, welcome);
        refuse_down(maker, cases[i].named);
    }
    struct frames_maker *maker = frames_begin();
    frames_put_bytes(maker, 2, "\x18\x01", 2);
    refuse_down(maker, "welcome.session");
    maker = frames_begin();
    frames_put_bytes(maker, 4, "\x18\x01", 2);
    refuse_down(maker, "model.digest");
    memset(&down, 0, sizeof down);
    down.kind = COORDINATOR_MODEL;
    down.model.size = ENVELOPE_BODY_MAX + 1;
    size_t size = 0;
    assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &down),
                     STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "model.size"));
}

/* Each empty field of a number unknown to us costs protobuf-c tens of bytes. */
static void a_message_that_would_grow_in_memory_is_refused(void **state)
{
    (void)state;
    struct frames_maker *maker = frames_begin();
    while (maker->size < LIMIT_CONTROL) {
        frames_put_number(maker, 15, 1);
    }
    refuse_up(maker, "no FromParticipant");
    maker = frames_begin();
    while (maker->size < LIMIT_CONTROL) {
        frames_put_bytes(maker, 8, "", 0);
    }
    frames_end(maker);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size),
                     STATUS_BAD_MESSAGE);
    struct frames_maker *metrics = frames_inner();
    while (metrics->size < LIMIT_CONTROL - 64) {
        frames_put_number(metrics, 7, 1); // k_count, once more and once more
    }
    struct frames_maker *offer = frames_begin();
    frames_put_inner(offer, 4, metrics);
    frames_end(offer);
    assert_int_equal(envelope_unpack_participant(&up, offer->bytes, offer->size),
                     STATUS_BAD_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_impossible_length_are_refused),
        cmocka_unit_test(there_is_one_context_and_one_body),
        cmocka_unit_test(what_we_would_not_write_is_refused),
        cmocka_unit_test(a_context_is_checked),
        cmocka_unit_test(places_of_chunks_are_checked),
        cmocka_unit_test(texts_are_printable),
        cmocka_unit_test(lengths_are_checked),
        cmocka_unit_test(counts_are_checked),
        cmocka_unit_test(numbers_are_finite_and_within_their_range),
        cmocka_unit_test(a_welcome_and_a_model_are_checked),
        cmocka_unit_test(a_message_that_would_grow_in_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
