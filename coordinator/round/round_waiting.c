// SPDX-License-Identifier: Apache-2.0
#include "round/round_exchange.h"

#include <stdarg.h>
#include <stdio.h>

enum { NAMES_SHOWN = 3 };

struct line {
    char *text;
    size_t size, used;
};

static void add(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct line *line, const char *format, ...)
{
    if (line->used >= line->size) return;
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(line->text + line->used, line->size - line->used, format, arguments);
    va_end(arguments);
    if (length > 0) line->used += (size_t)length;
}

/* Whether the current phase waits for this member. */
static bool waits_for(const struct round *round, size_t peer)
{
    const struct member *member = &round->member[peer];
    switch (round->phase) {
    case PHASE_JOIN:
        return !member->ready;
    case PHASE_PUBLISH:
        return member->joined && !member->lost && !member->finished;
    case PHASE_GATHER:
    case PHASE_UPDATES:
        if (round->number == 0) return member->upload == UPLOAD_FETCHING;
        if (round->cohort == 0) return !round_present(member);
        return member->chosen && member->joined && member->upload != UPLOAD_TAKEN &&
               member->upload != UPLOAD_REJECTED;
    case PHASE_KEYS:
    case PHASE_SHARES:
    case PHASE_CONSISTENCY:
    case PHASE_UNBLIND:
        return round_exchange_awaits(round, peer);
    case PHASE_DONE:
    case PHASE_FAILED:
        break;
    }
    return false;
}

static void add_members(struct line *line, const struct round *round)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (!waits_for(round, i)) continue;
        if (shown == NAMES_SHOWN) {
            more++;
            continue;
        }
        add(line, shown++ == 0 ? "waiting for %s" : ", %s", member->name);
        if (!member->joined) {
            add(line, " (not here)");
        } else {
            add(line, " (%slast heard %.0f s ago)",
                member->lost     ? "lost, "
                : !member->ready ? "loading, "
                                 : "",
                (double)(round->now_ms - member->heard_ms) / 1000);
        }
    }
    if (more > 0) add(line, " and %zu more", more);
}

static void add_deadline(struct line *line, const struct round *round, double limit,
                         uint64_t since_ms)
{
    if (limit <= 0) {
        add(line, ", no deadline");
        return;
    }
    const double left = limit - (double)(round->now_ms - since_ms) / 1000;
    add(line, ", deadline in %.0f s", left > 0 ? left : 0);
}

/* A step of the exchange: what is waited for, and until when. */
static void add_step(struct line *line, const struct round *round)
{
    static const char *const answers[PHASE_COUNT] = {[PHASE_KEYS] = "keys",
                                                     [PHASE_SHARES] = "shares",
                                                     [PHASE_CONSISTENCY] = "signatures",
                                                     [PHASE_UNBLIND] = "openings"};
    size_t of = 0;
    const size_t count = round_exchange_answers(round, &of);
    add(line, "round %u: %zu/%zu %s in, ", (unsigned)round->number, count, of,
        answers[round->phase]);
    add_members(line, round);
    add_deadline(line, round, round->federation.secure.answer_seconds, round->step_ms);
}

void round_waiting(const struct round *round, char *text, size_t size)
{
    const struct config_federation *federation = &round->federation;
    struct line line = {text, size, 0};
    text[0] = 0;
    if (round->ended) return;
    switch (round->phase) {
    case PHASE_JOIN:
        add(&line, "start: %zu/%d ready, ", round_present_count(round), federation->participants);
        add_members(&line, round);
        add_deadline(&line, round, federation->join_seconds, round->first_ms);
        return;
    case PHASE_PUBLISH:
        add(&line, "final model: ");
        break;
    case PHASE_GATHER:
    case PHASE_UPDATES:
        if (round->number == 0) {
            add(&line, "initial model: ");
        } else if (round->cohort == 0) {
            add(&line, "round %u: %zu present, at least %zu are needed, ", (unsigned)round->number,
                round_present_count(round), config_reporters(&round->federation));
        } else {
            add(&line, "round %u: %zu/%zu in, ", (unsigned)round->number,
                aggregate_reporters(round->aggregate), round->cohort);
        }
        break;
    case PHASE_KEYS:
    case PHASE_SHARES:
    case PHASE_CONSISTENCY:
    case PHASE_UNBLIND:
        add_step(&line, round);
        return;
    case PHASE_DONE:
    case PHASE_FAILED:
        return;
    }
    add_members(&line, round);
    add_deadline(&line, round, federation->deadline_seconds, round->started_ms);
}
