// SPDX-License-Identifier: Apache-2.0
#include "secure/accountant.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

enum { TERMS_MAX = 1000000 };

static const double root_2 = 1.41421356237309504880, log_2 = 0.69314718055994530942,
                    log_pi = 1.14472988584940017414, multiplier_max = 0x1p20,
                    // Of a series whose sum is at least 1, terms below exp(this) are left out.
    negligible = -30;

void accountant_start(struct accountant *accountant)
{
    *accountant = (struct accountant){{0}};
}

double accountant_order(int index)
{
    assert(index >= 0 && index < ACCOUNTANT_ORDERS);
    return index < 99 ? 1 + (index + 1) / 10.0 : 12 + (index - 99);
}

/* log(exp(a) + sign exp(b)), a >= b when the sign is -1. */
static double log_add(double a, double b, int sign)
{
    const double high = fmax(a, b), low = fmin(a, b);
    if (isinf(low)) return high; // nothing is added
    return high + log1p(sign * exp(low - high));
}

static double log_erfc(double x)
{
    if (x < 25) return log(erfc(x));
    // The asymptotic series (DLMF 7.12.1); erfc itself underflows from 26.5.
    const double y = 1 / (2 * x * x);
    return -x * x - log(x) - log_pi / 2 + log1p(-y * (1 - 3 * y * (1 - 5 * y * (1 - 7 * y))));
}

static double log_a_integer(double order, double q, double z)
{
    double sum = -HUGE_VAL, coefficient = 0;
    for (double i = 0; i <= order; i++) {
        const double term = coefficient + i * log(q) + (order - i) * log1p(-q);
        sum = log_add(sum, term + (i * i - i) / (2 * z * z), 1);
        coefficient += log(order - i) - log(i + 1);
    }
    return sum;
}

static double log_a_fraction(double order, double q, double z)
{
    const double z0 = z * z * (log1p(-q) - log(q)) + 0.5, width = root_2 * z;
    double sum_0 = -HUGE_VAL, sum_1 = -HUGE_VAL, coefficient = 0;
    int sign = 1;
    for (double i = 0; i < TERMS_MAX; i++) {
        const double j = order - i;
        const double term_0 = coefficient + i * log(q) + j * log1p(-q) - log_2 +
                              (i * i - i) / (2 * z * z) + log_erfc((i - z0) / width);
        const double term_1 = coefficient + j * log(q) + i * log1p(-q) - log_2 +
                              (j * j - j) / (2 * z * z) + log_erfc((z0 - j) / width);
        sum_0 = log_add(sum_0, term_0, sign);
        sum_1 = log_add(sum_1, term_1, sign);
        if (i > order && fmax(term_0, term_1) < negligible) return log_add(sum_0, sum_1, 1);
        // C(order, i + 1) = C(order, i) (order - i) / (i + 1)
        coefficient += log(fabs(j)) - log(i + 1);
        if (j < 0) sign = -sign;
    }
    return HUGE_VAL; // proves nothing
}

double accountant_gaussian(double order, double rate, double multiplier)
{
    assert(order > 1 && rate >= 0 && rate <= 1 && multiplier >= 0);
    if (rate <= 0) return 0;
    if (multiplier <= 0 || isinf(order)) return HUGE_VAL;
    if (rate >= 1) return order / (2 * multiplier * multiplier);
    const bool integer = !(order > floor(order));
    const double log_a =
        integer ? log_a_integer(order, rate, multiplier) : log_a_fraction(order, rate, multiplier);
    // A divergence is not negative; what is not a number comes from too small a multiplier.
    return isnan(log_a) ? HUGE_VAL : fmax(0, log_a) / (order - 1);
}

/* The bound at a whole order, times order - 1. */
static double log_b_skellam(double order, double norm_2, double norm_1, double variance)
{
    if (order <= 1) return 0;
    const double square = norm_2 * norm_2;
    const double near = ((2 * order - 1) * square + 6 * norm_1) / (4 * variance * variance);
    const double excess = fmin(near, 3 * norm_1 / (2 * variance));
    return (order - 1) * (order * square / (2 * variance) + excess);
}

double accountant_skellam(double order, double norm_2, double norm_1, double variance)
{
    assert(order > 1 && norm_2 >= 0 && norm_1 >= 0 && variance >= 0);
    if (norm_2 <= 0) return 0;
    if (variance <= 0) return HUGE_VAL;
    const double below = floor(order), part = order - below;
    const double lower = log_b_skellam(below, norm_2, norm_1, variance);
    const double upper = log_b_skellam(below + 1, norm_2, norm_1, variance);
    return ((1 - part) * lower + part * upper) / (order - 1);
}

double accountant_laplace(double order, double scale)
{
    assert(order > 1 && scale > 0);
    const double up = log(order / (2 * order - 1)) + (order - 1) / scale;
    const double down = log((order - 1) / (2 * order - 1)) - order / scale;
    return log_add(up, down, 1) / (order - 1);
}

double accountant_convert(double order, double rdp, double delta)
{
    assert(order > 1 && delta > 0 && delta < 1);
    const double epsilon = rdp + log1p(-1 / order) - (log(delta) + log(order)) / (order - 1);
    return fmax(0, epsilon);
}

void accountant_add_gaussian(struct accountant *accountant, double rate, double multiplier,
                             double steps)
{
    assert(steps >= 0);
    if (steps <= 0) return;
    for (int i = 0; i < ACCOUNTANT_ORDERS; i++) {
        accountant->rdp[i] += steps * accountant_gaussian(accountant_order(i), rate, multiplier);
    }
}

void accountant_add_skellam(struct accountant *accountant, double norm_2, double norm_1,
                            double variance, double steps)
{
    assert(steps >= 0);
    if (steps <= 0) return;
    for (int i = 0; i < ACCOUNTANT_ORDERS; i++) {
        accountant->rdp[i] +=
            steps * accountant_skellam(accountant_order(i), norm_2, norm_1, variance);
    }
}

double accountant_epsilon(const struct accountant *accountant, double delta)
{
    double least = HUGE_VAL;
    bool spent = false;
    for (int i = 0; i < ACCOUNTANT_ORDERS; i++) {
        spent = spent || accountant->rdp[i] > 0;
        least = fmin(least, accountant_convert(accountant_order(i), accountant->rdp[i], delta));
    }
    return spent ? least : 0;
}

static double spend(double multiplier, double delta, double rate, double steps)
{
    struct accountant accountant;
    accountant_start(&accountant);
    accountant_add_gaussian(&accountant, rate, multiplier, steps);
    return accountant_epsilon(&accountant, delta);
}

enum status accountant_find_multiplier(double *multiplier, double epsilon, double delta,
                                       double rate, double steps)
{
    assert(epsilon > 0);
    double high = 1, low = 0;
    while (spend(high, delta, rate, steps) > epsilon) {
        low = high;
        high *= 2;
        if (high > multiplier_max) {
            return status_fail(STATUS_BAD_CONFIG,
                               "no noise brings epsilon to %g at delta %g, allowed: a larger one",
                               epsilon, delta);
        }
    }
    while (high - low > 1e-5 * high) {
        const double middle = (low + high) / 2;
        *(spend(middle, delta, rate, steps) > epsilon ? &low : &high) = middle;
    }
    *multiplier = high;
    return STATUS_OK;
}
