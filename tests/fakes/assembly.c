// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"
#include "fakes/assembly_member.h"

#include "secure/identity.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 50, TICK_MS = 250, ROSTER_DIGEST = 3 };

void assembly_prepare(struct assembly *assembly, size_t count, size_t numbers)
{
    assert_in_range(count, 1, ASSEMBLY_MEMBERS);
    memset(assembly, 0, sizeof *assembly);
    config_defaults(&assembly->config);
    struct config_federation *federation = &assembly->config.federation;
    federation->participants = (int)count;
    federation->reporters_min = 1;
    federation->rounds = 3;
    federation->join_seconds = 0;
    federation->deadline_seconds = 0;
    federation->quantise.weight_max = 1000;
    federation->privacy = PRIVACY_TRUSTED_COORDINATOR;
    assembly->members = count;
    memset(assembly->session, 7, sizeof assembly->session);
    for (size_t i = 0; i < count; i++) {
        assembly->member[i] = (struct assembly_member){.load_ms = 500,
                                                       .work_ms = 1000 + 300 * i,
                                                       .evaluate_ms = 200,
                                                       .weight = 100 + 10 * i,
                                                       .evaluates = i == 0,
                                                       .initial = 1.0f};
    }
    const size_t first[] = {numbers / 2}, second[] = {numbers - numbers / 2};
    assert_int_equal(manifest_add(&assembly->manifest, "backbone.a", first, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&assembly->manifest, "backbone.b", second, 1, true), STATUS_OK);
    random_start(&assembly->random, 99, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < count; i++) {
        const uint8_t seed[crypto_sign_SEEDBYTES] = {(uint8_t)(i + 1)};
        assert_int_equal(
            crypto_sign_seed_keypair(assembly->sign_keys[i], assembly->member[i].sign_secret, seed),
            0);
    }
}

static void create_round(struct assembly *assembly)
{
    static struct roster_entry entries[ASSEMBLY_MEMBERS];
    for (size_t i = 0; i < assembly->members; i++) {
        snprintf(entries[i].name, sizeof entries[i].name, "p%zu", i);
        memcpy(entries[i].sign_key, assembly->sign_keys[i], sizeof entries[i].sign_key);
    }
    const struct roster roster = {
        .count = assembly->members, .entries = entries, .digest = {ROSTER_DIGEST}};
    struct round_options options = {.federation = &assembly->config.federation,
                                    .roster = &roster,
                                    .seed = assembly->config.seed,
                                    .threads = 1,
                                    .silence_ms = ROUND_SILENCE_MS};
    memcpy(options.session, assembly->session, sizeof options.session);
    assert_int_equal(round_create(&assembly->round, &options), STATUS_OK);
}

void assembly_open(struct assembly *assembly)
{
    create_round(assembly);
    assembly->now_ms = 1000;
}

void assembly_restart(struct assembly *assembly)
{
    struct model model = {.values = NULL};
    const struct model *last = round_model(assembly->round);
    const bool goes_on = last != NULL;
    if (goes_on) {
        assert_int_equal(model_create(&model, &last->manifest), STATUS_OK);
        memcpy(model.values, last->values, last->manifest.count * sizeof(float));
    }
    round_destroy(&assembly->round);
    while (assembly->frame_count > 0) {
        free(assembly->frames[--assembly->frame_count].bytes);
    }
    assembly->session[0]++;
    create_round(assembly);
    if (goes_on) {
        const struct round_counted counted = {assembly->counted_round, assembly->counted,
                                              assembly->counted_count};
        assert_int_equal(
            round_continue(assembly->round, (uint32_t)assembly->rounds, &model, &counted),
            STATUS_OK);
    }
    model_destroy(&model);
}

void assembly_close(struct assembly *assembly)
{
    for (size_t i = 0; i < assembly->members; i++) {
        assembly_member_forget(&assembly->member[i]);
        ledger_destroy(&assembly->member[i].ledger);
    }
    for (size_t i = 0; i < assembly->frame_count; i++) {
        free(assembly->frames[i].bytes);
    }
    for (size_t i = 0; i < assembly->rounds; i++) {
        free(assembly->record[i].reporter);
    }
    free(assembly->frames);
    manifest_destroy(&assembly->manifest);
    round_destroy(&assembly->round);
}

static void digest_federation(const struct assembly *assembly, uint8_t digest[DIGEST_BYTES])
{
    char *text = NULL;
    assert_int_equal(config_canonical(&assembly->config, &text), STATUS_OK);
    digest_compute(digest, text, strlen(text));
    free(text);
}

