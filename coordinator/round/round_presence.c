// SPDX-License-Identifier: Apache-2.0
/* Time, and who is present, silent or gone. */
#include "round/round_private.h"

#include <assert.h>

/* Time in which this core did not run is nobody's silence (a long write, a suspended machine). */
void round_pass_time(struct round *round, uint64_t now_ms)
{
    if (round->first_ms == 0) round->first_ms = round->now_ms = now_ms;
    assert(now_ms >= round->now_ms);
    const uint64_t gap = now_ms - round->now_ms;
    round->now_ms = now_ms;
    if (gap <= ROUND_ALIVE_MS) return;
    for (size_t i = 0; i < round->members; i++) {
        round->member[i].heard_ms += gap;
        round->member[i].gone_ms += gap;
    }
    for (int i = 0; i < ROUND_UPLOADS; i++) {
        round->slot[i].chunk_ms += gap;
    }
    round->step_ms += gap;
}

bool round_present(const struct member *member)
{
    return member->joined && member->ready && !member->lost;
}

size_t round_present_count(const struct round *round)
{
    size_t count = 0;
    for (size_t i = 0; i < round->members; i++) {
        count += round_present(&round->member[i]) ? 1u : 0u;
    }
    return count;
}

void round_heard(struct round *round, size_t peer)
{
    struct member *member = &round->member[peer];
    member->heard_ms = round->now_ms;
    member->unreachable = false;
    if (member->lost) round_note(round, LOG_INFO, "%s is back", member->name);
    member->lost = false;
}

void round_gone(struct round *round, size_t peer, uint64_t now_ms)
{
    assert(peer < round->members);
    round_pass_time(round, now_ms);
    struct member *member = &round->member[peer];
    if (!member->unreachable) member->gone_ms = now_ms;
    member->unreachable = true;
}

void round_watch(struct round *round)
{
    for (size_t i = 0; i < round->members; i++) {
        struct member *member = &round->member[i];
        if (!member->joined) continue;
        const uint64_t silent = round->now_ms - member->heard_ms;
        const bool gone = member->unreachable && round->now_ms - member->gone_ms >= ROUND_GONE_MS;
        if (!member->lost && (gone || silent >= round->silence_ms)) {
            member->lost = true;
            round_note(round, LOG_WARNING, "lost %s: %s, last heard %.0f s ago", member->name,
                       gone ? "its connection is closed" : "it is silent", (double)silent / 1000);
            phase_updates_drop(round, i);
        }
        if (round->now_ms - member->sent_ms >= ROUND_ALIVE_MS) round_send_alive(round, i);
    }
}

void round_repeat_end(struct round *round)
{
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (member->joined && !member->unreachable) {
            round_send_end(round, i, round->success, round->ending);
        }
    }
}

bool round_settled(const struct round *round)
{
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (member->joined && !member->unreachable) return false;
    }
    return round->ended;
}
