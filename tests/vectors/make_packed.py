#!/usr/bin/env python3
"""Writes small packed sets of faces for tests and fuzzing, in the formats of MXNet and InsightFace:

    fedveil participant data synth --out PEOPLE --people 10 --images 4
    python3 make_packed.py PEOPLE TESTS          # TESTS: the folder tests/ of the source

Independent of Fedveil's code: records are written from their description in dmlc-core, pickles by Python's
own module, and those of Python 2 opcode by opcode. Needs numpy for the files named numpy. The faces are of
people who do not exist, shrunk to 12 x 12 grey pixels; the first pixel of picture number i is i.

TESTS/vectors/packed.pgm              all pictures, one below the other
TESTS/vectors/packed_people.rec .idx  InsightFace's layout: header, pictures, people
TESTS/vectors/packed_labels.rec .idx  im2rec's layout: pictures with labels, in no order
TESTS/fuzz/corpus/pickle/*.bin        ten pairs: pictures 2i and 2i+1, the same for even i
TESTS/fuzz/corpus/recordio/*          length of the index (4 bytes), index, records
"""
import pickle
import struct
import sys
import zlib

SIDE, PICTURES, MAGIC = 12, 20, struct.pack("<I", 0xCED7230A)
COUNTS = (3, 2, 1, 0, 4)  # pictures of each person of packed_people, numbers 0 to 9


def read_png(path):
    """Rows of an 8-bit RGB file without interlacing."""
    data = open(path, "rb").read()
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    assert (depth, kind, interlaced) == (8, 2, 0)
    packed, at = b"", 8
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    raw, rows, above = zlib.decompress(packed), [], bytearray(3 * width)
    for y in range(height):
        way, row = raw[y * (3 * width + 1)], bytearray(raw[y * (3 * width + 1) + 1:(y + 1) * (3 * width + 1)])
        for x in range(3 * width):
            left, up = row[x - 3] if x >= 3 else 0, above[x]
            corner = above[x - 3] if x >= 3 else 0
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda v: abs(guess - v))
            row[x] = (row[x] + (0, left, up, (left + up) // 2, nearest)[way]) & 255
        rows.append(row)
        above = row
    return rows


def shrink(rows):
    """Means of the green channel over SIDE x SIDE cells."""
    step, out = len(rows) / SIDE, bytearray()
    for y in range(SIDE):
        for x in range(SIDE):
            cell = [rows[int(y * step) + i][3 * (int(x * step) + j) + 1] for i in range(8) for j in range(8)]
            out.append(sum(cell) // len(cell))
    return out


def pgm(pixels, height=SIDE):
    return b"P5 %d %d 255\n" % (SIDE, height) + bytes(pixels)


def record(payload):
    """dmlc::RecordIOWriter::WriteRecord: cut at each aligned magic number, which is left out."""
    cuts = [i for i in range(0, len(payload) - len(payload) % 4, 4) if payload[i:i + 4] == MAGIC]
    starts, ends = [0] + [i + 4 for i in cuts], cuts + [len(payload)]
    out = b""
    for i, (start, end) in enumerate(zip(starts, ends)):
        kind = 0 if len(starts) == 1 else 1 if i == 0 else 3 if i == len(starts) - 1 else 2
        part = payload[start:end]
        out += MAGIC + struct.pack("<I", kind << 29 | len(part)) + part + b"\0" * (-len(part) % 4)
    return out


def item(labels, key, picture=b""):
    """mxnet.recordio.pack: a number alone is the label, a list follows the head."""
    if isinstance(labels, (list, tuple)):
        head = struct.pack("<IfQQ", len(labels), 0, key, 0) + struct.pack("<%df" % len(labels), *labels)
    else:
        head = struct.pack("<IfQQ", 0, labels, key, 0)
    return record(head + picture)


def write_records(name, tests, items):
    data, index = b"", ""
    for key, bytes_ in items:
        index += "%d\t%d\n" % (key, len(data))
        data += bytes_
    open("%s/vectors/packed_%s.rec" % (tests, name), "wb").write(data)
    open("%s/vectors/packed_%s.idx" % (tests, name), "w").write(index)
    corpus = struct.pack("<I", len(index)) + index.encode() + data
    open("%s/fuzz/corpus/recordio/%s" % (tests, name), "wb").write(corpus)


def python2(pictures, same):
    """What cPickle of Python 2 writes for ([str, ..], [bool, ..]) with protocol 2."""
    out, memo = b"\x80\x02]q\x01(", 2
    for picture in pictures:
        out += b"U" + struct.pack("<B", len(picture)) if len(picture) < 256 else b"T" + struct.pack("<I", len(picture))
        out += picture + (b"q" + struct.pack("<B", memo) if memo < 256 else b"r" + struct.pack("<I", memo))
        memo += 1
    return out + b"e]q" + struct.pack("<B", memo) + b"(" + b"".join(b"\x88" if s else b"\x89" for s in same) + b"e\x86."


def main(people, tests):
    pictures = []
    for i in range(PICTURES):
        pixels = shrink(read_png("%s/person_%04d/%04d.png" % (people, i // 4 * 2 + (i % 4 == 3), i % 4)))
        pixels[0] = i
        pictures.append(pixels)
    # Where records are cut: picture data begin 24 + 13 bytes into a record, or 4 more for each label.
    pictures[1][23:27] = MAGIC
    pictures[7][7:15] = MAGIC + MAGIC
    files = [pgm(p) for p in pictures]
    open(tests + "/vectors/packed.pgm", "wb").write(pgm(b"".join(pictures), SIDE * PICTURES))

    total, items, ranges = sum(COUNTS), [], []
    items.append((0, item((total + 1, total + 1 + len(COUNTS)), 0)))
    for person, count in enumerate(COUNTS):
        ranges.append((len(items), len(items) + count))
        for _ in range(count):
            key = len(items)
            items.append((key, item(person if key % 2 else (person, 9), key, files[key - 1])))
    for person, range_ in enumerate(ranges):
        items.append((len(items), item(range_, len(items))))
    write_records("people", tests, items)
    order = [(i * 7) % PICTURES for i in range(PICTURES)]
    write_records("labels", tests, [(i, item(i % 3 * 5 if i % 4 else (i % 3 * 5, 1), i, files[i])) for i in order])

    same = [i % 2 == 0 for i in range(PICTURES // 2)]
    sets = {"python2": python2(files, same)}
    for protocol in (3, 4, 5):
        sets["python%d" % protocol] = pickle.dumps((files, same), protocol)
    try:
        import numpy
        arrays = [numpy.frombuffer(f, numpy.uint8).copy() for f in files]
        for protocol in (3, 4, 5):
            each = [a.reshape(-1, 1) for a in arrays] if protocol != 4 else arrays
            flags = [numpy.bool_(s) for s in same]
            sets["numpy%d" % protocol] = pickle.dumps((each, flags), protocol)
        sets["numpy_array"] = pickle.dumps([arrays, numpy.array(same)], 4)
    except ImportError:
        print("no numpy: numpy*.bin are left as they are")
    for name, data in sets.items():
        open("%s/fuzz/corpus/pickle/%s.bin" % (tests, name), "wb").write(data)


main(sys.argv[1], sys.argv[2])
