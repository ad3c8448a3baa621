#!/usr/bin/env python3
"""Writes neighbours.txt: rings of cohorts and who is whose neighbour.

    python3 make_neighbours.py > neighbours.txt

A case: "case COUNT DEGREE SALT", the digest of the messages in hexadecimal, the ring from its lowest
hash on, then for each place in ascending order its neighbours. The message of a place are the bytes
of the text "key SALT PLACE"; places are 5 i + i % 3. Neighbours are found by distance on the ring.
"""
import hashlib


def u32(n):
    return n.to_bytes(4, "little")


def exchange(key, purpose, place, body=b""):
    context = bytes(range(32)) + bytes(range(100, 116)) + u32(7) + u32(2) + bytes([0xAA] * 32) + \
        bytes([0x55] * 32)
    data = purpose.ljust(32, b"\0") + context + u32(place) + u32(0) + body
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def write(count, degree, salt):
    places = [5 * i + i % 3 for i in range(count)]
    digest = bytes(32)
    for place in places:
        digest = exchange(digest, b"fsa1/message", place, b"key %d %d" % (salt, place))
    ring = sorted(places, key=lambda place: exchange(digest, b"fsa1/ring", place))
    print("case", count, degree, salt)
    print(digest.hex())
    print(*ring)
    for a in places:
        steps = {b: (ring.index(a) - ring.index(b)) % count for b in places if b != a}
        near = sorted(steps, key=lambda b: min(steps[b], count - steps[b]))[:degree]
        print(*sorted(near))


write(3, 2, 1)
write(10, 9, 2)
write(9, 4, 3)
write(12, 6, 4)
write(40, 14, 5)
