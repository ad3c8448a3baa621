// SPDX-License-Identifier: Apache-2.0
#include "measures/privacy_score.h"

#include <math.h>

/* What the normalisation is of. */
static double raw_pp(const struct privacy_score *row)
{
    return 0.4 * (row->s1 + row->s2) + 0.6 * (row->s3 + row->s4);
}

static double raw_cls(const struct privacy_score *row)
{
    return row->accuracy;
}

/* N(raw) of row `index`. */
static double normalised(const struct privacy_score *rows, size_t count, size_t index,
                         double (*raw)(const struct privacy_score *))
{
    double least = (double)INFINITY, most = -least;
    for (size_t i = 0; i < count; i++) { // fmin and fmax pass over NaN
        if (!rows[i].compared) continue;
        least = fmin(least, raw(&rows[i]));
        most = fmax(most, raw(&rows[i]));
    }
    if (!rows[index].compared || !(most > least)) return (double)NAN;
    return 0.5 + 0.5 * (raw(&rows[index]) - least) / (most - least);
}

void privacy_score_form(struct privacy_score *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].pp = normalised(rows, count, i, raw_pp);
        rows[i].cls = normalised(rows, count, i, raw_cls);
        rows[i].score = (rows[i].pp + rows[i].cls) / 2;
    }
}
