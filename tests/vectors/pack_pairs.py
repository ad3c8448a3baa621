#!/usr/bin/env python3
"""Packs what a list of pairs names into InsightFace's form of a verification set:

    python3 pack_pairs.py DIR PAIRS OUT.bin [PROTOCOL]

DIR/NAME/NAME_0001.jpg and a list in the format of LFW's pairs.txt. The file's bytes are kept as they are.
"""
import os
import pickle
import sys


def picture(folder, name, number):
    for ending in ("jpg", "png", "jpeg", "pgm", "ppm"):
        path = os.path.join(folder, name, "%s_%04d.%s" % (name, int(number), ending))
        if os.path.exists(path):
            with open(path, "rb") as file:
                return file.read()
    raise SystemExit("%s: no picture %s of %s" % (folder, number, name))


def main(folder, pairs, out, protocol="4"):
    pictures, same = [], []
    with open(pairs) as file:
        for line in list(file)[1:]:
            fields = line.split("\t") if "\t" in line else line.split()
            fields = [f.strip() for f in fields]
            if len(fields) == 3:
                fields.insert(2, fields[0])
                same.append(True)
            else:
                same.append(False)
            pictures.append(picture(folder, fields[0], fields[1]))
            pictures.append(picture(folder, fields[2], fields[3]))
    with open(out, "wb") as file:
        pickle.dump((pictures, same), file, protocol=int(protocol))


main(*sys.argv[1:])
