// SPDX-License-Identifier: Apache-2.0
/* The secure exchange, seen from a participant. */
#include "session/session_private.h"

#include "secure/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Takes a payload of the coordinator and gives the answer to it, if there is one. */
typedef enum status taker(struct blinder *blinder, const uint8_t *payload, size_t size,
                          uint8_t **out, size_t *out_size);

static enum status take_opening(struct blinder *blinder, const uint8_t *payload, size_t size,
                                uint8_t **out, size_t *out_size)
{
    (void)out;
    (void)out_size;
    return blinder_take_opening(blinder, payload, size);
}

/* The list was journaled before it was signed here: a quorum of signatures is answered at once. */
static enum status take_signatures(struct blinder *blinder, const uint8_t *payload, size_t size,
                                   uint8_t **out, size_t *out_size)
{
    const enum status status = blinder_take_signatures(blinder, payload, size);
    return status == STATUS_OK ? blinder_release(blinder, out, out_size) : status;
}

/* What is done with each step of the coordinator: who takes it, at which step it is answered if it
 * is at once, and how far the exchange is then. A coordinator has no RELEASE to say. */
static const struct {
    taker *take;
    enum exchange_step answer;
    enum exchange_state reached;
} steps[EXCHANGE_STEPS] = {
    [EXCHANGE_STEP_KEYS] = {blinder_take_board, EXCHANGE_STEP_SHARES, EXCHANGE_SHARED},
    [EXCHANGE_STEP_SHARES] = {blinder_take_parcels, EXCHANGE_STEP_RECEIPT, EXCHANGE_READY},
    [EXCHANGE_STEP_RECEIPT] = {blinder_take_complaint, EXCHANGE_STEP_OPENING, EXCHANGE_SHARED},
    [EXCHANGE_STEP_OPENING] = {take_opening, EXCHANGE_STEPS, EXCHANGE_READY},
    [EXCHANGE_STEP_COUNTED] = {blinder_take_counted, EXCHANGE_STEP_SIGNATURES, EXCHANGE_LISTED},
    [EXCHANGE_STEP_SIGNATURES] = {take_signatures, EXCHANGE_STEP_RELEASE, EXCHANGE_RELEASED},
};

/* Which steps each state takes, one bit a step: the next one, and those before it, which are
 * answered as they were, or, when they are not what they were, end all. Whatever comes too early
 * was overtaken by a message that was lost, and comes again; whatever comes too late is of no more
 * use. */
#define TAKES(step) (1u << EXCHANGE_STEP_##step)
static const unsigned takes[EXCHANGE_STATES] = {
    [EXCHANGE_KEYED] = TAKES(KEYS),
    [EXCHANGE_SHARED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT),
    [EXCHANGE_READY] = TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT) | TAKES(OPENING),
    [EXCHANGE_GIVING] =
        TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT) | TAKES(OPENING) | TAKES(COUNTED),
    [EXCHANGE_LISTED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(COUNTED),
    [EXCHANGE_SIGNED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(COUNTED) | TAKES(SIGNATURES),
    [EXCHANGE_RELEASED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(COUNTED) | TAKES(SIGNATURES),
};

/* What a state says again and again until the next one is reached. */
static const struct {
    bool says;
    enum exchange_step step;
} unanswered[EXCHANGE_STATES] = {
    [EXCHANGE_KEYED] = {true, EXCHANGE_STEP_KEYS},
    [EXCHANGE_SHARED] = {true, EXCHANGE_STEP_SHARES},
    [EXCHANGE_READY] = {true, EXCHANGE_STEP_RECEIPT},
    [EXCHANGE_GIVING] = {true, EXCHANGE_STEP_RECEIPT},
    [EXCHANGE_SIGNED] = {true, EXCHANGE_STEP_SIGNATURES},
    [EXCHANGE_RELEASED] = {true, EXCHANGE_STEP_RELEASE},
};

/* ---- beginning and end ---- */

static void forget_said(struct said *said)
{
    blinder_forget(said->bytes, said->size);
    *said = (struct said){0};
}

void step_exchange_drop(struct session *session)
{
    blinder_destroy(&session->blinder);
    for (size_t step = 0; step < EXCHANGE_STEPS; step++) {
        forget_said(&session->said[step]);
    }
    session->exchange = EXCHANGE_NONE;
    session->journal_asked = false;
}

/* Says so in the log, and to the coordinator as a good-bye. */
static void break_off(struct session *session)
{
    char reason[ENVELOPE_REASON];
    envelope_set_reason(reason, status_message());
    session_note(session, LOG_ERROR, "round %u, attempt %u: the secure exchange ends here: %.400s",
                 (unsigned)session->round, (unsigned)session->attempt, reason);
    session_leave(session, reason);
}

static void say(struct session *session, enum exchange_step step)
{
    struct pending *pending = session_say(session, PARTICIPANT_EXCHANGE);
    if (pending != NULL) pending->step = step;
}

/* Keeps what is to be said at a step, and says it, unless the journal comes first. */
static void answer(struct session *session, enum exchange_step step, uint8_t *bytes, size_t size)
{
    forget_said(&session->said[step]);
    session->said[step] = (struct said){bytes, size};
    if (step != EXCHANGE_STEP_SIGNATURES || session->exchange >= EXCHANGE_SIGNED)
        say(session, step);
}

/* A cohort that the coordinator may not ask for. */
static enum status check_cohort(const struct session *session)
{
    const struct session_secure *secure = &session->secure;
    if (session->index != secure->place) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "the coordinator has another roster: there this participant is"
                           " number %u, here %zu",
                           (unsigned)session->index + 1, secure->place + 1);
    }
    // The scale of integers depends on it: another one for each would tell updates apart in a sum.
    if (session->model.reporters_max != secure->assumption.cohort) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "a cohort of %u was announced; allowed is %zu, that of the config",
                           (unsigned)session->model.reporters_max, secure->assumption.cohort);
    }
    return STATUS_OK;
}

