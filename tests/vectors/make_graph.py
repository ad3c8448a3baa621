#!/usr/bin/env python3
"""Writes graph.txt: small networks as tables of nodes, and what PyTorch makes of them.

Floats and inputs are not in the file: number i of a stream is spread() of i and the stream.

    apt-get install python3-torch
    python3 make_graph.py > graph.txt
"""
import numpy as np
import torch
import torch.nn.functional as F


def spread(first, count, stream):
    """Numbers in [-0.5,0.5) that a test in C can make, too."""
    i = np.arange(first, first + count, dtype=np.uint64)
    bits = (i * np.uint64(2654435761) + np.uint64(stream * 40503)) & np.uint64(0xFFFFFFFF)
    bits = ((bits >> np.uint64(15)) ^ bits) * np.uint64(2246822519) & np.uint64(0xFFFFFFFF)
    return ((bits >> np.uint64(8)).astype(np.float64) / 2**24 - 0.5).astype(np.float32)


class Network:
    """A table of nodes in the making, with the maps of all nodes."""

    def __init__(self, images, channels, height, width):
        flat = torch.from_numpy(spread(0, images * channels * height * width, 1))
        # Inputs stand image by image, pixel by pixel, with the channels together.
        self.maps = [flat.reshape(images, height, width, channels).permute(0, 3, 1, 2)]
        self.rows, self.floats = [], 0
        self.shape = (images, height, width, channels)

    def take(self, *shape):
        count = int(np.prod(shape))
        range_ = (self.floats, count)
        self.floats += count
        return torch.from_numpy(spread(range_[0], count, 0)).reshape(shape), range_

    def node(self, op, inputs, params, value, weight=None, bias=None):
        fields = [len(self.maps), op, inputs[0], inputs[1] if len(inputs) > 1 else "-", params]
        for range_ in (weight, bias):
            fields += list(range_) if range_ else ["-", "-"]
        self.rows.append("\t".join(str(field) for field in fields))
        self.maps.append(value)
        return len(self.maps) - 1

    def conv(self, at, out, k, stride, pad, group=1, biased=True):
        x = self.maps[at]
        w, wr = self.take(out, x.shape[1] // group, k, k)
        b, br = self.take(out) if biased else (None, None)
        params = f"ic={x.shape[1]},oc={out},k={k},stride={stride},pad={pad},group={group}"
        return self.node("conv", [at], params, F.conv2d(x, w, b, stride, pad, 1, group), wr, br)

    def prelu(self, at):
        x = self.maps[at]
        slope, range_ = self.take(x.shape[1])
        return self.node("prelu", [at], f"c={x.shape[1]}", F.prelu(x, slope), range_)

    def relu(self, at):
        return self.node("relu", [at], "-", F.relu(self.maps[at]))

    def pool(self, at, k, stride, ceil):
        value = F.max_pool2d(self.maps[at], k, stride, ceil_mode=ceil)
        return self.node("maxpool", [at], f"k={k},stride={stride},ceil={int(ceil)}", value)

    def add(self, a, b):
        return self.node("add", [a, b], "-", self.maps[a] + self.maps[b])

    def concat(self, a, b):
        return self.node("concat", [a, b], "-", torch.cat([self.maps[a], self.maps[b]], 1))

    def reshape(self, at):
        return self.node("reshape", [at], f"1x{self.maps[at].shape[1]}", self.maps[at])

    def write(self):
        out = self.maps[-1].permute(0, 2, 3, 1).reshape(-1).numpy()
        print(*self.shape, len(self.rows), self.floats, len(out))
        print("\n".join(self.rows))
        print(" ".join(f"{value:.9g}" for value in out))


def mobile():
    """As the judge: bottlenecks with one filter for each channel, and a last one of the whole map."""
    net = Network(3, 3, 14, 12)
    at = net.prelu(net.conv(0, 20, 3, 2, 1))
    at = net.prelu(net.conv(at, 20, 3, 1, 1, group=20))
    first = net.conv(at, 7, 1, 1, 0)
    at = net.prelu(net.conv(first, 18, 1, 1, 0))
    at = net.prelu(net.conv(at, 18, 3, 1, 1, group=18))
    at = net.add(first, net.conv(at, 7, 1, 1, 0))
    at = net.conv(at, 7, 6, 1, 0, group=7)
    net.reshape(net.conv(at, 9, 1, 2, 0))
    return net


def fire():
    """As LPIPS: maximum with windows over the edge, and maps side by side."""
    net = Network(2, 3, 17, 20)
    at = net.relu(net.conv(0, 16, 5, 1, 2))
    at = net.pool(at, 3, 2, True)
    squeezed = net.relu(net.conv(at, 4, 1, 1, 0))
    one = net.relu(net.conv(squeezed, 6, 1, 1, 0))
    three = net.relu(net.conv(squeezed, 17, 3, 1, 1))
    at = net.pool(net.concat(one, three), 3, 2, True)
    net.pool(net.conv(at, 5, 3, 1, 1), 2, 2, False)
    return net


def odd():
    """What neither has: bends that stand alone, no bias, a map used twice, wide windows."""
    net = Network(2, 5, 9, 8)
    bent = net.relu(0)
    at = net.prelu(net.add(bent, 0))
    conv = net.conv(at, 5, 7, 2, 3, group=5, biased=False)
    both = net.concat(conv, net.prelu(conv))
    pool = net.pool(both, 1, 3, True)  # the next window would begin beyond the edge
    net.add(net.conv(pool, 3, 2, 1, 1, biased=False), net.conv(pool, 3, 2, 1, 1))
    return net


if __name__ == "__main__":
    for make in (mobile, fire, odd):
        make().write()
