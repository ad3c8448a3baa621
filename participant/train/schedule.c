// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include <math.h>

double schedule_rate(const struct config_federation *federation, double epoch, double epochs)
{
    const double top = federation->optimiser.learning_rate;
    const double warm_up = federation->optimiser.warmup_epochs;
    if (epoch < warm_up) return top * epoch / warm_up;
    switch (federation->optimiser.schedule) {
    case SCHEDULE_STEP: {
        double rate = top;
        for (size_t i = 0; i < federation->optimiser.milestones.count; i++) {
            if (epoch >= federation->optimiser.milestones.values[i]) {
                rate *= federation->optimiser.decay;
            }
        }
        return rate;
    }
    case SCHEDULE_COSINE:
        return top * 0.5 * (1.0 + cos(3.14159265358979323846 * fmin(epoch / epochs, 1.0)));
    case SCHEDULE_CONSTANT:
    default:
        return top;
    }
}
