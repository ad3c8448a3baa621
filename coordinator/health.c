// SPDX-License-Identifier: Apache-2.0
#include "health.h"

#include "base/log.h"

#include <math.h>
#include <string.h>

static const double collapsed_above = 0.95;
enum { JUDGED_MIN = 3 };

size_t health_probabilities(double probability[LIMIT_CHOICES], const struct store_round *round)
{
    struct store_totals totals;
    store_total(&totals, round);
    memcpy(probability, totals.k_probability, sizeof totals.k_probability);
    return totals.probabilities;
}

double health_entropy(const double *probability, size_t count)
{
    double entropy = 0;
    if (count < 2) return 0;
    for (size_t k = 0; k < count; k++) {
        if (probability[k] > 0) entropy -= probability[k] * log(probability[k]);
    }
    return entropy / log((double)count);
}

double health_policy_share(const struct store_round *rounds, size_t count)
{
    double policy = 0, all = 0;
    for (size_t r = 0; r < count; r++) {
        struct store_totals totals;
        store_total(&totals, &rounds[r]);
        policy += totals.policy_seconds;
        all += totals.train_seconds;
    }
    return all > 0 ? policy / all : 0;
}

static bool peaked(const double *probability, size_t count)
{
    // One candidate leaves nothing to choose.
    for (size_t k = 0; count > 1 && k < count; k++) {
        if (probability[k] > collapsed_above) return true;
    }
    return false;
}

static bool collapsed(const struct store_round *round)
{
    double mean[LIMIT_CHOICES];
    if (peaked(mean, health_probabilities(mean, round))) return true;
    for (size_t i = 0; i < round->cohort; i++) {
        const struct store_reporter *reporter = &round->reporter[i];
        if (reporter->reported && peaked(reporter->k_probability, reporter->probabilities)) {
            return true;
        }
    }
    return false;
}

static bool diverged(const struct store_round *rounds, size_t count, int planned)
{
    size_t judged = 0;
    for (size_t r = 1; r < count; r++) {
        if (3.0 * rounds[r].round <= planned) continue;
        if (rounds[r].loss < rounds[0].loss) return false;
        judged++;
    }
    return judged >= JUDGED_MIN;
}

void health_judge(struct health *health, const struct store_round *rounds, size_t count,
                  int planned)
{
    *health = (struct health){.entropy = -1};
    if (count == 0) return;
    double probability[LIMIT_CHOICES];
    const size_t length = health_probabilities(probability, &rounds[count - 1]);
    if (length > 0) health->entropy = health_entropy(probability, length);
    health->collapsed = collapsed(&rounds[count - 1]);
    health->diverged = diverged(rounds, count, planned);
    health->policy_share = health_policy_share(rounds, count);
}

void health_warn(struct store *store, int planned)
{
    struct store_round *rounds = NULL;
    struct health health;
    size_t count = 0;
    if (store_rounds(store, &rounds, &count) != STATUS_OK) return;
    health_judge(&health, rounds, count, planned);
    if (health.diverged) log_warning("%s", HEALTH_DIVERGED);
    if (health.collapsed) log_warning("%s", HEALTH_COLLAPSED);
    store_free_rounds(rounds, count);
}
