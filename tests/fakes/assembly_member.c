// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly_member.h"

#include "secure/quantise.h"

#include <stdlib.h>
#include <string.h>

float assembly_step(size_t member, uint32_t round, size_t number)
{
    const float wave = (float)((number * 37 + round * 11) % 64) / 64.0f - 0.5f;
    return 0.1f * wave * (float)(member + 1);
}

void assembly_member_forget(struct assembly_member *member)
{
    session_destroy(&member->session);
    model_destroy(&member->base);
    memset(&member->base, 0, sizeof member->base);
    free(member->update);
    member->update = NULL;
    member->running = false;
    member->job.kind = SESSION_WAIT;
}

static void finish_prepare(struct assembly *assembly, struct assembly_member *member)
{
    const size_t count = member->other_model ? 5 : assembly->manifest.count;
    float *initial = malloc(count * sizeof *initial);
    assert_non_null(initial);
    for (size_t i = 0; i < count; i++) {
        initial[i] = member->initial;
    }
    session_ready(member->session, &initial, member->evaluates);
}

static void finish_train(struct assembly *assembly, size_t index)
{
    struct assembly_member *member = &assembly->member[index];
    const size_t count = assembly->manifest.count;
    if (member->update == NULL) member->update = malloc(count * sizeof *member->update);
    assert_non_null(member->update);
    for (size_t i = 0; i < count; i++) {
        member->update[i] = assembly_step(index, member->job.round, i);
    }
    member->trainings++;
    session_trained(member->session);
}

static void finish_encode(struct assembly *assembly, size_t index)
{
    struct assembly_member *member = &assembly->member[index];
    struct quantise plan = {0};
    struct random rounding;
    struct envelope_metrics metrics = {
        .loss = 1.0 + (double)index, .training_accuracy = 0.5, .images = member->weight};
    assert_int_equal(quantise_plan(&plan, &member->base, &assembly->config.federation,
                                   member->job.reporters_max),
                     STATUS_OK);
    random_start(&rounding, 5, (uint32_t)index, RANDOM_ROUNDING, member->job.round, 0);
    const size_t size = quantise_bytes(&plan, plan.count);
    uint32_t *integers = malloc(plan.count * sizeof *integers);
    uint8_t *bytes = calloc(size + 8, 1);
    assert_true(integers != NULL && bytes != NULL);
    assert_int_equal(quantise_encode(&plan, integers, member->update, (double)member->weight,
                                     &rounding, &metrics.saturated),
                     STATUS_OK);
    quantise_pack(&plan, bytes, integers, plan.count);
    session_encoded(member->session, &bytes, size + (size_t)member->extra_bytes, member->weight,
                    &metrics);
    free(integers);
    quantise_destroy(&plan);
}

static void load_model(struct assembly *assembly, struct assembly_member *member)
{
    float *values = NULL;
    assert_int_equal(session_take_model(member->session, &values), STATUS_OK);
    model_destroy(&member->base);
    assert_int_equal(model_create(&member->base, &assembly->manifest), STATUS_OK);
    memcpy(member->base.values, values, assembly->manifest.count * sizeof *values);
    free(values);
}

static void finish_job(struct assembly *assembly, size_t index)
{
    struct assembly_member *member = &assembly->member[index];
    const struct envelope_evaluation evaluation = {.accuracy = 0.5 + 0.01 * member->job.model_round,
                                                   .identification = -1};
    switch (member->job.kind) {
    case SESSION_PREPARE:
        finish_prepare(assembly, member);
        break;
    case SESSION_LOAD:
        load_model(assembly, member);
        break;
    case SESSION_EVALUATE:
        member->evaluations++;
        session_evaluated(member->session, &evaluation);
        break;
    case SESSION_TRAIN:
        finish_train(assembly, index);
        break;
    case SESSION_ENCODE:
        finish_encode(assembly, index);
        break;
    case SESSION_WAIT:
    case SESSION_END:
        break;
    }
    member->job.kind = SESSION_WAIT;
}

static uint64_t duration_of(const struct assembly_member *member)
{
    switch (member->job.kind) {
    case SESSION_PREPARE:
        return member->load_ms;
    case SESSION_EVALUATE:
        return member->evaluate_ms;
    case SESSION_TRAIN:
        return member->work_ms;
    case SESSION_LOAD:
    case SESSION_ENCODE:
    case SESSION_WAIT:
    case SESSION_END:
        break;
    }
    return 0;
}

static void send_up(struct assembly *assembly, size_t index)
{
    static struct session_output output;
    struct assembly_member *member = &assembly->member[index];
    while (session_next(member->session, &output)) {
        switch (output.kind) {
        case SESSION_MESSAGE:
            if (member->tamper == NULL || member->tamper(assembly, index, &output.message)) {
                assembly_inject(assembly, index, &output.message);
            }
            break;
        case SESSION_NOTE:
            if (getenv("ASSEMBLY_LOG"))
                print_message("%6llu p%zu: %s\n", (unsigned long long)assembly->now_ms, index,
                              output.text);
            break;
        case SESSION_JOURNAL:
            session_journaled(member->session);
            break;
        }
    }
}

void assembly_member_serve(struct assembly *assembly, size_t index)
{
    struct assembly_member *member = &assembly->member[index];
    session_tick(member->session, assembly->now_ms);
    if (member->job.kind != SESSION_WAIT) {
        if (!session_wants(member->session, &member->job)) member->job.kind = SESSION_WAIT;
        if (assembly->now_ms >= member->busy_until) finish_job(assembly, index);
    }
    if (member->job.kind == SESSION_WAIT) {
        session_job(member->session, &member->job);
        member->busy_until = assembly->now_ms + duration_of(member);
    }
    send_up(assembly, index);
    if (member->job.kind == SESSION_END) {
        member->ended = true;
        member->success = member->job.success;
        memcpy(member->reason, member->job.reason, sizeof member->reason);
        assembly_member_forget(member); // its last frames are on their way
    }
}
