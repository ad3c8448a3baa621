// SPDX-License-Identifier: Apache-2.0
#include "report/report_private.h"

#include <string.h>

size_t report_newest(const struct report_facts *facts, const struct store_evaluation **first)
{
    size_t from = facts->evaluation_count;
    while (from > 0 && facts->evaluations[from - 1].model_round ==
                           facts->evaluations[facts->evaluation_count - 1].model_round) {
        from--;
    }
    *first = facts->evaluations == NULL ? NULL : &facts->evaluations[from];
    return facts->evaluation_count - from;
}

struct report_verified report_verified(const struct report_facts *facts, uint32_t model_round)
{
    struct report_verified mean = {0};
    for (size_t i = 0; i < facts->evaluation_count; i++) {
        const struct store_evaluation *one = &facts->evaluations[i];
        if (one->model_round != model_round) continue;
        mean.count++;
        mean.accuracy += one->accuracy;
        mean.deviation += one->deviation;
        mean.tar += one->tar_at_far_1e3;
        if (one->identification < 0) continue;
        mean.identified++;
        mean.identification += one->identification;
    }
    if (mean.count > 0) {
        mean.accuracy /= (double)mean.count;
        mean.deviation /= (double)mean.count;
        mean.tar /= (double)mean.count;
    }
    if (mean.identified > 0) mean.identification /= (double)mean.identified;
    return mean;
}

void report_name(char name[LIMIT_NAME], const struct report_facts *facts, uint32_t participant)
{
    for (size_t r = 0; r < facts->round_count; r++) {
        const struct store_round *round = &facts->rounds[r];
        for (size_t i = 0; i < round->cohort; i++) {
            if (round->reporter[i].participant != participant) continue;
            memcpy(name, round->reporter[i].name, LIMIT_NAME);
            return;
        }
    }
    snprintf(name, LIMIT_NAME, "participant %u", (unsigned)participant);
}

bool report_choices(double shares[LIMIT_CHOICES], const struct store_round *round, size_t choices)
{
    double all = 0;
    struct store_totals totals;
    store_total(&totals, round);
    memset(shares, 0, LIMIT_CHOICES * sizeof *shares);
    for (size_t k = 0; k < choices && k < totals.choices; k++) {
        shares[k] = (double)totals.k_count[k];
        all += shares[k];
    }
    for (size_t k = 0; k < choices && all > 0; k++) {
        shares[k] /= all;
    }
    return all > 0;
}
