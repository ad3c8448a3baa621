// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/troupe_member.h"

#include "secure/digest.h"
#include "secure/exchange_records.h"
#include "secure/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void context_of(struct exchange_context *context, const struct troupe *troupe,
                       const struct from_coordinator *model)
{
    char *text = NULL;
    *context = (struct exchange_context){.session = {7},
                                         .round = model->context.round,
                                         .attempt = model->context.attempt,
                                         .roster = {1, 2, 3}};
    memcpy(context->model, model->model.digest, DIGEST_BYTES);
    assert_int_equal(config_canonical(&troupe->config, &text), STATUS_OK);
    digest_compute(context->config, text, strlen(text));
    free(text);
}

/* Says a step, unless the participant is silent there; frees the bytes. */
static void answer(struct troupe *troupe, size_t index, enum exchange_step step, uint8_t *bytes,
                   size_t size)
{
    struct troupe_member *member = &troupe->member[index];
    if (bytes != NULL && !member->silent[step]) {
        troupe_say_step(troupe, index, step, bytes, size);
    } else if (bytes != NULL && step == EXCHANGE_STEP_RECEIPT) {
        free(member->complaint);
        member->complaint = bytes;
        member->complaint_size = size;
        return;
    }
    free(bytes);
}

static void hear_model(struct troupe *troupe, size_t index, const struct from_coordinator *message)
{
    struct troupe_member *member = &troupe->member[index];
    if (!message->model.train) {
        member->model = *message;
        if (message->model.final) troupe_say(troupe, index, PARTICIPANT_LEAVE, PHASE_PUBLISH);
        return;
    }
    const bool again = member->blinder != NULL && !member->forgets &&
                       member->model.context.round == message->context.round &&
                       member->model.context.attempt == message->context.attempt;
    member->model = *message;
    if (!again) {
        struct blinder_options options = {
            .self = (uint32_t)index,
            .members = troupe->members,
            .sign_keys = (const uint8_t(*)[32])troupe->sign_keys,
            .sign_secret = member->sign_secret,
            .assumption = neighbours_assume(&troupe->config.federation),
            .cohort_min = (size_t)troupe->config.federation.secure.cohort_min,
            .random = identity_random};
        context_of(&options.context, troupe, message);
        blinder_destroy(&member->blinder);
        free(member->body);
        member->body = NULL;
        member->forgets = false;
        assert_int_equal(blinder_create(&member->blinder, &options), STATUS_OK);
    }
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(blinder_keys(member->blinder, &bytes, &size), STATUS_OK);
    answer(troupe, index, EXCHANGE_STEP_KEYS, bytes, size);
}

/* Each number of the update is the place + 1; weight and figures follow from the place. */
static void offer_update(struct troupe *troupe, size_t index)
{
    struct troupe_member *member = &troupe->member[index];
    struct manifest parsed = {0};
    struct model base;
    struct quantise plan = {0};
    uint32_t integers[TROUPE_NUMBERS];
    float delta[TROUPE_NUMBERS];
    uint64_t saturated = 0;
    struct random rounding;
    const struct tally tally = {.weight = 10 * (index + 1),
                                .loss = 1 + (double)index,
                                .training_accuracy = 0.5,
                                .images = 100,
                                .train_seconds = 2};
    if (member->silent[TROUPE_UPLOAD]) return;
    assert_int_equal(manifest_parse(&parsed, troupe_manifest), STATUS_OK);
    assert_int_equal(model_create(&base, &parsed), STATUS_OK);
    memcpy(base.values, round_model(troupe->round)->values, sizeof troupe_initial);
    assert_int_equal(
        quantise_plan(&plan, &base, &troupe->config.federation, member->model.model.reporters_max),
        STATUS_OK);
    for (size_t i = 0; i < TROUPE_NUMBERS; i++) {
        delta[i] = 0.125f * (float)(index + 1);
    }
    random_start(&rounding, 1, (uint32_t)index, RANDOM_TEST, 0, 0);
    assert_int_equal(
        quantise_encode(&plan, integers, delta, (double)tally.weight, &rounding, &saturated),
        STATUS_OK);
    const size_t update = quantise_bytes(&plan, TROUPE_NUMBERS);
    free(member->body);
    member->body_size = update + TALLY_BYTES;
    member->body = malloc(member->body_size);
    assert_non_null(member->body);
    quantise_pack(&plan, member->body, integers, TROUPE_NUMBERS);
    assert_int_equal(tally_pack(member->body + update, &tally), STATUS_OK);
    assert_int_equal(blinder_blind(member->blinder, member->body, TROUPE_NUMBERS, plan.bits,
                                   member->body + update, TALLY_WORDS),
                     STATUS_OK);
    struct envelope_offer *offer =
        &troupe_say(troupe, index, PARTICIPANT_OFFER, PHASE_UPDATES)->offer;
    offer->size = member->body_size;
    offer->weight = 1;
    digest_compute(offer->digest, member->body, member->body_size);
    quantise_destroy(&plan);
    model_destroy(&base);
    manifest_destroy(&parsed);
}

