// SPDX-License-Identifier: Apache-2.0
#include "wire/envelope_parts.h"

#include <assert.h>

/* The protobuf form of a message from the coordinator; its parts point at each other. */
struct tree {
    Fedveil__FromCoordinator top;
    Fedveil__Context context;
    union {
        Fedveil__Welcome welcome;
        Fedveil__Refuse refuse;
        Fedveil__Model model;
        Fedveil__Chunk chunk;
        Fedveil__Fetch fetch;
        Fedveil__Close close;
        Fedveil__End end;
        Fedveil__Alive alive;
        Fedveil__Exchange exchange;
    };
};

const char *envelope_coordinator_name(enum coordinator_message kind)
{
    static const char *const names[] = {
        [COORDINATOR_WELCOME] = "welcome",   [COORDINATOR_REFUSE] = "refuse",
        [COORDINATOR_MODEL] = "model",       [COORDINATOR_CHUNK] = "chunk",
        [COORDINATOR_FETCH] = "fetch",       [COORDINATOR_CLOSE] = "close",
        [COORDINATOR_END] = "end",           [COORDINATOR_ALIVE] = "alive",
        [COORDINATOR_EXCHANGE] = "exchange",
    };
    assert((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}

/* ---- bounds ---- */

static enum status check_welcome(const struct envelope_welcome *welcome)
{
    enum status status = envelope_check_session(welcome->session, "welcome.session");
    if (status == STATUS_OK) {
        status = envelope_check_range(welcome->participants, 1, LIMIT_PARTICIPANTS,
                                      "welcome.participants");
    }
    if (status == STATUS_OK) {
        status =
            envelope_check_range(welcome->index, 0, welcome->participants - 1, "welcome.index");
    }
    return status;
}

static enum status check_model(const struct envelope_model *model)
{
    const enum status status =
        envelope_check_range(model->size, 1, ENVELOPE_BODY_MAX, "model.size");
    if (status != STATUS_OK) return status;
    return envelope_check_range(model->reporters_max, 0, LIMIT_PARTICIPANTS, "model.reporters_max");
}

static enum status check_message(const struct from_coordinator *message)
{
    const enum status status = envelope_check_context(&message->context);
    if (status != STATUS_OK) return status;
    switch (message->kind) {
    case COORDINATOR_WELCOME:
        return check_welcome(&message->welcome);
    case COORDINATOR_REFUSE:
        return envelope_check_text(message->refuse.reason, ENVELOPE_REASON, false, "refuse.reason");
    case COORDINATOR_MODEL:
        return check_model(&message->model);
    case COORDINATOR_CHUNK:
        return envelope_check_chunk(&message->chunk);
    case COORDINATOR_FETCH:
        return envelope_check_fetch(&message->fetch);
    case COORDINATOR_CLOSE:
        return envelope_check_text(message->close.reason, ENVELOPE_REASON, false, "close.reason");
    case COORDINATOR_END:
        return envelope_check_text(message->end.reason, ENVELOPE_REASON, false, "end.reason");
    case COORDINATOR_ALIVE:
        return STATUS_OK;
    case COORDINATOR_EXCHANGE:
        return envelope_check_exchange(&message->exchange, &message->context,
                                       EXCHANGE_STEP_RELEASE);
    }
    return status_fail(STATUS_BAD_MESSAGE, "there is no message of kind %d", (int)message->kind);
}

/* ---- to protobuf ---- */

static void put_welcome(struct tree *tree, const struct envelope_welcome *welcome)
{
    fedveil__welcome__init(&tree->welcome);
    tree->welcome.session = envelope_put_bytes(welcome->session, ENVELOPE_SESSION_BYTES);
    tree->welcome.index = welcome->index;
    tree->welcome.participants = welcome->participants;
    tree->welcome.rounds = welcome->rounds;
    tree->welcome.next_round = welcome->next_round;
    tree->top.welcome = &tree->welcome;
    tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_WELCOME;
}

static void put_model(struct tree *tree, const struct envelope_model *model)
{
    fedveil__model__init(&tree->model);
    tree->model.size = model->size;
    tree->model.digest = envelope_put_bytes(model->digest, DIGEST_BYTES);
    tree->model.model_round = model->model_round;
    tree->model.train = model->train;
    tree->model.evaluate = model->evaluate;
    tree->model.final = model->final;
    tree->model.reporters_max = model->reporters_max;
    tree->top.model = &tree->model;
    tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_MODEL;
}

/* Messages that are a reason, and little more. */
static void put_reason(struct tree *tree, const struct from_coordinator *message)
{
    if (message->kind == COORDINATOR_REFUSE) {
        fedveil__refuse__init(&tree->refuse);
        tree->refuse.reason = envelope_put_text(message->refuse.reason);
        tree->refuse.again = message->refuse.again;
        tree->top.refuse = &tree->refuse;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_REFUSE;
    } else if (message->kind == COORDINATOR_CLOSE) {
        fedveil__close__init(&tree->close);
        tree->close.reason = envelope_put_text(message->close.reason);
        tree->top.close = &tree->close;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_CLOSE;
    } else {
        fedveil__end__init(&tree->end);
        tree->end.success = message->end.success;
        tree->end.reason = envelope_put_text(message->end.reason);
        tree->top.end = &tree->end;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_END;
    }
}

static void put_message(struct tree *tree, const struct from_coordinator *message)
{
    fedveil__from_coordinator__init(&tree->top);
    tree->context = envelope_put_context(&message->context);
    tree->top.context = &tree->context;
    switch (message->kind) {
    case COORDINATOR_WELCOME:
        put_welcome(tree, &message->welcome);
        break;
    case COORDINATOR_MODEL:
        put_model(tree, &message->model);
        break;
    case COORDINATOR_CHUNK:
        tree->chunk = envelope_put_chunk(&message->chunk);
        tree->top.chunk = &tree->chunk;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_CHUNK;
        break;
    case COORDINATOR_FETCH:
        tree->fetch = envelope_put_fetch(&message->fetch);
        tree->top.fetch = &tree->fetch;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_FETCH;
        break;
    case COORDINATOR_REFUSE:
    case COORDINATOR_CLOSE:
    case COORDINATOR_END:
        put_reason(tree, message);
        break;
    case COORDINATOR_ALIVE:
        fedveil__alive__init(&tree->alive);
        tree->top.alive = &tree->alive;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_ALIVE;
        break;
    case COORDINATOR_EXCHANGE:
        tree->exchange = envelope_put_exchange(&message->exchange);
        tree->top.exchange = &tree->exchange;
        tree->top.body_case = FEDVEIL__FROM_COORDINATOR__BODY_EXCHANGE;
        break;
    }
}

static struct envelope_payload payload_of(const struct from_coordinator *message)
{
    if (message->kind == COORDINATOR_CHUNK) {
        return (struct envelope_payload){message->chunk.payload, message->chunk.size};
    }
    if (message->kind == COORDINATOR_EXCHANGE) {
        return (struct envelope_payload){message->exchange.payload, message->exchange.size};
    }
    return (struct envelope_payload){0};
}

enum status envelope_pack_coordinator(uint8_t *frame, size_t capacity, size_t *size,
                                      const struct from_coordinator *message)
{
    const enum status status = check_message(message);
    if (status != STATUS_OK) return status;
    struct tree tree;
    put_message(&tree, message);
    return envelope_write(frame, capacity, size, &tree.top.base, payload_of(message));
}

/* ---- from protobuf ---- */

static enum status get_welcome(struct envelope_welcome *welcome, const Fedveil__Welcome *from)
{
    welcome->index = from->index;
    welcome->participants = from->participants;
    welcome->rounds = from->rounds;
    welcome->next_round = from->next_round;
    return envelope_get_bytes(welcome->session, ENVELOPE_SESSION_BYTES, &from->session,
                              "welcome.session");
}

static enum status get_model(struct envelope_model *model, const Fedveil__Model *from)
{
    model->size = from->size;
    model->model_round = from->model_round;
    model->train = from->train != 0;
    model->evaluate = from->evaluate != 0;
    model->final = from->final != 0;
    model->reporters_max = from->reporters_max;
    return envelope_get_bytes(model->digest, DIGEST_BYTES, &from->digest, "model.digest");
}

static enum status get_body(struct from_coordinator *message, const Fedveil__FromCoordinator *from,
                            const struct envelope_parts *parts)
{
    switch ((int)from->body_case) {
    case FEDVEIL__FROM_COORDINATOR__BODY_WELCOME:
        message->kind = COORDINATOR_WELCOME;
        return get_welcome(&message->welcome, from->welcome);
    case FEDVEIL__FROM_COORDINATOR__BODY_REFUSE:
        message->kind = COORDINATOR_REFUSE;
        message->refuse.again = from->refuse->again;
        return envelope_get_text(message->refuse.reason, ENVELOPE_REASON, from->refuse->reason,
                                 "refuse.reason");
    case FEDVEIL__FROM_COORDINATOR__BODY_MODEL:
        message->kind = COORDINATOR_MODEL;
        return get_model(&message->model, from->model);
    case FEDVEIL__FROM_COORDINATOR__BODY_CHUNK:
        message->kind = COORDINATOR_CHUNK;
        envelope_get_chunk(&message->chunk, from->chunk, parts);
        return STATUS_OK;
    case FEDVEIL__FROM_COORDINATOR__BODY_FETCH:
        message->kind = COORDINATOR_FETCH;
        envelope_get_fetch(&message->fetch, from->fetch);
        return STATUS_OK;
    case FEDVEIL__FROM_COORDINATOR__BODY_CLOSE:
        message->kind = COORDINATOR_CLOSE;
        return envelope_get_text(message->close.reason, ENVELOPE_REASON, from->close->reason,
                                 "close.reason");
    case FEDVEIL__FROM_COORDINATOR__BODY_END:
        message->kind = COORDINATOR_END;
        message->end.success = from->end->success != 0;
        return envelope_get_text(message->end.reason, ENVELOPE_REASON, from->end->reason,
                                 "end.reason");
    case FEDVEIL__FROM_COORDINATOR__BODY_ALIVE:
        message->kind = COORDINATOR_ALIVE;
        return STATUS_OK;
    case FEDVEIL__FROM_COORDINATOR__BODY_EXCHANGE:
        message->kind = COORDINATOR_EXCHANGE;
        envelope_get_exchange(&message->exchange, from->exchange, parts);
        return STATUS_OK;
    default:
        return status_fail(STATUS_BAD_MESSAGE, "a message without a body");
    }
}

enum status envelope_unpack_coordinator(struct from_coordinator *message, const uint8_t *frame,
                                        size_t size)
{
    struct envelope_parts parts;
    ProtobufCMessage *parsed = NULL;
    enum status status = envelope_split(&parts, frame, size);
    if (status != STATUS_OK) return status;
    status = envelope_parse(&parsed, &fedveil__from_coordinator__descriptor, &parts);
    if (status != STATUS_OK) return status;
    const Fedveil__FromCoordinator *from = (const Fedveil__FromCoordinator *)(const void *)parsed;
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
