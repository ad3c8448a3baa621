// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include <string.h>

static void add_reporter(struct store_totals *totals, const struct store_reporter *reporter)
{
    totals->images += reporter->images;
    totals->saturated += reporter->saturated;
    totals->train_seconds += reporter->train_seconds;
    totals->mask_seconds += reporter->mask_seconds;
    totals->policy_seconds += reporter->policy_seconds;
    totals->peak_memory += reporter->peak_memory;
    if (reporter->choices > totals->choices) totals->choices = reporter->choices;
    for (size_t k = 0; k < reporter->choices; k++) {
        totals->k_count[k] += reporter->k_count[k];
    }
    if (totals->probabilities == 0) totals->probabilities = reporter->probabilities;
    for (size_t k = 0; k < totals->probabilities && k < reporter->probabilities; k++) {
        totals->k_probability[k] += reporter->k_probability[k];
    }
}

void store_total(struct store_totals *totals, const struct store_round *round)
{
    size_t reporters = 0, policies = 0;
    if (round->privacy == PRIVACY_SECURE_SUM) {
        *totals = round->opened;
        return;
    }
    memset(totals, 0, sizeof *totals);
    for (size_t i = 0; i < round->cohort; i++) {
        if (!round->reporter[i].reported) continue;
        add_reporter(totals, &round->reporter[i]);
        reporters++;
        policies += round->reporter[i].probabilities > 0;
    }
    if (reporters > 0) totals->peak_memory /= (double)reporters;
    for (size_t k = 0; k < totals->probabilities; k++) {
        totals->k_probability[k] /= (double)policies;
    }
}