void assembly_start(struct assembly *assembly, size_t index)
{
    struct assembly_member *member = &assembly->member[index];
    char name[LIMIT_NAME];
    snprintf(name, sizeof name, "p%zu", index);
    struct session_options options = {.name = name,
                                      .shared = &assembly->manifest,
                                      .rounds = (uint32_t)assembly->config.federation.rounds,
                                      .wait_ms = 60000};
    digest_federation(assembly, options.federation);
    if (member->other_federation) options.federation[0] ^= 1;
    options.mask[0] = member->other_mask ? 2 : 1;
    struct manifest other = {0};
    const size_t shape[] = {5};
    assert_int_equal(manifest_add(&other, "backbone.a", shape, 1, true), STATUS_OK);
    if (member->other_model) options.shared = &other;
    const struct config_federation *federation = &assembly->config.federation;
    const struct session_secure secure = {
        .members = assembly->members,
        .place = index,
        .sign_keys = (const uint8_t(*)[EXCHANGE_SIGN_PUBLIC_BYTES])assembly->sign_keys,
        .sign_secret = member->sign_secret,
        .roster = {ROSTER_DIGEST},
        .assumption = neighbours_assume(federation),
        .cohort_min = (size_t)federation->secure.cohort_min,
        .bits = federation->quantise.bits,
        .random = identity_random,
        .models_max = SIZE_MAX,
        .ledger = &member->ledger};
    if (config_privacy(federation) == PRIVACY_SECURE_SUM) options.secure = &secure;
    assert_false(member->running);
    assert_int_equal(session_create(&member->session, &options), STATUS_OK);
    manifest_destroy(&other);
    member->running = member->connected = true;
    member->ended = false;
}

void assembly_start_all(struct assembly *assembly)
{
    for (size_t i = 0; i < assembly->members; i++) {
        assembly_start(assembly, i);
    }
}

void assembly_kill(struct assembly *assembly, size_t index)
{
    assembly_member_forget(&assembly->member[index]);
    assembly->member[index].connected = false;
}

/* ---- the network ---- */

static void put_frame(struct assembly *assembly, bool up, size_t peer, const uint8_t *bytes,
                      size_t size)
{
    if (assembly->frame_count == assembly->frame_room) {
        assembly->frame_room = 2 * assembly->frame_room + 16;
        assembly->frames =
            realloc(assembly->frames, assembly->frame_room * sizeof *assembly->frames);
        assert_non_null(assembly->frames);
    }
    const uint64_t delay =
        assembly->delay_ms == 0 ? 0 : random_below(&assembly->random, (uint32_t)assembly->delay_ms);
    struct assembly_frame *frame = &assembly->frames[assembly->frame_count++];
    *frame = (struct assembly_frame){.at_ms = assembly->now_ms + 1 + delay,
                                     .number = assembly->frame_number++,
                                     .up = up,
                                     .peer = peer,
                                     .bytes = malloc(size),
                                     .size = size};
    assert_non_null(frame->bytes);
    memcpy(frame->bytes, bytes, size);
}

static void transmit(struct assembly *assembly, bool up, size_t peer, const uint8_t *bytes,
                     size_t size)
{
    if (assembly->member[peer].unreachable) return;
    if (random_below(&assembly->random, 1000) < assembly->loss) return;
    put_frame(assembly, up, peer, bytes, size);
    if (random_below(&assembly->random, 1000) < assembly->repeats) {
        put_frame(assembly, up, peer, bytes, size);
    }
}

void assembly_inject(struct assembly *assembly, size_t peer, const struct from_participant *message)
{
    static uint8_t frame[LIMIT_MESSAGE];
    size_t size = 0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, message), STATUS_OK);
    const struct assembly_member *member = &assembly->member[peer];
    if (message->kind == PARTICIPANT_CHUNK && member->corrupts_chunks) frame[size - 1] ^= 4;
    transmit(assembly, true, peer, frame, size);
}

struct from_participant *assembly_message(const struct assembly *assembly,
                                          enum participant_message kind)
{
    static struct from_participant message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.context.phase = PHASE_UPDATES;
    message.context.round = (uint32_t)assembly->rounds + 1;
    message.context.attempt = 1;
    memcpy(message.context.session, assembly->session, sizeof assembly->session);
    return &message;
}

static void deliver(struct assembly *assembly, const struct assembly_frame *frame)
{
    struct assembly_member *member = &assembly->member[frame->peer];
    if (!member->connected || member->unreachable) return;
    if (frame->up) {
        static struct from_participant message;
        assert_int_equal(envelope_unpack_participant(&message, frame->bytes, frame->size),
                         STATUS_OK);
        round_message(assembly->round, frame->peer, &message, assembly->now_ms);
        return;
    }
    static struct from_coordinator message;
    assert_int_equal(envelope_unpack_coordinator(&message, frame->bytes, frame->size), STATUS_OK);
    if (member->running) session_message(member->session, &message, assembly->now_ms);
}

