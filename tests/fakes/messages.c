// SPDX-License-Identifier: Apache-2.0
#include "fakes/messages.h"

#include <string.h>

static uint64_t bits64(struct random *random)
{
    const uint64_t bits = (uint64_t)random_bits(random) << 32 | random_bits(random);
    return bits >> random_below(random, 64); // numbers of every length
}

static uint32_t bits32(struct random *random)
{
    return random_bits(random) >> random_below(random, 32);
}

/* Often 0 or 1, the ends of the range, which protobuf treats in its own way. */
static double share(struct random *random)
{
    const uint32_t which = random_below(random, 8);
    return which < 2 ? (double)which : (double)random_uniform(random);
}

static double positive(struct random *random)
{
    return random_below(random, 4) == 0 ? 0 : 1e6 * (double)random_uniform(random);
}

static void bytes(uint8_t *out, size_t size, struct random *random)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)random_bits(random);
    }
}

static void text(char *out, size_t capacity, size_t least, bool lines, struct random *random)
{
    static const char *const characters[] = {
        "a", "Z", " ", "~", "0", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x99\x82"};
    const size_t wanted = least + random_below(random, (uint32_t)(capacity - least));
    size_t size = 0;
    for (;;) {
        const char *next = characters[random_below(random, 8)];
        if (lines && random_below(random, 16) == 0) next = "\n";
        if (size + strlen(next) > wanted || size + strlen(next) >= capacity) break;
        memcpy(out + size, next, strlen(next));
        size += strlen(next);
    }
    while (size < least) {
        out[size++] = 'x';
    }
    out[size] = 0;
}

static void context(struct envelope_context *out, struct random *random)
{
    memset(out->session, 0, sizeof out->session);
    if (random_below(random, 4) != 0) bytes(out->session, sizeof out->session, random);
    out->round = bits32(random);
    out->attempt = bits32(random);
    out->phase = (enum phase)random_below(random, PHASE_COUNT);
}

static uint64_t offset(struct random *random)
{
    return (uint64_t)LIMIT_MODEL_CHUNK *
           random_below(random, (uint32_t)(ENVELOPE_BODY_MAX / LIMIT_MODEL_CHUNK));
}

static uint64_t body_size(struct random *random)
{
    return 1 + bits64(random) % ENVELOPE_BODY_MAX;
}

static void fetch(struct envelope_fetch *out, struct random *random)
{
    out->offset = offset(random);
    out->chunks = 1 + random_below(random, LIMIT_CREDIT);
}

/* The end of the payload, at most payload_max bytes of it. */
static const uint8_t *some(const uint8_t *payload, uint32_t payload_max, size_t *size,
                           struct random *random)
{
    *size = 1 + random_below(random, payload_max);
    return payload + (LIMIT_CHUNK - *size);
}

static void chunk(struct envelope_chunk *out, struct random *random, const uint8_t *payload,
                  uint32_t payload_max)
{
    out->offset = offset(random);
    out->payload = some(payload, payload_max, &out->size, random);
}

static void exchange(struct envelope_exchange *out, struct envelope_context *said,
                     enum exchange_step never, struct random *random)
{
    do {
        out->step = (enum exchange_step)random_below(random, EXCHANGE_STEPS);
    } while (out->step == never);
    said->phase = envelope_step_phase(out->step);
}

static void offer(struct envelope_offer *out, struct random *random)
{
    struct envelope_metrics *metrics = &out->metrics;
    out->size = body_size(random);
    bytes(out->digest, sizeof out->digest, random);
    out->weight = bits64(random);
    metrics->loss = 100 * (double)random_normal(random);
    metrics->training_accuracy = share(random);
    metrics->images = bits64(random);
    metrics->train_seconds = positive(random);
    metrics->mask_seconds = positive(random);
    metrics->peak_memory = bits64(random);
    metrics->saturated = bits64(random);
    metrics->policy_seconds = positive(random);
    metrics->probabilities = random_below(random, LIMIT_CHOICES + 1);
    for (size_t i = 0; i < metrics->probabilities; i++) {
        metrics->k_probability[i] = share(random);
    }
    metrics->choices = random_below(random, LIMIT_CHOICES + 1);
    for (size_t i = 0; i < metrics->choices; i++) {
        metrics->k_count[i] = bits64(random);
    }
}

static void evaluation(struct envelope_evaluation *out, struct random *random)
{
    out->model_round = bits32(random);
    out->accuracy = share(random);
    out->deviation = positive(random);
    out->tar_at_far_1e3 = share(random);
    out->identification = random_below(random, 2) == 0 ? -1 : share(random);
    out->folds = random_below(random, LIMIT_FOLDS + 1);
    out->roc_points = random_below(random, ENVELOPE_ROC + 1);
    for (size_t i = 0; i < out->folds; i++) {
        out->fold[i] = share(random);
    }
    for (size_t i = 0; i < out->roc_points; i++) {
        out->roc_far[i] = share(random);
        out->roc_tar[i] = share(random);
    }
}

void messages_participant(struct from_participant *message, enum participant_message kind,
                          struct random *random, const uint8_t *payload, uint32_t payload_max)
{
    memset(message, 0, sizeof *message);
    context(&message->context, random);
    message->kind = kind;
    switch (kind) {
    case PARTICIPANT_JOIN:
        message->join.protocol = bits32(random);
        text(message->join.name, sizeof message->join.name, 1, false, random);
        bytes(message->join.model_type, DIGEST_BYTES, random);
        bytes(message->join.federation, DIGEST_BYTES, random);
        text(message->join.manifest, sizeof message->join.manifest, 0, true, random);
        if (random_below(random, 2) == 0) bytes(message->join.mask, DIGEST_BYTES, random);
        break;
    case PARTICIPANT_FETCH:
        fetch(&message->fetch, random);
        break;
    case PARTICIPANT_OFFER:
        offer(&message->offer, random);
        break;
    case PARTICIPANT_CHUNK:
        chunk(&message->chunk, random, payload, payload_max);
        break;
    case PARTICIPANT_EVALUATION:
        evaluation(&message->evaluation, random);
        break;
    case PARTICIPANT_LEAVE:
        text(message->leave.reason, sizeof message->leave.reason, 0, false, random);
        break;
    case PARTICIPANT_ALIVE:
        break;
    case PARTICIPANT_EXCHANGE:
        exchange(&message->exchange, &message->context, EXCHANGE_STEP_COUNTED, random);
        message->exchange.payload = some(payload, payload_max, &message->exchange.size, random);
        break;
    }
}

void messages_coordinator(struct from_coordinator *message, enum coordinator_message kind,
                          struct random *random, const uint8_t *payload, uint32_t payload_max)
{
    memset(message, 0, sizeof *message);
    context(&message->context, random);
    message->kind = kind;
    switch (kind) {
    case COORDINATOR_WELCOME:
        bytes(message->welcome.session, ENVELOPE_SESSION_BYTES, random);
        message->welcome.participants = 1 + random_below(random, LIMIT_PARTICIPANTS);
        message->welcome.index = random_below(random, message->welcome.participants);
        message->welcome.rounds = bits32(random);
        message->welcome.next_round = bits32(random);
        break;
    case COORDINATOR_REFUSE:
        text(message->refuse.reason, ENVELOPE_REASON, 0, false, random);
        message->refuse.again = random_below(random, 2) == 0;
        break;
    case COORDINATOR_MODEL:
        message->model.size = body_size(random);
        bytes(message->model.digest, DIGEST_BYTES, random);
        message->model.model_round = bits32(random);
        message->model.train = random_below(random, 2) == 0;
        message->model.evaluate = random_below(random, 2) == 0;
        message->model.final = random_below(random, 2) == 0;
        message->model.reporters_max = random_below(random, LIMIT_PARTICIPANTS + 1);
        break;
    case COORDINATOR_CHUNK:
        chunk(&message->chunk, random, payload, payload_max);
        break;
    case COORDINATOR_FETCH:
        fetch(&message->fetch, random);
        break;
    case COORDINATOR_CLOSE:
        text(message->close.reason, ENVELOPE_REASON, 0, false, random);
        break;
    case COORDINATOR_END:
        message->end.success = random_below(random, 2) == 0;
        text(message->end.reason, ENVELOPE_REASON, 0, false, random);
        break;
    case COORDINATOR_ALIVE:
        break;
    case COORDINATOR_EXCHANGE:
        exchange(&message->exchange, &message->context, EXCHANGE_STEP_RELEASE, random);
        message->exchange.payload = some(payload, payload_max, &message->exchange.size, random);
        break;
    }
}
