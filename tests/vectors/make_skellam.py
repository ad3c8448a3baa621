#!/usr/bin/env python3
"""Writes skellam.txt: what draws of Skellam noise must come out of given random bits.

    python3 make_skellam.py > skellam.txt        (needs mpmath: Debian's python3-mpmath)

The C code runs down a recurrence of Bessel functions. Here tail probabilities come from the
characteristic function exp(-v (1 - cos t)) instead, summed over j = -(k-1) .. k-1 (Dirichlet's
kernel) and integrated by the trapezoidal rule on N points, which is exact but for what lies N away:

    P[|X| < k] = 1/N sum over t = 2 pi i / N of exp(-v (1 - cos t)) sin((k - 1/2) t) / sin(t / 2).

A line: variance, 127 random bits U in hexadecimal, the largest k with P[|X| >= k] 2^127 > U. Two
lines have a U beside a P[|X| >= k] 2^127, 2^36 above it and below it: the table must have that
probability to 2^-91 of the whole.
"""
import hashlib
from mpmath import mp, mpf, mpc, cos, sin, pi, exp, sqrt, ceil, floor

mp.prec = 260


def tail(v, k):
    if k == 0:
        return mpf(1)
    n = int(40 * sqrt(v)) + 2 * k + 400
    total = mpf(2 * k - 1)
    for i in range(1, n // 2 + 1):
        t = 2 * pi * i / n
        weight = exp(-v * (1 - cos(t)))
        if weight < mpf(2) ** -250:
            break
        total += (1 if 2 * i == n else 2) * weight * sin((k - mpf(1) / 2) * t) / sin(t / 2)
    return 1 - total / n


def quantile(v, u):
    low, high = 0, int(11 * sqrt(v)) + 60
    while high - low > 1:
        middle = (low + high) // 2
        if floor(tail(v, middle) * mpf(2) ** 127) > u:
            low = middle
        else:
            high = middle
    return low


SLACK = 1 << 36
for variance in (1, 2, 7, 100, 5000, 10**6, 123456789, 2**34):
    v = mpf(variance)
    for i in range(6):
        u = int.from_bytes(hashlib.sha256(b"%d %d" % (variance, i)).digest()[:16], "big") >> 1
        u >>= (0, 0, 3, 10, 25, 50)[i]  # some far out in the tail
        print(variance, "%032x" % u, quantile(v, u))
    for share in (mpf("0.1"), mpf("1.1"), mpf("2.5"), mpf("6"), mpf("8.5")):
        k = int(share * sqrt(v)) + 1
        edge = int(floor(tail(v, k) * mpf(2) ** 127))
        if edge > SLACK:
            print(variance, "%032x" % (edge - SLACK), quantile(v, edge - SLACK))
        print(variance, "%032x" % (edge + SLACK), quantile(v, edge + SLACK))
