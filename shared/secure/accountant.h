// SPDX-License-Identifier: Apache-2.0
/* accountant - what a run with noise gives away, as (epsilon, delta).
 *
 * A mechanism M is (epsilon, delta)-private when for all neighbouring inputs D, D' and all sets S
 *     P[M(D) in S] <= exp(epsilon) P[M(D') in S] + delta.
 * Neighbours here: one more or one less (add or remove), of images for DP-SGD, of participants for
 * noise on the sum. Whoever reports a figure says which.
 *
 * Accounts are kept as Renyi differential privacy (Mironov, CSF 2017): for each order a > 1 a bound
 * rdp(a) on the Renyi divergence of order a between M(D) and M(D'). Releases after each other add
 * up, also when a later one depends on earlier ones. In the end
 *     epsilon = min over a of rdp(a) + log(1 - 1/a) - (log delta + log a) / (a - 1)
 * (Balle, Barthe, Gaboardi, Hsu, Sato, "Hypothesis testing interpretations and Renyi differential
 * privacy", AISTATS 2020, theorem 21). Any order gives a valid bound; the orders are those of
 * Opacus, 1.1 .. 10.9 in steps of 0.1 and 12 .. 63.
 *
 * Figures are upper bounds. The exact loss (numerical composition of the privacy loss) is
 * mostly a tenth lower, more where releases are few.
 *
 * Pure: nothing is allocated, drawn or kept. Needs nothing but the mathematical library. */
#ifndef SECURE_ACCOUNTANT_H
#define SECURE_ACCOUNTANT_H

#include "base/status.h"

#include <stdint.h>

enum { ACCOUNTANT_ORDERS = 99 + 52 };

struct accountant {
    double rdp[ACCOUNTANT_ORDERS]; // spent so far, at each order
};

/* Nothing is spent: epsilon is 0. */
void accountant_start(struct accountant *accountant);

/* Order `index` of the list above. */
double accountant_order(int index);

/* Spends `steps` releases of a sum of vectors of norm at most C, of which each is in the sum with
 * probability `rate` (0 .. 1, independently, Poisson sampling), plus Gaussian noise of standard
 * deviation multiplier * C in each number. One step of DP-SGD: C is the clip of one image's
 * gradient, rate = expected batch / images. Rate 1 is the plain Gaussian. With multiplier 0 nothing
 * is private: epsilon is infinite from then on, unless rate or steps is 0. */
void accountant_add_gaussian(struct accountant *accountant, double rate, double multiplier,
                             double steps);

/* Spends `steps` releases of a sum of integer vectors plus Skellam noise of variance `variance`,
 * see skellam.h. `norm_2`, `norm_1`: largest L2 and L1 norm of one vector. */
void accountant_add_skellam(struct accountant *accountant, double norm_2, double norm_1,
                            double variance, double steps);

/* Least epsilon that the orders prove at this delta, 0 < delta < 1; never below 0, INFINITY when
 * none proves any. */
double accountant_epsilon(const struct accountant *accountant, double delta);

/* The smallest multiplier, to 4 digits and rounded up, with which accountant_add_gaussian() spends
 * at most `epsilon` (above 0). STATUS_BAD_CONFIG when none up to 2^20 does: some epsilon is spent
 * by the conversion alone. */
enum status accountant_find_multiplier(double *multiplier, double epsilon, double delta,
                                       double rate, double steps) CHECKED;

/* The mechanisms themselves: rdp(order) of one release, order > 1, not necessarily of the list; and
 * the conversion of one order.
 *
 * Sampled Gaussian: Mironov, Talwar, Zhang, "Renyi differential privacy of the sampled Gaussian
 * mechanism", arXiv 1908.10530, section 3.3: log A / (order - 1), where for integer orders
 *     A = sum over i = 0..a of C(a, i) (1 - q)^(a-i) q^i exp((i^2 - i) / (2 z^2))
 * and for others two series whose terms have a complementary error function; both in logarithms.
 * Skellam: Agarwal, Kairouz, Liu, "The Skellam mechanism for differentially private federated
 * learning", NeurIPS 2021, theorem 3.5 and corollary:
 *     a D2^2 / (2 v) + min(((2a - 1) D2^2 + 6 D1) / (4 v^2), 3 D1 / (2 v)),
 * for whole a > 1; between whole orders (a - 1) rdp(a), which is convex and 0 at 1, lies below the
 * straight line (van Erven, Harremoes, "Renyi divergence and Kullback-Leibler divergence", 2014).
 * Laplace noise of scale `scale` on a number of sensitivity 1: Mironov 2017, table II. */
double accountant_gaussian(double order, double rate, double multiplier);
double accountant_skellam(double order, double norm_2, double norm_1, double variance);
double accountant_laplace(double order, double scale);
double accountant_convert(double order, double rdp, double delta);

#endif
