// SPDX-License-Identifier: Apache-2.0
#include "round/round_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The queue is read from the front and grows at the end; when it is empty it starts anew. */
struct output_node *round_queue(struct round *round, enum round_output_kind kind)
{
    if (round->queue_first == round->queue_count) round->queue_first = round->queue_count = 0;
    if (round->queue_count == round->queue_room) {
        const size_t room = round->queue_room == 0 ? 64 : 2 * round->queue_room;
        struct output_node *larger = realloc(round->queue, room * sizeof *larger);
        if (larger == NULL) return NULL;
        round->queue = larger;
        round->queue_room = room;
    }
    struct output_node *node = &round->queue[round->queue_count++];
    memset(node, 0, sizeof *node);
    node->output.kind = kind;
    return node;
}

void round_queue_clear(struct round *round)
{
    for (size_t i = round->queue_first; i < round->queue_count; i++) {
        free(round->queue[i].record.reporter);
        free(round->queue[i].evaluation);
        free(round->queue[i].payload);
    }
    round->queue_first = round->queue_count = 0;
}

void round_note(struct round *round, enum log_level level, const char *format, ...)
{
    struct output_node *node = round_queue(round, ROUND_NOTE);
    if (node == NULL) return; // a line of the log is lost, the round goes on
    node->output.level = level;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(node->output.text, sizeof node->output.text, format, arguments);
    va_end(arguments);
    assert(length >= 0);
}

struct from_coordinator *round_address(struct round *round, struct output_node *node, size_t peer,
                                       enum coordinator_message kind)
{
    round->member[peer].sent_ms = round->now_ms;
    node->output.peer = peer;
    struct from_coordinator *message = &node->output.message;
    message->kind = kind;
    memcpy(message->context.session, round->session, sizeof round->session);
    message->context.round = round->number;
    message->context.attempt = round->attempt;
    message->context.phase = round->phase;
    return message;
}

/* The message to fill in; what cannot be queued is lost as on the wire, and asked for again. */
static struct from_coordinator *message_to(struct round *round, size_t peer,
                                           enum coordinator_message kind)
{
    struct output_node *node = round_queue(round, ROUND_SEND);
    return node == NULL ? NULL : round_address(round, node, peer, kind);
}

void round_send_welcome(struct round *round, size_t peer)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_WELCOME);
    if (message == NULL) return;
    memcpy(message->welcome.session, round->session, sizeof round->session);
    message->welcome.index = (uint32_t)peer;
    message->welcome.participants = (uint32_t)round->members;
    message->welcome.rounds = (uint32_t)round->federation.rounds;
    message->welcome.next_round = round->has_model ? round->number + 1 : 0;
}

void round_send_refuse(struct round *round, size_t peer, const char *reason)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_REFUSE);
    if (message == NULL) return;
    envelope_set_reason(message->refuse.reason, reason);
}

/* To whoever took part before this coordinator was started anew. */
void round_send_again(struct round *round, size_t peer)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_REFUSE);
    if (message == NULL) return;
    envelope_set_reason(message->refuse.reason, "the message belongs to another run: join again");
    message->refuse.again = true;
}

void round_send_model(struct round *round, size_t peer)
{
    assert(round->has_model);
    const bool final = round->phase == PHASE_PUBLISH;
    struct member *member = &round->member[peer];
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_MODEL);
    if (message == NULL) return;
    if (!final) message->context.phase = PHASE_GATHER; // UPDATES has begun for others only
    struct envelope_model *model = &message->model;
    model->size = (uint64_t)round->model.manifest.count * sizeof(float);
    memcpy(model->digest, round->model_digest, DIGEST_BYTES);
    model->model_round = round->model_round;
    model->train = !final && member->chosen;
    model->evaluate = true;
    model->final = final;
    model->reporters_max = final ? 0 : (uint32_t)round_reporters_max(round);
}

void round_send_chunk(struct round *round, size_t peer, uint64_t offset, size_t size)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_CHUNK);
    if (message == NULL) return;
    message->chunk.offset = offset;
    message->chunk.payload = (const uint8_t *)round->model.values + offset;
    message->chunk.size = size;
}

void round_send_fetch(struct round *round, size_t peer, uint64_t offset, uint32_t chunks)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_FETCH);
    if (message == NULL) return;
    message->fetch.offset = offset;
    message->fetch.chunks = chunks;
}

void round_send_close(struct round *round, size_t peer, const char *reason)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_CLOSE);
    if (message == NULL) return;
    envelope_set_reason(message->close.reason, reason);
}

void round_send_end(struct round *round, size_t peer, bool success, const char *reason)
{
    struct from_coordinator *message = message_to(round, peer, COORDINATOR_END);
    if (message == NULL) return;
    message->end.success = success;
    envelope_set_reason(message->end.reason, reason);
}

void round_send_alive(struct round *round, size_t peer)
{
    (void)message_to(round, peer, COORDINATOR_ALIVE);
}