static void expect(const struct troupe *troupe, size_t index, enum status status)
{
    if (status != STATUS_OK) fail_msg("p%zu of %zu: %s", index, troupe->members, status_message());
}

/* Spoils the parcels of the last holders, and signs them all the same. */
static void deal_badly(struct troupe *troupe, size_t index, const struct envelope_exchange *board,
                       uint8_t *bytes)
{
    uint8_t keys_digest[EXCHANGE_HASH_BYTES], digest[EXCHANGE_HASH_BYTES];
    const struct exchange_board *seen = (const struct exchange_board *)board->payload;
    struct exchange_shares *shares = (struct exchange_shares *)bytes;
    struct exchange_context context;
    context_of(&context, troupe, &troupe->member[index].model);
    exchange_board_digest(keys_digest, digest, &context, seen, exchange_number(seen->count));
    for (size_t i = 1; i <= troupe->member[index].deals_badly; i++) {
        struct exchange_parcel *parcel = &shares->parcels[exchange_number(shares->count) - i];
        const struct exchange_way way = {(uint32_t)index, exchange_number(parcel->place)};
        parcel->ciphertext[5] ^= 1;
        exchange_sign_parcel(parcel, way, &context, digest, troupe->member[index].sign_secret);
    }
}

static void hear_step(struct troupe *troupe, size_t index, const struct envelope_exchange *step)
{
    struct blinder *blinder = troupe->member[index].blinder;
    uint8_t *out = NULL;
    size_t size = 0;
    assert_non_null(blinder);
    switch (step->step) {
    case EXCHANGE_STEP_KEYS:
        expect(troupe, index, blinder_take_board(blinder, step->payload, step->size, &out, &size));
        deal_badly(troupe, index, step, out);
        answer(troupe, index, EXCHANGE_STEP_SHARES, out, size);
        break;
    case EXCHANGE_STEP_SHARES:
        expect(troupe, index,
               blinder_take_parcels(blinder, step->payload, step->size, &out, &size));
        answer(troupe, index, EXCHANGE_STEP_RECEIPT, out, size);
        if (blinder_ready(blinder) && troupe->member[index].body == NULL) {
            offer_update(troupe, index);
        }
        break;
    case EXCHANGE_STEP_RECEIPT:
        expect(troupe, index,
               blinder_take_complaint(blinder, step->payload, step->size, &out, &size));
        answer(troupe, index, EXCHANGE_STEP_OPENING, out, size);
        break;
    case EXCHANGE_STEP_OPENING:
        expect(troupe, index, blinder_take_opening(blinder, step->payload, step->size));
        troupe->member[index].openings++;
        break;
    case EXCHANGE_STEP_COUNTED: // nobody is told what is not written down
        assert_int_equal(troupe->counted_round, troupe->member[index].model.context.round);
        expect(troupe, index,
               blinder_take_counted(blinder, step->payload, step->size, &out, &size));
        answer(troupe, index, EXCHANGE_STEP_SIGNATURES, out, size);
        break;
    case EXCHANGE_STEP_SIGNATURES:
        expect(troupe, index, blinder_take_signatures(blinder, step->payload, step->size));
        expect(troupe, index, blinder_release(blinder, &out, &size));
        answer(troupe, index, EXCHANGE_STEP_RELEASE, out, size);
        break;
    case EXCHANGE_STEP_RELEASE:
    case EXCHANGE_STEPS:
        fail_msg("the coordinator releases nothing");
    }
}

static void hear_fetch(struct troupe *troupe, size_t index)
{
    const struct troupe_member *member = &troupe->member[index];
    const bool first = round_model(troupe->round) == NULL;
    if (!first && member->body == NULL) return; // it has nothing, whatever it said
    struct from_participant *message =
        troupe_say(troupe, index, PARTICIPANT_CHUNK, first ? PHASE_GATHER : PHASE_UPDATES);
    message->chunk.payload = first ? (const uint8_t *)troupe_initial : member->body;
    message->chunk.size = first ? sizeof troupe_initial : member->body_size;
}

void troupe_member_hear(struct troupe *troupe, size_t index, const struct from_coordinator *message)
{
    struct troupe_member *member = &troupe->member[index];
    if (member->gone || member->refused) return;
    switch (message->kind) {
    case COORDINATOR_MODEL:
        hear_model(troupe, index, message);
        break;
    case COORDINATOR_EXCHANGE:
        hear_step(troupe, index, &message->exchange);
        break;
    case COORDINATOR_FETCH:
        hear_fetch(troupe, index);
        break;
    case COORDINATOR_REFUSE:
        member->refused = true;
        snprintf(member->reason, sizeof member->reason, "%s", message->refuse.reason);
        break;
    case COORDINATOR_CLOSE:
        member->closed++;
        snprintf(member->reason, sizeof member->reason, "%s", message->close.reason);
        break;
    case COORDINATOR_WELCOME:
    case COORDINATOR_CHUNK:
    case COORDINATOR_END:
    case COORDINATOR_ALIVE:
        break;
    }
}
