#!/usr/bin/env python3
"""Writes networks.txt: forward and backward passes of IR-SE-18, ArcFace and ResNet18 by PyTorch.

Weights, inputs and labels follow from a formula that the test repeats, so only results are kept. For
each tensor a line: name, count, sum, Euclidean norm, and its first four numbers, in Fedveil's layout
(convolutions kernel x kernel x in x out, images height x width x channels).

    python3 make_networks.py > networks.txt      (Debian's python3-torch, 1.13; the last case: 2.15)
"""
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def numbers(count, salt):
    i = np.arange(count, dtype=np.uint64)
    u = ((i * 2654435761 + salt * 40503 + 12345) * 2246822519 >> np.uint64(7)) % np.uint64(1 << 24)
    return (u.astype(np.float64) / (1 << 23) - 1.0).astype(np.float32)


class Excite(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.down = nn.Linear(c, max(c // 16, 1), bias=False)
        self.up = nn.Linear(max(c // 16, 1), c, bias=False)

    def forward(self, x):
        g = torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3))))))
        return x * g[:, :, None, None]


def group_norm(c):
    return nn.GroupNorm(c // 16, c)


class Block(nn.Module):
    def __init__(self, cin, c, stride, norm=nn.BatchNorm2d):
        super().__init__()
        self.stride = stride
        if cin != c:
            self.shortcut = nn.ModuleDict({"conv": nn.Conv2d(cin, c, 1, stride, bias=False),
                                           "norm": norm(c)})
        else:
            self.shortcut = None
        self.norm1 = norm(cin)
        self.conv1 = nn.Conv2d(cin, c, 3, 1, 1, bias=False)
        self.norm2 = norm(c)
        self.prelu = nn.PReLU(c)
        self.conv2 = nn.Conv2d(c, c, 3, stride, 1, bias=False)
        self.norm3 = norm(c)
        self.se = Excite(c)

    def forward(self, x):
        if self.shortcut is not None:
            short = self.shortcut["norm"](self.shortcut["conv"](x))
        else:
            short = x[:, :, ::self.stride, ::self.stride]
        y = self.prelu(self.norm2(self.conv1(self.norm1(x))))
        return self.se(self.norm3(self.conv2(y))) + short


class Backbone(nn.Module):
    def __init__(self, channels, side, strides, width, embedding, norm):
        super().__init__()
        widths = [int(w * width) for w in (64, 128, 256, 512)]
        self.stem = nn.ModuleDict({"conv": nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False),
                                   "norm": norm(widths[0]), "prelu": nn.PReLU(widths[0])})
        cin, stages = widths[0], []
        for w, s in zip(widths, strides):
            stages.append(nn.ModuleList([Block(cin, w, s, norm), Block(w, w, 1, norm)]))
            cin, side = w, math.ceil(side / s)
        self.stage1, self.stage2, self.stage3, self.stage4 = stages
        self.out = nn.ModuleDict({"norm": norm(cin),
                                  "linear": nn.Linear(cin * side * side, embedding)})
        if norm == nn.BatchNorm2d:
            self.out["embedding"] = nn.BatchNorm1d(embedding, affine=False)

    def forward(self, x):
        x = self.stem["prelu"](self.stem["norm"](self.stem["conv"](x)))
        for stage in (self.stage1, self.stage2, self.stage3, self.stage4):
            for block in stage:
                x = block(x)
        x = self.out["norm"](x).permute(0, 2, 3, 1).flatten(1)  # rows as NHWC has them
        x = self.out["linear"](x)
        return self.out["embedding"](x) if "embedding" in self.out else x


class Basic(nn.Module):
    def __init__(self, cin, c, stride):
        super().__init__()
        if stride != 1 or cin != c:
            self.shortcut = nn.ModuleDict({"conv": nn.Conv2d(cin, c, 1, stride, bias=False),
                                           "norm": nn.BatchNorm2d(c)})
        else:
            self.shortcut = None
        self.conv1 = nn.Conv2d(cin, c, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(c)
        self.conv2 = nn.Conv2d(c, c, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(c)

    def forward(self, x):
        short = x if self.shortcut is None else self.shortcut["norm"](self.shortcut["conv"](x))
        return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))) + short)