static enum status create_blinder(struct session *session)
{
    const struct session_secure *secure = &session->secure;
    struct blinder_options options = {
        .context = {.round = session->round, .attempt = session->attempt},
        .self = session->index,
        .members = secure->members,
        .sign_keys = secure->sign_keys,
        .sign_secret = secure->sign_secret,
        .assumption = secure->assumption,
        .cohort_min = secure->cohort_min,
        .random = secure->random,
    };
    memcpy(options.context.session, session->id, sizeof options.context.session);
    memcpy(options.context.roster, secure->roster, sizeof options.context.roster);
    memcpy(options.context.model, session->model.digest, sizeof options.context.model);
    memcpy(options.context.config, session->join.federation, sizeof options.context.config);
    return blinder_create(&session->blinder, &options);
}

/* What the ledger knows the base model by. Where nothing is shared all rounds have the same. */
static void name_model(uint8_t name[DIGEST_BYTES], const struct session *session)
{
    memcpy(name, session->model.digest, DIGEST_BYTES);
    if (!session->shares_nothing) return;
    uint8_t named[DIGEST_BYTES + sizeof session->round];
    memcpy(named, name, DIGEST_BYTES);
    memcpy(named + DIGEST_BYTES, &session->round, sizeof session->round);
    digest_compute(name, named, sizeof named);
}

/* The round goes on without this participant, as the ledger has it: status_message() says why. */
static void sit_out(struct session *session)
{
    session_note(session, LOG_WARNING, "round %u is left out: %.400s", (unsigned)session->round,
                 status_message());
    step_exchange_drop(session);
    session->closed = true;
}

static enum status check_given(const struct session *session)
{
    const struct session_secure *secure = &session->secure;
    uint8_t model[DIGEST_BYTES];
    name_model(model, session);
    return ledger_check_given(secure->ledger, model, step_model_trained(session),
                              secure->models_max);
}

void step_exchange_begin(struct session *session)
{
    uint8_t *keys = NULL;
    size_t size = 0;
    step_exchange_drop(session);
    if (!session->is_secure || !session->model.train || session->state != STATE_TAKING_PART) return;
    if (check_given(session) != STATUS_OK) {
        sit_out(session);
        return;
    }
    enum status status = check_cohort(session);
    if (status == STATUS_OK) status = create_blinder(session);
    if (status == STATUS_OK) status = blinder_keys(session->blinder, &keys, &size);
    if (status != STATUS_OK) {
        break_off(session);
        return;
    }
    session->exchange = EXCHANGE_KEYED;
    answer(session, EXCHANGE_STEP_KEYS, keys, size);
}

/* ---- steps ---- */

/* Whether something waits for the journal: an update to be given, or a list to be signed. */
static bool is_to_be_journaled(const struct session *session)
{
    return session->exchange == EXCHANGE_LISTED ||
           (session->exchange == EXCHANGE_READY && step_model_trained(session));
}

/* What is to be journaled of this attempt, sooner or later. */
static struct ledger_entry entry_of(const struct session *session)
{
    struct ledger_entry entry = {.round = session->round, .attempt = session->attempt};
    memcpy(entry.roster, session->secure.roster, sizeof entry.roster);
    memcpy(entry.session, session->id, sizeof entry.session);
    name_model(entry.model, session);
    if (session->exchange < EXCHANGE_LISTED) {
        entry.kind = LEDGER_BLINDED;
        blinder_present(session->blinder, &entry.places, &entry.count);
    } else {
        entry.kind = LEDGER_SIGNED;
        blinder_counted(session->blinder, &entry.places, &entry.count);
    }
    return entry;
}

static enum status check_entry(const struct session *session)
{
    const struct session_secure *secure = &session->secure;
    const struct ledger_entry entry = entry_of(session);
    return ledger_check(secure->ledger, &entry, secure->assumption.cohort);
}

