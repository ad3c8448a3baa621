#!/usr/bin/env python3
"""Writes shamir.txt: shares of secrets of 32 bytes, and commitments to them.

    python3 make_shamir.py > shamir.txt

Nothing here is like the C code: products go by tables of logarithms to the base x + 1, a share is the
sum of powers, and the program itself joins the last shares by solving linear equations before it
prints them. hashlib has the BLAKE2b. A case: "case HOLDERS THRESHOLD", then in hexadecimal the
secret, the coefficients of x, x^2, .., and of each holder its share, an opening and the commitment
of maker 1000 + HOLDERS.

Google's published vectors (fcp/secagg/shared/shamir_secret_sharing_test.cc) are over the primes'
field of 2^31 + 11 and do not apply to GF(2^8).
"""
import hashlib

EXP, LOG = [0] * 255, [0] * 256
value = 1
for power in range(255):
    EXP[power], LOG[value] = value, power
    double = value << 1
    value ^= double ^ 0x11B if double > 255 else double


def mul(a, b):
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def power(a, n):
    return 1 if n == 0 else EXP[LOG[a] * n % 255]


def solve(rows):
    """Gauss over the field; the first unknown."""
    n = len(rows)
    for i in range(n):
        pivot = next(r for r in range(i, n) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        inverse = EXP[-LOG[rows[i][i]] % 255]
        rows[i] = [mul(v, inverse) for v in rows[i]]
        for r in range(n):
            if r != i and rows[r][i]:
                factor = rows[r][i]
                rows[r] = [v ^ mul(factor, w) for v, w in zip(rows[r], rows[i])]
    return rows[0][n]


def stream(label, size):
    return hashlib.shake_128(label.encode()).digest(size)


def u32(n):
    return n.to_bytes(4, "little")


def commitment(share, opening, maker, holder):
    context = b"fsa1/share".ljust(32, b"\0") + bytes(range(32)) + bytes(range(100, 116)) + u32(7) + \
        u32(2) + bytes([0xAA] * 32) + bytes([0x55] * 32)
    data = context + u32(maker) + u32(holder) + b"\x01" + share
    return hashlib.blake2b(data, digest_size=32, key=opening).digest()


def write(holders, threshold):
    name = "%d of %d" % (threshold, holders)
    secret = stream("secret " + name, 32)
    coefficients = [stream("c%d %s" % (j, name), 32) for j in range(1, threshold)]
    shares = []
    for x in range(1, holders + 1):
        share = bytearray(secret)
        for j, c in enumerate(coefficients, 1):
            share = bytearray(s ^ mul(v, power(x, j)) for s, v in zip(share, c))
        shares.append(bytes(share))
    for b in range(32):
        rows = [[power(x, j) for j in range(threshold)] + [shares[x - 1][b]]
                for x in range(holders - threshold + 1, holders + 1)]
        assert solve(rows) == secret[b]
    print("case", holders, threshold)
    print(secret.hex())
    for c in coefficients:
        print(c.hex())
    for x, share in enumerate(shares, 1):
        opening = stream("opening %d %s" % (x, name), 32)
        print(share.hex(), opening.hex(), commitment(share, opening, 1000 + holders, x).hex())


for n, t in ((2, 2), (3, 2), (5, 3), (9, 9), (20, 14)):
    write(n, t)
