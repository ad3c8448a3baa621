#!/usr/bin/env python3
"""Writes pca.txt: principal components as NumPy finds them by a singular value decomposition of the
centred rows in doubles, each with its number of largest size positive.

    python3 make_pca.py > pca.txt

The rows are a formula (see number(), and its twin in pca_test.c). A case: "case COUNT SIZE KEPT", the
total variance, then for each component its variance and every STEP-th number of it, then of the mean.
"""
import numpy as np

STEP = 7


def number(row, i):
    return np.float32(((row * row * 31 + i * 17 + row * i * (i % 5 + 1)) % 101 - 50) / 8)


def write(count, size, kept):
    rows = np.array([[number(row, i) for i in range(size)] for row in range(count)], dtype=np.float64)
    mean = rows.mean(axis=0)
    _, values, vectors = np.linalg.svd(rows - mean, full_matrices=False)
    print("case", count, size, kept)
    print("%.12g" % (np.sum(values ** 2) / count))
    for k in range(kept):
        vector = vectors[k] * np.sign(vectors[k][np.argmax(np.abs(vectors[k]))])
        print("%.12g" % (values[k] ** 2 / count), *("%.9g" % v for v in vector[::STEP]))
    print(*("%.9g" % v for v in mean[::STEP]))


write(6, 40, 5)
write(30, 12, 12)
write(20, 600, 10)
