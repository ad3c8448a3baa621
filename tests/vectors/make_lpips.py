#!/usr/bin/env python3
"""Writes lpips.txt: LPIPS by PyTorch with trunks of torchvision's form, but few channels.

A case is a table of tensors and the distances of pairs of pictures. Floats and pixels are not in the
file: they are those of spread() in make_graph.py.

    apt-get install python3-torch
    python3 make_lpips.py > lpips.txt
"""
import numpy as np
import torch
import torch.nn.functional as F

from make_graph import spread

PAIRS = 3


class Tensors:
    """A table of tensors in the making."""

    def __init__(self):
        self.rows, self.floats = [], 0

    def take(self, name, *shape):
        count = int(np.prod(shape))
        self.rows.append(f"{name}\t{'x'.join(map(str, shape))}\t{self.floats}\t{count}")
        self.floats += count
        return torch.from_numpy(spread(self.floats - count, count, 0)).reshape(shape)

    def conv(self, x, name, out, k, stride, pad):
        w = self.take(f"{name}.weight", out, x.shape[1], k, k)
        return F.relu(F.conv2d(x, w, self.take(f"{name}.bias", out), stride, pad))

    def fire(self, x, number, squeezed, one, three):
        name = f"features.{number}"
        x = self.conv(x, f"{name}.squeeze", squeezed, 1, 1, 0)
        return torch.cat([self.conv(x, f"{name}.expand1x1", one, 1, 1, 0),
                          self.conv(x, f"{name}.expand3x3", three, 3, 1, 1)], 1)


def squeeze(t, x):
    x = t.conv(x, "features.0", 6, 3, 2, 0)
    yield x
    x = t.fire(F.max_pool2d(x, 3, 2, ceil_mode=True), 3, 4, 5, 4)
    x = t.fire(x, 4, 3, 4, 6)
    yield x
    x = t.fire(F.max_pool2d(x, 3, 2, ceil_mode=True), 6, 4, 6, 6)
    x = t.fire(x, 7, 5, 7, 4)
    yield x
    x = F.max_pool2d(x, 3, 2, ceil_mode=True)
    for number in range(9, 13):
        x = t.fire(x, number, 5, 4 + number % 3, 6)
        yield x


def alex(t, x):
    for number, out, k, stride, pad in ((0, 6, 11, 4, 2), (3, 7, 5, 1, 2), (6, 8, 3, 1, 1),
                                        (8, 6, 3, 1, 1), (10, 5, 3, 1, 1)):
        if number in (3, 6):
            x = F.max_pool2d(x, 3, 2)
        x = t.conv(x, f"features.{number}", out, k, stride, pad)
        yield x


def vgg(t, x):
    for numbers in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
        if numbers[0] > 0:
            x = F.max_pool2d(x, 2, 2)
        for number in numbers:
            x = t.conv(x, f"features.{number}", 4 + number % 2, 3, 1, 1)
        yield x


def pictures(size, channels, stream):
    count = PAIRS * size * size * channels
    values = np.floor((spread(0, count, stream).astype(np.float64) + 0.5) * 256).astype(np.float32)
    x = torch.from_numpy(values).reshape(PAIRS, size, size, channels).permute(0, 3, 1, 2)
    x = x.expand(PAIRS, 3, size, size) / 127.5 - 1
    shift = torch.tensor([-.030, -.088, -.188]).reshape(1, 3, 1, 1)
    return (x - shift) / torch.tensor([.458, .448, .450]).reshape(1, 3, 1, 1)


def normalised(x):
    return x / (torch.sqrt(torch.sum(x ** 2, dim=1, keepdim=True)) + 1e-10)


def case(name, trunk, size, channels):
    t = Tensors()
    both = torch.cat([pictures(size, channels, stream) for stream in (2, 3)])
    total = torch.zeros(PAIRS)
    for number, x in enumerate(list(trunk(t, both))):
        x = normalised(x)
        linear = t.take(f"lpips.{name}.lin{number}", x.shape[1]).reshape(1, -1, 1, 1)
        difference = (x[:PAIRS] - x[PAIRS:]) ** 2
        total += (difference * linear).sum(1).mean((1, 2))
    print(name, size, channels, PAIRS, len(t.rows), t.floats)
    print("\n".join(t.rows))
    print(" ".join(f"{value:.9g}" for value in total))


if __name__ == "__main__":
    case("squeeze", squeeze, 37, 3)
    case("alex", alex, 63, 3)
    case("vgg", vgg, 32, 1)