/* The next frame that is due, out of the queue; false when there is none. */
static bool take_due(struct assembly *assembly, struct assembly_frame *due)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < assembly->frame_count; i++) {
        const struct assembly_frame *frame = &assembly->frames[i];
        if (frame->at_ms > assembly->now_ms) continue;
        if (best == SIZE_MAX || frame->at_ms < assembly->frames[best].at_ms ||
            (frame->at_ms == assembly->frames[best].at_ms &&
             frame->number < assembly->frames[best].number)) {
            best = i;
        }
    }
    if (best == SIZE_MAX) return false;
    *due = assembly->frames[best];
    assembly->frames[best] = assembly->frames[--assembly->frame_count];
    return true;
}

/* ---- the coordinator's program ---- */

static void keep_record(struct assembly *assembly, const struct round_output *output)
{
    assert_in_range(assembly->rounds, 0, ASSEMBLY_ROUNDS - 1);
    struct store_round *record = &assembly->record[assembly->rounds++];
    *record = *output->record;
    record->reporter = malloc(record->cohort * sizeof *record->reporter);
    assert_non_null(record->reporter);
    memcpy(record->reporter, output->record->reporter, record->cohort * sizeof *record->reporter);
}

static void send_down(struct assembly *assembly, const struct round_output *output)
{
    static uint8_t frame[LIMIT_MESSAGE];
    size_t size = 0;
    if (!assembly->member[output->peer].connected) {
        round_gone(assembly->round, output->peer, assembly->now_ms);
        return;
    }
    assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &output->message),
                     STATUS_OK);
    transmit(assembly, false, output->peer, frame, size);
}

static void note(struct assembly *assembly, const char *text)
{
    const size_t used = strlen(assembly->log);
    snprintf(assembly->log + used, sizeof assembly->log - used, "%s\n", text);
}

static void serve_round(struct assembly *assembly)
{
    static struct round_output output;
    while (round_next(assembly->round, &output)) {
        switch (output.kind) {
        case ROUND_SEND:
            send_down(assembly, &output);
            break;
        case ROUND_NOTE:
            note(assembly, output.text);
            if (getenv("ASSEMBLY_LOG"))
                print_message("%6llu coordinator: %s\n", (unsigned long long)assembly->now_ms,
                              output.text);
            break;
        case ROUND_PUBLISHED:
            keep_record(assembly, &output);
            break;
        case ROUND_COUNTED:
            assembly->counted_round = output.counted.round;
            assembly->counted_count = output.counted.count;
            assert_in_range(output.counted.count, 1, ASSEMBLY_MEMBERS);
            memcpy(assembly->counted, output.counted.places,
                   output.counted.count * sizeof *assembly->counted);
            break;
        case ROUND_EVALUATION:
            assert_in_range(assembly->evaluations, 0, 63);
            assembly->evaluation[assembly->evaluations++] = *output.evaluation;
            break;
        case ROUND_ENDED:
            assembly->ended = true;
            assembly->success = output.success;
            memcpy(assembly->reason, output.text, sizeof assembly->reason);
            break;
        }
    }
}

static bool over(const struct assembly *assembly)
{
    for (size_t i = 0; i < assembly->members; i++) {
        if (assembly->member[i].running) return false;
    }
    return assembly->ended;
}

static void run_step(struct assembly *assembly)
{
    struct assembly_frame frame;
    assembly->now_ms += STEP_MS;
    while (take_due(assembly, &frame)) {
        deliver(assembly, &frame);
        serve_round(assembly);
        free(frame.bytes);
    }
    for (size_t i = 0; i < assembly->members; i++) {
        if (assembly->member[i].running) assembly_member_serve(assembly, i);
    }
    if (assembly->now_ms % TICK_MS == 0) round_tick(assembly->round, assembly->now_ms);
    serve_round(assembly);
}

void assembly_run(struct assembly *assembly, uint64_t duration_ms)
{
    const uint64_t end = assembly->now_ms + duration_ms;
    while (assembly->now_ms < end && !over(assembly)) {
        run_step(assembly);
    }
}

void assembly_run_to_round(struct assembly *assembly, size_t rounds)
{
    for (int i = 0; i < 100000 && assembly->rounds < rounds; i++) {
        run_step(assembly);
    }
    assert_int_equal(assembly->rounds, rounds);
}

void assembly_run_to_phase(struct assembly *assembly, uint32_t round, enum phase phase)
{
    for (int i = 0; i < 100000 && !assembly->ended; i++) {
        if (assembly->rounds + 1 == round && round_phase(assembly->round) == phase) return;
        run_step(assembly);
    }
    fail_msg("round %u did not come to phase %s", (unsigned)round, phase_name(phase));
}
