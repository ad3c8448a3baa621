#!/usr/bin/env python3
"""Writes exchange.txt: a whole run of the secure exchange among four, byte for byte.

    python3 make_exchange.py > exchange.txt

All is written out here from the RFCs and from exchange_records.h, and first compared with published
vectors: Ed25519 (RFC 8032), X25519 (RFC 7748), ChaCha20 and Poly1305 (RFC 8439), XChaCha20
(draft-irtf-cfrg-xchacha-03); hashlib has the BLAKE2b and the SHA-512. A line: a step, the place in
the roster, bytes in hexadecimal. "sign" is the seed of its Ed25519 key with the public key,
"random" what the participant draws, "update" two words of 32 bits before and after they are
blinded; the rest are payloads. Place 6 drops out after its shares, so it is not counted.
"""
import hashlib
import struct

from curve25519 import P, x25519

PLACES, LOST, THRESHOLD, QUORUM = (1, 2, 6, 9), 6, 3, 3


def u32(*numbers):
    return b"".join(n.to_bytes(4, "little") for n in numbers)


# Ed25519.
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(n, p):
    q = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        n >>= 1
    return q


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x % 2 != 0:
        x = P - x
    return x, y, 1, x * y % P


BASE = base_point()


def compress(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def sign_expand(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return a, h[32:], compress(point_multiply(a, BASE))


def sign_bytes(seed, message):
    a, prefix, public = sign_expand(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    point = compress(point_multiply(r, BASE))
    h = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little") % L
    return point + ((r + h * a) % L).to_bytes(32, "little")


SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
assert sign_expand(SEED)[2].hex() == \
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
assert sign_bytes(SEED, b"\x72").hex() == (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")


# ChaCha20 and what is made of it. `last` are the last four words of the state.
def rounds(key, last):
    state = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), *last]
    s = list(state)

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            s[z] ^= s[x]
            s[z] = (s[z] << n | s[z] >> (32 - n)) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return state, s


def block(key, last):
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(*rounds(key, last))))


def hchacha20(key, nonce):
    s = rounds(key, struct.unpack("<4I", nonce))[1]
    return struct.pack("<8I", *s[:4], *s[12:])


assert hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")).hex() == \
    "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\1", "little")) * r % (2 ** 130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2 ** 128).to_bytes(16, "little")


assert poly1305(bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
                b"Cryptographic Forum Research Group").hex() == "a8061dc1305136c6c22b8baf0c0127a9"


