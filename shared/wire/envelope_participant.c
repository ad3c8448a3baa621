// SPDX-License-Identifier: Apache-2.0
#include "wire/envelope_parts.h"

#include <assert.h>
#include <string.h>

/* The protobuf form of a message from a participant; its parts point at each other. */
struct tree {
    Fedveil__FromParticipant top;
    Fedveil__Context context;
    Fedveil__Metrics metrics;
    union {
        Fedveil__Join join;
        Fedveil__Fetch fetch;
        Fedveil__Offer offer;
        Fedveil__Chunk chunk;
        Fedveil__Evaluation evaluation;
        Fedveil__Leave leave;
        Fedveil__Alive alive;
        Fedveil__Exchange exchange;
    };
};

const char *envelope_participant_name(enum participant_message kind)
{
    static const char *const names[] = {
        [PARTICIPANT_JOIN] = "join",   [PARTICIPANT_FETCH] = "fetch",
        [PARTICIPANT_OFFER] = "offer", [PARTICIPANT_CHUNK] = "chunk",
        [PARTICIPANT_LEAVE] = "leave", [PARTICIPANT_EVALUATION] = "evaluation",
        [PARTICIPANT_ALIVE] = "alive", [PARTICIPANT_EXCHANGE] = "exchange",
    };
    assert((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}

/* ---- bounds ---- */

static enum status check_join(const struct envelope_join *join)
{
    enum status status = envelope_check_text(join->name, sizeof join->name, false, "join.name");
    if (status == STATUS_OK && join->name[0] == 0) {
        status = status_fail(STATUS_BAD_MESSAGE, "join.name: empty");
    }
    if (status == STATUS_OK) {
        status = envelope_check_text(join->manifest, sizeof join->manifest, true, "join.manifest");
    }
    return status;
}

static enum status check_offer(const struct envelope_offer *offer)
{
    const struct envelope_metrics *metrics = &offer->metrics;
    enum status status = envelope_check_range(offer->size, 1, ENVELOPE_BODY_MAX, "offer.size");
    if (status == STATUS_OK) status = envelope_check_finite(metrics->loss, "metrics.loss");
    if (status == STATUS_OK) {
        status = envelope_check_share(metrics->training_accuracy, "metrics.training_accuracy");
    }
    if (status == STATUS_OK) {
        status = envelope_check_positive(metrics->train_seconds, "metrics.train_seconds");
    }
    if (status == STATUS_OK) {
        status = envelope_check_positive(metrics->mask_seconds, "metrics.mask_seconds");
    }
    if (status == STATUS_OK) {
        status = envelope_check_range(metrics->choices, 0, LIMIT_CHOICES, "metrics.choices");
    }
    if (status == STATUS_OK) {
        status = envelope_check_positive(metrics->policy_seconds, "metrics.policy_seconds");
    }
    if (status == STATUS_OK) {
        status = envelope_check_shares(metrics->k_probability, metrics->probabilities,
                                       LIMIT_CHOICES, "metrics.k_probability");
    }
    return status;
}

static enum status check_evaluation(const struct envelope_evaluation *evaluation)
{
    enum status status = envelope_check_share(evaluation->accuracy, "evaluation.accuracy");
    if (status == STATUS_OK) {
        status = envelope_check_positive(evaluation->deviation, "evaluation.deviation");
    }
    if (status == STATUS_OK) {
        status = envelope_check_share(evaluation->tar_at_far_1e3, "evaluation.tar_at_far_1e3");
    }
    const double measured = evaluation->identification;
    const bool not_measured = measured >= -1 && measured <= -1;
    if (status == STATUS_OK && !not_measured) {
        status = envelope_check_share(measured, "evaluation.identification");
    }
    if (status == STATUS_OK) {
        status = envelope_check_shares(evaluation->fold, evaluation->folds, LIMIT_FOLDS,
                                       "evaluation.folds");
    }
    if (status == STATUS_OK) {
        status = envelope_check_shares(evaluation->roc_far, evaluation->roc_points, ENVELOPE_ROC,
                                       "evaluation.roc_far");
    }
    if (status == STATUS_OK) {
        status = envelope_check_shares(evaluation->roc_tar, evaluation->roc_points, ENVELOPE_ROC,
                                       "evaluation.roc_tar");
    }
    return status;
}

static enum status check_message(const struct from_participant *message)
{
    const enum status status = envelope_check_context(&message->context);
    if (status != STATUS_OK) return status;
    switch (message->kind) {
    case PARTICIPANT_JOIN:
        return check_join(&message->join);
    case PARTICIPANT_FETCH:
        return envelope_check_fetch(&message->fetch);
    case PARTICIPANT_OFFER:
        return check_offer(&message->offer);
    case PARTICIPANT_CHUNK:
        return envelope_check_chunk(&message->chunk);
    case PARTICIPANT_EVALUATION:
        return check_evaluation(&message->evaluation);
    case PARTICIPANT_LEAVE:
        return envelope_check_text(message->leave.reason, sizeof message->leave.reason, false,
                                   "leave.reason");
    case PARTICIPANT_ALIVE:
        return STATUS_OK;
    case PARTICIPANT_EXCHANGE:
        return envelope_check_exchange(&message->exchange, &message->context,
                                       EXCHANGE_STEP_COUNTED);
    }
    return status_fail(STATUS_BAD_MESSAGE, "there is no message of kind %d", (int)message->kind);
}

/* ---- to protobuf ---- */

static void put_join(struct tree *tree, const struct envelope_join *join)
{
    fedveil__join__init(&tree->join);
    tree->join.protocol = join->protocol;
    tree->join.name = envelope_put_text(join->name);
    tree->join.model_type = envelope_put_bytes(join->model_type, DIGEST_BYTES);
    tree->join.federation = envelope_put_bytes(join->federation, DIGEST_BYTES);
    tree->join.manifest = envelope_put_text(join->manifest);
    tree->join.mask = envelope_put_optional(join->mask, DIGEST_BYTES);
    tree->top.join = &tree->join;
    tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_JOIN;
}

static void put_offer(struct tree *tree, const struct envelope_offer *offer)
{
    const struct envelope_metrics *metrics = &offer->metrics;
    fedveil__metrics__init(&tree->metrics);
    tree->metrics.loss = envelope_put_double(metrics->loss);
    tree->metrics.training_accuracy = envelope_put_double(metrics->training_accuracy);
    tree->metrics.images = metrics->images;
    tree->metrics.train_seconds = envelope_put_double(metrics->train_seconds);
    tree->metrics.mask_seconds = envelope_put_double(metrics->mask_seconds);
    tree->metrics.peak_memory = metrics->peak_memory;
    tree->metrics.n_k_count = metrics->choices;
    tree->metrics.k_count = envelope_put_counts(metrics->k_count);
    tree->metrics.saturated = metrics->saturated;
    tree->metrics.policy_seconds = envelope_put_double(metrics->policy_seconds);
    tree->metrics.n_k_probability = metrics->probabilities;
    tree->metrics.k_probability = envelope_put_doubles(metrics->k_probability);
    fedveil__offer__init(&tree->offer);
    tree->offer.size = offer->size;
    tree->offer.digest = envelope_put_bytes(offer->digest, DIGEST_BYTES);
    tree->offer.weight = offer->weight;
    tree->offer.metrics = &tree->metrics;
    tree->top.offer = &tree->offer;
    tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_OFFER;
}

static void put_evaluation(struct tree *tree, const struct envelope_evaluation *evaluation)
{
    fedveil__evaluation__init(&tree->evaluation);
    tree->evaluation.model_round = evaluation->model_round;
    tree->evaluation.accuracy = envelope_put_double(evaluation->accuracy);
    tree->evaluation.deviation = envelope_put_double(evaluation->deviation);
    tree->evaluation.tar_at_far_1e3 = envelope_put_double(evaluation->tar_at_far_1e3);
    tree->evaluation.identification = envelope_put_double(evaluation->identification);
    tree->evaluation.n_folds = evaluation->folds;
    tree->evaluation.folds = envelope_put_doubles(evaluation->fold);
    tree->evaluation.n_roc_far = evaluation->roc_points;
    tree->evaluation.roc_far = envelope_put_doubles(evaluation->roc_far);
    tree->evaluation.n_roc_tar = evaluation->roc_points;
    tree->evaluation.roc_tar = envelope_put_doubles(evaluation->roc_tar);
    tree->top.evaluation = &tree->evaluation;
    tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_EVALUATION;
}

static void put_message(struct tree *tree, const struct from_participant *message)
{
    fedveil__from_participant__init(&tree->top);
    tree->context = envelope_put_context(&message->context);
    tree->top.context = &tree->context;
    switch (message->kind) {
    case PARTICIPANT_JOIN:
        put_join(tree, &message->join);
        break;
    case PARTICIPANT_FETCH:
        tree->fetch = envelope_put_fetch(&message->fetch);
        tree->top.fetch = &tree->fetch;
        tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_FETCH;
        break;
    case PARTICIPANT_OFFER:
        put_offer(tree, &message->offer);
        break;
    case PARTICIPANT_CHUNK:
        tree->chunk = envelope_put_chunk(&message->chunk);
        tree->top.chunk = &tree->chunk;
        tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_CHUNK;
        break;
    case PARTICIPANT_EVALUATION:
        put_evaluation(tree, &message->evaluation);
        break;
    case PARTICIPANT_LEAVE:
        fedveil__leave__init(&tree->leave);
        tree->leave.reason = envelope_put_text(message->leave.reason);
        tree->top.leave = &tree->leave;
        tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_LEAVE;
        break;
    case PARTICIPANT_ALIVE:
        fedveil__alive__init(&tree->alive);
        tree->top.alive = &tree->alive;
        tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_ALIVE;
        break;
    case PARTICIPANT_EXCHANGE:
        tree->exchange = envelope_put_exchange(&message->exchange);
        tree->top.exchange = &tree->exchange;
        tree->top.body_case = FEDVEIL__FROM_PARTICIPANT__BODY_EXCHANGE;
        break;
    }
}

static struct envelope_payload payload_of(const struct from_participant *message)
{
    if (message->kind == PARTICIPANT_CHUNK) {
        return (struct envelope_payload){message->chunk.payload, message->chunk.size};
    }
    if (message->kind == PARTICIPANT_EXCHANGE) {
        return (struct envelope_payload){message->exchange.payload, message->exchange.size};
    }
    return (struct envelope_payload){0};
}

enum status envelope_pack_participant(uint8_t *frame, size_t capacity, size_t *size,
                                      const struct from_participant *message)
{
    const enum status status = check_message(message);
    if (status != STATUS_OK) return status;
    struct tree tree;
    put_message(&tree, message);
    return envelope_write(frame, capacity, size, &tree.top.base, payload_of(message));
}

/* ---- from protobuf ---- */

static enum status get_join(struct envelope_join *join, const Fedveil__Join *from)
{
    join->protocol = from->protocol;
    enum status status = envelope_get_text(join->name, sizeof join->name, from->name, "join.name");
    if (status == STATUS_OK) {
        status = envelope_get_bytes(join->model_type, DIGEST_BYTES, &from->model_type,
                                    "join.model_type");
    }
    if (status == STATUS_OK) {
        status = envelope_get_bytes(join->federation, DIGEST_BYTES, &from->federation,
                                    "join.federation");
    }
    if (status == STATUS_OK) {
        status = envelope_get_text(join->manifest, sizeof join->manifest, from->manifest,
                                   "join.manifest");
    }
    if (status == STATUS_OK) {
        status = envelope_get_optional(join->mask, DIGEST_BYTES, &from->mask, "join.mask");
    }
    return status;
}

static enum status get_offer(struct envelope_offer *offer, const Fedveil__Offer *from)
{
    const Fedveil__Metrics *metrics = from->metrics;
    if (metrics == NULL) return status_fail(STATUS_BAD_MESSAGE, "offer.metrics: missing");
    enum status status =
        envelope_check_range(metrics->n_k_count, 0, LIMIT_CHOICES, "metrics.k_count");
    if (status != STATUS_OK) return status;
    offer->size = from->size;
    offer->weight = from->weight;
    offer->metrics = (struct envelope_metrics){
        .loss = metrics->loss,
        .training_accuracy = metrics->training_accuracy,
        .images = metrics->images,
        .train_seconds = metrics->train_seconds,
        .mask_seconds = metrics->mask_seconds,
        .peak_memory = metrics->peak_memory,
        .choices = metrics->n_k_count,
        .saturated = metrics->saturated,
        .policy_seconds = metrics->policy_seconds,
    };
    for (size_t i = 0; i < metrics->n_k_count; i++) {
        offer->metrics.k_count[i] = metrics->k_count[i];
    }
    status = envelope_get_doubles(offer->metrics.k_probability, &offer->metrics.probabilities,
                                  LIMIT_CHOICES, metrics->k_probability, metrics->n_k_probability,
                                  "metrics.k_probability");
    if (status != STATUS_OK) return status;
    return envelope_get_bytes(offer->digest, DIGEST_BYTES, &from->digest, "offer.digest");
}

static enum status get_evaluation(struct envelope_evaluation *evaluation,
                                  const Fedveil__Evaluation *from)
{
    evaluation->model_round = from->model_round;
    evaluation->accuracy = from->accuracy;
    evaluation->deviation = from->deviation;
    evaluation->tar_at_far_1e3 = from->tar_at_far_1e3;
    evaluation->identification = from->identification;
    if (from->n_roc_far != from->n_roc_tar) {
        return status_fail(STATUS_BAD_MESSAGE, "evaluation.roc_far has %zu points, roc_tar %zu",
                           from->n_roc_far, from->n_roc_tar);
    }
    enum status status = envelope_get_doubles(evaluation->fold, &evaluation->folds, LIMIT_FOLDS,
                                              from->folds, from->n_folds, "evaluation.folds");
    if (status == STATUS_OK) {
        status = envelope_get_doubles(evaluation->roc_far, &evaluation->roc_points, ENVELOPE_ROC,
                                      from->roc_far, from->n_roc_far, "evaluation.roc_far");
    }
    if (status == STATUS_OK) {
        status = envelope_get_doubles(evaluation->roc_tar, &evaluation->roc_points, ENVELOPE_ROC,
                                      from->roc_tar, from->n_roc_tar, "evaluation.roc_tar");
    }
    return status;
}

static enum status get_body(struct from_participant *message, const Fedveil__FromParticipant *from,
                            const struct envelope_parts *parts)
{
    switch ((int)from->body_case) {
    case FEDVEIL__FROM_PARTICIPANT__BODY_JOIN:
        message->kind = PARTICIPANT_JOIN;
        return get_join(&message->join, from->join);
    case FEDVEIL__FROM_PARTICIPANT__BODY_FETCH:
        message->kind = PARTICIPANT_FETCH;
        envelope_get_fetch(&message->fetch, from->fetch);
        return STATUS_OK;
    case FEDVEIL__FROM_PARTICIPANT__BODY_OFFER:
        message->kind = PARTICIPANT_OFFER;
        return get_offer(&message->offer, from->offer);
    case FEDVEIL__FROM_PARTICIPANT__BODY_CHUNK:
        message->kind = PARTICIPANT_CHUNK;
        envelope_get_chunk(&message->chunk, from->chunk, parts);
        return STATUS_OK;
    case FEDVEIL__FROM_PARTICIPANT__BODY_EVALUATION:
        message->kind = PARTICIPANT_EVALUATION;
        return get_evaluation(&message->evaluation, from->evaluation);
    case FEDVEIL__FROM_PARTICIPANT__BODY_LEAVE:
        message->kind = PARTICIPANT_LEAVE;
        return envelope_get_text(message->leave.reason, sizeof message->leave.reason,
                                 from->leave->reason, "leave.reason");
    case FEDVEIL__FROM_PARTICIPANT__BODY_ALIVE:
        message->kind = PARTICIPANT_ALIVE;
        return STATUS_OK;
    case FEDVEIL__FROM_PARTICIPANT__BODY_EXCHANGE:
        message->kind = PARTICIPANT_EXCHANGE;
        envelope_get_exchange(&message->exchange, from->exchange, parts);
        return STATUS_OK;
    default:
        return status_fail(STATUS_BAD_MESSAGE, "a message without a body");
    }
}

enum status envelope_unpack_participant(struct from_participant *message, const uint8_t *frame,
                                        size_t size)
{
    struct envelope_parts parts;
    ProtobufCMessage *parsed = NULL;
    enum status status = envelope_split(&parts, frame, size);
    if (status != STATUS_OK) return status;
    status = envelope_parse(&parsed, &fedveil__from_participant__descriptor, &parts);
    if (status != STATUS_OK) return status;
    const Fedveil__FromParticipant *from = (const Fedveil__FromParticipant *)(const void *)parsed;
    status = envelope_get_context(&message->context, from->context);
    if (status == STATUS_OK) status = get_body(message, from, &parts);
    envelope_release(parsed);
    if (status == STATUS_OK) status = envelope_check_payload(&parts, payload_of(message));
    if (status == STATUS_OK) status = check_message(message);
    if (status != STATUS_OK) return status;
    struct tree tree;
    put_message(&tree, message);
    return envelope_check_form(&parts, &tree.top.base);
}
