// SPDX-License-Identifier: Apache-2.0
#include "secure/guarantee.h"

#include "base/log.h"
#include "secure/accountant.h"
#include "secure/dp_sgd.h"
#include "secure/quantise.h"

#include <stdio.h>
#include <string.h>

/* The bound of Skellam noise falls with D at a given ratio of noise to D, and |q|_1 <= |q|_2^2 for
 * integers: what holds for the fewest steps that a plan may have holds for all. */
static double epsilon_of_skellam(const struct config_federation *federation)
{
    struct accountant accountant;
    const double norm = QUANTISE_STEPS_MIN, noise = federation->dp.multiplier * norm;
    accountant_start(&accountant);
    accountant_add_skellam(&accountant, norm, norm * norm, noise * noise, federation->rounds);
    return accountant_epsilon(&accountant, federation->dp.delta);
}

/* A participant that is not in the cohort of every round takes fewer steps than these. */
static void state_dp_sgd(struct guarantee *guarantee, const struct config_federation *federation)
{
    const double steps = (double)federation->rounds * (double)dp_sgd_steps(federation);
    guarantee->adjacency = "add or remove one image of one participant";
    guarantee->epsilon = dp_sgd_epsilon(federation, steps);
    snprintf(guarantee->text, sizeof guarantee->text,
             "differential privacy of an image (%s): epsilon %.4g at delta %g over %d round%s, by "
             "noise of %g times the clip on the gradients of each of %.0f steps, which take an "
             "image with probability %g; metrics carry none",
             guarantee->adjacency, guarantee->epsilon, guarantee->delta, federation->rounds,
             federation->rounds == 1 ? "" : "s", federation->dp.multiplier, steps,
             federation->dp.sample_rate);
}

void guarantee_state(struct guarantee *guarantee, const struct config_federation *federation)
{
    const enum config_dp method = federation->dp.method;
    memset(guarantee, 0, sizeof *guarantee);
    guarantee->mechanism = config_word("federation.dp.method", (int)method);
    if (method == DP_NONE) {
        snprintf(guarantee->text, sizeof guarantee->text,
                 "no differential privacy: no noise is added to updates");
        return;
    }
    guarantee->given = true;
    guarantee->delta = federation->dp.delta;
    if (method == DP_SGD) {
        state_dp_sgd(guarantee, federation);
        return;
    }
    guarantee->adjacency = "add or remove one participant";
    guarantee->epsilon = epsilon_of_skellam(federation);
    snprintf(
        guarantee->text, sizeof guarantee->text,
        "differential privacy of a participant (%s): epsilon %.4g at delta %g over %d round%s, "
        "by Skellam noise of %g times the clip on each sum of updates; totals of metrics "
        "carry none",
        guarantee->adjacency, guarantee->epsilon, guarantee->delta, federation->rounds,
        federation->rounds == 1 ? "" : "s", federation->dp.multiplier);
    if (federation->dp.delta * federation->participants >= 1) {
        snprintf(guarantee->warning, sizeof guarantee->warning,
                 "federation.dp.delta: %g is not below 1/%d: to give one of %d participants away "
                 "whole would keep such a promise",
                 federation->dp.delta, federation->participants, federation->participants);
    }
}

void guarantee_log(const struct config_federation *federation)
{
    struct guarantee guarantee;
    guarantee_state(&guarantee, federation);
    log_info("%s", guarantee.text);
    if (guarantee.warning[0] != '\0') log_warning("%s", guarantee.warning);
}