def seal(key, data, text, nonce=bytes(24)):
    """XChaCha20-Poly1305 (IETF)."""
    inner = hchacha20(key, nonce[:16])
    tail = (0, *struct.unpack("<2I", nonce[16:]))
    stream = b"".join(block(inner, (1 + i, *tail)) for i in range(len(text) // 64 + 1))
    sealed = bytes(a ^ b for a, b in zip(text, stream))

    def padded(part):
        return part + bytes(-len(part) % 16)

    lengths = struct.pack("<2Q", len(data), len(text))
    return sealed + poly1305(block(inner, (0, *tail))[:32],
                             padded(data) + padded(sealed) + lengths)


SAMPLE = seal(bytes(range(0x80, 0xA0)), bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
              b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
              b"the future, sunscreen would be it.", bytes(range(0x40, 0x58)))
assert SAMPLE[:16].hex() == "bd6d179d3e83d43b9576579493c0e939"
assert SAMPLE[-16:].hex() == "c0875924c1c7987947deafd8780acf49"


def mul(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def evaluate(secret, coefficients, x):
    result, power = list(secret), x
    for coefficient in coefficients:
        result = [a ^ mul(power, b) for a, b in zip(result, coefficient)]
        power = mul(power, x)
    return bytes(result)


# The exchange.
def context_hash(purpose, first, second, body, key=b""):
    data = b"fsa1/" + purpose.ljust(27, b"\0") + bytes(range(32)) + bytes(range(100, 116)) + \
        u32(7, 2) + bytes([0xAA] * 32) + bytes([0x55] * 32) + u32(first, second) + body
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def sign(place, purpose, first, second, body):
    return sign_bytes(SIGN[place], context_hash(purpose, first, second, body))


def commit(maker, holder, which, share, opening):
    return context_hash(b"share", maker, holder, bytes([which]) + share, opening)


def stream(label, size):
    return hashlib.shake_128(label.encode()).digest(size)


def show(step, place, payload):
    print(step, place, payload.hex())


N = len(PLACES)
SIGN = {i: stream("sign %d" % i, 32) for i in PLACES}
RANDOM = {i: stream("random %d" % i, 32 * (4 + 2 * (THRESHOLD - 1) + 2 * N)) for i in PLACES}
DRAWN = {i: [RANDOM[i][k:k + 32] for k in range(0, len(RANDOM[i]), 32)] for i in PLACES}
PUBLIC = {i: [x25519(DRAWN[i][k], (9).to_bytes(32, "little")) for k in range(2)] for i in PLACES}
for i in PLACES:
    show("sign", i, SIGN[i] + sign_expand(SIGN[i])[2])
    show("random", i, RANDOM[i])

KEYS = {i: u32(i) + PUBLIC[i][0] + PUBLIC[i][1] +
        sign(i, b"keys", i, 0, PUBLIC[i][0] + PUBLIC[i][1]) for i in PLACES}
plan = u32(N - 1, N, THRESHOLD, QUORUM)
keys_digest = bytes(32)
for i in PLACES:
    show("keys", i, KEYS[i])
    keys_digest = context_hash(b"message", i, 0, KEYS[i], keys_digest)
BOARD = context_hash(b"board", 0, 0, plan, keys_digest)
show("board", 0, plan + u32(N) + b"".join(KEYS[i] for i in PLACES))

SHARE, PARCEL = {}, {}
for maker in PLACES:
    c, s, seed, opening, *rest = DRAWN[maker]
    degree = THRESHOLD - 1
    polynomials, openings = (rest[:degree], rest[degree:2 * degree]), rest[2 * degree:]
    commitment = commit(maker, 0, 0, seed, opening)
    head = commitment + opening
    payload = u32(maker) + head + sign(maker, b"secret", maker, 0, BOARD + head) + u32(N)
    for number, holder in enumerate(PLACES, 1):
        shares = [evaluate(secret, polynomial, number)
                  for secret, polynomial in zip((seed, c), polynomials)]
        opens = openings[2 * number - 2:2 * number]
        commits = b"".join(commit(maker, number, w, shares[w], opens[w]) for w in range(2))
        key = context_hash(b"parcel", maker, holder, BOARD, x25519(s, PUBLIC[holder][1]))
        sealed = seal(key, BOARD, shares[0] + opens[0] + shares[1] + opens[1])
        signature = sign(maker, b"sealed", maker, holder, BOARD + commits + sealed)
        SHARE[maker, holder] = [shares[w] + opens[w] for w in range(2)]
        PARCEL[maker, holder] = commits + sealed + signature
        payload += u32(holder) + PARCEL[maker, holder]
    show("shares", maker, payload)
RECEIPT = {i: u32(i) + sign(i, b"delivered", N, 0, BOARD + u32(*PLACES)) for i in PLACES}
for holder in PLACES:
    show("parcels", holder, u32(N, *PLACES, N) +
         b"".join(u32(maker) + PARCEL[maker, holder] for maker in PLACES))
    show("receipt", holder, RECEIPT[holder] + u32(0))
    maker = PLACES[0]
    show("complaint", holder, u32(maker, holder) + sign(holder, b"complaint", maker, holder, BOARD))
    show("opening", holder, u32(maker, holder) + b"".join(SHARE[maker, holder]))

COUNTED = [i for i in PLACES if i != LOST]
for i in COUNTED:
    before = stream("update %d" % i, 8)
    after = list(struct.unpack("<2I", before))
    for j in PLACES:
        low, high = min(i, j), max(i, j)
        seed = DRAWN[i][2] if i == j else context_hash(
            b"pair", low, high, PUBLIC[low][0] + PUBLIC[high][0], x25519(DRAWN[i][0], PUBLIC[j][0]))
        words = struct.unpack("<2I", block(seed, (0, 0, 0, 0))[:8])
        after = [(a + (w if i <= j else -w)) % 2 ** 32 for a, w in zip(after, words)]
    show("update", i, before + struct.pack("<2I", *after))
show("counted", 0, u32(len(COUNTED)) + b"".join(RECEIPT[i] for i in COUNTED))
SIGNED = {i: u32(i) + sign(i, b"counted", len(COUNTED), 0, BOARD + u32(*COUNTED)) for i in COUNTED}
for i in COUNTED:
    show("signature", i, SIGNED[i])
show("signatures", 0, u32(len(COUNTED)) + b"".join(SIGNED.values()))
for holder in COUNTED:
    show("release", holder, u32(holder, N) + b"".join(
        u32(maker, int(maker == LOST)) + SHARE[maker, holder][maker == LOST] for maker in PLACES))
