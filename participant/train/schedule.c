// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include <math.h>
#include <stdbool.h>

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

size_t schedule_choice(const struct config_federation *federation, double progress)
{
    const struct config_numbers *shares = &federation->mix.shares;
    const bool falling = federation->mix.order == ORDER_FALLING;
    double left = 0;
    for (size_t i = 0; i < shares->count; i++) {
        left += shares->values[i];
    }
    left *= progress;
    for (size_t passed = 0;; passed++) {
        const size_t choice = falling ? shares->count - 1 - passed : passed;
        if (left < shares->values[choice] || passed + 1 == shares->count) return choice;
        left -= shares->values[choice];
    }
}
