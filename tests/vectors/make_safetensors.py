#!/usr/bin/env python3
"""Writes safetensors_sample.safetensors with the reference implementation of the format
(github.com/huggingface/safetensors, Python package `safetensors`; needs numpy):

    python3 make_safetensors.py safetensors_sample.safetensors

With --show FILE... it reads files with that implementation instead and prints what it finds.

Element i of a tensor that begins at number b of the file's data has the value (b + i - 7) / 8.
"""
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

SHAPES = {"conv.weight": (2, 3, 1, 2), "norm.running_mean": (3,), "norm.weight": (3,), "out": (4, 2)}


def make(path):
    # The library orders tensors of one type by name, which is the order above.
    begin, tensors = 0, {}
    for name, shape in SHAPES.items():
        count = int(numpy.prod(shape))
        values = (numpy.arange(begin, begin + count, dtype=numpy.float32) - 7) / 8
        tensors[name] = values.reshape(shape)
        begin += count
    save_file(tensors, path, metadata={"made-by": "another implementation"})


def show(path):
    with safe_open(path, framework="numpy") as file:
        print(path, file.metadata())
        for name in file.keys():
            tensor = file.get_tensor(name)
            print(" ", name, tensor.dtype, tensor.shape, tensor.ravel()[:8])


if sys.argv[1] == "--show":
    for each in sys.argv[2:]:
        show(each)
else:
    make(sys.argv[1])