class Policy(nn.Module):
    def __init__(self, channels, large, width, outputs):
        super().__init__()
        widths = [int(w * width) for w in (64, 128, 256, 512)]
        self.large = large
        k, s, p = (7, 2, 3) if large else (3, 1, 1)
        self.stem = nn.ModuleDict({"conv": nn.Conv2d(channels, widths[0], k, s, p, bias=False),
                                   "norm": nn.BatchNorm2d(widths[0])})
        cin, layers = widths[0], []
        for i, w in enumerate(widths):
            layers.append(nn.ModuleList([Basic(cin, w, 2 if i else 1), Basic(w, w, 1)]))
            cin = w
        self.layer1, self.layer2, self.layer3, self.layer4 = layers
        self.out = nn.Linear(cin, outputs)

    def forward(self, x):
        x = F.relu(self.stem["norm"](self.stem["conv"](x)))
        if self.large:
            x = F.max_pool2d(x, 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in layer:
                x = block(x)
        return self.out(x.mean((2, 3)).mean(0, keepdim=True))


def ours(t):
    """A tensor in Fedveil's layout."""
    return t.permute(2, 3, 1, 0) if t.dim() == 4 else t


def show(name, t):
    v = t.detach().double().contiguous().flatten().numpy()
    head = " ".join("%.9g" % x for x in list(v[:4]) + [0.0] * (4 - min(4, len(v))))
    print("%s %d %.9g %.9g %s" % (name, len(v), v.sum(), np.linalg.norm(v), head))


def fill(net, prefix):
    """Weights by formula, tensor number by tensor number in the order of Fedveil's names."""
    state = {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    for salt, name in enumerate(sorted(state)):
        t = state[name]
        shape = [t.shape[i] for i in (2, 3, 1, 0)] if t.dim() == 4 else list(t.shape)
        v = torch.from_numpy(numbers(t.numel(), salt + 1)).reshape(shape)
        if name.endswith("running_mean"):
            v = v * 0
        elif name.endswith("running_var"):
            v = v * 0 + 1
        elif t.dim() == 1:
            v = v * 0.2 + (0.0 if name.endswith("bias") else 0.7)
        else:
            v = v * math.sqrt(3.0 / (t.numel() / t.shape[0]))
        t.copy_(v.permute(3, 2, 0, 1) if t.dim() == 4 else v)


def results(net, prefix):
    for name, p in sorted(net.named_parameters()):
        show("grad." + prefix + name, ours(p.grad))
    for name, b in sorted(net.named_buffers()):
        if not name.endswith("num_batches_tracked"):
            show("value." + prefix + name, b)


def images(batch, side, channels):
    x = torch.from_numpy(numbers(batch * side * side * channels, 999)).reshape(batch, side, side, channels)
    x = x.permute(0, 3, 1, 2).contiguous()
    x.requires_grad_(True)
    return x


def arcface(e, w, labels, weights, s, m):
    cos = F.linear(F.normalize(e), F.normalize(w)).clamp(-1 + 1e-7, 1 - 1e-7)
    metric = 0
    for i in range(labels.shape[1]):
        onehot = F.one_hot(labels[:, i], w.shape[0])
        target = torch.cos(torch.acos(cos) + m)
        metric = metric + weights[:, i:i + 1] * (cos + onehot * (target - cos))
    logp = F.log_softmax(s * metric, 1)
    return -(weights * logp.gather(1, labels)).sum(1).mean()


def recogniser(name, side, strides, norm=nn.BatchNorm2d):
    torch.manual_seed(0)
    net = Backbone(5, side, strides, 0.25, 32, norm)
    with torch.no_grad():
        fill(net, "")
    x = images(4, side, 5)
    head = torch.from_numpy(numbers(10 * 32, 777)).reshape(10, 32).requires_grad_(True)
    labels = torch.tensor([[0, 3], [7, 7], [9, 1], [4, 2]])
    weights = torch.tensor([[0.5, 0.5], [0.45, 0.55], [0.75, 0.25], [1.0, 0.0]])
    net.train()
    e = net(x)
    loss = arcface(e, head, labels, weights, 32.0, 0.5)
    loss.backward()
    print("case", name)
    show("embedding", e)
    show("loss", loss.reshape(1))
    show("grad.head", head.grad)
    show("grad.input", x.grad.permute(0, 2, 3, 1))
    results(net, "backbone.")
    net.eval()
    show("evaluated", net(x))


def policy(name, side, channels, large):
    net = Policy(channels, large, 0.25, 4)
    with torch.no_grad():
        fill(net, "")
    x = images(3, side, channels)
    net.train()
    y = net(x)
    (y * torch.from_numpy(numbers(4, 555))).sum().backward()
    print("case", name)
    show("logits", y)
    show("grad.input", x.grad.permute(0, 2, 3, 1))
    results(net, "policy.")


if __name__ == "__main__":
    recogniser("ir_se_18_native", 14, (1, 1, 2, 1))
    recogniser("ir_se_18_pixels", 32, (1, 2, 2, 2))
    policy("resnet18_small", 14, 5, False)
    policy("resnet18_large", 64, 3, True)
    recogniser("ir_se_18_group", 14, (1, 1, 2, 1), group_norm)
