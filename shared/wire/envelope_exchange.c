// SPDX-License-Identifier: Apache-2.0
/* Steps of the secure exchange on the wire. */
#include "wire/envelope_parts.h"

#include <assert.h>

_Static_assert((int)FEDVEIL__EXCHANGE_STEP__EXCHANGE_STEP_SHARES == (int)EXCHANGE_STEP_SHARES &&
                   (int)FEDVEIL__EXCHANGE_STEP__EXCHANGE_STEP_RELEASE == (int)EXCHANGE_STEP_RELEASE,
               "steps have the same numbers on the wire");

static const struct {
    const char *name;
    enum phase phase;
} steps[EXCHANGE_STEPS] = {
    [EXCHANGE_STEP_KEYS] = {"keys", PHASE_KEYS},
    [EXCHANGE_STEP_SHARES] = {"shares", PHASE_SHARES},
    [EXCHANGE_STEP_RECEIPT] = {"receipt", PHASE_SHARES},
    [EXCHANGE_STEP_OPENING] = {"opening", PHASE_SHARES},
    [EXCHANGE_STEP_COUNTED] = {"counted", PHASE_CONSISTENCY},
    [EXCHANGE_STEP_SIGNATURES] = {"signatures", PHASE_CONSISTENCY},
    [EXCHANGE_STEP_RELEASE] = {"release", PHASE_UNBLIND},
};

const char *envelope_step_name(enum exchange_step step)
{
    assert((unsigned)step < EXCHANGE_STEPS);
    return steps[step].name;
}

enum phase envelope_step_phase(enum exchange_step step)
{
    assert((unsigned)step < EXCHANGE_STEPS);
    return steps[step].phase;
}

Fedveil__Exchange envelope_put_exchange(const struct envelope_exchange *exchange)
{
    Fedveil__Exchange made;
    fedveil__exchange__init(&made);
    made.step = (Fedveil__ExchangeStep)exchange->step;
    made.size = (uint32_t)exchange->size;
    return made;
}

void envelope_get_exchange(struct envelope_exchange *exchange, const Fedveil__Exchange *from,
                           const struct envelope_parts *parts)
{
    exchange->step = (enum exchange_step)from->step; // any number; checked with the bounds
    exchange->payload = parts->payload;
    exchange->size = from->size;
}

enum status envelope_check_exchange(const struct envelope_exchange *exchange,
                                    const struct envelope_context *context,
                                    enum exchange_step never)
{
    if ((unsigned)exchange->step >= EXCHANGE_STEPS) {
        return status_fail(STATUS_BAD_MESSAGE, "exchange.step: there is no step %d",
                           (int)exchange->step);
    }
    if (exchange->step == never) {
        return status_fail(STATUS_BAD_MESSAGE, "exchange.step: %s is not said in this direction",
                           steps[never].name);
    }
    if (context->phase != steps[exchange->step].phase) {
        return status_fail(STATUS_BAD_MESSAGE, "context.phase: %s is said in phase %s, not in %s",
                           steps[exchange->step].name, phase_name(steps[exchange->step].phase),
                           phase_name(context->phase));
    }
    return envelope_check_range(exchange->size, 1, LIMIT_CHUNK, "exchange.size");
}
