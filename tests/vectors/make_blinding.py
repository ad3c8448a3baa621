#!/usr/bin/env python3
"""Writes blinding.txt: keys, seeds of pairs and blinded words.

    python3 make_blinding.py > blinding.txt

ChaCha20 and X25519 are written out here from RFC 8439 and RFC 7748 and first compared with
published vectors; hashlib has the BLAKE2b. First, for each of four participants: "party PLACE",
secret key, public key, own seed; then for each pair "pair LOW HIGH" and its seed; then uploads,
"upload PLACE BITS FIRST COUNT VECTOR", words before and after, all in hexadecimal.
"""
import hashlib
import struct

from curve25519 import x25519

PLACES = (2, 3, 11, 300)


def chacha20_block(key, counter, nonce):
    state = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key),
             counter & 0xFFFFFFFF, counter >> 32, *struct.unpack("<2I", nonce)]
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
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, state)))


# The first block of a zero key (RFC 8439, A.1).
assert chacha20_block(bytes(32), 0, bytes(8)).hex().startswith("76b8e0ada0f13d90405d6ae55386bd28")


def stream(label, size):
    return hashlib.shake_128(label.encode()).digest(size)


def u32(n):
    return n.to_bytes(4, "little")


def pair_seed(low, high):
    common = x25519(SECRET[low], PUBLIC[high])
    assert common == x25519(SECRET[high], PUBLIC[low])
    data = b"fsa1/pair".ljust(32, b"\0") + bytes(range(32)) + bytes(range(100, 116)) + u32(7) + \
        u32(2) + bytes([0xAA] * 32) + bytes([0x55] * 32) + u32(low) + u32(high) + PUBLIC[low] + \
        PUBLIC[high]
    return hashlib.blake2b(data, digest_size=32, key=common).digest()


def keystream(seed, size, vector):
    nonce = vector.to_bytes(8, "little")
    return b"".join(chacha20_block(seed, i, nonce) for i in range(size // 64 + 1))


def upload(place, bits, first, count, vector):
    width = bits // 8
    before = stream("words %d %d" % (place, bits), count * width)
    masks = [(1, keystream(OWN[place], (first + count) * width, vector))]
    for other in PLACES:
        if other != place:
            seed = pair_seed(min(place, other), max(place, other))
            masks.append((1 if place < other else -1,
                          keystream(seed, (first + count) * width, vector)))
    after = b""
    for i in range(count):
        word = int.from_bytes(before[i * width:(i + 1) * width], "little")
        for sign, mask in masks:
            at = (first + i) * width
            word += sign * int.from_bytes(mask[at:at + width], "little")
        after += (word % (1 << bits)).to_bytes(width, "little")
    print("upload", place, bits, first, count, vector)
    print(before.hex())
    print(after.hex())


SECRET = {i: stream("secret %d" % i, 32) for i in PLACES}
PUBLIC = {i: x25519(SECRET[i], (9).to_bytes(32, "little")) for i in PLACES}
OWN = {i: stream("own %d" % i, 32) for i in PLACES}
for i in PLACES:
    print("party", i, SECRET[i].hex(), PUBLIC[i].hex(), OWN[i].hex())
for i in PLACES:
    for j in PLACES:
        if i < j:
            print("pair", i, j, pair_seed(i, j).hex())
upload(2, 16, 0, 45, 0)
upload(3, 24, 0, 50, 0)
upload(3, 24, 1000, 30, 0)
upload(11, 32, 17, 40, 0)
upload(300, 32, 4095, 20, 0)
upload(300, 64, 0, 11, 1)
