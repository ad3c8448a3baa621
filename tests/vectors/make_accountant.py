#!/usr/bin/env python3
"""Writes accountant.txt: what others' programs, and integrals by mpmath, say of privacy.

    python3 make_accountant.py > accountant.txt      (needs mpmath: Debian's python3-mpmath)

A line: kind, its arguments, the expected value, the tolerance (relative).
    log-a      q z order         log A of the sampled Gaussian, see accountant.h
    rdp        q z steps order   rdp(order) of so many steps
    epsilon    q z steps delta   over the accountant's orders
    dense      z delta           epsilon of one Gaussian over orders 1.001 .. 100 in steps of 0.001
    convert    order rdp delta   epsilon of one order
    multiplier q steps epsilon delta
    laplace    scale order       rdp
    skellam    order variance norm_1 norm_2
    atleast    q z steps delta   the exact epsilon, which a bound must not be below; the tolerance is
                                 how far above it is at most
    atmost     q z steps delta   epsilon must not be above

Published values:
Opacus, opacus/tests/accountants_test.py at 4d0ebc8 (RDP epsilon, noise multipliers; PRV epsilons,
most of which are from Microsoft's prv_accountant).
Google dp-accounting at b5b0286: rdp_privacy_accountant_test.py (sampled Gaussian, pure and Gaussian
conversion, parameters of log A, trees) and pld tests (smallest deviations).
One of Google's is not taken: 6.70579741e-4 for q = 0.01, z = 2.5, 50 steps, order 1.5. Their series
for orders that are not whole adds the sizes of its terms, an upper bound which at small orders lies
3 % above; the integral gives 6.5007e-4, which their older tests had too.
"""
from mpmath import mp, mpf, quad, exp, log, npdf, inf, linspace, sqrt

mp.dps = 40
ORDERS = [1 + mpf(i) / 10 for i in range(1, 100)] + list(range(12, 64))


def log_a(q, z, order):
    """log of the integral of N(0, z^2) ((1 - q) + q exp((2x - 1) / (2 z^2)))^order."""
    q, z, order = mpf(q), mpf(z), mpf(order)
    # Bumps lie near 0 and near order; pieces of z / 2 with room at the ends.
    low, high = -12 * z, order + 12 * z
    pieces = min(600, int((high - low) / z) * 2 + 20)

    def f(x):
        return npdf(x, 0, z) * ((1 - q) + q * exp((2 * x - 1) / (2 * z * z))) ** order

    return log(quad(f, linspace(low, high, pieces), maxdegree=5))


def convert(order, rdp, delta):
    return rdp + log(1 - 1 / mpf(order)) - (log(mpf(delta)) + log(mpf(order))) / (order - 1)


def epsilon(q, z, steps, delta):
    if q == 1:
        return min(convert(a, steps * a / (2 * mpf(z) ** 2), delta) for a in ORDERS)
    return min(convert(a, steps * log_a(q, z, a) / (a - 1), delta) for a in ORDERS[:60])


def line(kind, *numbers):
    print(kind, *[n if isinstance(n, (int, str)) else mp.nstr(mpf(n), 15) for n in numbers])


print("# mpmath, quadrature; the parameters are those of Google's tests")
for q, z, order in (("1e-7", "0.1", "1.01"), ("1e-6", "0.1", "256"), ("1e-5", "0.1", "256.1"),
                    ("1e-6", "1", "27"), ("1e-4", "1", "1.5"), ("1e-3", "1", "2"),
                    ("0.01", "10", "20"), ("0.1", "100", "20.5"), ("0.99", "0.1", "256"),
                    ("0.999", "100", "256.1")):
    line("log-a", q, z, order, log_a(q, z, order), "1e-4" if float(order) < 28 and
         float(q) < 1e-3 else "1e-9")
print("# Google, and at order 1.5 mpmath")
for order, value in (("2.5", "1.08548710e-3"), ("5", "2.18075656e-3"), ("50", "2.38460375e-2"),
                     ("100", "1.67416308e2"), ("inf", "inf")):
    line("rdp", "0.01", "2.5", 50, order, value, "1e-4")