/* Another list than it has signed ends all; a board that it may not blind with, the attempt. */
static enum status reach(struct session *session, enum exchange_state state)
{
    if (state <= session->exchange) return STATUS_OK; // repeated
    session->exchange = state;
    if (state == EXCHANGE_READY) {
        session_note(session, LOG_DEBUG, "round %u: with whom to blind is agreed upon",
                     (unsigned)session->round);
        if (check_entry(session) != STATUS_OK) sit_out(session);
    }
    if (state != EXCHANGE_LISTED) return STATUS_OK;
    step_update_drop(session); // no more is counted
    return check_entry(session);
}

void step_exchange_heard(struct session *session, const struct from_coordinator *message)
{
    const struct envelope_exchange *heard = &message->exchange;
    assert((unsigned)heard->step < EXCHANGE_STEPS);
    const bool taken = (takes[session->exchange] >> heard->step & 1) != 0;
    if (!taken || !session_current(session, &message->context)) {
        session->ignored++;
        return;
    }
    uint8_t *out = NULL;
    size_t out_size = 0;
    enum status status =
        steps[heard->step].take(session->blinder, heard->payload, heard->size, &out, &out_size);
    if (status == STATUS_OK) status = reach(session, steps[heard->step].reached);
    if (status != STATUS_OK) {
        blinder_forget(out, out_size);
        break_off(session);
    } else if (session->exchange == EXCHANGE_NONE) {
        blinder_forget(out, out_size); // it sits out
    } else if (out != NULL) {
        answer(session, steps[heard->step].answer, out, out_size);
    }
}

bool step_exchange_repeat(struct session *session)
{
    const enum exchange_step step = unanswered[session->exchange].step;
    if (!unanswered[session->exchange].says || session->said[step].bytes == NULL) return false;
    say(session, step);
    return true;
}

/* ---- the update ---- */

bool step_exchange_lets_offer(const struct session *session)
{
    return !session->is_secure ||
           (session->exchange == EXCHANGE_GIVING && blinder_ready(session->blinder));
}

static struct tally tally_of(uint64_t weight, const struct envelope_metrics *metrics)
{
    struct tally tally = {
        .weight = weight,
        .loss = metrics->loss,
        .training_accuracy = metrics->training_accuracy,
        .images = metrics->images,
        .train_seconds = metrics->train_seconds,
        .mask_seconds = metrics->mask_seconds,
        .policy_seconds = metrics->policy_seconds,
        .peak_memory = (double)metrics->peak_memory,
        .saturated = metrics->saturated,
    };
    assert(metrics->choices <= LIMIT_CHOICES && metrics->probabilities <= LIMIT_CHOICES);
    memcpy(tally.k_count, metrics->k_count, metrics->choices * sizeof *tally.k_count);
    memcpy(tally.k_probability, metrics->k_probability,
           metrics->probabilities * sizeof *tally.k_probability);
    return tally;
}

enum status step_exchange_blind(struct session *session, uint8_t **bytes, size_t *size,
                                uint64_t weight, const struct envelope_metrics *metrics)
{
    const size_t width = (size_t)session->secure.bits / 8, words = *size / width;
    const struct tally tally = tally_of(weight, metrics);
    assert(words * width == *size);
    if (*size > ENVELOPE_BODY_MAX - TALLY_BYTES) {
        return status_fail(STATUS_FULL, "an update of %zu bytes; at most %zu are allowed", *size,
                           ENVELOPE_BODY_MAX - TALLY_BYTES);
    }
    uint8_t *body = realloc(*bytes, *size + TALLY_BYTES);
    if (body == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for an update");
    *bytes = body;
    enum status status = tally_pack(body + *size, &tally);
    if (status == STATUS_OK) {
        status = blinder_blind(session->blinder, body, words, session->secure.bits, body + *size,
                               TALLY_WORDS);
    }
    if (status == STATUS_OK) *size += TALLY_BYTES;
    return status;
}

/* ---- the journal ---- */

bool step_exchange_journal(struct session *session, struct ledger_entry *entry)
{
    if (!is_to_be_journaled(session) || session->journal_asked) return false;
    session->journal_asked = true;
    *entry = entry_of(session);
    return true;
}

void session_journaled(struct session *session)
{
    if (!is_to_be_journaled(session) || !session->journal_asked) return; // the attempt is over
    session->journal_asked = false;
    const struct ledger_entry entry = entry_of(session);
    if (ledger_add(session->secure.ledger, &entry) != STATUS_OK) {
        break_off(session);
        return;
    }
    if (session->exchange == EXCHANGE_READY) {
        session->exchange = EXCHANGE_GIVING;
        return;
    }
    session->exchange = EXCHANGE_SIGNED;
    session_note(session, LOG_DEBUG, "round %u: the list of the counted is signed",
                 (unsigned)session->round);
    say(session, EXCHANGE_STEP_SIGNATURES);
}