line("rdp", "0.01", "2.5", 50, "1.5", 50 * log_a("0.01", "2.5", "1.5") / mpf("0.5"), "1e-9")
line("rdp", 1, "2.71828", 1, "3.14159", mpf("3.14159") / (2 * mpf("2.71828") ** 2), "1e-12")
print("# Google: pure privacy, a Gaussian made for epsilon 1, a tree of 1600 steps, 11 levels deep")
line("convert", 32, "1.1", "1e-5", "1.32783806176", "1e-11")
line("dense", "4.530877117", "1e-6", 1, "1e-8")
line("atmost", 1, "1.13", 11, "1e-6", "19.74", 0)
line("atmost", 1, "8.83", 11, "1e-6", "2.04", 0)
print("# Opacus: RDP; its docstring; multipliers for epsilon 8, to 4 places")
line("epsilon", "0.04", "1.5", 2250, "1e-5", "7.32911117143", "1e-10")
line("multiplier", "0.04", 2250, 8, "1e-5", "1.416", "5e-4")
line("multiplier", "0.04", 2000, 8, "1e-5", "1.3562", "1e-4")
print("# mpmath, quadrature at the orders up to 7")
for q, z, steps, delta in (("0.04", "1.5", 2250, "1e-5"), ("0.1", "1", 100, "1e-5"),
                           ("0.05", "1", 200, "1e-6"), ("1", "4", 100, "1e-5")):
    line("epsilon", q, z, steps, delta, epsilon(mpf(q), z, steps, delta), "1e-9")
print("# q z steps delta of a run, by an independent program (best order 7.8)")
line("epsilon", "0.01", 1, 1000, "1e-5", "2.10136527", "1e-8")
print("# multipliers without sampling for epsilon 1, 3, 8 and 1 .. 500 rounds, to 3 digits")
for steps, row in ((1, ("4.05", "1.49", "0.64")), (10, ("12.79", "4.72", "2.02")),
                   (100, ("40.45", "14.93", "6.38")), (500, ("90.45", "33.39", "14.26"))):
    for eps, value in zip((1, 3, 8), row):
        line("multiplier", 1, steps, eps, "1e-5", value, "8e-3")
print("# exact epsilons: Opacus' test of PRV, delta 1e-6; its figure at 2249 steps, delta 1e-5")
PRV = {("0.8", "0.001"): ("0.270403364", "0.477771266", "1.296009258", "2.034514808"),
       ("1.5", "0.001"): ("0.039369419", "0.099820660", "0.437005109", "0.704218385"),
       ("2.0", "0.001"): ("0.029104537", "0.071218783", "0.305837940", "0.491354910"),
       ("3.0", "0.001"): ("0.021520093", "0.047615931", "0.194031031", "0.309694161"),
       ("0.8", "0.05"): ("6.741051939", "19.525842805"),
       ("1.5", "0.05"): ("1.953853136", "6.209969247", "38.306617914", "73.190176724"),
       ("2.0", "0.05"): ("1.283637379", "4.172799867", "24.421718570", "45.236995861"),
       ("3.0", "0.05"): ("0.767933790", "2.527574326", "13.961114699", "24.942005643"),
       ("0.8", "0.2"): ("24.333664178",), ("1.5", "0.2"): ("8.498977859",),
       ("2.0", "0.2"): ("5.672056609",), ("3.0", "0.2"): ("3.381220510",)}
for (z, q), values in PRV.items():
    for steps, value in zip((100, 1000, 20000, 50000), values):
        # Few rare releases spend less than the largest order can say.
        rare = q == "0.001"
        line("atleast", q, z, steps, "1e-6", value, "0.15" if not rare else
             "0.5" if steps >= 20000 else "8")
line("atleast", "0.04", "1.5", 2249, "1e-5", "6.777395712150674", "0.1")
print("# Google: smallest deviations of the (sub)sampled Gaussian, epsilon 1 and delta as they are")
line("atleast", 1, "0.333333333333333", 1, "0.78760074", 1, "3")
line("atleast", "0.01", "0.67379294682", 1, "1e-5", 1, "2")
line("atleast", "0.001", mpf("3.20956502598") / 6, 25, "1e-5", 1, "2")
print("# the analytic Gaussian: delta at (z, epsilon)")
for z, eps, delta in ((1, 1, "0.1269367375"), (2, 1, "0.006829594983"), (4, "0.5", "0.002708880218"),
                      (1, 3, "0.001537185369"), (5, 1, "1.754633332e-8")):
    line("atleast", 1, z, 1, delta, eps, "0.6")
print("# Laplace: closed form; Google has orders 1 and 1000 of epsilon 1 for the exponential mechanism")
for scale, values in ((1, ("0.512883511", "0.61912363", "0.853078015", "0.928682902",
                           "0.989122159")),
                      (mpf(1) / 3, ("2.426287674", "2.594596595", "2.853053334", "2.928682902",
                                    "2.989122159"))):
    for order, value in zip(("1.5", 2, 5, 10, 64), values):
        line("laplace", scale, order, value, "1e-8")
print("# the bound of Skellam noise")
line("skellam", 2, 100, 10, 5, "0.253375", "1e-8")
line("skellam", 8, "1e4", 1000, 50, "1.00010875", "1e-8")
line("skellam", 4, "1e6", "1e5", 200, "0.08000022", "1e-8")
